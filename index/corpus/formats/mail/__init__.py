"""Mail (RFC 5322): newsletters, forwarded mail and digests; attachments that are no mail are left out."""
