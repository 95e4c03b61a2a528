"""The words of a text that carry meaning: stemmed terms, names, figures and quotations, normalised for comparison."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import regex
import Stemmer

from index.text.normal_form import normalised
from index.text.words import segmented, unaccented
from qa.language.currencies import currency_of
from qa.language.dates import MONTHS, WEEKDAYS

_STEMMER = Stemmer.Stemmer("english")
_PART_OF_WORD = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*"
_WORD = regex.compile(rf"{_PART_OF_WORD}(?:['’.&-]{_PART_OF_WORD})*")
_HYPHEN = re.compile(r"[-–—‑]")
STOPWORDS = frozenset(
    """a about above after again against all also am an and any are aren't as at be because been before being below
    between both but by can cannot could couldn't did didn't do does doesn't doing don't down during each exactly few
    for from further get gets give given go got had has have having he her here hers herself him himself his how i if
    in into is isn't it it's its itself just last let like made make many may me might more most much must my myself
    no nor not of off on once one only or other our ours out over own per please put s same say says said she should
    so some such t take tell than that that's the their theirs them themselves then there these they this those through
    to too under until up upon us very was wasn't we were what what's when where which while who whom whose why will
    with won't would you your yours according article articles report reports reportedly news story actually currently
    recently latest new ever happen happened happening thing things kind sort type list name describe explain compare
    mention mentioned know quote cite summarise summarize""".split()
)
# "US" the country is a term, "us" the pronoun is not; the same for "WHO" and "IT".
_CAPITAL_TERMS = frozenset({"US", "WHO", "IT"})
_CARDINALS = dict(
    zip(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split(),
        range(20),
        strict=True,
    )
) | dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_SCALES = {
    "dozen": 12, "hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "mln": 1e6, "mn": 1e6, "m": 1e6,
    "billion": 1e9, "bln": 1e9, "bn": 1e9, "b": 1e9, "trillion": 1e12, "tn": 1e12,
}  # fmt: skip
_FIGURE = re.compile(
    r"(?P<currency>US\$|[$€£¥₹]|\bRs\.? ?)?\s?"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:[ -]?(?P<scale>hundred|thousand|million|billion|trillion|mln|bln|mn|bn|tn|k|m|b)\b)?"
    r"(?:[\s-]?(?P<percent>%|per ?cent\b|percentage points?\b))?",
    re.IGNORECASE,
)
_CARDINAL_WORD = "|".join(sorted(_CARDINALS, key=len, reverse=True))
_DIGIT_WORD = "|".join(list(_CARDINALS)[1:10])
_CARDINAL = re.compile(
    rf"\b(?:(?P<word>{_CARDINAL_WORD})(?:[ -](?P<unit>{_DIGIT_WORD}))?"
    rf"(?:[ -](?P<hundred>hundred)(?: and)? (?P<tens>{_CARDINAL_WORD})(?:[ -](?P<ones>{_DIGIT_WORD}))?)?"
    r"|an?(?= (?:dozen|hundred|thousand|million|billion|trillion)\b))"
    r"(?:[ -](?P<scale>dozen|hundred|thousand|million|billion|trillion))?(?:[\s-](?P<percent>per ?cent))?\b",
    re.IGNORECASE,
)
_CARDINAL_PARTS = ("word", "unit", "tens", "ones")
# A name may hold, besides capitalised words, a stop after an initial or an abbreviation (unless a function word opens a
# sentence there), and the number of a work. A word may begin small ("eBay"), and goes on over a stop or an ampersand as
# words do ("J.K.", "AT&T").
_SHORT = "|".join(
    rf"(?<=\b{word})" for word in "Dr Mr Mrs Ms Prof Gen Sen Rep Gov Lt Col Capt Sgt Rev St Mt Ft".split()
)
_OPENER = "|".join(map(str.capitalize, sorted(STOPWORDS)))
_STOP = rf"(?:{_SHORT})\.|(?<=\b[A-ZÀ-ÖØ-Þ])\.(?! (?:{_OPENER})\b(?!\.))"
_PART = r"(?<!\w)[a-z]{0,3}[A-ZÀ-ÖØ-Þ](?:[\w’'-]*\w)?"
_NAME_WORD = rf"{_PART}(?:[.&]{_PART})*"
_NAME = re.compile(
    rf"{_NAME_WORD}(?:[ ](?:(?:No|Op|Vol)\.|Part)[ ]\d+\b"
    rf"|(?:{_STOP})?[ ](?:(?:of the|of|de|al|bin|van|von)[ ])?{_NAME_WORD})*(?:(?<=\.[A-Z])\.)?"
)


_IRREGULAR: dict[str, str] = {}
for _row in """begin began begun; break broke broken; bring brought; build built; buy bought; catch caught;
    choose chose chosen; come came; deal dealt; draw drew drawn; drive drove driven; eat ate eaten;
    fall fell fallen; fight fought; find found; flee fled; fly flew flown; forbid forbade forbidden;
    freeze froze frozen; grow grew grown; hang hung; hear heard; hide hid hidden; hold held; keep kept;
    know knew known; lead led; lend lent; lose lost; mean meant; meet met; pay paid; rise rose risen; run ran;
    see saw seen; seek sought; sell sold; send sent; shake shook shaken; shoot shot; show shown;
    sing sang sung; sit sat; speak spoke spoken; spend spent; stand stood; steal stole stolen; strike struck;
    swear swore sworn; take took taken; teach taught; tear tore torn; think thought; throw threw thrown;
    undergo underwent undergone; understand understood; wake woke woken; wear wore worn; win won;
    withdraw withdrew withdrawn; write wrote written""".split(";"):
    _verb, *_forms = _row.split()
    _IRREGULAR |= dict.fromkeys(_forms, _verb)


class Figure(NamedTuple):
    """A number at `start:end` of a text; its `unit` is `percent`, `money` or empty, its currency is that beside it."""

    value: float
    unit: str
    start: int
    end: int
    currency: str = ""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of a word (Porter 2, English), lower case, irregular verb forms as their base form."""
    folded = fold(word).removesuffix("'s").replace(".", "").strip("'-&")
    return str(_STEMMER.stemWord(_IRREGULAR.get(folded, folded)))


def fold(text: str) -> str:
    """Return the text in its plain form, in lower case, without accents, with straight quotes and hyphens."""
    if not text.isascii():
        text = normalised(text).translate(_STRAIGHT)
    if text.isascii():
        return text.lower()
    return unaccented(text).lower()


_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "\xa0": " "})


# In double marks of any pairing; in angled ones; in single ones, which must not be apostrophes: the first is not behind
# a letter, the last not before one, and those inside stand between letters.
_QUOTATION = re.compile(
    r"""["“”„]([^"“”„]+)(?:["“”]|$)|«([^«»]+)(?:»|$)|(?<![^\W_])['‘]((?:[^'‘’]|(?<=\w)['’](?=\w))+)['’](?!\w)"""
)
_APOSTROPHE = re.compile("['‘’]")
_SHORTEST_QUOTATION = 3


def quotations(text: str) -> list[str]:
    """Return the quotations of a text, without the stop at their end: three characters, in single marks two words.

    A quotation that is opened and not closed reaches to the end of the text.
    """
    quoted = []
    for double, angled, single in _QUOTATION.findall(text):
        # What is shorter ("CZ") is read all the same: else its closing mark would open another quotation.
        is_long = len(double or angled) >= _SHORTEST_QUOTATION or (single and _ends_in_several_words(single))
        if is_long and (quotation := (double + angled + single).strip(" .,;:!?")):
            quoted.append(quotation)
    return quoted


def _ends_in_several_words(quotation: str) -> bool:
    """Return whether there is a space after the last apostrophe: else a text in single marks is no quotation."""
    return any(map(str.isspace, _APOSTROPHE.split(quotation)[-1][:-1]))


def words(text: str) -> list[str]:
    """Return the words of a text's plain form; a hyphenated word counts as its parts."""
    return [part for word in _WORD.findall(normalised(text)) for part in _HYPHEN.split(word) if part]


def terms(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order, repeats kept."""
    return list(_terms(text))


@lru_cache(maxsize=20_000)
def _terms(text: str) -> tuple[str, ...]:
    # "How long" asks for a time and "how old" for an age: none need be called long or old.
    text = segmented(text).replace("ow long ", "ow ").replace("ow old ", "ow ")
    return tuple(chain.from_iterable(map(_stems, _WORD.findall(text))))


@lru_cache(maxsize=50_000)
def _stems(word: str) -> tuple[str, ...]:
    """Return the stems of a word's parts that carry meaning: a hyphenated word counts as its parts."""
    return tuple(stem(part) for part in _HYPHEN.split(word) if part and _has_meaning(part))


@lru_cache(maxsize=50_000)
def _has_meaning(word: str) -> bool:
    return word in _CAPITAL_TERMS or (bool(stem(word)) and fold(word).removesuffix("'s") not in STOPWORDS)


def figures(text: str) -> list[Figure]:
    """Return the numbers of a text in digits and in words: "$4.1bn" and "4.1 billion dollars" have one value."""
    # Decimal: 4.1 times a billion as floats is 4,099,999,999.9999995.
    all_figures = [_figure(match, Decimal(match["number"].replace(",", ""))) for match in _FIGURE.finditer(text)]
    taken = {index for figure in all_figures for index in range(figure.start, figure.end)}
    # Figures in digits go first: the "million" of "4.1 million" is no number by itself.
    for match in _CARDINAL.finditer(text):
        if taken.isdisjoint(range(*match.span())):
            all_figures.append(_figure(match, Decimal(_cardinal(match))))
    return sorted(all_figures, key=lambda figure: figure.start)


def _cardinal(match: re.Match[str]) -> int:
    word, unit, tens, ones = (_CARDINALS[match[part].lower()] if match[part] else 0 for part in _CARDINAL_PARTS)
    # "A dozen" and "a million" have no number word: they are one of it.
    whole = word + unit if match["word"] else 1
    return whole * 100 + tens + ones if match["hundred"] else whole


def _figure(match: re.Match[str], value: Decimal) -> Figure:
    groups = match.groupdict()
    value *= Decimal(_SCALES[groups["scale"].lower()] if groups["scale"] else 1)
    currency = currency_of(match.string, match.start("number") if "number" in groups else match.start(), match.end())
    unit = "percent" if groups["percent"] else "money" if currency else ""
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    return Figure(round(float(value), 6), unit, start, match.end(), currency)


# The text before a name inside a sentence ends so.
_INSIDE = re.compile(r"[\w,;)(\[/`’'\"”-]\s*$")
_REACH = 40
"""Characters before a name that are read: all of them would take quadratic time in a long text."""


def names(text: str) -> list[str]:
    """Return the names of a text: runs of capitalised words; a single one that opens a sentence is left out."""
    all_names, text = [], normalised(text)
    for match in _NAME.finditer(text):
        opens = opens_a_sentence(text, match.start())
        parts = match.group().split()
        # "The Times" at the beginning of a sentence is "Times": the article may owe its capital to its place.
        if opens and fold(parts[0]).removesuffix("'s") in STOPWORDS:
            parts = parts[1:]
            opens = False
        if parts and not (opens and len(parts) == 1 and may_be_a_word(parts[0])):
            all_names.append(" ".join(parts))
    return [name for name in all_names if fold(name) not in {*MONTHS, *WEEKDAYS, "i"}]


def opens_a_sentence(text: str, index: int) -> bool:
    """Return whether the word at `index` opens a sentence of a text."""
    return not _INSIDE.search(text, max(0, index - _REACH), index)


def may_be_a_word(opening: str) -> bool:
    """Return whether a word may owe its capital to opening a sentence: "CENTCOM", "Q2" and "eBay" do not."""
    return sum(map(str.isupper, opening)) == 1 and opening[0].isupper() and not any(map(str.isdigit, opening))


def listed(parts: Sequence[str], last: str = "and") -> str:
    """Return parts as a list in a sentence: "a, b and c"."""
    return f" {last} ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
