import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.checking.names import KnownWords, joined_with_gaps, missing_names, missing_quotations

TEXT = (
    "Operation Azm-e-Istekam was announced in Islamabad. U.S. Ambassador Donald Blome met Trump and J. Edgar Hoover. "
    "The Tehreek-e-Taliban Pakistan (TTP), Mohammed Yunus and Prime Minister Shehbaz Sharif spoke; FamilyMart closed. "
    "Osei also spoke on television, where World War II was shown to Michael Anthony Dow of the Ibero-American League. "
    "Sales of the Ormond Company rose year-over-year, said Zachary Renn. Despite Perry's fame it fell. In the second "
    'quarter Canadian police of Shizuoka met Pavel "Pasha" Kerr, Shane Mahon and Albert S. Reddy beside the LED lamps, '
    "and BBC Radio told of Puerto Rican songs in San Francisco. The South wrote of AI."
)
KNOWN = KnownWords(TEXT)


@pytest.mark.parametrize(
    "name",
    [
        "Operation Azm e Istekam",
        "AZM-E-ISTEKAM",
        "Blome’s",
        "Donald Trump",
        "Ambassador Donald Blome",
        "the U.S.",
        "the US",
        "the United States",
        "U.S Ambassador Blome",
        "the Tehreek Taliban Pakistan",
        "the Ormond Companies",
        "the Second World War",
        "Pasha Kerr",
        "PM Sharif",
        "PM Sharif",
    ],
)
def test_a_name_is_held_where_the_text_has_each_of_its_words_whatever_their_ending(name: str) -> None:
    assert missing_names(f"They spoke of {name} there.", KNOWN) == []


@pytest.mark.parametrize(
    "name",
    [
        "Nawaz Sharif",
        "Masood Blome",
        "Imran Khan",
        "Operation Red Storm",
        "Mahmoud Yusuf",
        "Mark Dow",
        "Ayene Mahon",
        "Imran S Reddy",
        "Olga Kerr",
        "Ho Donald Blome",
        "Kingston BBC",
        "Eurovision S Reddy",
        "Mohammed Yunus Hassan",
    ],
)
def test_another_name_is_missing(name: str) -> None:
    assert missing_names(f"They spoke of {name} there.", KNOWN) == [name]


@pytest.mark.parametrize("name", ["Muhammad Yunus", "Kofi Osei", "President Sharif"])
def test_a_name_with_a_word_that_the_text_does_not_have_is_missing_though_it_means_the_same(name: str) -> None:
    assert missing_names(f"They spoke of {name} there.", KNOWN) == [name]


@pytest.mark.parametrize("name", ["Britain", "CIA", "WWII", "Tunis", "Q3", "OLED", "Pakistani", "F-16", "the Japanese"])
def test_a_name_of_one_word_is_not_looked_up(name: str) -> None:
    """It is as a rule another name for what the text has."""
    assert missing_names(f"They spoke of {name} there.", KNOWN) == []


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("Imran Farooq has left.", ["Imran Farooq"]),
        ("Imran Farooq's office was closed.", ["Imran Farooq's"]),
        ("CENTCOM Command has left.", ["CENTCOM Command"]),
        ("They met Imran Farooq.", ["Imran Farooq"]),
        ("Farooq has left.", []),
        ("Blome left. Camden stayed there.", []),
        ("Shipping has stopped.", []),
        ("However, ministers denied it.", []),
    ],
)
def test_the_word_that_opens_a_sentence_is_not_looked_up(statement: str, missing: list[str]) -> None:
    assert missing_names(statement, KNOWN) == missing


@pytest.mark.parametrize(
    ("quotation", "held"),
    [
        ("“We support Pakistan’s efforts”", True),
        ('"we support pakistan\'s efforts."', True),
        ("‘We support Pakistan’s efforts’", True),
        ("“We support ... efforts”", True),
        ("“We support [their] efforts”", True),
        ("“We supported Pakistan’s efforts”", False),
        ("“support Pakistan", True),
        ("“support Iran", False),
        ("“effort”", False),
        ("that “it” will support Iran and Pakistan’s cost", True),
        ('that "A" will support Iran, "efforts" and "B"', True),
        ('that "A" will support "Iran"', False),
        ("“Pakistan’s Efforts: The Cost”", True),
        ("“Pakistan’s Efforts: The Gain”", False),
        ("“Cost of Efforts”", False),
        ("“pakistan’s efforts: the cost”", False),
        ("“efforts It cost $5”", False),
        ("“It cost £5”", False),
    ],
)
def test_a_quotation_is_held_word_for_word_and_sign_for_sign(quotation: str, held: bool) -> None:
    text = joined_with_gaps(["“We support Pakistan’s efforts,” he said.", "It cost $5."])
    assert (missing_quotations(f"He said: {quotation}", text) == []) is held


WORD = st.text("abcdefgh", min_size=1, max_size=5)
MARKS = ("“”", '""', "‘’", "«»")


@settings(derandomize=True, deadline=None, max_examples=1000)
@given(st.lists(WORD, min_size=3, max_size=9), st.tuples(*[st.integers(0, 99)] * 4), st.booleans(), WORD)
def test_no_quotation_that_differs_in_a_word_is_accepted(
    held: list[str], at: tuple[int, int, int, int], put_in: bool, new: str
) -> None:
    start = at[0] % (len(held) - 1)
    said = held[start : start + 2 + at[1] % len(held)]
    opening, closing = MARKS[at[2] % len(MARKS)]
    text = f"He told us {' '.join(held)}."
    assert missing_quotations(f"He said {opening}{' '.join(said)}{closing}.", text) == []
    place = at[3] % len(said)
    altered = " ".join([*said[:place], new, *said[place if put_in else place + 1 :]])
    is_there = f" {altered} " in f" {text.lower().rstrip('.')} "
    assert bool(missing_quotations(f"He said {opening}{altered}{closing}.", text)) is not is_there


PEOPLE = [
    f"{first} {last}"
    for first in "Masood Imran Nadia Olga Pavel".split()
    for last in "Farooq Blome Petrova Osei".split()
]
GUISES = {
    "full width": lambda name: "".join(chr(ord(one) + 0xFEE0) if one.isalpha() else one for one in name),
    "zero width": lambda name: "\u200b".join(name),
    "soft hyphen": lambda name: name[:3] + "\u00ad" + name[3:],
    "mathematical": lambda name: "".join(
        chr(0x1D400 + ord(one) - 65) if "A" <= one <= "Z" else chr(0x1D41A + ord(one) - 97) if one.isalpha() else one
        for one in name
    ),
    "loose accents": lambda name: name.replace("o", "o\u0301").replace("a", "a\u0308"),
    "joined accents": lambda name: name.replace("o", "ó").replace("a", "ä"),
    "ligature": lambda name: name.replace("fi", "ﬁ"),
    "Cyrillic": lambda name: name.translate(str.maketrans("aeopcAEOPCMH", "аеорсАЕОРСМН")),
    "Greek": lambda name: name.translate(str.maketrans("oABEIMNOP", "οΑΒΕΙΜΝΟΡ")),
    "word joiner": lambda name: name.replace(" ", " \u2060"),
}


@pytest.mark.parametrize("guise", GUISES)
def test_a_name_in_another_guise_is_the_same_name(guise: str) -> None:
    for name in PEOPLE:
        other = GUISES[guise](name)
        for said, held in ((name, other), (other, name)):
            assert missing_names(f"They met {said} there.", KnownWords(f"They saw {held} on Friday.")) == [], (
                said,
                held,
            )
            assert missing_quotations(f"He said “{said} left”.", f"He said {held} left.") == [], (said, held)
    assert missing_names(f"They met {GUISES[guise]('Imran Khan')} there.", KnownWords("They saw Olga Osei.")) != []


def test_a_name_is_whole_where_the_text_writes_on_after_its_stop() -> None:
    known = KnownWords("Ada Glass.com told of the G.I.s Joe Bell.No.11 and of West Germany-3.2.")
    assert missing_names("They told of Ada Glass, of the G.I.s Joe Bell, and of West Germany.", known) == []
    assert missing_names("They told of Ada Grass and of West Finland there.", known) == ["Ada Grass", "West Finland"]


def test_each_figure_of_a_name_is_looked_up() -> None:
    known = KnownWords("The Lockheed Martin F-35 Lightning II flew.")
    assert missing_names("They saw the Lockheed Martin F-35.", known) == []
    assert missing_names("They saw the Lockheed Martin F-75 Lightning II.", known) != []
