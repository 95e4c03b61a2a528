"""Call a language model and survive it: one protocol, LanguageModel.

Every fault becomes a QAError in our own words, for the provider's may hold the key. Nothing here knows a prompt, a hit
or an answer.
"""
