"""Call a language model and survive it: one protocol, LanguageModel (`reply` streams text, then its Usage).

`model.LiteLLMModel` calls any model that LiteLLM knows, with at most one second call; `recording` keeps replies in
files and gives them again; `budget` says how long a prompt may be; `nonces` marks the evidence of one prompt.
`connections` bounds what a reply may take and follows no redirect. `faults` turns every fault into a QAError in our own
words: the provider's may hold the key. Nothing here knows a prompt, a hit or an answer.
"""
