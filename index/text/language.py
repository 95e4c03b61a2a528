"""The language of a text, from its commonest words or its script; None where neither is sure."""

import re
from collections import Counter

_WORDS = {
    "en": "the of and to in that is was for with as it by at from are this have has were not they which but",
    "de": "der die und das ist nicht von mit den sich auf für dem ein eine im zu auch wird wurde nach bei sind",
    "fr": "le les des et est une dans que qui pour sur pas du au avec sont plus par ce cette il elle ont été",
    "es": "el los las que y en una por con para se del al es su no como más pero fue sus ha este entre",
    "it": "il che di e la per un una con non sono è gli della nel si da dei le ha alla anche come del più",
    "pt": "o os que e do da em um uma para com não por na no dos ao é foi mais se como das pelo são",
    "nl": "de het een van en is dat op te zijn met voor niet aan er door ook maar bij om uit werd heeft naar",
}
_COMMON = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_SCRIPTS = {
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
_WORD = re.compile(r"[^\W\d_]+")
_LOOKED_AT = 20_000
_FEWEST_WORDS = 30
_LAST_LATIN = "\u024f"
_COMMON_SHARE = 0.18
_TIMES_THE_NEXT = 1.5
_SCRIPT_SHARE = 0.2


def likely(text: str) -> str | None:
    """Return the language that the commonest words of a short text speak for, or None when they do not decide.

    It takes twice as many as any other language has; a text of another script speaks for that script.
    """
    words = _WORD.findall(text[:_LOOKED_AT].lower())
    letters = "".join(words)
    if sum(char > _LAST_LATIN for char in letters) > len(letters) / 2:
        return next((code for code, script in _SCRIPTS.items() if script.search(letters)), "other")
    counts = Counter(words)
    by_count = sorted(((sum(counts[word] for word in common), code) for code, common in _COMMON.items()), reverse=True)
    (best, code), (next_best, _) = by_count[:2]
    return code if best and best >= 2 * next_best else None


def language(text: str) -> str | None:
    """Return the ISO 639-1 code of one of twelve languages, or None when the text is short or speaks for none.

    A script counts where one language alone is written in it; Cyrillic, Arabic and Han are left open.
    """
    words = [word.lower() for word in _WORD.findall(text[:_LOOKED_AT])]
    letters = sum(map(len, words))
    for code, script in _SCRIPTS.items():
        if letters and len(script.findall(text[:_LOOKED_AT])) >= _SCRIPT_SHARE * letters:
            return code
    counts = Counter(words)
    by_share = sorted(((sum(counts[word] for word in common), code) for code, common in _COMMON.items()), reverse=True)
    (best, code), (next_best, _) = by_share[:2]
    sure = best >= _COMMON_SHARE * len(words) and best >= _TIMES_THE_NEXT * next_best
    return code if len(words) >= _FEWEST_WORDS and sure else None
