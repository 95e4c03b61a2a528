"""PDF: the text of the pages in the order in which a person reads them, as paragraphs."""
