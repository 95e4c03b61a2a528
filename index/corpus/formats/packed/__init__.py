"""Files that hold whole files: ZIP archives, web archives (WARC), and web pages saved with all that is on them (MHTML).

Nothing is unpacked to the disk. What a file holds is read as a file of its kind in the folder would be, by the `Inner`
that is handed in; how much may come out of one file is bounded (`Allowance`).
"""
