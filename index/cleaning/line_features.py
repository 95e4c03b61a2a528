"""Features of one line of a page by itself: its length, its words, its punctuation, the patterns that it matches."""

import math
import re
from collections.abc import Iterator

from index.cleaning.metadata import is_bare_date
from index.text.lines import PARAGRAPH_WORDS, Line

LINK_WORDS = frozenset(
    "the of and to a in that is was for on with as it by at be from are this an have has had were but not they which "
    "who their his her its or will would been said says he she we i you there if when after more than about into over "
    "also could so".split()
)
"""The words that join running text, and that menus and headlines do without."""

_LONGER_THAN = (1, 2, 3, 5, 8, 12, 18, 25, 40, 60)
_SHORT_LINE = 20
_LEXICON_WORDS = 60
_LETTERS = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][a-z]+)?")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[^\w\s]")
# The end of a sentence inside a line, with the beginning of the next.
_INNER_STOP = re.compile(r"[a-z0-9%”\"’)][.!?][\"”’)]* [A-Z“\"‘]")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"

PATTERNS = {
    "terminal": re.compile(r"""[.!?…][)\]"'”’»]*(?:\s*\([A-Z][\w/ ]*\))?$"""),
    "question": re.compile(r"\?[\"'”’)]*$"),
    "ellipsis": re.compile(r"(?:\.\.\.|…)$"),
    "colon": re.compile(r":$"),
    "quotation": re.compile(r"[“”\"]"),
    "starts lower": re.compile(r"^[a-zà-ÿ]"),
    "starts with quotation": re.compile(r"^[“\"‘']"),
    "bullet": re.compile(r"^[•*·▪‣–—»›>-]"),
    "starts with figure": re.compile(r"^\d"),
    "bar": re.compile(r" \| |»|›|•.*•"),
    "hash": re.compile(r"#\w"),
    "label": re.compile(r"^(?:[A-Z][\w'’]*\s?){1,3}:\s"),
    "byline": re.compile(
        r"^(?i:(?:written |posted |reported |reporting |edited |published |story )*by:?) ?[A-Z]"
        r"|^(?:[A-Z][\w.'’-]+ ?){2,3}, ?(?:USA|CNN|AP|The|Special|Staff|[A-Z][a-z]+ (?:News|Times|Post))"
        r"|\bStaff (?:Writer|Reporter)|(?:Associated Press|Contributor|Correspondent|Reporter)$"
    ),
    "first person": re.compile(r"\b(?:I|I’m|I'm|my|me|lol|thanks)\b"),
    "dateline": re.compile(
        r"^(?:[A-Z]{3,}[A-Z./ ,-]*|[A-Z][a-z]+(?: [A-Z][a-z]+)?,? (?:[A-Z][a-z]+\.? ?)?\([A-Z]\w+\))"
        r"(?:, [A-Z][\w. ]+)?(?: \([\w ]+\))? ?[-–—:]+ "
    ),
    "price": re.compile(r"[$£€]\s?\d"),
    "run together": re.compile(r"[a-z.!?][A-Z][a-z]+.*[a-z.!?][A-Z][a-z]|(?<=[a-z])[A-Z]{2,} "),
    "reference": re.compile(
        r"^\^|\[edit\]|\bISBN\b|Retrieved \d|\bdoi\b|^[A-Z][\w.-]+, [A-Z]\w*\.?[ ;,(]|Archived from"
    ),
    "code": re.compile(r"[{};=]\s*$|^\s*//|\(\);?$"),
} | {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "web": r"https?://|www\.|\.com\b|@\w",
        "address": r"\b\S+@\S+\.\w+",
        "copyright": r"©|\(c\) ?(?:19|20)\d\d|copyright|all rights reserved|registered (?:trade)?mark|trademarks?\b",
        "legal": r"terms (?:of|and|&)|privacy|cookies?\b|disclaimer|gdpr|user agreement|ad ?choices|do not sell"
        r"|comment(?:ing)? policy|guidelines",
        "subscribe": r"subscri(?:be|ption|ber)|newsletter|sign(?:ed|ing)? ?(?:up|in)\b|log ?(?:in|out)\b|register|inbox"
        r"|your email|email address|free trial|unlimited access|alerts|member(?:ship)?\b|donat(?:e|ion)",
        "social": r"\b(?:facebook|twitter|instagram|linkedin|pinterest|whatsapp|reddit|flipboard|youtube|tumblr"
        r"|e-?mail|print|share|tweet|follow|podcast|app)\b",
        "advert": r"advert|sponsor|promoted|\bads?\b|affiliate|commission|partner content|deals?\b|coupon"
        r"|shop\b|buy now",
        "more": r"^\W*(?:read|see|watch|listen|more|also|related|recommended|next|previous|latest|popular|trending|top"
        r"|featured|editor|don.t miss|must.read|view|show|load|click|tap|continue|you (?:may|might)|most"
        r"|from (?:the|our|around)|in (?:case|other)|up next|sections?|browse|explore|discover|find|get|learn|download"
        r"|join|skip|back to|all|home)\b",
        "more heading": r"^\W*(?:(?:read|see|watch|listen)(?: (?:more|also|next|now|to))?:?|(?:more|also|related"
        r"|recommended|next|previous|latest|popular|trending|featured|don.t miss|must.read|up next)\b.{0,40}:?)$",
        "picture": r"getty|shutterstock|ap photo|\bafp\b|/ ?ap\b|\(ap\)|\bepa\b|istock|unsplash|alamy"
        r"|photos? (?:by|credit|courtesy|illustration|provided|gallery|:)|photograph(?:ed|er)?\b"
        r"|image(?: (?:credit|source|\d+ of|courtesy)|:)|\bimage\b$|credit(?:credit|ed)?:|pictured|file photo"
        r"|screenshot|illustration|courtesy|caption|\bphoto\b|reuters/|/reuters|gallery|slideshow|\((?:left|right|file)\)"
        r"|, (?:left|right|center)\b|video(?: by)?:|enlarge",
        "agency at the end": r"(?:photo|getty(?: images)?|images|shutterstock|reuters|ap|afp|epa|file|pool|wire|news"
        r"|alamy|press)\W*$",
        "caption": r"\b(?:is seen|are seen|seen (?:here|in|on|at)|poses?|speaks?|walks?|attends?|arrives?|leaves?"
        r"|stands?|looks? on|waves?|gestures?|reacts?|celebrates?|holds?|sits?|performs?|addresses)\b.{0,120}"
        r"\b(?:in|on|at|during|after|before|outside|inside|near)\b",
        "stamp": r"\b(?:updated|published|posted|modified|created|reviewed|first published)\b.{0,25}\d"
        r"|\b\d{1,2}:\d\d ?(?:[ap]\.?m|[A-Z]{2,4}\b)|\b\d+ min(?:ute)?s? read"
        r"|\b\d+ (?:min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|years?|secs?|[dhm]) ago\b",
        "date": rf"\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? "
        r"(?:19|20)\d\d|\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d\b|\b(?:19|20)\d\d-\d\d-\d\d",
        "comment": r"\b(?:repl(?:y|ies)|comments?|commented|upvotes?|likes?|permalink|report abuse|flag|votes?|points?"
        r"|moderat(?:or|ed|ion)|discussion|conversation)\b",
        "about the writer": r"\bis an? (?:[\w-]+ ){0,6}(?:reporter|writer|editor|journalist|correspondent|columnist"
        r"|author|contributor|freelance|professor|fellow|producer|blogger|critic)\b|\b(?:follow|reach|contact|email) "
        r"(?:him|her|them|me|us|the (?:author|reporter|writer))\b|\bcover(?:s|ed|ing) [\w, ]+ for\b|contributed to this"
        r"|\bhas (?:written|worked|been (?:an?|the|writing|covering))\b|on twitter\b|\btips? to\b"
        r"|joined (?:the|us|[A-Z])",
        "asks": r"\b(?:you agree|please|by (?:signing|clicking|continuing|subscribing|submitting|using)|click|tap"
        r"|scroll|browser|javascript|enable|refresh|loading|try again|error|unsubscribe|your (?:account|browser"
        r"|device|inbox|preferences|subscription|privacy|support|city|area|location))\b",
        "about the page": r"\b(?:our (?:journalis\w+|readers?|newsletter|team|site|website|app|mission|coverage|best"
        r"|top|partners?|privacy|editors?|weekly|daily|latest|free)|this (?:site|website|article|story|page|content"
        r"|material)|(?:story|article|report) (?:was|has been|is)|may not be (?:published|reproduced|broadcast)|reprint"
        r"|redistribut|all quotes delayed|material from|brought to you)\b",
        "said": r"\b(?:said|says|told|added|according to|announced|reported|wrote|asked|argued|explained|noted"
        r"|claimed)\b",
        "you": r"\b(?:you|your|you’re|you're)\b",
        "past": r"\b(?:was|were|had|did|been|became|took|made|came|went|gave|found|began|led|\w{3,}ed)\b",
    }.items()
}
"""Patterns that tell article text and page junk apart, by name."""

_PATTERNS_OF_SHORT_LINES = (
    "picture,byline,stamp,date,social,subscribe,comment,about the writer,about the page,legal,asks,advert,terminal,"
    "you,web,said,past,question"
).split(",")


def features(line: Line) -> dict[str, float]:
    """Return the features of a line by itself."""
    text, words = line.text, line.words
    written = _LETTERS.findall(text) or [""]
    links = sum(word.lower() in LINK_WORDS for word in written)
    lower = sum(word[:1].islower() for word in written) / len(written)
    values = {name: float(bool(pattern.search(text))) for name, pattern in PATTERNS.items()}
    values |= {f"{name}, short": values[name] * (words < PARAGRAPH_WORDS) for name in _PATTERNS_OF_SHORT_LINES}
    values |= {f"over {limit} words": float(words > limit) for limit in _LONGER_THAN}
    terminal = bool(values["terminal"])
    # Logarithms: ten words more say much of a short line and nothing of a long one.
    return values | {
        "words": math.log1p(words),
        "characters": math.log1p(len(text)),
        "link words": links / len(written),
        "link words, counted": math.log1p(links),
        "no link word": float(links == 0),
        "lower": lower,
        "title case": float(lower < 0.45 and words > 3),
        "capitals only": float(text.isupper()),
        "capitals": sum(char.isupper() for char in text) / len(text),
        "figures": sum(char.isdigit() for char in text) / len(text),
        "punctuation": sum(char in ",;:-–—/|•()" for char in text) / len(text),
        "commas": math.log1p(text.count(",")),
        "stops inside": math.log1p(len(_INNER_STOP.findall(text))),
        "bare date": float(is_bare_date(text)),
        "prose": float(line.is_prose),
        "sentence": float(terminal and links / len(written) > 0.2 and words >= 6),
        "like a headline": float(not terminal and 5 <= words <= 20),
    }


def entries(line: Line) -> Iterator[str]:
    """Yield the entries of a line in the lexicon: its words (those of short lines apart), its first and its last."""
    # Which figure it is says nothing, only that one is there: all figures are one entry.
    words = [word if not word.isdigit() else "#" for word in _TOKEN.findall(line.text.lower().replace("’", "'"))]
    words = words[:_LEXICON_WORDS]
    kind = "s" if line.words < _SHORT_LINE else "l"
    yield from sorted({f"{kind}:{word}" for word in words})
    if words:
        yield f"f:{words[0]}"
        yield f"e:{words[-1]}"
