"""How good the answers are, in figures: known questions, metrics, thresholds and the report of `newsdesk eval`.

`suite` runs it: `cases` loads `cases.jsonl` and locates its evidence in the articles, `runner` asks, `scoring`
counts what one answer got right, `metrics` adds the counts up, `gate` compares with `thresholds.toml`, `report` writes.
A Score holds counts only, and a metric is a pure function of scores. The suite asks the same QAService as every user,
without the answer cache. Exit codes: 0 passed, 1 a threshold was missed or a case failed, 2 it could not run.
`benchmarks` measures on outside data, `training` fits the reader.
"""
