"""Cut an article into passages: whole sentences, about 150 words, never across page junk."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, groupby, pairwise

from index.models import Article, Passage, Span
from index.passages.speakers import says_nothing, speakers, with_speaker
from index.text.language import likely_language
from index.text.lines import count_words

CHUNKER = "sentences-150-by-language"
TARGET_WORDS = 150
_SHORT_TAIL_WORDS = 40
_BULLET = re.compile(r"^[•*·▪‣–—-]\s+")
_CREDIT = re.compile(r"\([A-Z][\w./ ]*\)")
_QUOTATION = re.compile(r"[“\"]([^“”\"]+)[”\"]")
_CLAUSE = re.compile(r"[^\s、，；]{1,150}[\s、，；]*|[\s、，；]+")
"""What is not cut further: a word with the space behind it; without spaces, up to a comma, or a passage's length."""
ENGLISH = "en"


def chunk(article: Article) -> list[Passage]:
    """Return the article's passages in order; every kept line is in one, but for a headline apart from the rest."""
    runs = list(_runs(article))
    language = article.language or likely_language(article.text) or ENGLISH
    said_by = dict(
        zip(
            article.article_lines,
            speakers([article.text[start:end] for start, end in article.article_lines]),
            strict=True,
        )
    )
    turns = {line.start: speaker for line, speaker in said_by.items() if speaker}
    return [
        _passage(article, group, turns)
        for run in runs
        if len(runs) == 1 or [article.text[start:end] for start, end in run] != [article.headline]
        for group in _pack(
            article.text, [one for line in run for one in _sentences_of(article.text, line, language, said_by[line])]
        )
    ]


def sentences(text: str, line: Span, language: str = ENGLISH) -> list[Span]:
    """Return the sentences of one line of `text` as spans into `text`, none longer than a passage.

    `language` (ISO 639-1) says where they end: "vom 28. Oktober" is part of one in German.
    """
    found: list[Span] = []
    for whole in _boundaries(text, line, language):
        for start, end in _open_quotations(text, whole, language):
            bullet = _BULLET.match(text[start:end])
            start += bullet.end() if bullet else 0
            found.extend(_cut(text, Span(start, end)) if start < end else ())
    return found


def _boundaries(text: str, span: Span, language: str) -> list[Span]:
    """Return the sentences that sentencex finds; a credit, "(AFP)", belongs to the sentence before it."""
    import sentencex

    found: list[Span] = []
    for boundary in sentencex.get_sentence_boundaries(language, text[span.start : span.end]):
        start, end = span.start + boundary["start_index"], span.start + boundary["end_index"]
        sentence = text[start:end]
        start += len(sentence) - len(sentence.lstrip())
        if found and _CREDIT.fullmatch(sentence.strip()):
            found[-1] = Span(found[-1].start, start + len(sentence.strip()))
        elif sentence.strip():
            found.append(Span(start, start + len(sentence.strip())))
    return found


def _open_quotations(text: str, sentence: Span, language: str) -> list[Span]:
    """Cut a sentence inside quotations of several sentences, which sentencex keeps together."""
    cuts = [sentence.start]
    for quotation in _QUOTATION.finditer(text, sentence.start, sentence.end):
        cuts.extend(inner.start for inner in _boundaries(text, Span(*quotation.span(1)), language)[1:])
    ends = [*cuts[1:], sentence.end]
    return [Span(start, start + len(text[start:end].rstrip())) for start, end in zip(cuts, ends, strict=True)]


def _sentences_of(text: str, line: Span, language: str, speaker: str) -> list[Span]:
    """Return the sentences of a line; the first of a turn holds the next one too where it says nothing alone."""
    found = sentences(text, line, language)
    if speaker and len(found) > 1 and says_nothing(text[found[0].start : found[0].end]):
        found[:2] = [Span(found[0].start, found[1].end)]
    return found


def embedded_text(headline: str | None, passage: Passage) -> str:
    """Return what is embedded for a passage: the headline gives a passage from deep in the article its subject."""
    text = "\n".join(with_speaker(passage, span) for span in passage.sentences) if passage.speakers else passage.text
    return f"{headline}\n{text}" if headline else text


def sentences_in(text: str, passage: Passage) -> list[Span]:
    """Return where the sentences of a passage stand in a text that ends with it, as `embedded_text` does."""
    if passage.speakers:
        lengths = [len(with_speaker(passage, span)) + 1 for span in passage.sentences]
        ends = list(accumulate(lengths, initial=len(text) + 1 - sum(lengths)))
        return [Span(start, end - 1) for start, end in pairwise(ends)]
    shift = len(text) - len(passage.text) - passage.start
    return [Span(start + shift, end + shift) for start, end in passage.sentences]


def _runs(article: Article) -> Iterator[list[Span]]:
    """Group the kept lines that have nothing but white space between them."""
    number, last = 0, 0
    numbered = []
    for span in article.article_lines:
        number += bool(article.text[last : span.start].strip())
        numbered.append((number, span))
        last = span.end
    for _, group in groupby(numbered, key=lambda pair: pair[0]):
        yield [span for _, span in group]


def _pack(text: str, found: list[Span]) -> Iterator[list[Span]]:
    """Fill passages with sentences up to the target; a short rest joins the passage before it."""
    groups: list[list[Span]] = []
    sizes: list[int] = []
    for span in found:
        words = count_words(text[span.start : span.end])
        if groups and sizes[-1] + words <= TARGET_WORDS:
            groups[-1].append(span)
            sizes[-1] += words
        else:
            groups.append([span])
            sizes.append(words)
    if len(groups) > 1 and sizes[-1] < _SHORT_TAIL_WORDS:
        groups[-2].extend(groups.pop())
    yield from groups


def _cut(text: str, span: Span) -> Iterable[Span]:
    """Cut a sentence of more words than a passage holds (a table, a text without full stops) between its clauses."""
    if count_words(text[span.start : span.end]) <= TARGET_WORDS:
        return (span,)
    cuts, words = [span.start], 0
    for clause in _CLAUSE.finditer(text, span.start, span.end):
        size = count_words(clause.group())
        if words + size > TARGET_WORDS:
            cuts.append(clause.start())
            words = 0
        words += size
    pieces = pairwise(dict.fromkeys((*cuts, span.end)))
    return [Span(start, start + len(text[start:end].rstrip())) for start, end in pieces if text[start:end].strip()]


def _passage(article: Article, group: list[Span], turns: Mapping[int, str]) -> Passage:
    start, end = group[0].start, group[-1].end
    text = article.text[start:end]
    about = (article.headline, article.outlet, article.author, article.published, article.url)
    lines = sorted(line.start for line in article.article_lines)
    said_by = tuple(turns.get(lines[bisect_right(lines, span.start) - 1], "") for span in group)
    spoken = said_by if any(said_by) else ()
    stored = "\x1f".join(map(str, (CHUNKER, article.path, start, text, *group, *about, *spoken)))
    identity = hashlib.sha256(stored.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Passage(
        id=identity, path=article.path, start=start, end=end, text=text, sentences=tuple(group), speakers=spoken
    )
