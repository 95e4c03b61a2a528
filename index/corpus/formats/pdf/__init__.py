"""PDF: the text of the pages in the order in which a person reads them, as paragraphs.

`extraction` reads a file in a process of its own and is what the rest of the program calls; `pieces` takes the text of
a page from PDFium with the places of its characters; `columns` puts it in order; `paragraphs` joins the lines.
"""
