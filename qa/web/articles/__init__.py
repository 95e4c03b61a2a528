"""The pages of the articles themselves: all of them at `/articles`, one at `/articles/PATH`, and adding some.

`table` chooses and orders articles, `timeline` draws how many there are, `indexing` says what became of the files, and
`list_page` and `article_page` are the two pages; `uploads` takes files in.

The pages are written on the server, in HTML, beside Gradio's: so a page of a list of any length is a few KB, its
filters are an address that can be sent and kept, it is read without a script, and what a file says is escaped in one
place. A table of Gradio's takes all rows to the browser, and draws a link in a cell only from Markdown or HTML. There
is no form: the content security policy allows none.
"""
