"""How the reader was fitted: `make train-reader DATA=DIR`; nothing here runs with the program.

`hits` asks the program's own search and writes what it finds; `encoder` trains on that in an environment of its own
(torch) and imports nothing of ours; `calibration` turns the scores into a probability that can be believed. `written`
holds the questions that were written by reading. What was trained on is in `qa/reader/CARD.md`. `collection` fits, with
numpy alone, what tells questions about the collection from others.
"""
