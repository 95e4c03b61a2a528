"""Features of the place of a line: of its neighbours, of where it stands on the page, and of its page."""

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

_MOST_CHARACTERS = 400
_SURE = 0.5
_CONTENT_WORD = re.compile(r"[^\W\d_]{4,}")
_FEATURES_IN_THE_TEXT = frozenset(
    "prose|sentence|like a headline|picture|about the writer|stamp|terminal|words|no link word|question|title case|"
    "first person|label|you|link words, counted".split("|")
)
_NEIGHBOUR_FEATURES = (
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
    best, total, start, densest_range = 0.0, 0.0, 0, (0, 0)
    for index, score in enumerate(scores):
        if total <= 0:
            total, start = 0.0, index
        total += float(score)
        if total > best:
            best, densest_range = total, (start, index + 1)
    return densest_range


def place_features(page: Sequence[Line], line_columns: Columns) -> Columns:
    """Return the features of the place of each line, computed from the features of all lines by themselves."""
    size, lengths = _lengths(page)
    index = np.arange(size)
    sentence, prose = line_columns["sentence"], line_columns["prose"]
    # A sentence counts with its length, any other line against the text with at most 80; so a short line between two
    # paragraphs does not part them, and a long list does.
    first, end = densest(np.where(sentence > 0, lengths, -np.minimum(lengths, 60) - 20.0))
    inside = ((index >= first) & (index < end)).astype(float)
    sentences = _running_sums(sentence)
    columns = {
        "in the text": inside,
        "before the text": np.log1p(np.maximum(0, first - index)),
        "after the text": np.log1p(np.maximum(0, index - end + 1)),
        "place": index / size,
        "place by characters": np.cumsum(lengths) / lengths.sum(),
        "sentences before": np.log1p(sentences[index]),
        "sentences after": np.log1p(sentences[-1] - sentences[index + 1]),
        "share of sentences before": sentences[index] / max(1.0, sentences[-1]),
        "page: prose": np.full(size, (prose * lengths).sum() / lengths.sum()),
        "page: sentences": np.full(size, sentences[-1] / size),
        "page: lines": np.full(size, math.log(size)),
        "page: characters": np.full(size, math.log(lengths.sum())),
    }
    columns |= _around(lengths, prose, sentence) | _repeats(page, prose) | _after_headings(line_columns, end)
    columns |= {
        f"{name}, in the text": line_columns[name] * inside for name in line_columns if name in _FEATURES_IN_THE_TEXT
    }
    # Lines beyond the ends of the page count as zeros, and are told from real ones by a feature of their own.
    for step in (-2, -1, 1, 2):
        there = (index + step >= 0) & (index + step < size)
        near = np.clip(index + step, 0, size - 1)
        columns |= {
            f"{name} at {step:+}": np.where(there, line_columns[name][near], 0.0) for name in _NEIGHBOUR_FEATURES
        }
        columns[f"edge at {step:+}"] = (~there).astype(float)
    return columns


def _lengths(page: Sequence[Line]) -> tuple[int, Column]:
    return len(page), np.array([len(line.text) for line in page], float)


def _running_sums(values: Column) -> Column:
    """Return the sums of the first 0, 1, ... values."""
    return np.concatenate([[0.0], np.cumsum(values)])


def _window(size: int, reach: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    index = np.arange(size)
    return index, np.maximum(0, index - reach), np.minimum(size, index + reach + 1)


def _around(lengths: Column, prose: Column, sentence: Column) -> Columns:
    """Return the shares of prose and of sentences in windows around, before and after each line."""
    proses, all_lengths, sentences = _running_sums(prose * lengths), _running_sums(lengths), _running_sums(sentence)
    columns = {}
    for reach in (1, 2, 4, 8, 16):
        index, low, high = _window(len(lengths), reach)
        # Without the line itself: its own features have it already.
        rest = np.maximum(1.0, all_lengths[high] - all_lengths[low] - lengths)
        columns[f"prose within {reach}"] = (proses[high] - proses[low] - prose * lengths) / rest
        columns[f"sentences within {reach}"] = (sentences[high] - sentences[low] - sentence) / (high - low)
        columns[f"sentences in {reach} before"] = (sentences[index] - sentences[low]) / np.maximum(1, index - low)
        columns[f"sentences in {reach} after"] = (sentences[high] - sentences[index + 1]) / np.maximum(
            1, high - index - 1
        )
    return columns


def _repeats(page: Sequence[Line], prose: Column) -> Columns:
    counts = Counter(line.text for line in page)
    # Read backwards, so that the place of the first of several equal lines is what remains.
    first = {line.text: index for index, line in reversed(list(enumerate(page)))}
    again = np.array([float(first[line.text] < index) for index, line in enumerate(page)])
    repeated = np.array([float(counts[line.text] > 1) for line in page])
    return {"repeated": repeated, "repeated prose": repeated * prose, "said before": again}


def _after_headings(line_columns: Columns, end: int) -> Columns:
    """Return whether a heading over links or comments is before the line: after the text, near, or right above."""
    lone_comment = line_columns["comment"] * (line_columns["words"] < math.log1p(4))
    headings = _running_sums(np.maximum(line_columns["more heading"], lone_comment))
    index = np.arange(len(lone_comment))
    return {
        # Running sums have one value more than lines: `headings[a] - headings[b]` counts those from line b to before
        # line a.
        "after a heading of links": (headings[index] - headings[np.minimum(index, end)] > 0).astype(float),
        "near a heading of links": (headings[index] - headings[np.maximum(0, index - 4)] > 0).astype(float),
        "under a heading of links": (headings[index] - headings[np.maximum(0, index - 1)] > 0).astype(float),
    }


def lexicon_features(scores: npt.NDArray[np.float64]) -> Columns:
    """Return the scores of each line (lines x scores of the lexicon), and the second of them around it."""
    columns = {f"lexicon {n}": scores[:, n] for n in range(scores.shape[1])}
    middle = scores[:, 1]
    size, sums = len(middle), _running_sums(middle)
    index = np.arange(size)
    for step in (-1, 1):
        there = (index + step >= 0) & (index + step < size)
        columns[f"lexicon at {step:+}"] = np.where(there, middle[np.clip(index + step, 0, size - 1)], 0.0)
    for reach in (3, 8):
        _, low, high = _window(size, reach)
        columns[f"lexicon within {reach}"] = (sums[high] - sums[low] - middle) / np.maximum(1, high - low - 1)
    return columns


def second_pass_features(page: Sequence[Line], first: Column) -> Columns:
    """Return the features of the second pass, from the log-odds that the first pass gave to the lines of the page."""
    size, lengths = _lengths(page)
    # Beyond that the first pass is sure, and the sigmoid is flat.
    odds = np.clip(first, -8, 8)
    likely = 1 / (1 + np.exp(-odds))
    index = np.arange(size)
    columns = {"first": odds, "likely": likely}
    for step in (-3, -2, -1, 1, 2, 3):
        there = (index + step >= 0) & (index + step < size)
        columns[f"likely at {step:+}"] = np.where(there, likely[np.clip(index + step, 0, size - 1)], 0.0)
    # A very long line must not outweigh the rest of the article.
    capped = np.minimum(lengths, _MOST_CHARACTERS)
    for least in (0.3, _SURE):
        start, end = densest((likely - least) * capped)
        columns[f"in the text over {least}"] = ((index >= start) & (index < end)).astype(float)
        columns[f"before the text over {least}"] = np.log1p(np.maximum(0, start - index))
        columns[f"after the text over {least}"] = np.log1p(np.maximum(0, index - end + 1))
    inside = columns[f"in the text over {_SURE}"]
    columns |= {"likely inside": likely * inside, "likely outside": likely * (1 - inside)}
    columns |= _likely_around(likely, lengths) | _nearest(likely)
    return columns | _blocks(likely, lengths) | _topic(page, likely, inside, capped)


def _likely_around(likely: Column, lengths: Column) -> Columns:
    mass, all_lengths, count = _running_sums(likely * lengths), _running_sums(lengths), _running_sums(likely)
    columns = {}
    for reach in (3, 6, 12, 25):
        index, low, high = _window(len(likely), reach)
        rest = np.maximum(1.0, all_lengths[high] - all_lengths[low] - lengths)
        before, after = all_lengths[index] - all_lengths[low], all_lengths[high] - all_lengths[index + 1]
        columns[f"likely text within {reach}"] = (mass[high] - mass[low] - likely * lengths) / rest
        columns[f"likely lines within {reach}"] = (count[high] - count[low] - likely) / np.maximum(1, high - low - 1)
        columns[f"likely text in {reach} before"] = (mass[index] - mass[low]) / np.maximum(1.0, before)
        columns[f"likely text in {reach} after"] = (mass[high] - mass[index + 1]) / np.maximum(1.0, after)
    index = np.arange(len(likely))
    before, after = mass[index] / max(1.0, mass[-1]), 1 - mass[index + 1] / max(1.0, mass[-1])
    columns |= {
        "text before": before,
        "text after": after,
        "page: likely": np.full(len(index), mass[-1] / all_lengths[-1]),
    }
    for least in (0.02, 0.005):
        columns[f"no text before, {least}"] = (before < least).astype(float)
        columns[f"no text after, {least}"] = (after < least).astype(float)
    return columns


def _nearest(likely: Column) -> Columns:
    """Return the distances to the nearest sure lines before and after."""
    size = len(likely)
    sure = np.flatnonzero(likely > _SURE)
    index = np.arange(size)
    # A line before the page and one behind it stand in where there is no sure line.
    ends = np.concatenate([[-1], sure, [size]])
    before = np.log1p(index - ends[np.searchsorted(sure, index)])
    after = np.log1p(ends[np.searchsorted(sure, index, side="right") + 1] - index)
    return {
        "to the text before": before,
        "to the text after": after,
        "to the text": np.minimum(before, after),
        "between texts": np.maximum(before, after),
        "likely, to the text before": likely * before,
        "likely, to the text after": likely * after,
    }


def _blocks(likely: Column, lengths: Column) -> Columns:
    """Return the size of the block of likely lines that a line belongs to, and the place of the largest block."""
    columns = {}
    for gap in (3, 8):
        block = _block_of(likely, gap)
        count = int(block.max()) + 1
        mass = np.array([(likely * lengths)[block == number].sum() for number in range(count)] or [0.0])
        lines = np.array([float((block == number).sum()) for number in range(count)] or [0.0])
        largest, belongs = int(mass.argmax()) if count else -2, block >= 0
        columns[f"block share, gap {gap}"] = np.where(belongs, mass[block] / max(1.0, mass.sum()), 0.0)
        columns[f"block lines, gap {gap}"] = np.where(belongs, np.log1p(lines[block]), 0.0)
        columns[f"largest block, gap {gap}"] = (block == largest).astype(float)
        columns[f"after the largest, gap {gap}"] = (belongs & (block > largest)).astype(float)
        columns[f"before the largest, gap {gap}"] = (belongs & (block < largest)).astype(float)
        columns[f"likely in the largest, gap {gap}"] = likely * (block == largest)
    return columns


def _block_of(likely: Column, gap: int) -> npt.NDArray[np.int64]:
    """Number the blocks of likely lines; a block ends where more than `gap` unlikely lines follow; -1 is none."""
    block = np.full(len(likely), -1, dtype=np.int64)
    current, last = -1, -gap - 2
    for index in np.flatnonzero(likely >= 0.3):
        if current < 0 or index - last > gap:
            current += 1
        else:
            block[last + 1 : index] = current
        block[index] = current
        last = int(index)
    return block


def _topic(page: Sequence[Line], likely: Column, inside: Column, capped: Column) -> Columns:
    """Return the share of a line's words that the rest of the article has too: teasers speak of something else."""
    words = [_content_words(line) for line in page]
    is_text = (likely > 0.3) & (inside > 0)
    text = Counter(word for index in np.flatnonzero(is_text) for word in words[index])
    # A line without content words gets a middling share: it says nothing of the topic.
    once, twice, counted = np.full(len(page), 0.3), np.zeros(len(page)), np.zeros(len(page))
    for index, line_words in enumerate(words):
        # A line that counts as text is in the counter itself, so its own mention is taken off.
        elsewhere = [text[word] - int(is_text[index]) for word in line_words]
        if elsewhere:
            shared = sum(count > 0 for count in elsewhere)
            once[index] = shared / len(elsewhere)
            twice[index] = sum(count > 1 for count in elsewhere) / len(elsewhere)
            counted[index] = math.log1p(shared)
    prose = np.array([float(line.words >= 12) for line in page])
    weighed, weights = _running_sums(twice * capped), _running_sums(capped)
    columns = {
        "topic": once,
        "topic twice": twice,
        "no topic": (once == 0).astype(float),
        "topic, counted": counted,
        "topic, likely outside": once * likely * (1 - inside),
    }
    for name, weight in (("outside", 1 - inside), ("likely", likely), ("prose", prose)):
        columns |= {f"topic, {name}": once * weight, f"topic twice, {name}": twice * weight}
    for reach in (2, 5):
        _, low, high = _window(len(page), reach)
        rest = np.maximum(1.0, weights[high] - weights[low] - capped)
        columns[f"topic within {reach}"] = (weighed[high] - weighed[low] - twice * capped) / rest
    return columns


def _content_words(line: Line) -> set[str]:
    return {word.lower() for word in _CONTENT_WORD.findall(line.text)} - LINK_WORDS
