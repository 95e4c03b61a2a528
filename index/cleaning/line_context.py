"""Where a line stands: features of its neighbours, of its place on the page and of its page."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index.cleaning.line_features import LINK_WORDS
from index.text.lines import Line

Column = npt.NDArray[np.float64]
Columns = dict[str, Column]
"""Features by name, one value for each line of a page."""

_LONG = 400
_SURE = 0.5
_CONTENT_WORD = re.compile(r"[^\W\d_]{4,}")
_IN_THE_TEXT = frozenset(
    "prose|sentence|like a headline|picture|about the writer|stamp|terminal|words|no link word|question|title case|"
    "first person|label|you|link words, counted".split("|")
)
_OF_NEIGHBOURS = (
    "words",
    "terminal",
    "sentence",
    "picture",
    "stamp",
    "byline",
    "more",
    "no link word",
    "like a headline",
    "about the writer",
    "comment",
    "subscribe",
)


def densest(scores: Column) -> tuple[int, int]:
    """Return the half-open range of lines with the largest sum (maximum subsequence, Pasternack and Roth 2009)."""
    best, total, start, found = 0.0, 0.0, 0, (0, 0)
    for at, score in enumerate(scores):
        if total <= 0:
            total, start = 0.0, at
        total += float(score)
        if total > best:
            best, found = total, (start, at + 1)
    return found


def place(page: Sequence[Line], own: Columns) -> Columns:
    """Return the features of each line's place, from the features of all lines by themselves."""
    size, lengths = _lengths(page)
    at = np.arange(size)
    sentence, prose = own["sentence"], own["prose"]
    first, end = densest(np.where(sentence > 0, lengths, -np.minimum(lengths, 60) - 20.0))
    inside = ((at >= first) & (at < end)).astype(float)
    sentences = _running(sentence)
    found = {
        "in the text": inside,
        "before the text": np.log1p(np.maximum(0, first - at)),
        "after the text": np.log1p(np.maximum(0, at - end + 1)),
        "place": at / size,
        "place by characters": np.cumsum(lengths) / lengths.sum(),
        "sentences before": np.log1p(sentences[at]),
        "sentences after": np.log1p(sentences[-1] - sentences[at + 1]),
        "share of sentences before": sentences[at] / max(1.0, sentences[-1]),
        "page: prose": np.full(size, (prose * lengths).sum() / lengths.sum()),
        "page: sentences": np.full(size, sentences[-1] / size),
        "page: lines": np.full(size, math.log(size)),
        "page: characters": np.full(size, math.log(lengths.sum())),
    }
    found |= _around(lengths, prose, sentence) | _repeats(page, prose) | _after_headings(own, end)
    found |= {f"{name}, in the text": own[name] * inside for name in own if name in _IN_THE_TEXT}
    for step in (-2, -1, 1, 2):
        there = (at + step >= 0) & (at + step < size)
        near = np.clip(at + step, 0, size - 1)
        found |= {f"{name} at {step:+}": np.where(there, own[name][near], 0.0) for name in _OF_NEIGHBOURS}
        found[f"edge at {step:+}"] = (~there).astype(float)
    return found


def _lengths(page: Sequence[Line]) -> tuple[int, Column]:
    return len(page), np.array([len(line.text) for line in page], float)


def _running(values: Column) -> Column:
    """Return the sums of the first 0, 1, ... values."""
    return np.concatenate([[0.0], np.cumsum(values)])


def _window(size: int, reach: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    at = np.arange(size)
    return at, np.maximum(0, at - reach), np.minimum(size, at + reach + 1)


def _around(lengths: Column, prose: Column, sentence: Column) -> Columns:
    """Return the shares of prose and of sentences in windows around, before and after each line."""
    proses, all_lengths, sentences = _running(prose * lengths), _running(lengths), _running(sentence)
    found = {}
    for reach in (1, 2, 4, 8, 16):
        at, low, high = _window(len(lengths), reach)
        rest = np.maximum(1.0, all_lengths[high] - all_lengths[low] - lengths)
        found[f"prose within {reach}"] = (proses[high] - proses[low] - prose * lengths) / rest
        found[f"sentences within {reach}"] = (sentences[high] - sentences[low] - sentence) / (high - low)
        found[f"sentences in {reach} before"] = (sentences[at] - sentences[low]) / np.maximum(1, at - low)
        found[f"sentences in {reach} after"] = (sentences[high] - sentences[at + 1]) / np.maximum(1, high - at - 1)
    return found


def _repeats(page: Sequence[Line], prose: Column) -> Columns:
    counts = Counter(line.text for line in page)
    first = {line.text: at for at, line in reversed(list(enumerate(page)))}
    again = np.array([float(first[line.text] < at) for at, line in enumerate(page)])
    repeated = np.array([float(counts[line.text] > 1) for line in page])
    return {"repeated": repeated, "repeated prose": repeated * prose, "said before": again}


def _after_headings(own: Columns, end: int) -> Columns:
    """Say whether a heading over links or comments stands before the line: after the text, near, or right above."""
    lone_comment = own["comment"] * (own["words"] < math.log1p(4))
    headings = _running(np.maximum(own["more heading"], lone_comment))
    at = np.arange(len(lone_comment))
    return {
        "after a heading of links": (headings[at] - headings[np.minimum(at, end)] > 0).astype(float),
        "near a heading of links": (headings[at] - headings[np.maximum(0, at - 4)] > 0).astype(float),
        "under a heading of links": (headings[at] - headings[np.maximum(0, at - 1)] > 0).astype(float),
    }


def of_lexicon(scores: npt.NDArray[np.float64]) -> Columns:
    """Return the lexicon's features: `scores` is `[lines, 6]`, the second column is what neighbours are compared by."""
    found = {f"lexicon {n}": scores[:, n] for n in range(scores.shape[1])}
    middle = scores[:, 1]
    size, sums = len(middle), _running(middle)
    at = np.arange(size)
    for step in (-1, 1):
        there = (at + step >= 0) & (at + step < size)
        found[f"lexicon at {step:+}"] = np.where(there, middle[np.clip(at + step, 0, size - 1)], 0.0)
    for reach in (3, 8):
        _, low, high = _window(size, reach)
        found[f"lexicon within {reach}"] = (sums[high] - sums[low] - middle) / np.maximum(1, high - low - 1)
    return found


def second_look(page: Sequence[Line], first: Column) -> Columns:
    """Return the features of the second pass, from the log-odds that the first pass gave to the lines of the page."""
    size, lengths = _lengths(page)
    odds = np.clip(first, -8, 8)
    likely = 1 / (1 + np.exp(-odds))
    at = np.arange(size)
    found = {"first": odds, "likely": likely}
    for step in (-3, -2, -1, 1, 2, 3):
        there = (at + step >= 0) & (at + step < size)
        found[f"likely at {step:+}"] = np.where(there, likely[np.clip(at + step, 0, size - 1)], 0.0)
    capped = np.minimum(lengths, _LONG)
    for least in (0.3, _SURE):
        start, end = densest((likely - least) * capped)
        found[f"in the text over {least}"] = ((at >= start) & (at < end)).astype(float)
        found[f"before the text over {least}"] = np.log1p(np.maximum(0, start - at))
        found[f"after the text over {least}"] = np.log1p(np.maximum(0, at - end + 1))
    inside = found[f"in the text over {_SURE}"]
    found |= {"likely inside": likely * inside, "likely outside": likely * (1 - inside)}
    found |= _likely_around(likely, lengths) | _nearest(likely)
    return found | _blocks(likely, lengths) | _topic(page, likely, inside, capped)


def _likely_around(likely: Column, lengths: Column) -> Columns:
    mass, all_lengths, count = _running(likely * lengths), _running(lengths), _running(likely)
    found = {}
    for reach in (3, 6, 12, 25):
        at, low, high = _window(len(likely), reach)
        rest = np.maximum(1.0, all_lengths[high] - all_lengths[low] - lengths)
        before, after = all_lengths[at] - all_lengths[low], all_lengths[high] - all_lengths[at + 1]
        found[f"likely text within {reach}"] = (mass[high] - mass[low] - likely * lengths) / rest
        found[f"likely lines within {reach}"] = (count[high] - count[low] - likely) / np.maximum(1, high - low - 1)
        found[f"likely text in {reach} before"] = (mass[at] - mass[low]) / np.maximum(1.0, before)
        found[f"likely text in {reach} after"] = (mass[high] - mass[at + 1]) / np.maximum(1.0, after)
    at = np.arange(len(likely))
    before, after = mass[at] / max(1.0, mass[-1]), 1 - mass[at + 1] / max(1.0, mass[-1])
    found |= {"text before": before, "text after": after, "page: likely": np.full(len(at), mass[-1] / all_lengths[-1])}
    for least in (0.02, 0.005):
        found[f"no text before, {least}"] = (before < least).astype(float)
        found[f"no text after, {least}"] = (after < least).astype(float)
    return found


def _nearest(likely: Column) -> Columns:
    """Return how far the nearest sure lines before and after are."""
    size = len(likely)
    sure = np.flatnonzero(likely > _SURE)
    at = np.arange(size)
    ends = np.concatenate([[-1], sure, [size]])
    before = np.log1p(at - ends[np.searchsorted(sure, at)])
    after = np.log1p(ends[np.searchsorted(sure, at, side="right") + 1] - at)
    return {
        "to the text before": before,
        "to the text after": after,
        "to the text": np.minimum(before, after),
        "between texts": np.maximum(before, after),
        "likely, to the text before": likely * before,
        "likely, to the text after": likely * after,
    }


def _blocks(likely: Column, lengths: Column) -> Columns:
    """Return how large the block of likely lines is that a line belongs to, and where the largest stands."""
    found = {}
    for gap in (3, 8):
        block = _block_of(likely, gap)
        count = int(block.max()) + 1
        mass = np.array([(likely * lengths)[block == one].sum() for one in range(count)] or [0.0])
        lines = np.array([float((block == one).sum()) for one in range(count)] or [0.0])
        largest, belongs = int(mass.argmax()) if count else -2, block >= 0
        found[f"block share, gap {gap}"] = np.where(belongs, mass[block] / max(1.0, mass.sum()), 0.0)
        found[f"block lines, gap {gap}"] = np.where(belongs, np.log1p(lines[block]), 0.0)
        found[f"largest block, gap {gap}"] = (block == largest).astype(float)
        found[f"after the largest, gap {gap}"] = (belongs & (block > largest)).astype(float)
        found[f"before the largest, gap {gap}"] = (belongs & (block < largest)).astype(float)
        found[f"likely in the largest, gap {gap}"] = likely * (block == largest)
    return found


def _block_of(likely: Column, gap: int) -> npt.NDArray[np.int64]:
    """Number the blocks of likely lines; a block ends where more than `gap` unlikely lines follow; -1 is none."""
    block = np.full(len(likely), -1, dtype=np.int64)
    current, last = -1, -gap - 2
    for at in np.flatnonzero(likely >= 0.3):
        if current < 0 or at - last > gap:
            current += 1
        else:
            block[last + 1 : at] = current
        block[at] = current
        last = int(at)
    return block


def _topic(page: Sequence[Line], likely: Column, inside: Column, capped: Column) -> Columns:
    """Return how much of a line's vocabulary the rest of the article shares: teasers speak of something else."""
    words = [{word.lower() for word in _CONTENT_WORD.findall(line.text)} - LINK_WORDS for line in page]
    of_text = (likely > 0.3) & (inside > 0)
    text = Counter(word for at in np.flatnonzero(of_text) for word in words[at])
    shared = [[text[word] - int(of_text[at]) for word in words[at]] for at in range(len(page))]
    once = np.array([sum(n > 0 for n in counts) / len(counts) if counts else 0.3 for counts in shared])
    twice = np.array([sum(n > 1 for n in counts) / len(counts) if counts else 0.0 for counts in shared])
    prose = np.array([float(line.words >= 12) for line in page])
    weighed, weights = _running(twice * capped), _running(capped)
    found = {
        "topic": once,
        "topic twice": twice,
        "no topic": (once == 0).astype(float),
        "topic, counted": np.array([math.log1p(sum(n > 0 for n in counts)) for counts in shared]),
        "topic, likely outside": once * likely * (1 - inside),
    }
    for name, weight in (("outside", 1 - inside), ("likely", likely), ("prose", prose)):
        found |= {f"topic, {name}": once * weight, f"topic twice, {name}": twice * weight}
    for reach in (2, 5):
        _, low, high = _window(len(page), reach)
        rest = np.maximum(1.0, weights[high] - weights[low] - capped)
        found[f"topic within {reach}"] = (weighed[high] - weighed[low] - twice * capped) / rest
    return found
