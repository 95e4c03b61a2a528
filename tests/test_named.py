import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.named import missing_names, missing_quotations, together

TEXT = (
    "Operation Azm-e-Istekam was announced in Islamabad. U.S. Ambassador Donald Blome met Trump and J. Edgar Hoover. "
    "The Tehreek-e-Taliban Pakistan (TTP), Mohammed Yunus and Prime Minister Shehbaz Sharif spoke; FamilyMart closed. "
    "Osei also spoke on television, where World War II was shown to Michael Anthony Dow of the Ibero-American League. "
    "Sales of the Ormond Company rose year-over-year, said Zachary Renn. Despite Perry's fame it fell. In the second "
    'quarter Canadian police of Shizuoka met Pavel "Pasha" Kerr, Shane Mahon and Albert S. Reddy beside the LED lamps, '
    "and BBC Radio told of Puerto Rican songs in San Francisco. The South wrote of AI."
)


@pytest.mark.parametrize(
    "name",
    [
        "Operation Azmi Isteqam",
        "Azm-e-Istehkam",
        "Donald Trump",
        "President Blome’s",
        "Ambassador Donald Blome",
        "John Edgar Hoover",
        "the U.S.",
        "the United States",
        "America",
        "the Tehreek Taliban Pakistan",
        "Muhammad Yunus",
        "PM Sharif",
        "Pakistani",
        "Family Mart",
        "Kofi Osei",
        "the TV",
        "WWII",
        "the Second World War",
        "Mike Dow",
        "the Iberoamerican League",
        "Ormond Inc",
        "U.S Ambassador Blome",
        "United States Ambassador Blome",
        "YoY",
        "Mick Dow",
        "Mike",
        "Zac Renn",
        "Fred Perry",
        "Canada",
        "Puerto Rico",
        "the Q2",
        "the 2Q 2020",
        "LEDs",
        "Shizuoka Prefecture",
        "Pasha Kerr",
        "San Fransisco",
        "the AI-based lamps",
        "the Southern lamps",
        "Mohammed Hassan Yunus",
    ],
)
def test_a_name_is_held_in_any_of_its_forms(name: str) -> None:
    assert missing_names(f"They spoke of {name} there.", TEXT) == []


@pytest.mark.parametrize(
    "name",
    [
        "Nawaz Sharif",
        "Masood Blome",
        "Britain",
        "Imran Khan",
        "Operation Red Storm",
        "Mahmoud Yusuf",
        "CIA",
        "Mark Dow",
        "WWI",
        "Ayene Mahon",
        "Imran S Reddy",
        "Olga Kerr",
        "Ho Donald Blome",
        "Tunis",
        "Q3",
        "Kingston BBC",
        "Baptist BBC",
        "Eurovision S Reddy",
        "Hassan Mohammed Yunus",
        "Mohammed British Yunus",
        "Mohammed Yunus Hassan",
        "OLED",
    ],
)
def test_another_name_is_missing(name: str) -> None:
    assert missing_names(f"They spoke of {name} there.", TEXT) == [name]


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("Farooq has left.", ["Farooq"]),
        ("Farooq's office was closed.", ["Farooq"]),
        ("Blome has left.", []),
        ("Shipping has stopped.", []),
        ("Reporters said so.", []),
        ("Rain was seen.", []),
        ("However, ministers denied it.", []),
        ("Overall, Pakistan denied it.", []),
        ("Camden, Pakistan is a town.", ["Camden"]),
        ("Camden won it.", ["Camden"]),
        ("Camden died there.", ["Camden"]),
        ("Camden & Blome met.", ["Camden"]),
        ("Camden.com was closed.", ["Camden"]),
        ("Blome left. Camden stayed there.", ["Camden"]),
        ("Blome said: “It fell.” Camden stayed there.", ["Camden"]),
        ("Stripes was closed.", ["Stripes"]),
        ("Stripes were seen.", []),
        ("They saw Blome vs. Camden there.", ["Camden"]),
        ("Part of Pakistan fell.", []),
        ("Blome (born 1970) - Although he met Trump, he left.", []),
        ("Company's AI rose.", []),
        ("The harbour told us of IT.", ["IT"]),
    ],
)
def test_a_name_that_opens_a_statement_is_looked_up(statement: str, missing: list[str]) -> None:
    assert missing_names(statement, TEXT) == missing


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
        ("“Pakistan’s Efforts: The Cost”", True),
        ("“Pakistan’s Efforts: The Gain”", False),
        ("“Cost of Efforts”", False),
        ("“pakistan’s efforts: the cost”", False),
        ("“efforts It cost $5”", False),
        ("“It cost £5”", False),
    ],
)
def test_a_quotation_is_held_word_for_word_and_sign_for_sign(quotation: str, held: bool) -> None:
    text = together(["“We support Pakistan’s efforts,” he said.", "It cost $5."])
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
            assert missing_names(f"They met {said} there.", f"They saw {held} on Friday.") == [], (said, held)
            assert missing_quotations(f"He said “{said} left”.", f"He said {held} left.") == [], (said, held)
    assert missing_names(f"They met {GUISES[guise]('Imran Khan')} there.", "They saw Olga Osei.") != []


def test_an_abbreviation_that_the_statement_explains_is_no_name() -> None:
    assert missing_names("He knew the mean sea levels (MSL) there.", TEXT) == []
    assert missing_names("He knew the state of the art (SOTA) there.", TEXT) == []
    assert missing_names("He knew the mean sea levels (MTL) there.", TEXT) == ["MTL"]


def test_no_other_figure_is_another_spelling_of_a_name() -> None:
    text = "The Lockheed Martin F-35 Lightning II flew."
    assert missing_names("They saw the Lokheed Martin F-35 Lightning II.", text) == []
    assert missing_names("They saw the Lokheed Martin F-75 Lightning II.", text) != []
    assert missing_names("It sold Germany-3.2 tons.", "Sales: Germany-3.2 tons.") == []
