"""What people type for a day, an hour or a while is understood, and what is not is said so."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.exchange.typed import count_of, day_of, hour_of, minutes_of, while_words

TODAY = date(2026, 4, 16)


@pytest.fixture(autouse=True)
def templates():
    """Nothing here asks the database."""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("18/04/2026", date(2026, 4, 18)),
        ("18.4.26", date(2026, 4, 18)),
        ("18-04-2026", date(2026, 4, 18)),
        ("2026-04-18", date(2026, 4, 18)),
        ("18/04", date(2026, 4, 18)),
        ("1/1", date(2027, 1, 1)),
        ("18 avril", date(2026, 4, 18)),
        ("1er décembre", date(2026, 12, 1)),
        ("le 5 Décembre 2026", date(2026, 12, 5)),
        ("samedi 18 avril", date(2026, 4, 18)),
        ("Samedi 18/04/2026", date(2026, 4, 18)),
        ("Saturday, 18 April", date(2026, 4, 18)),
        ("3 février", date(2027, 2, 3)),
        ("samedi", date(2026, 4, 18)),
        ("jeudi", TODAY),
        ("mercredi", date(2026, 4, 22)),
        ("aujourd’hui", TODAY),
        ("demain", date(2026, 4, 17)),
        ("Après-demain", date(2026, 4, 18)),
    ],
)
def test_a_day_is_written_in_several_ways(text, day):
    assert day_of(text, TODAY) == day


@pytest.mark.parametrize(
    "text", ["31/02/2027", "0/1/2027", "bientôt", "18", "18 brumaire", "31 juin", "0000-01-01", "1e3/1"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ValueError, match="Write the day"):
        day_of(text, TODAY)


def test_a_date_that_falls_on_another_day_of_the_week_is_asked_again():
    with pytest.raises(ValueError, match="another day of the week"):
        day_of("dimanche 18 avril", TODAY)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("9", time(9)),
        ("9h", time(9)),
        ("9 h 30", time(9, 30)),
        ("09:30", time(9, 30)),
        ("9 heures", time(9)),
        ("Midi", time(12)),
        ("24 h", time(23, 59)),
    ],
)
def test_an_hour_is_written_in_several_ways(text, hour):
    assert hour_of(text) == hour


@pytest.mark.parametrize("text", ["25", "9 h 75", "tôt", "9-12", ""])
def test_what_is_no_hour_is_refused(text):
    with pytest.raises(ValueError, match="Write the hour"):
        hour_of(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("une heure", 60),
        ("1 h 30", 90),
        ("1h30", 90),
        ("45 min", 45),
        ("90", 90),
        ("Deux heures", 120),
        ("une heure et demie", 90),
        ("une demi-journée", 240),
        ("half an hour", 30),
        ("one hour", 60),
        ("2 jours", 960),
    ],
)
def test_a_while_is_said_in_words_or_figures(text, minutes):
    assert minutes_of(text) == minutes


def test_a_29_february_without_a_year_is_the_next_one():
    assert day_of("29/02", date(2027, 11, 29)) == date(2028, 2, 29)
    assert day_of("29 février", date(2028, 2, 29)) == date(2028, 2, 29)
    with pytest.raises(ValueError, match="Write the day"):
        day_of("29/02", date(2028, 3, 1))


@pytest.mark.parametrize("text", ["longtemps", "0", "-1", "9999 jours", "un quart de siècle"])
def test_what_is_no_while_is_refused(text):
    with pytest.raises(ValueError, match="Write it like"):
        minutes_of(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2", 2),
        ("1 000", 1000),
        ("1\u202f000 visières", 1000),
        ("deux", 2),
        ("Deux personnes", 2),
        ("2 personnes", 2),
        ("9" * 200, 10**13 - 1),
        ("une dizaine", 10),
        ("deux douzaines d’œufs", 24),
        ("deux cents chaises", 200),
        ("2 mille", 2000),
        ("cent", 100),
        ("0", 0),
        ("aucune", 0),
        *((text, None) for text in ("", "-3", "1.5", "1e3", "٣", "beaucoup")),
        *((text, None) for text in ("2 à 3", "2-3", "deux ou trois", "deux à trois")),
        *((text, None) for text in ("deux cents vingt", "quatre vingts", "une douzaine ou deux")),
    ],
)
def test_how_many_is_written_in_figures_or_in_a_word_with_or_without_what_is_counted(text, count):
    assert count_of(text) == count


@given(st.integers(min_value=1, max_value=10_080))
def test_a_while_is_read_again_as_it_is_shown(minutes):
    assert minutes_of(while_words(minutes)) == minutes


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text):
    for read in (minutes_of, hour_of, lambda words: day_of(words, TODAY)):
        try:
            read(text)
        except ValueError as problem:
            assert str(problem).startswith("Write")
