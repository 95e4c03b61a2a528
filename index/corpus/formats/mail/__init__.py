"""Mail (RFC 5322): newsletters, forwarded mail and digests; attachments that are no mail are left out.

`messages` reads a file, and the messages attached to its mail; `quoted` finds those whose header stands in the text.
"""
