"""Cut an article into passages: whole sentences, about 150 words, never across page junk."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, pairwise

from index.models import Article, Passage, Span
from index.passages.speakers import says_nothing, speakers, with_speaker
from index.text.language import likely_language
from index.text.lines import count_words

# A part of each passage's id: change it when passages are cut in another way, and all count as new.
CHUNKER = "sentences-150-by-language"
TARGET_WORDS = 150
# Fewer words behind the last full passage make no passage of their own.
_SHORT_TAIL_WORDS = 40
_BULLET = re.compile(r"^[•*·▪‣–—-]\s+")
_CREDIT = re.compile(r"\([A-Z][\w./ ]*\)")
_QUOTATION = re.compile(r"[“\"]([^“”\"]+)[”\"]")
_CLAUSE = re.compile(r"[^\s、，；]{1,150}[\s、，；]*|[\s、，；]+")
"""What is not cut further: a word with the space behind it; without spaces, up to a comma, or a passage's length."""
ENGLISH = "en"


def chunk(article: Article) -> list[Passage]:
    """Return the article's passages in order; every article line is in one, but for a headline apart from the rest."""
    text, runs = article.text, list(_runs(article))
    language = article.language or likely_language(text) or ENGLISH
    names = speakers([text[start:end] for start, end in article.article_lines])
    speaker_of = dict(zip(article.article_lines, names, strict=True))
    turns = {line.start: speaker for line, speaker in speaker_of.items() if speaker}
    passages = []
    for run in runs:
        # Alone in its run, a headline would be a passage of its own; `embedded_text` has it with each passage anyway.
        is_headline = [text[start:end] for start, end in run] == [article.headline]
        if is_headline and len(runs) > 1:
            continue
        spans = [span for line in run for span in _sentences_of(text, line, language, speaker_of[line])]
        passages += [_passage(article, group, turns) for group in _packed(text, spans)]
    return passages


def sentences(text: str, line: Span, language: str = ENGLISH) -> list[Span]:
    """Return the sentences of one line of `text` as spans into `text`, none longer than a passage.

    `language` (ISO 639-1) says where they end: "vom 28. Oktober" is part of one in German.
    """
    spans: list[Span] = []
    for sentence in _boundaries(text, line, language):
        for start, end in _open_quotations(text, sentence, language):
            bullet = _BULLET.match(text[start:end])
            start += bullet.end() if bullet else 0
            spans.extend(_cut(text, Span(start, end)) if start < end else ())
    return spans


def _boundaries(text: str, line: Span, language: str) -> list[Span]:
    """Return the sentences that sentencex finds; a credit, "(AFP)", belongs to the sentence before it."""
    import sentencex

    spans: list[Span] = []
    for boundary in sentencex.get_sentence_boundaries(language, text[line.start : line.end]):
        start, end = line.start + boundary["start_index"], line.start + boundary["end_index"]
        sentence = text[start:end]
        start += len(sentence) - len(sentence.lstrip())
        if spans and _CREDIT.fullmatch(sentence.strip()):
            spans[-1] = Span(spans[-1].start, start + len(sentence.strip()))
        elif sentence.strip():
            spans.append(Span(start, start + len(sentence.strip())))
    return spans


def _open_quotations(text: str, sentence: Span, language: str) -> list[Span]:
    """Cut a sentence inside quotations of several sentences, which sentencex keeps together."""
    cuts = [sentence.start]
    for quotation in _QUOTATION.finditer(text, sentence.start, sentence.end):
        # sentencex is asked for the inside of the quotation alone, and the first of its sentences needs no cut.
        cuts.extend(inner.start for inner in _boundaries(text, Span(*quotation.span(1)), language)[1:])
    ends = [*cuts[1:], sentence.end]
    return [Span(start, start + len(text[start:end].rstrip())) for start, end in zip(cuts, ends, strict=True)]


def _sentences_of(text: str, line: Span, language: str, speaker: str) -> list[Span]:
    """Return the sentences of a line; the first of a turn holds the next one too where it says nothing alone."""
    spans = sentences(text, line, language)
    if speaker and len(spans) > 1 and says_nothing(text[spans[0].start : spans[0].end]):
        spans[:2] = [Span(spans[0].start, spans[1].end)]
    return spans


def embedded_text(headline: str | None, passage: Passage) -> str:
    """Return the text that is embedded for a passage; the headline gives a passage deep in the article its subject."""
    text = "\n".join(with_speaker(passage, span) for span in passage.sentences) if passage.speakers else passage.text
    return f"{headline}\n{text}" if headline else text


def sentences_in(text: str, passage: Passage) -> list[Span]:
    """Return where the sentences of a passage stand in a text that ends with it, as `embedded_text` does."""
    if passage.speakers:
        lengths = [len(with_speaker(passage, span)) + 1 for span in passage.sentences]
        # Counted from the end: the text may begin with a headline, which is no part of the passage. Each line has a
        # line feed behind it but the last, hence the one that is added to the length.
        ends = list(accumulate(lengths, initial=len(text) + 1 - sum(lengths)))
        return [Span(start, end - 1) for start, end in pairwise(ends)]
    shift = len(text) - len(passage.text) - passage.start
    return [Span(start + shift, end + shift) for start, end in passage.sentences]


def _runs(article: Article) -> Iterator[list[Span]]:
    """Yield groups of article lines that have nothing but white space between them."""
    run: list[Span] = []
    for line in article.article_lines:
        if run and article.text[run[-1].end : line.start].strip():
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _packed(text: str, spans: list[Span]) -> list[list[Span]]:
    """Fill passages with sentences up to the target; a short rest joins the passage before it."""
    groups: list[list[Span]] = []
    sizes: list[int] = []
    for span in spans:
        words = count_words(text[span.start : span.end])
        if groups and sizes[-1] + words <= TARGET_WORDS:
            groups[-1].append(span)
            sizes[-1] += words
        else:
            groups.append([span])
            sizes.append(words)
    if len(groups) > 1 and sizes[-1] < _SHORT_TAIL_WORDS:
        groups[-2].extend(groups.pop())
    return groups


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
    # A sentence whose first clause is longer than a passage has its start among the cuts twice.
    pieces = pairwise(dict.fromkeys((*cuts, span.end)))
    # Spans without the white space at their ends, as everywhere.
    return [Span(start, start + len(text[start:end].rstrip())) for start, end in pieces if text[start:end].strip()]


def _passage(article: Article, group: list[Span], turns: Mapping[int, str]) -> Passage:
    """Return a passage of these sentences; `turns` has the speaker of each line of a transcript by its start."""
    start, end = group[0].start, group[-1].end
    text = article.text[start:end]
    metadata = (article.headline, article.outlet, article.author, article.published, article.url)
    lines = sorted(line.start for line in article.article_lines)
    # The line that a sentence begins in is the last that does not start behind it.
    names = tuple(turns.get(lines[bisect_right(lines, span.start) - 1], "") for span in group)
    speakers = names if any(names) else ()
    # All that is stored for the passage, parted by a character that no field is likely to have: a passage with another
    # headline, sentence or speaker is another passage, and is embedded anew.
    stored = "\x1f".join(map(str, (CHUNKER, article.path, start, text, *group, *metadata, *speakers)))
    identity = hashlib.sha256(stored.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Passage(
        id=identity, path=article.path, start=start, end=end, text=text, sentences=tuple(group), speakers=speakers
    )
