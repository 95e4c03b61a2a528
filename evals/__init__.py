"""How good the answers are, in figures: known questions, metrics, thresholds and the report of `newsdesk eval`.

`suite` runs it: `known` loads the cases and locates their evidence in the articles, `asking` asks, `scoring` counts
what one answer got right and adds the counts up, `gating` compares with floors and a baseline, `reports`
writes.
A Score holds counts only, and a metric is a pure function of a score. The suite asks the same QAService as every user,
without the answer cache. Exit codes: 0 passed, 1 a figure fails or a case ended in an error, 2 it could not run, 3 its
cases, thresholds, baseline or settings are wrong. `benchmarks` measures on outside data, `training` fits the reader.
"""
