"""Make citations, and check statements against what they cite.

`citations.CitationBook` resolves the numbers of a Draft to exact spans and numbers their markers. `grounding.Grounder`
returns the Verdict: hard facts (`figures` for figures and dates, `names` for names and quotations), then whether the
text speaks of the same thing; what it cannot tell is `unchecked`. `second_look.SecondLook` has a model judge that, and
may raise a verdict as well as lower it. `attribution.Attribution` finds the evidence of what was said without a number.
Checks see the passages shown and their headings alone, never the question; what fails is marked, never dropped.
"""
