"""Cut articles into passages, and group near-identical articles into stories.

`chunking.chunk` packs whole sentences (from sentencex) into passages of about 150 words, never across page junk; the id
of a passage is a digest of all that is stored for it, so an index is brought up to date by a set difference.
`embedded_text` is what gets embedded for a passage: headline and text. `stories.stories` groups articles whose word
shingles have a Jaccard similarity of 0.4 or more; each story is named after its most typical article.
`speakers.speakers` tells who speaks each line of a transcript, and `said` gives a sentence with that name.
"""
