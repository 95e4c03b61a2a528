"""The language of a text, from its commonest words or its script; None where neither is sure."""

import re
from collections import Counter

import regex

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
_SHARED_BY = Counter(word for common in _COMMON.values() for word in common)
# By script, in this order: letters that one language alone has come before the script that it shares with others.
_SCRIPTS = {
    code: regex.compile(letters)
    for code, letters in (
        ("el", r"\p{Greek}"), ("he", r"\p{Hebrew}"), ("ka", r"\p{Georgian}"), ("hy", r"\p{Armenian}"),
        ("ja", r"[\p{Hiragana}\p{Katakana}]"), ("ko", r"\p{Hangul}"), ("zh", r"\p{Han}"),
        ("th", r"\p{Thai}"), ("lo", r"\p{Lao}"), ("km", r"\p{Khmer}"), ("my", r"\p{Myanmar}"),
        ("hi", r"\p{Devanagari}"), ("bn", r"\p{Bengali}"), ("pa", r"\p{Gurmukhi}"), ("gu", r"\p{Gujarati}"),
        ("ta", r"\p{Tamil}"), ("te", r"\p{Telugu}"), ("kn", r"\p{Kannada}"), ("ml", r"\p{Malayalam}"),
        ("si", r"\p{Sinhala}"), ("am", r"\p{Ethiopic}"), ("ar", r"\p{Arabic}"), ("cyrillic", r"\p{Cyrillic}"),
    )
}  # fmt: skip
_LETTERS = {
    "ar": (("ur", "[ٹڈڑںےہ]"), ("fa", "[پچژگ]")),
    "cyrillic": (("uk", "[іїєґ]"), ("be", "ў"), ("sr", "[ђјљњћџ]"), ("ru", "[ыэё]")),
}
"""Letters that tell the languages of one script apart; the first that a text has decides."""
NAMES = dict(
    pair.split(":")
    for pair in """en:English de:German fr:French es:Spanish it:Italian pt:Portuguese nl:Dutch el:Greek he:Hebrew
    ka:Georgian hy:Armenian ja:Japanese ko:Korean zh:Chinese th:Thai lo:Lao km:Khmer my:Burmese hi:Hindi bn:Bengali
    pa:Punjabi gu:Gujarati ta:Tamil te:Telugu kn:Kannada ml:Malayalam si:Sinhala am:Amharic ar:Arabic ur:Urdu
    fa:Persian uk:Ukrainian be:Belarusian sr:Serbian ru:Russian""".split()
)
"""The English names of the languages that can be recognised, by ISO 639-1 code."""
_WORD = re.compile(r"[^\W\d_]+")
_CHARACTERS_READ = 20_000
_FEWEST_WORDS = 30
_LAST_LATIN = "\u024f"
# The shares of common words, and of letters of a script, were set by judgement.
_COMMON_SHARE = 0.18
_TIMES_THE_NEXT = 1.5
_LIKELIEST_SHARE = 0.1
_SCRIPT_SHARE = 0.2


def likely_language(text: str) -> str | None:
    """Return the language of a short text by its commonest words, or None when they do not decide.

    The language needs twice as many common words as any other. A text of another script has the language of that
    script, or "other" where several are written in it and no letter tells them apart.
    """
    counts = _counted(text)
    letters = "".join(counts.elements())
    # Most letters are of another script, so the common words, all Latin, cannot decide.
    if sum(char > _LAST_LATIN for char in letters) > len(letters) / 2:
        return _by_script(letters) or "other"
    (best, code), (next_best, _) = _by_common_words(counts)
    # A short text has few common words, so twice as many are asked for; a long one needs less (`_TIMES_THE_NEXT`).
    return code if best and best >= 2 * next_best else None


def language(text: str) -> str | None:
    """Return the ISO 639-1 code of a text's language, one of `NAMES`; None when the text is short or undecided.

    A script counts where one language alone is written in it, or where letters tell its languages apart.
    """
    counts = _counted(text)
    if code := _by_script("".join(counts.elements())):
        return code
    (best, code), (next_best, _) = _by_common_words(counts)
    sure = best >= _COMMON_SHARE * counts.total() and best >= _TIMES_THE_NEXT * next_best
    return code if counts.total() >= _FEWEST_WORDS and sure else None


def likeliest_language(text: str) -> str | None:
    """Return the language that shares most common words with a text; a word of several languages counts less in each.

    It is less sure than the others; None where not even a tenth of the words are common ones.
    """
    if code := likely_language(text) or language(text):
        return code
    counts = _counted(text)
    by_weight = []
    for code, common in _COMMON.items():
        # "de" is Dutch and Portuguese, and so says less than "het".
        by_weight.append((sum(counts[word] / _SHARED_BY[word] for word in common), code))
    best, code = max(by_weight)
    return code if best >= _LIKELIEST_SHARE * counts.total() and best else None


def _counted(text: str) -> Counter[str]:
    """Return how often each word stands at the beginning of a text, in lower case."""
    return Counter(_WORD.findall(text[:_CHARACTERS_READ].lower()))


def _by_common_words(counts: Counter[str]) -> list[tuple[int, str]]:
    """Return how many words of a text are common ones of a language, for the two that have most."""
    by_count = [(sum(counts[word] for word in common), code) for code, common in _COMMON.items()]
    return sorted(by_count, reverse=True)[:2]


def _by_script(letters: str) -> str | None:
    """Return the language of the first script that a fifth of the letters are of; None where several are possible."""
    # The usual case, spared some twenty searches.
    if letters.isascii():
        return None
    for script, pattern in _SCRIPTS.items():
        if len(pattern.findall(letters)) >= _SCRIPT_SHARE * len(letters):
            for code, special in _LETTERS.get(script, ()):
                if re.search(special, letters):
                    return code
            return script if script in NAMES else None
    return None
