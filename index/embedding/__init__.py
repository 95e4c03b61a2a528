"""Texts as vectors of unit length: an Embedder has an `id` and `embed`.

`MiniLM` is the bundled one, `LiteLLMEmbedder` calls a model of a provider, `passage_vectors` gives the vectors of
passages and of their sentences. With `MiniLM` a sentence is the mean of its tokens inside its passage (late chunking);
others embed each sentence by itself. `Encoder` runs the ONNX files, those of the reader too; it takes each text by
itself, since in a batch the vectors of an int8 model depend on the neighbours. Nothing here knows an article.
"""
