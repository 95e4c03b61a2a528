"""Which words state what a question wants to know of a thing: a population is "3,000 people", a genre "is an opera".

The table is general English, of what news and encyclopaedias tell of persons, places and works. It says which sentence
is likelier to answer; that none can, only where the attribute is just what is asked for and no sentence states it.
"""

import re

from qa.terms import STOPWORDS, names

_YEAR = r"(?:1\d|20)\d\d"
_DASH = "[–—-]"
_IS_A = r"\b(?:is|was|are|were|became) (?:an?|the|one of the)\b"
_ATTRIBUTES = (
    (
        r"population|inhabitants|how many (?:people|residents) live",
        r"\bpopulation\b|\d (?:million |thousand )?(?:people|inhabitants|residents|persons)\b",
    ),
    (
        r"born|birth(?:day|date|place)?",
        rf"\b(?:born|birth)\b|\b[bB]\. |\([^()]{{0,60}}?{_YEAR}[^()]{{0,20}} ?{_DASH}[^()]{{0,60}}\)",
    ),
    (
        r"die[ds]?|death",
        rf"\b(?:died|dies|death|dead|killed|passed away)\b|{_YEAR}\)? ?{_DASH}[^()]{{0,30}}{_YEAR}",
    ),
    (
        r"occupation|profession|known for|for a living",
        rf"{_IS_A}|\b(?:worked|works|served|serves|trained) as\b|\b(?:career|profession)\b",
    ),
    (
        r"sports?",
        r"\b(?:play(?:s|ed|ers?|ing)?|(?:foot|base|basket|volley|hand)ball(?:ers?)?|soccer|box(?:er|ing)|cricket(?:er)?"
        r"|hockey|rugby|tennis|golf(?:er)?|ski(?:er|ing)|skat(?:er|ing)|swimm(?:er|ing)|wrestl(?:er|ing)|row(?:er|ing)"
        r"|cycl(?:ist|ing)|runn(?:er|ing)|sprinter|athlet\w+|gymnast\w*|weightlift\w+|rac(?:er|ing)|fenc(?:er|ing))\b",
    ),
    (
        r"(?:political )?party|political affiliation",
        r"\b(?:Party|Democrat(?:ic)?|Republican|Conservative|Labou?r|Liberal|Tory|Whig|Socialist|Communist|Independent"
        r"|Greens?|Nationalist)\b",
    ),
    (
        r"genre|medium|format",
        rf"{_IS_A}.{{0,80}}?\b(?:film|movie|album|song|single|novel|book|play|opera|series|show|drama|comedy|musical"
        r"|band|poem|story|game|magazine|newspaper|documentary|station|cartoon|painting|sitcom|programme?|comic)\b",
    ),
    (r"languages?", r"\b(?:languages?|spoken|speaks?)\b"),
    (
        r"author|(?:screen)?writer|wrote|written",
        r"\b(?:author(?:ed)?|(?:screen|co-)?writer|written|writing|wrote|penned|screenplay|script|by)\b",
    ),
    (r"direct(?:or|ed)", r"\bdirect(?:ed|or|ing)\b|\bfilm by\b"),
    (r"produce[rd]s?", r"\bproduc(?:ed|er|ers|ing)\b"),
    (
        r"artist|perform(?:er|ed|s)|singer|sang|sings|recorded|musician|band|compose[rd]",
        r"\b(?:by|artist|perform(?:ed|er)|sang|sung|singer|record(?:s|ed)|band|compose[rd]|group|musician|rapper|duo)\b",
    ),
    (
        r"creat(?:or|ed)|founder|develop(?:ed|er)|invent(?:or|ed)|design(?:er|ed)|architect",
        r"\b(?:creat(?:ed|or)|found(?:ed|er)|develop(?:ed|er)|invent(?:ed|or)|design(?:ed|er)|architects?|written|by)\b",
    ),
    (
        r"established|founded|formed|opened|started|began|begun|introduced",
        r"\b(?:establish\w*|found(?:ed|ing|ation)|form(?:ed|ation)|created|opened|started|beg[au]n|introduced"
        r"|incorporated|set up|launched|dates? (?:from|back)|since)\b",
    ),
    (
        r"released|published|aired|launched|issued|broadcast|c[ao]me out",
        r"\b(?:releas\w+|publi(?:sh|cation)\w*|premier\w+|aired|launched|came out|issued|broadcast|debut\w*)\b",
    ),
    (
        r"built|construct(?:ed|ion)|completed|erected",
        r"\b(?:built|construct\w+|complet\w+|erected|consecrated|finished|dat(?:es|ing) (?:from|to|back))\b",
    ),
    (
        r"(?:when|what year)\b.{0,100}?\b(?:closed|abolished|dissolved|disbanded|demolished)",
        r"\b(?:clos(?:ed|ure)|abolish\w+|dissol\w+|disband\w+|demoli\w+|defunct|until|ended)\b",
    ),
    (r"elected|appointed", r"\b(?:elect(?:ed|ion)|appoint(?:ed|ment)|took office|sworn in|became)\b"),
    (
        r"religion|denomination|faith",
        r"\b(?:religio\w+|Church|Catholic|Protestant|Anglican|Lutheran|Methodist|Baptist|Orthodox|Muslim|Islam(?:ic)?"
        r"|Hindu(?:ism)?|Buddhis[tm]|Jew(?:ish)?|Judaism|Sikh(?:ism)?)\b",
    ),
    (r"nationality", r"\b(?:is|was) an? [A-Z]|\b(?:citizen|national)\b"),
    (r"husband|wife|spouse|married|marry", r"\b(?:husband|wife|spouse|marri\w+|wed|widow\w*)\b"),
    (
        r"(?:s|the) (?:father|mother|parents?|sons?|daughters?|brothers?|sisters?|siblings)",
        r"\b(?:father|mother|parents?|sons?|daughters?|child(?:ren)?|siblings?|brothers?|sisters?)\b",
    ),
    (
        r"located|situated|where (?:is|are|was|were)",
        r"\b(?:located|situated|lies|stands)\b|\b(?:is|was) an? .{0,80}? (?:in|on|at|near) (?:the )?[A-Z]",
    ),
    (r"take place|happen|occur", r"\b(?:took place|happened|occurred|fought|held)\b"),
    (r"stand for|abbreviation|acronym", r"\b(?:stands? for|abbreviat\w+|short for|known as)\b|\( ?[A-Z]{2,} ?\)"),
)
_OFFICE = re.compile(
    r"\bwho(?:'s|’s| (?:is|was|are|were|became|heads|leads)) (?:now |then |currently )?(?:the |an? )?(?:\w*['’]s? )?"
    r"((?:[a-z][\w-]+ ){0,3}?[a-z][\w-]+?)s?"
    r"(?=\W*$| (?:of|to|for|in|at|on|when|while|during|after|before|since|now|today)\b)",
    re.IGNORECASE,
)
_PAST = re.compile(r"who (?:was|were|became)\b", re.IGNORECASE)
_NOT_AN_OFFICE = re.compile(r"\w+(?:ed|ly|ing|ble)$")  # "Who was killed"
_TABLE = [(re.compile(rf"\b(?:{asked})\b", re.IGNORECASE), re.compile(stated)) for asked, stated in _ATTRIBUTES]
_PLAINLY = re.compile(
    rf"\b(?:what|which)\b(?:\W+\w+){{0,2}}?\W+(?:{'|'.join(asked for asked, _ in _ATTRIBUTES)})\b", re.IGNORECASE
)


def attribute_of(part: str) -> re.Pattern[str] | None:
    """Return what finds a statement of the attribute that a question asks for, None where it asks for none known.

    The words of its names ask for nothing: "Who made Game of Death?" does not ask for a death.
    """
    unnamed = _without_names(part)
    known = next((stated for asked, stated in _TABLE if asked.search(unnamed)), None)
    return known or _holder(_office(unnamed))


def is_plain(part: str) -> bool:
    """Whether the attribute is just what a question asks for: "What is its population?", not "How did it grow?"."""
    unnamed = _without_names(part)
    return bool(_PLAINLY.search(unnamed) or _office(unnamed))


def asks_who_holds_an_office(part: str) -> bool:
    """Whether a question asks who holds an office now: the last that is told of is meant."""
    office = _office(_without_names(part))
    return bool(office) and not _PAST.match(office[0] if office else "")


def _without_names(part: str) -> str:
    for name in names(part):
        part = part.replace(name.removesuffix("'s").removesuffix("’s"), " ")
    return " ".join(part.split())


def _office(unnamed: str) -> re.Match[str] | None:
    office = _OFFICE.search(unnamed)
    first = office[1].split()[0].lower() if office else ""
    return None if first in {*STOPWORDS, "behind", "among"} or _NOT_AN_OFFICE.match(first) else office


def _holder(office: re.Match[str] | None) -> re.Pattern[str] | None:
    """Return what finds the name of who holds an office: "Prime Minister Ada Berg", "Ada Berg, the prime minister"."""
    if not office:
        return None
    title = rf"(?i:{re.escape(office[1])})s?"
    before = rf"\b{title}(?: (?:is|was|of [A-Z]\w+))?,? [A-Z]"
    became = r",| (?:is|was|became|as|who)| (?:(?:has been|was|is) )?(?:named|appointed|elected)"
    behind = rf"\b[A-Z]\w+(?:{became}) (?:[\w’'-]+ ){{0,4}}?{title}\b"
    return re.compile(rf"{before}|{behind}")
