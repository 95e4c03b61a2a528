"""Propose cases for a folder of articles: drafts, which a person accepts, rewords or throws away.

A draft asks for a figure, a date or a name of one sentence that has been left out of it (a cloze, Taylor 1953; for news
Hermann et al. 2015, arXiv 1506.03340). The reader says how surely the article answers it, and the surest are proposed;
a model may word the question. One in five asks the same of a year in which no article was published.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.known.cases import Case, Kind, Place
from evals.scoring.wording import says
from index.models import Article, Passage
from index.store.snapshots import Snapshot
from prompts import load
from qa.language.dates import days
from qa.language.terms import figures, names
from qa.llm.model import LanguageModel, whole_reply
from qa.llm.nonces import fence_of, new_nonce
from qa.models import Hit
from qa.models.errors import QAError
from qa.reader.reading import Reader

GAP = "___"
_AN_ARTICLE, _SHORTEST = 3, 40
"""Most drafts of one article, unless there are few articles, and fewest characters of a sentence."""
_ONE_IN = 5
_YEARS_BEFORE = 40


@dataclass(frozen=True)
class Cloze:
    """A sentence, the words of it that are asked for, and how surely its article answers that."""

    article: Article
    sentence: str
    answer: str
    kind: Kind
    probability: float = 0.0

    @property
    def question(self) -> str:
        """The sentence with a gap, as a question."""
        return f"What belongs into the gap: {self.sentence.replace(self.answer, GAP, 1)}"


def propose(snapshot: Snapshot, reader: Reader, number: int, model: LanguageModel | None = None) -> list[Case]:
    """Return up to `number` drafts from the articles of a snapshot, those that the reader is surest of."""
    found: list[Cloze] = []
    most = max(_AN_ARTICLE, -(-number // max(1, snapshot.manifest.articles)))
    for article in snapshot.catalog.articles():
        passages = snapshot.catalog.passages_of(article.path)
        clozes = [_read(one, passages, snapshot, reader) for one in _clozes(article, passages)]
        found += sorted(clozes, key=lambda one: -one.probability)[:most]
    unanswerable = number // _ONE_IN
    surest = sorted(found, key=lambda one: (-one.probability, one.article.path, one.sentence))[: number - unanswerable]
    questions = asyncio.run(_worded(surest, model))
    drafts = [_draft(at, *pair) for at, pair in enumerate(zip(surest, questions, strict=True), start=1)]
    return drafts + [_wrong_time(at, one) for at, one in enumerate(surest[:unanswerable], start=len(drafts) + 1)]


def _clozes(article: Article, passages: Sequence[Passage]) -> Iterator[Cloze]:
    """Yield a cloze for each sentence with something to ask for; a quote must stand in its article once."""
    for passage in passages:
        for span in passage.sentences:
            sentence = passage.sentence(span)
            asked = asked_for(sentence)
            if asked and len(sentence) >= _SHORTEST and article.text.count(sentence) == 1:
                kind, answer = asked
                cloze = Cloze(article, sentence, answer, kind)
                if says(sentence, answer) and not says(cloze.question, answer):
                    yield cloze


def asked_for(sentence: str) -> tuple[Kind, str] | None:
    """Return what a sentence may be asked for: its first figure, else its first day, else its last name."""
    dated = [(day.start, day.end) for day in days(sentence)]
    for figure in figures(sentence):
        if not any(start < figure.end and figure.start < end for start, end in dated):
            return Kind.NUMBER, sentence[figure.start : figure.end].strip()
    if dated:
        return Kind.DATE, sentence[dated[0][0] : dated[0][1]].strip()
    found = [name for name in names(sentence) if name in sentence]
    return (Kind.NAME, found[-1]) if found else None


def _read(cloze: Cloze, passages: Sequence[Passage], snapshot: Snapshot, reader: Reader) -> Cloze:
    """Return a cloze with the probability that its article answers it; 0 where another sentence is likelier."""
    article = cloze.article
    hits = [
        Hit(passage=passage, score=1.0, similarity=1.0, headline=article.headline, outlet=article.outlet)
        for passage in passages
    ]
    reading = reader.rank(cloze.question, hits, snapshot.lexical)
    first = reading.sentences[0].text if reading.sentences else ""
    probability = reading.probability if first == cloze.sentence else 0.0
    return Cloze(article, cloze.sentence, cloze.answer, cloze.kind, probability)


async def _worded(clozes: Sequence[Cloze], model: LanguageModel | None) -> list[str]:
    return [await _question(one, model) if model else one.question for one in clozes]


async def _question(cloze: Cloze, model: LanguageModel) -> str:
    """Return the question as a model words it; the gap where it fails, or tells the answer."""
    fence = fence_of(new_nonce())
    prompt = load("case").render(fence=fence, sentence=cloze.sentence, answer=cloze.answer)
    try:
        reply, _ = await whole_reply(model, [{"role": "user", "content": prompt}])
    except QAError:
        return cloze.question
    question = " ".join(reply.split())
    return cloze.question if not question or says(question, cloze.answer) else question


def _draft(at: int, cloze: Cloze, question: str) -> Case:
    return Case(
        id=f"draft-{at:02}",
        kind=cloze.kind,
        question=question,
        evidence=((Place(path=cloze.article.path, quote=cloze.sentence),),),
        required=((cloze.answer,),),
        draft=True,
    )


def _wrong_time(at: int, cloze: Cloze) -> Case:
    published = cloze.article.published
    year = (published.year if published else 2000) - _YEARS_BEFORE
    return Case(id=f"draft-{at:02}", kind=Kind.WRONG_TIME, question=f"In {year}: {cloze.question}", draft=True)
