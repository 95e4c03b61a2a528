"""Does the service tell the questions that the articles answer from those that they do not?"""

from collections.abc import Sequence

from evals.benchmarks import Figures
from evals.benchmarks.ranking import auroc, share
from qa.models import Answer, Status


def answerability(answerable: Sequence[Answer], unanswerable: Sequence[Answer]) -> Figures:
    """Return the shares abstained on, and how well the confidence of the answers parts the one from the other."""
    return {
        "answerable abstained on": share(map(abstained, answerable)),
        "unanswerable": len(unanswerable),
        "unanswerable abstained on": share(map(abstained, unanswerable)),
        "answerability AUROC": auroc(list(map(confidence, answerable)), list(map(confidence, unanswerable))),
        "  of the relevance alone": auroc(list(map(relevance, answerable)), list(map(relevance, unanswerable))),
    }


def abstained(answer: Answer) -> bool:
    """Whether the service said that the articles do not answer."""
    return answer.status is Status.NOT_IN_ARTICLES


def confidence(answer: Answer) -> float:
    """Return how sure an answer is: its best hit's relevance, 0 for an abstention."""
    return 0.0 if abstained(answer) else relevance(answer)


def relevance(answer: Answer) -> float:
    """Return the relevance of the best hit, whatever was answered; 0 without hits."""
    return max((hit.score for hit in answer.hits), default=0.0)


def cited_sentences(answer: Answer) -> int:
    """Return how many sentences of the articles an answer cites; a citation may span several."""
    cited = {
        (hit.passage.path, span)
        for hit in answer.hits
        for span in hit.passage.sentences
        for one in answer.citations
        if one.path == hit.passage.path and one.start <= span.start and span.end <= one.end
    }
    return len(cited)
