"""How the reader was fitted: `make train-reader DATA=DIR`; nothing here runs with the program.

`hits` asks the program's own search and writes what it finds, `encoder` trains on that in an environment of its own
(torch), `calibration` makes of the scores a probability that can be believed.
"""
