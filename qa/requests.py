"""Turns that ask nothing of the articles: courtesies, and requests to make something new or to help with it."""

import re

from qa.terms import fold, words

NO_QUESTION = "Nothing was asked. Ask what the articles say about a person, a place or an event."
NO_WORK = (
    "Answers are quoted from the articles here; nothing new is written, translated or made up. Ask what they say about "
    "a person, a place or an event."
)
_COURTESIES = frozenset(
    """thanks thank thx cheers please ok okay alright fine great good nice cool perfect excellent interesting hello hi
    hey greetings bye goodbye morning evening sorry welcome yes yeah no sure understood""".split()
)
_AROUND = frozenset("i you me it that this is was so very much a lot for the your all got there and again help".split())
_WORK = (
    r"(?:jokes?|puns?|riddles?|poems?|haikus?|limericks?|verses?|songs?|raps?|lyrics|essays?|recipes?|code|scripts?|"
    r"(?:fairy ?|short )(?:tale|story|stories))\b"
)
_LEAD = (
    r"(?:please|now|ok|okay|so|then|(?:can|could|would|will) you|i(?:'d like| want| need) you to|"
    r"help(?: me| us)?(?: to)?)"
)
_MADE = r"(?:write|compose|sing|create|generate|draft|make|invent)(?: me| us)?(?: an?| some| another)?"
_TOLD = r"(?:tell|give|show|read)(?: me| us)?(?: an?| some| another)"
_OWN = (
    r"(?:my|our)(?: \w+){0,2} (?:homework|coursework|assignment|essay|thesis|dissertation|exams?|presentation|project|"
    r"cv|exercises?|application)\b"
)
_HELP = rf"(?:help(?: me| us)?(?: out)? (?:with|on|for)|do|finish|solve|check|correct|write) {_OWN}[^.,:;!?]*"
_REQUEST = re.compile(
    rf"(?:^|[.!?;] )(?:{_LEAD}\W+)*(?:(?:translate|paraphrase|rephrase|rewrite)\b|{_MADE}(?: \w+){{0,2}} {_WORK}"
    rf"|{_TOLD}(?: \w+){{0,2}} {_WORK}(?! (?:that|which|by|from)\b)|{_HELP}(?:,? (?:please|thanks))?[.!?]*$)",
    re.IGNORECASE,
)
"""At the beginning of a sentence only: "Who wrote a song about it?" asks what the articles say.

Help with work of one's own is asked for only where nothing follows: "Help with my homework: who won?" is a question.
"""


def asks_nothing(text: str) -> bool:
    """Whether a turn is a greeting, thanks or assent; "why?" and "go on" do ask, they lean on the turn before."""
    said = set(map(fold, words(text)))
    return said <= _COURTESIES | _AROUND and not said.isdisjoint(_COURTESIES) and not text.rstrip().endswith("?")


def asks_for_a_work(text: str) -> bool:
    """Whether a turn asks to make something, a joke or one's homework, instead of what the articles say."""
    return bool(_REQUEST.search(" ".join(text.split())))
