"""The currency of a figure: signs and codes before it or after it, and words after it."""

import re

_FORMS = {
    "dollar": r"\$|dollars?|bucks|usd|aud|cad|nzd|hkd|sgd",
    "euro": r"€|euros?|eur",
    "pound": r"£|pounds?|sterling|gbp",
    "yen": r"¥|yen|yuan|renminbi|rmb|jpy|cny",
    "rupee": r"₹|rs\.?|rupees?|inr|pkr",
    "afghani": r"afghanis?",
    "rial": r"rials?|riyals?",
    "rouble": r"₽|roubles?|rubles?",
    "franc": r"francs?|chf",
    "crown": r"crowns?|kron(?:or|er|ur|a|e)|korunas?|kr\.?|sek|nok|dkk|czk",
    "zloty": r"zlot(?:ys?|ych)|pln",
    "forint": r"forints?|huf",
    "lira": r"₺|liras?|lire",
    "hryvnia": r"₴|hryvnias?|uah",
    "leu": r"lei|leva",
    "shekel": r"₪|shekels?",
    "dirham": r"dirhams?|aed",
    "dinar": r"dinars?",
    "rand": r"rands?|zar",
    "naira": r"₦|nairas?|ngn",
    "cedi": r"cedis?",
    "shilling": r"shillings?",
    "peso": r"₱|pesos?|mxn",
    "real": r"reais|brl",
    # "Won" is a verb as a rule, and a currency behind a million or a billion.
    "won": r"₩|(?<=illion )won|krw",
    "baht": r"฿|baht",
    "ringgit": r"ringgits?",
    "rupiah": r"rupiahs?",
    "taka": r"takas?",
    "cent": r"¢|cents?|pence",
}
_ANY = "|".join(f"(?P<{name}>{forms})" for name, forms in _FORMS.items())
_BEFORE = re.compile(rf"(?:(?<![^\W\d_])|(?=\W))(?:{_ANY})\s?$", re.IGNORECASE)
_AFTER = re.compile(rf"\s?(?:us |u\.s\. )?(?:{_ANY})(?!\w)", re.IGNORECASE)
_REACH = 5


def currency_of(text: str, start: int, end: int) -> str:
    """Return the currency of the figure at `start:end` of a text, a word in the singular; empty where none is named."""
    match = _BEFORE.search(text[max(0, start - _REACH) : start]) or _AFTER.match(text, end)
    return match.lastgroup or "" if match else ""
