"""Whether a run passes: `thresholds` reads what it must reach, `baseline` keeps an earlier run, `gate` compares.

A figure fails below its floor or above its ceiling. It also fails where it got worse than the baseline by more than
`max_drop` and the 95 % interval of the difference holds no 0; within that interval, it warns. A figure over fewer
cases than `min_samples` only warns. A case that ended in an error fails the run.
"""
