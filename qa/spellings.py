"""Whether two names are one in two spellings, or a country and its people."""

import re
from itertools import accumulate

PARTICLES = frozenset("e i y o ul ur al el us as ud ad bin ibn ben abu de la le the of and van von di da".split())
"""Small words of names, with which a name is the same as without."""

_PEOPLE_ENDINGS = frozenset("i n an ian is ns ans ians istan ese i's ism ern".split())
_LEAST_AKIN = 4
_SOUNDS = tuple(pair.split(":") for pair in "ph:f q:k ck:k ce:se ci:si cy:si c:k w:v z:s x:ks h: y:i".split())
_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = re.compile(r"[aeiou']+")
_DOUBLED = re.compile(r"(.)\1+")
_LEAST_SOUNDS, _LEAST_LETTERS, _LETTERS_PER_SLIP = 3, 5, 4
_LEAST_SOUNDS_OF_SEVERAL = 5


def are_akin(one: str, other: str) -> bool:
    """Whether one of two folded names is a country and the other its people: Pakistan, Pakistani; Iran, Iranian."""
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _LEAST_AKIN and longer.startswith(shorter) and longer[len(shorter) :] in _PEOPLE_ENDINGS


def sound_alike(one: str, other: str) -> bool:
    """Whether two folded words are one name in two spellings: Istekam, Isteqam, Istehkam; Mohammed, Muhammad.

    Their consonants must sound alike in order, three at least, and they may differ in one letter of four at most.
    """
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _LEAST_LETTERS or len(longer) - len(shorter) > len(longer) // _LETTERS_PER_SLIP:
        return False
    sounds = _sounds(one)
    if len(sounds) < _LEAST_SOUNDS or sounds != _sounds(other):
        return False
    return _slips(one, other) <= len(longer) // _LETTERS_PER_SLIP


def sound_alike_in_part(one: str, other: str) -> bool:
    """Whether a folded name of several words sounds like another, or like some words of it that stand together.

    Each word must sound: of "Ho Blome", which would else be any Blome, "ho" does not.
    """
    said, held = _each_sound(one), _each_sound(other)
    sounds, text = "".join(said), "".join(held)
    if len(said) < 2 or not all(said) or len(sounds) < _LEAST_SOUNDS_OF_SEVERAL or sounds not in text:
        return False
    edges = {0, *accumulate(map(len, held))}
    return any(at in edges and at + len(sounds) in edges for at in range(len(text)) if text.startswith(sounds, at))


def _each_sound(folded: str) -> list[str]:
    return [_sounds(word) for word in _WORD.findall(folded) if word not in PARTICLES]


def _sounds(word: str) -> str:
    """Return the consonants of a word as they sound, the vowels left out."""
    said = _DOUBLED.sub(r"\1", "".join(_WORD.findall(word)))
    for letters, sound in _SOUNDS:
        said = said.replace(letters, sound)
    return _VOWELS.sub("", said)


def _slips(one: str, other: str) -> int:
    """Return the edit distance of two words (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for at, mine in enumerate(one, 1):
        before, row[0] = row[0], at
        for place, yours in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (mine != yours))
    return row[-1]
