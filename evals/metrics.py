"""The figures of a run, each a pure function over the scores of its cases.

A figure is a share of `of` things, averaged over all of them alike (micro-average). Where there is nothing to count
it has no value, and the gate takes that for a miss: a service that never cites has no citation precision, not a
perfect one. An answer that quotes what comes nearest tells its reader that it may be none: it counts as an abstention.
A reply that was declined is no abstention, for it does not say that the articles are silent, and no answer either.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import Field

from evals.scoring import Score
from index.models import Record

DEPTHS = (1, 3, 5)


class Figure(Record):
    """The value of a metric; None when there was nothing to count."""

    value: float | None
    of: int = Field(ge=0, description="how many facts, cases, citations, statements or answers it is over")


Metric = Callable[[Sequence[Score]], Figure]


def evidence_recall(k: int) -> Metric:
    """Return recall@k: the share of facts of which one of the first `k` hits has a place, if only in part.

    The recall of open-domain question answering (Karpukhin et al. 2020, arXiv 2004.04906), with known places for the
    test of whether a passage has the answer.
    """

    def metric(scores: Sequence[Score]) -> Figure:
        return _share(sum(one.facts_within(k) for one in scores), sum(one.facts for one in scores))

    return metric


def mrr(scores: Sequence[Score]) -> Figure:
    """Return the mean over answerable cases of 1 / rank of the first hit with any evidence, 0 where there is none.

    The mean reciprocal rank of the TREC-8 question answering track (Voorhees 1999).
    """
    ranks = [one.first_rank for one in scores if one.answerable]
    return _share(sum(1 / rank for rank in ranks if rank is not None), len(ranks))


def answer_recall(scores: Sequence[Score]) -> Figure:
    """Return the share of answerable cases whose answer has a string of every required group.

    The string recall of ASQA (Stelmakh et al. 2022, arXiv 2204.06092), all or nothing for each case.
    """
    answerable = [one for one in scores if one.answerable]
    return _share(sum(one.complete for one in answerable), len(answerable))


def citation_recall(scores: Sequence[Score]) -> Figure:
    """Return the share of facts with a place that some citation of the answer overlaps."""
    return _share(sum(one.facts_cited for one in scores), sum(one.facts for one in scores))


def citation_precision(scores: Sequence[Score]) -> Figure:
    """Return the share of citations that overlap the evidence; none does in answers to unanswerable questions."""
    return _share(sum(one.citations_on_evidence for one in scores), sum(one.citations for one in scores))


def citation_exactness(scores: Sequence[Score]) -> Figure:
    """Return the share of quotes, of what comes nearest too, that are exactly the article's text at `start:end`."""
    return _share(sum(one.quotes_exact for one in scores), sum(one.quotes for one in scores))


def support_recall(scores: Sequence[Score]) -> Figure:
    """Return the share of statements that are cited and that the service itself judged supported.

    The citation recall of ALCE (Gao et al. 2023, arXiv 2305.14627), judged by the service's grounding in place of an
    entailment model; statements that claim nothing are left out, and one that is unchecked counts as not supported.
    """
    return _share(sum(one.statements_supported for one in scores), sum(one.statements for one in scores))


def support_precision(scores: Sequence[Score]) -> Figure:
    """Return the share of citations, counted in every statement that they stand in, whose statement is supported.

    After the citation precision of ALCE (Gao et al. 2023), without its test of whether each citation is needed.
    """
    return _share(sum(one.uses_supported for one in scores), sum(one.uses for one in scores))


def abstention_precision(scores: Sequence[Score]) -> Figure:
    """Return the share of abstentions that are on unanswerable questions (as in SQuAD 2.0, Rajpurkar et al. 2018)."""
    abstained = [one for one in scores if one.abstained]
    return _share(sum(not one.answerable for one in abstained), len(abstained))


def abstention_recall(scores: Sequence[Score]) -> Figure:
    """Return the share of unanswerable questions that the service abstained on; an error is no abstention."""
    unanswerable = [one for one in scores if not one.answerable]
    return _share(sum(one.abstained for one in unanswerable), len(unanswerable))


def nearest_of_unanswerable(scores: Sequence[Score]) -> Figure:
    """Return the share of unanswerable questions for which the service quoted what comes nearest."""
    unanswerable = [one for one in scores if not one.answerable]
    return _share(sum(one.nearest for one in unanswerable), len(unanswerable))


def nearest_of_answerable(scores: Sequence[Score]) -> Figure:
    """Return the share of answerable questions for which the service only quoted what comes nearest."""
    answerable = [one for one in scores if one.answerable]
    return _share(sum(one.nearest for one in answerable), len(answerable))


def declined(scores: Sequence[Score]) -> Figure:
    """Return the share of cases to which a model replied without citing an article, as when it refuses."""
    return _share(sum(one.declined for one in scores), len(scores))


def statements_unchecked(scores: Sequence[Score]) -> Figure:
    """Return the share of statements that were checked for figures, dates and names alone."""
    return _share(sum(one.statements_unchecked for one in scores), sum(one.statements for one in scores))


def sentences_an_answer(scores: Sequence[Score]) -> Figure:
    """Return how many sentences of articles an answer cites, in the mean over those that cite any."""
    citing = [one for one in scores if one.citations]
    return _share(sum(one.sentences for one in citing), len(citing))


def latency(step: str, percent: int) -> Metric:
    """Return a percentile of the seconds from the question to `step`, over the answers that got there.

    The nearest rank: the least observed value that at least `percent` of a hundred do not exceed.
    """

    def metric(scores: Sequence[Score]) -> Figure:
        seconds = sorted(one.seconds[step] for one in scores if step in one.seconds)
        rank = math.ceil(percent / 100 * len(seconds))
        return Figure(value=seconds[rank - 1] if seconds else None, of=len(seconds))

    return metric


SHARES: Mapping[str, Metric] = {
    **{f"evidence_recall_at_{k}": evidence_recall(k) for k in DEPTHS},
    "mrr": mrr,
    "answer_recall": answer_recall,
    "citation_exactness": citation_exactness,
    "citation_precision": citation_precision,
    "citation_recall": citation_recall,
    "support_precision": support_precision,
    "support_recall": support_recall,
    "abstention_precision": abstention_precision,
    "abstention_recall": abstention_recall,
}
"""Every metric from 0 to 1, more is better."""

LATENCIES: Mapping[str, Metric] = {
    f"{step}_p{percent}": latency(step, percent) for step in ("first_statement", "total") for percent in (50, 95)
}
"""Every metric in seconds, less is better."""

APART: Mapping[str, Metric] = {
    "nearest_of_unanswerable": nearest_of_unanswerable,
    "nearest_of_answerable": nearest_of_answerable,
    "declined": declined,
    "statements_unchecked": statements_unchecked,
    "sentences_an_answer": sentences_an_answer,
}
"""Every metric that says how the service answers, not how well: neither more nor less is better."""


def figures(
    scores: Sequence[Score], metrics: Iterable[Mapping[str, Metric]] = (SHARES, LATENCIES, APART)
) -> dict[str, Figure]:
    """Return each metric's figure by name, in the order of the tables."""
    return {name: metric(scores) for table in metrics for name, metric in table.items()}


def _share(part: float, of: int) -> Figure:
    return Figure(value=part / of if of else None, of=of)
