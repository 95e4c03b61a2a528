"""The pages of the articles: all at `/articles`, each at `/articles/PATH`, and the uploads.

They are HTML from the server, without Gradio, whose tables send all rows to the browser: so a page of a long list is a
few KB, its filters are an address, and it is read without a script. The content security policy allows no form.
"""
