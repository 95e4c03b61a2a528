import pytest

from index.text import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The harbour of Northport was closed on Tuesday after a flood, and its ships are not to leave it. " * 3, "en"),
        ("Der Hafen ist nach der Flut nicht mehr offen, und die Schiffe sind auf dem Meer. " * 3, "de"),
        ("Le port est fermé et les bateaux ne sont pas dans la ville, ce qui est une perte pour le pays. " * 3, "fr"),
        ("Το λιμάνι έκλεισε την Τρίτη", "el"),
        ("港は火曜日に閉鎖されました", "ja"),
        ("Порт был закрыт во вторник", "ru"),
        ("Порт закрит", None),
        ("Порт закрили у вівторок", "uk"),
        ("港口星期二关闭了", "zh"),
        ("طوفان کی وجہ سے بندرگاہ بند رہی۔", "ur"),
        ("أغلق الميناء يوم الثلاثاء", "ar"),
        ("बंदरगाह मंगलवार को बंद रहा", "hi"),
        ("Harbour", None),
        ("zzz " * 100, None),
        ("", None),
    ],
)
def test_the_language_is_told_when_it_is_sure(text: str, code: str | None) -> None:
    assert language.language(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The harbour was closed by a storm.", "en"),
        ("Ada Berg said that profits rose.", "en"),
        ("Der Fluss stieg nach dem starken Regen um zwei Meter.", "de"),
        ("Die Regierung zahlt 40 Brücken.", "de"),
        ("Le port a été fermé pendant 1,5 heure par une tempête.", "fr"),
        ("Les ponts sont dans la ville.", "fr"),
        ("El puerto estuvo cerrado por una tormenta.", "es"),
        ("Los puentes fueron pagados con el dinero del fondo.", "es"),
        ("Il porto è stato chiuso nella notte.", "it"),
        ("Gli abitanti sono rimasti anche senza acqua.", "it"),
        ("طوفان کی وجہ سے بندرگاہ بند رہی۔", "ur"),
        ("Порт был закрыт во вторник.", "ru"),
        ("Порт закрит.", "other"),
        ("Το λιμάνι έκλεισε την Τρίτη.", "el"),
    ],
)
def test_the_language_of_a_statement_is_told_by_its_commonest_words_or_its_script(text: str, code: str) -> None:
    assert language.likely_language(text) == code


@pytest.mark.parametrize(
    "text", ["", "1997", "Karachi, Lahore.", "Hafen geschlossen.", "The die", "Ali Shah resigned."]
)
def test_the_language_of_what_has_no_common_words_or_those_of_several_is_open(text: str) -> None:
    assert language.likely_language(text) is None
