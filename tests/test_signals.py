"""What the names and figures of a question demand of an article."""

from qa.signals import demanded


def test_the_number_of_a_work_is_demanded_with_its_name() -> None:
    assert demanded("Who wrote Symphony No. 2 in 1921?") == ["Symphony No. 2", "1921"]
    assert demanded("Who wrote Symphony No. 2 and 12 songs?") == ["Symphony No. 2", "12"]
