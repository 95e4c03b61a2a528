"""Find what is not sound in cases: quotes that are not there, strings that no evidence has, answers in questions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from evals.errors import BadConfiguration
from evals.known.cases import Case, Kind, Place
from evals.known.files import Written, read_cases
from evals.scoring.wording import says
from index.models import Article, Span
from index.passages.chunking import sentences
from qa.language.terms import fold, terms


def load_cases(file: Path, articles: Iterable[Article]) -> tuple[Case, ...]:
    """Return the cases of a file, drafts too, each quote found in its article.

    Raises BadConfiguration, naming file, line and case, when a line is not a case, or a case is not sound.
    """
    by_path = {article.path: article for article in articles}
    written = read_cases(file)
    if found := problems(written, by_path):
        more = f" ({len(found) - 1} more: newsdesk eval check {file})" if len(found) > 1 else ""
        raise BadConfiguration(found[0] + more)
    return tuple(located(one.case, by_path) for one in written)


def located(case: Case, articles: Mapping[str, Article]) -> Case:
    """Return a sound case with the offsets of its quotes."""
    evidence = tuple(
        tuple(place.model_copy(update={"start": articles[place.path].text.index(place.quote)}) for place in fact)
        for fact in case.evidence
    )
    return case.model_copy(update={"evidence": evidence})


def problems(written: Sequence[Written], articles: Mapping[str, Article]) -> list[str]:
    """Return each thing that is not sound in the cases of a file, as a sentence that says what to do; none when all is.

    Ids and questions come once; a quote stands once in its article, in article text; required strings stand in the
    sentences of the evidence, and not in the question; a paraphrase has no word of its articles.
    """
    found: list[str] = []
    seen: dict[str, str] = {}
    for where, case in written:
        where = f"{where}, case {case.id!r}"
        for key in (f"id {case.id!r}", f"question {fold(' '.join((*case.earlier, case.question)))!r}"):
            if key in seen:
                found.append(f"{where}: the {key} is in {seen[key]} already. Change one of them")
            seen.setdefault(key, where.rpartition(", case")[0].rpartition(", ")[2])
        found += [f"{where}: {problem}" for problem in _of_case(case, articles)]
    return found


def _of_case(case: Case, articles: Mapping[str, Article]) -> list[str]:
    places = [place for fact in case.evidence for place in fact]
    if found := [problem for place in places for problem in _of_place(place, articles)]:
        return found
    return [*_of_strings(case, places, articles), *_of_paraphrase(case, articles)]


def _of_place(place: Place, articles: Mapping[str, Article]) -> Iterator[str]:
    article = articles.get(place.path)
    if article is None:
        yield f"there is no article {place.path!r}. Index the folder that the cases are about"
    elif (times := article.text.count(place.quote)) != 1:
        yield f"{place.path} has the quote {place.quote!r} {times} times. Quote what it has once"
    elif not _is_kept(place, article):
        yield f"the quote {place.quote!r} of {place.path} is page junk. Quote article text"


def _is_kept(place: Place, article: Article) -> bool:
    start = article.text.index(place.quote)
    left = (
        char
        for at, char in enumerate(place.quote, start)
        if not any(first <= at < end for first, end in article.article_lines)
    )
    return not "".join(left).strip()


def _of_strings(case: Case, places: Sequence[Place], articles: Mapping[str, Article]) -> Iterator[str]:
    texts = [_sentences_of(place, articles[place.path]) for place in places]
    for group in case.required:
        if not any(says(text, string) for text in texts for string in group):
            yield f"no sentence of the evidence has {' or '.join(map(repr, group))}. Require what the evidence says"
        if held := [string for string in group if says(case.question, string)]:
            yield f"the question holds its own answer, {held[0]!r}. Ask without it"


def _of_paraphrase(case: Case, articles: Mapping[str, Article]) -> Iterator[str]:
    if case.kind is Kind.PARAPHRASE:
        asked = set(terms(case.question))
        for path in case.paths:
            if shared := sorted(asked.intersection(terms(articles[path].text))):
                yield f"{path} has the question's own words {shared}. Say it in other words"


def _sentences_of(place: Place, article: Article) -> str:
    """Return the sentences of an article that a quote overlaps, and its headline."""
    start = article.text.index(place.quote)
    end = start + len(place.quote)
    found = [
        article.text[first:last]
        for line in article.article_lines or (Span(0, len(article.text)),)
        for first, last in sentences(article.text, line)
        if first < end and start < last
    ]
    return "\n".join([article.headline or "", *found, place.quote])
