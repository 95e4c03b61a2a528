"""Embed texts as vectors of unit length; nothing here knows an article.

`Encoder` runs the ONNX files of the reader too.
"""
