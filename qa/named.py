"""Which names and quotations of a statement its cited text does not hold."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from index.plain import plain
from qa.openings import OPENERS, is_ordinary, opening
from qa.spellings import PARTICLES, are_akin, sound_alike, sound_alike_in_part
from qa.terms import MONTHS, STOPWORDS, WEEKDAYS, fold, is_title, names, quotations, stem, terms, words
from qa.thesaurus import bundled

_DATE_WORDS = frozenset({*MONTHS, *WEEKDAYS})
_PEOPLES = [
    frozenset(row.split())
    for row in """us usa u.s america american americans; uk u.k britain british briton britons; france french;
    germany german germans; spain spanish; netherlands dutch holland; greece greek greeks; turkey turkish turkiye turks;
    poland polish; denmark danish danes; sweden swedish swedes; finland finnish; ireland irish; switzerland swiss;
    philippines filipino filipinos philippine; china chinese; thailand thai; europe european europeans eu;
    scotland scottish; wales welsh; norway norwegian; israel israeli israelis; iraq iraqi; un u.n""".split(";")
]
# Names that a text may give in short: the whole form, and the short one that is compared.
_SHORT = [
    (re.compile(rf"\b(?:{whole})\b"), short)
    for whole, short in (
        ("United States(?: of America)?", "US"),
        ("United Kingdom", "UK"),
        ("United Nations", "UN"),
        ("European Union", "EU"),
        ("World War (?:I|1|One)|First World War|WW1", "WWI"),
        ("World War (?:II|2|Two)|Second World War|WW2", "WWII"),
    )
]
# Words of a text that a statement may put as a name.
_ABBREVIATED = (
    (re.compile(r"\btelevision\b", re.IGNORECASE), "TV"),
    (re.compile(r"\bartificial intelligence\b", re.IGNORECASE), "AI"),
)
_NICKNAMES = [
    frozenset(row.split())
    for row in """mike michael mick; bill billy will willie william; bob bobby rob robert; dick rick rich richard;
    jim jimmy james; jack john johnny; joe joey joseph; tom tommy thomas; tony anthony; kate katie cathy kathy catherine
    katherine; liz beth betty lizzie elizabeth; meg maggie peggy margaret; ted ned eddie edward; ted teddy theodore;
    chuck charlie charles; harry henry hank; larry lawrence laurence; nick nicky nicholas; steve stephen steven;
    dave davy david; andy andrew drew; ben benny benjamin; matt matthew; pat patrick patricia; sue suzy susan;
    tim timmy timothy; ron ronnie ronald; don donald; ken kenneth; greg gregory; jeff jeffrey geoffrey; fred frederick;
    abe abraham; al albert alfred; alex alexander alexandra sandy; sam sammy samuel samantha; dan danny daniel;
    chris christopher christine christina; ed edward edwin; gene eugene; jerry gerald jerome; jenny jennifer;
    debbie deborah; barb barbara; lucy lucille lucia; becky rebecca; bernie bernard; vicky victoria;
    joey josephine""".split(";")
]
_PRONOUNS = frozenset({"US", "IT", "WHO"})
_FORMS = frozenset(
    "inc incorporated ltd limited corp corporation co company plc llc gmbh ag sa fc prefecture province oblast".split()
)
_SMALL_WORDS = frozenset("a an the and or of in on at to for from with by v vs".split())
_LEAST_SHORT_NAME = 3
_BEGUN = 4
_QUARTER = re.compile(r"\b(first|second|third|fourth)[ -]quarter\b", re.IGNORECASE)
_QUARTER_FIRST = re.compile(r"\b([1-4])Q(?=\d\d\b|\b)")
_REACH = 80
_QUARTERS = {"first": "Q1", "second": "Q2", "third": "Q3", "fourth": "Q4"}
# Cyrillic and Greek letters that look like Latin ones (confusables of Unicode Technical Standard 39, in part).
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕЅІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιαρ", "aeopcyxijsdhqwABESIJKMHOPCTYXABEZHIKMNOPTYXoviap"
)
_LOOKS_LATIN = re.compile(f"(?<![^\\W\\d_])[A-Za-zÀ-ɏ{''.join(map(chr, _LOOKALIKES))}]+(?![^\\W\\d_])")
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}|\b(?:[A-Z]\.)+[A-Z]\b")
_HYPHENED = re.compile(r"\b\w+(?:-\w+)+\b")
_VERSUS = re.compile(r"\b(vs?)\.(?= )")
_NICKNAMED = re.compile(r"""(?<=[a-z.]) (?:"|``|'')\s?([A-Z][a-z]+)\s?(?:"|``|'')(?= [A-Z])""")
_INITIAL = re.compile(r"\b([A-Z])\.(?= [A-Z])")
_OFFICES = frozenset("crown prime vice deputy former acting pm mp foreign first assistant then ex".split())
_CUT = re.compile(r"\.{3}|…|\[[^\]]*\]")
_TOKEN = re.compile(r"\d[\d.,]*\d|[^\W_]+|[$€£¥₹%]")
_GAP = " … "


class _Held(NamedTuple):
    """The words of the cited text as names are looked up among them."""

    text: str
    stems: frozenset[str]
    capitals: frozenset[str]
    alone: frozenset[str]
    names: tuple[str, ...]
    initials: frozenset[str]
    squeezed: frozenset[str]


def missing_names(statement: str, held: str) -> list[str]:
    """Return the names of a statement that are not in a text, by any of the forms that stand for one name."""
    for form, short in _ABBREVIATED:
        held = form.sub(rf"\g<0> {short}", held)
    known, said = _read(_undotted(held)), _undotted(statement)
    found = dict.fromkeys(name.removesuffix("'s").removesuffix("’s") for name in (*opening(said), *names(said)))
    wanted = [name for name in found if fold(name) not in OPENERS]
    return [name for name in wanted if not _is_held(name, known) and not _is_explained(name, said)]


def _is_explained(name: str, statement: str) -> bool:
    """Whether a statement says itself what an abbreviation is short for: "the cardiothoracic ratio (CTR)"."""
    short = fold(name).removesuffix("s") if name[:-1].isupper() else ""
    at = statement.find(f"({name})")
    before = words(statement[max(0, at - _REACH) : at]) if short and at > 0 else []
    every = "".join(fold(word)[0] for word in before)
    return len(short) > 1 and any(
        one.endswith(short) for one in (every, "".join(fold(word)[0] for word in before if fold(word) not in STOPWORDS))
    )


def missing_quotations(statement: str, cited: str) -> list[str]:
    """Return the quotations of a statement that are not in a text, word for word and sign for sign.

    Case, typographic marks and stops do not count; what stands before and after an ellipsis or a bracket is looked up
    by itself. In `cited`, an ellipsis parts what does not stand together. The words of a title, all with capitals, must
    be in the text in this order, no more: titles are cut short and put together.
    """
    held = f" {_GAP.join(_tokens(part) for part in cited.split('…'))} "
    return [
        quotation
        for quotation in quotations(statement)
        if not all(f" {_tokens(part)} " in held for part in _CUT.split(quotation) if _tokens(part))
        and not _is_title(quotation, cited)
    ]


def _is_title(quotation: str, cited: str) -> bool:
    """Whether a quotation is a title, every word of which is in the text, in this order."""
    said = [word for word in words(quotation) if fold(word) not in _SMALL_WORDS]
    if not said or any(word[0].islower() for word in said):
        return False
    text = iter(stem(word) for word in words(cited))
    return all(stem(word) in text for word in said)


def together(parts: Iterable[str]) -> str:
    """Return texts that do not stand together as one, such that no quotation reaches over the gap."""
    return _GAP.join(parts)


def _tokens(text: str) -> str:
    return " ".join(_TOKEN.findall(fold(_latin(plain(text)))))


def _undotted(text: str) -> str:
    """Return a text with "U.S." and "United States" as "US", "J. Edgar" as "J Edgar", Q1 beside "first quarter".

    A nickname in quotation marks becomes a part of the name.
    """
    whole = _DOTTED.sub(lambda match: match.group().replace(".", ""), _latin(plain(text)))
    for form, short in _SHORT:
        whole = form.sub(short, whole)
    whole = _QUARTER.sub(lambda match: f"{match.group()} {_QUARTERS[match.group(1).lower()]}", whole)
    whole = _QUARTER_FIRST.sub(r"Q\1 ", whole)
    return _INITIAL.sub(r"\1", _VERSUS.sub(r"\1", _NICKNAMED.sub(r" \1", whole)))


def _latin(text: str) -> str:
    """Return a plain text with words of Latin letters and such as only look like them in Latin letters throughout."""
    return text if text.isascii() else _LOOKS_LATIN.sub(lambda match: match.group().translate(_LOOKALIKES), text)


def _read(text: str) -> _Held:
    every = words(text)
    capitals = [fold(word).removesuffix("'s") for word in every if word[0].isupper()]
    found = tuple(name for name in names(text))
    initials = {_initials(name) for name in found} | {_initials(" ".join(pair)) for pair in pairwise(found)}
    initials |= {"".join(part[0] for part in one.split("-")).lower() for one in _HYPHENED.findall(text)}
    squeezed = {fold(name).replace(" ", "").replace("-", "") for name in (*found, *_HYPHENED.findall(text))}
    alone = frozenset(capitals).difference(fold(word).removesuffix("'s") for name in found for word in words(name))
    return _Held(
        text, frozenset(map(stem, every)), frozenset(capitals), alone, found, frozenset(initials), frozenset(squeezed)
    )


def _initials(name: str) -> str:
    return "".join(word[0] for word in words(name) if word[0].isupper()).lower()


def _is_held(name: str, known: _Held) -> bool:
    parts = [part for part in words(name) if fold(part) not in STOPWORDS or len(part) > 3 or part.isupper()]
    parts = [part for part in parts if not part.islower()] or parts  # "AI-based" names AI
    while len(parts) > 1 and (is_title(parts[0]) or fold(parts[0]) in _OFFICES | OPENERS):
        parts = parts[1:]
    while len(parts) > 1 and fold(parts[-1]) in _FORMS:
        parts = parts[:-1]
    missing = [part for part in parts if not _word_held(part, known)]
    if any(map(str.isdigit, "".join(missing))):  # no other figure is another spelling
        return name in known.text
    if not missing or _whole_held(name, known):
        return True
    last = fold(parts[-1]).removesuffix("'s")
    if len(parts) == 1:
        return any(last in forms and forms & known.capitals for forms in _NICKNAMES)
    if parts[-1] in missing:
        return False
    if parts[-1].isupper():  # an abbreviation is no last name; "Company's Q2" opens a sentence
        return all(map(is_ordinary, missing))
    return _first_names_fit(missing, parts, known)


def _word_held(word: str, known: _Held) -> bool:
    folded = fold(word).removesuffix("'s")
    return (
        (stem(word) in known.stems and (word not in _PRONOUNS or folded in known.capitals))
        or folded in _DATE_WORDS
        or folded in PARTICLES
        or (len(folded) > 1 and folded.replace(".", "") in known.initials)
        or any(are_akin(folded, other) or sound_alike(folded, other) for other in known.capitals)
        or any(folded in people and people & known.capitals for people in _PEOPLES)
        or (word.endswith("s") and word[:-1].isupper() and folded[:-1] in known.capitals | known.initials)
        or _place_held(word, known)
    )


def _place_held(said: str, known: _Held) -> bool:
    """Whether a place is in the text by its people, or they by their place, begun alike: Canada, Canadian."""
    entry = tuple(terms(said))
    return any(
        other[0][:_BEGUN] == entry[0][:_BEGUN] and known.stems.issuperset(other)
        for place in bundled().places(said)
        if place.entry == entry
        for other in place.alternatives
    )


def _whole_held(name: str, known: _Held) -> bool:
    """Whether a name is in the text as a whole: as its initials, as one word of two, or in another spelling."""
    folded = fold(name)
    initials = _initials(name)
    joined = folded.replace(" ", "").replace("-", "")
    return (
        (len(initials) > 2 and initials in known.capitals)
        or joined in known.squeezed
        or any(sound_alike_in_part(folded, fold(other)) for other in known.names)
        or _place_held(name, known)
    )


def _first_names_fit(missing: Sequence[str], parts: Sequence[str], known: _Held) -> bool:
    """Whether the text knows a person by the last name alone, or by first names with the same initials."""
    *firsts, last = (fold(part).removesuffix("'s") for part in parts)
    named = [[fold(word).removesuffix("'s") for word in words(name)] for name in known.names]
    bearers = [name[: name.index(last)] for name in named if last in name]
    given = [[part for part in bearer if not is_title(part.title()) and part not in OPENERS] for bearer in bearers]
    if not any(given):
        return bool(bearers) or last in known.alone
    others = [other for first in given for other in first if other not in firsts]
    if parts[0] not in missing and [firsts[0]] in given:  # a middle name is added: "Gerty Theresa Cori", of Gerty Cori
        return not any(bundled().concepts(part)[0].alternatives for part in missing if terms(part))
    return all(any(_one_first_name(fold(part), other) for other in others) for part in missing)


def _one_first_name(one: str, other: str) -> bool:
    """Whether one of two folded first names is the other's initial or its short form: J, John, Jack; Zac, Zachary."""
    shorter, longer = sorted((one, other), key=len)
    begins = longer.startswith(shorter) and (len(shorter) == 1 or len(shorter) >= _LEAST_SHORT_NAME)
    return begins or any(one in forms and other in forms for forms in _NICKNAMES)
