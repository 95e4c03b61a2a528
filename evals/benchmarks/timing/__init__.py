"""How long things take, in ratios measured side by side: machines are noisy, so read the ratios before the seconds.

`speed` times questions (`make bench`, and `newsdesk benchmark speed`); `ingest` times building and following the index,
beside `peer` in an environment of its own (`make bench-ingest`); `growth` measures search up to a million passages
(`make bench-search`), with `growth_corpus` and `growth_chart`.
"""
