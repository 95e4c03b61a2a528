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
        ("Порт был закрыт во вторник", None),
        ("Harbour", None),
        ("zzz " * 100, None),
        ("", None),
    ],
)
def test_the_language_is_told_when_it_is_sure(text: str, code: str | None) -> None:
    assert language.language(text) == code
