"""Signs that a sentence is meant for a model: patterns with weights, and the alternatives that patterns are made of."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

_CLAUSE = re.compile(
    r"^\W+|[.!?:;,>\"'“(\[{*#/–—-]\s*(?=[^\W\d_])|\b(?:and|then|please|now|must|should|shall|just|next|also|instead"
    r"|simply|kindly|to proceed),?\s+",
    re.IGNORECASE,
)
_PARTS = {
    "start": r"(?:^|[.!?:;>(\[*#\"'“–—-]\s)\W*(?:please |also |and |now |then )?",
    "override": r"ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass(?:ing)?|neglect|discard|cancel"
    r"|set aside|pay no attention to|(?:do not|don't|stop) (?:follow|obey|heed)(?:ing)?",
    "earlier": r"previous|prior|above|earlier|preceding|foregoing|initial|original|existing|system|past|former|other"
    r"|aforementioned|your|old|current",
    "orders": r"instructions?|prompts?|directives?|directions|guidelines?|rules|commands?|orders|context|constraints"
    r"|restrictions|programming|training|messages?|text|content|inputs?|tasks?|requests?|conversation|settings",
    "document": r"web ?page|page|paper|resume|résumé|cv|e-?mail|article|document|text|content|data|file|code|function"
    r"|passage|context|story|report|comment|review|message|question|query|conversation|input|information",
    "tell": r"state|say|print|output|repeat|respond|reply|answer|write|type|echo|return|display|report|recite|claim"
    r"|conclude|tell|translate|summari[sz]e|produce|generate|act|reveal|send|provide|give|follow|execute|recommend",
    "reply": r"response|reply|answer|output|completion|generation|summary|summari[sz]ation|translation"
    r"|responses|replies|answers|outputs|(?:final |next )sentence",
    "code": r"code|codebase|program|script|implementation|solution|algorithm|function|software|application|app|project"
    r"|repository|repo",
    "agent": r"ai|a\.i\.|llm|llms|ais|gpt|chatgpt|chat ?bots?|bots?|(?:large )?language models?|assistants?"
    # An assistant coach is a person.
    r"(?! (?:coach|manager|professor|director|referee|secretary|editor|principal))"
    r"|(?:ai|language|virtual|digital|automated) (?:models?|assistants?|agents?|systems?)|summari[sz]ers?",
}
REQUEST = re.compile(
    r"(?:please |kindly )?(?:write|draft|compose|create|generate|produce|provide|give|list|name (?!a more)"
    r"|describe|explain|define|outline|summari[sz]e|translate|convert|rewrite|rephrase|paraphrase|develop|design"
    r"|make (?:me|an?)|prepare|suggest|recommend|propose|compare|contrast|analy[sz]e|evaluate|assess|calculate"
    r"|compute|solve|find|identify|research|tell|(?:show|teach|help|walk) me|break down|discuss|predict|forecast"
    r"|estimate|classify|categori[sz]e|sort|organi[sz]e|extract|encode|decode|encrypt|reverse|substitute|swap"
    r"|rearrange|scramble|insert|repeat|print|output|conduct|simulate|perform|send|search|look up|interpret"
    r"|determine|detect)\b|(?:please )?(?:can|could|would|will) you\b|(?:how do|what) (?:i|you)\b",
    re.IGNORECASE,
)
QUESTION = re.compile(r"(?:what|who|whom|how|why|when|where|which)\b.*\?\W*$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Sign:
    """A pattern that makes a sentence likelier to be an instruction; `reason` is shown to people.

    The pattern is only tried when the sentence holds one of the `hints`, which is faster to check.
    """

    reason: str
    weight: float
    pattern: re.Pattern[str]
    hints: frozenset[str] = frozenset()
    at_clause: bool = False

    def shows(self, sentence: str, hints: Set[str], clauses: Sequence[int]) -> bool:
        """Whether a sentence shows the sign; `hints` are those that it holds, `clauses` where its clauses begin."""
        if self.hints and self.hints.isdisjoint(hints):
            return False
        if self.at_clause:
            return any(self.pattern.match(sentence, start) for start in clauses)
        return bool(self.pattern.search(sentence))


def clause_starts(sentence: str) -> list[int]:
    """Return where an imperative may begin: at the start, after punctuation, after words like "and" or "please"."""
    return [0, *(match.end() for match in _CLAUSE.finditer(sentence))]


def sign(reason: str, weight: float, pattern: str, hints: str = "") -> Sign:
    """Return a sign; `<name>` in the pattern stands for alternatives of that name, `<clause>` for a clause start."""
    at_clause = pattern.startswith("<clause>")
    filled = re.sub(r"<(\w+)>", lambda match: f"(?:{_PARTS[match.group(1)]})", pattern.removeprefix("<clause>"))
    # Such a word may stand between the start of a clause and the verb.
    only = "(?:always |only |never |please )?" if at_clause else ""
    return Sign(reason, weight, re.compile(only + filled, re.IGNORECASE), frozenset(hints.split()), at_clause)
