"""Make citations, and check statements against what they cite.

`citations.CitationBook` resolves the numbers of a Draft to exact spans and numbers their markers. `grounding.Grounder`
returns the Verdict: hard facts first (`figures` for figures and dates, `names` for names and quotations), then the
score of `support`, a small fitted network over shared words and similarities. That score is no proof: an added "not"
hardly moves it. `judging.ModelJudge` is a second opinion by a model, and can only lower a verdict. Checks see the cited
passages and their headings alone, never the question; what fails is marked, never dropped.
"""
