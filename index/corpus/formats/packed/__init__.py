"""Files that hold whole files: ZIP archives, web archives (WARC), and web pages saved with all that is on them (MHTML).

Nothing is unpacked to the disk, and how much may come out of one file is bounded (`Allowance`).
"""
