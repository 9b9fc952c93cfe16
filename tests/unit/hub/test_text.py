"""Words for people: the right language, French typography, dates as people write them."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from hub import text
from hub.text import (
    ago,
    current_locale,
    day_name,
    gettext,
    local_time,
    ngettext,
    set_locale,
    speaking,
    typeset,
    typeset_page,
)

NOON = datetime(2026, 4, 16, 8, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Entrez !", "Entrez\u202f!"),
        ("Qui ? Vous ; moi", "Qui\u202f? Vous\u202f; moi"),
        ("Mairie : ouverte", "Mairie\u00a0: ouverte"),
        ("« bonjour »", "«\u00a0bonjour\u00a0»"),
        ("l'eau d'ici", "l’eau d’ici"),
        ("12 km à 10 h", "12\u00a0km à 10\u00a0h"),
        ("1 250 habitants", "1\u202f250 habitants"),
        ("5 % des gens", "5\u00a0% des gens"),
        ("à %(name)s", "à %(name)s"),
        ("", ""),
    ],
)
def test_spaces_and_apostrophes_are_set_as_in_french_print(typed: str, set_: str) -> None:
    assert typeset(typed) == set_


@pytest.mark.parametrize(
    "kept", ["https://village.example/?a=b;c", "10:42", "rosa@example.fr", "a:b", "'quoted'", "Non!", "04 65"]
)
def test_what_is_no_french_sentence_stays_as_it_is(kept: str) -> None:
    assert typeset(kept).replace("\u202f", " ") == kept


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<p>Qui vient ? Moi !</p>", "<p>Qui vient~? Moi~!</p>"),
        ("<p><b>Quand</b> : mardi ; « oui »</p>", "<p><b>Quand</b>_: mardi~; «_oui_»</p>"),
        ("<p>« Ah ? », et alors ?!</p>", "<p>«_Ah~?_», et alors~?!</p>"),
    ],
)
def test_what_people_typed_does_not_break_before_its_signs(typed: str, shown: str) -> None:
    set_ = shown.replace("~", "\u202f").replace("_", "\u00a0")
    assert typeset_page(typed) == set_
    assert typeset_page(set_) == set_


@pytest.mark.parametrize(
    "kept",
    [
        "<p>À 12:30, content :) ou ;) et http://a.example/?b=c !important</p>",
        '<input value="Qui ? Moi !">',
        "<textarea>Qui ? Moi !</textarea>",
        "<option>Qui ? Moi !</option>",
        "<pre><code>x = a ? b : c ;</code></pre>",
    ],
)
def test_fields_code_times_addresses_and_faces_stay_as_they_were_typed(kept: str) -> None:
    assert typeset_page(kept) == kept


def test_typesetting_twice_changes_nothing_more() -> None:
    once = typeset("« Qui ? » : l'eau, 10 h 30 !")
    assert typeset(once) == once


def test_words_are_in_the_language_that_is_spoken() -> None:
    with speaking("fr"):
        assert gettext("Sign in") != "Sign in"
    with speaking("en"):
        assert gettext("Sign in") == "Sign in"


def test_no_words_are_no_words_and_not_the_head_of_the_catalogue() -> None:
    with speaking("fr"):
        assert gettext("") == ""


def test_what_the_catalogue_does_not_know_is_said_in_english() -> None:
    with speaking("fr"):
        assert gettext("Nobody translated this") == "Nobody translated this"
        assert ngettext("%d otter", "%d otters", 2) == "%d otters"


def test_after_speaking_the_language_is_the_one_before() -> None:
    with speaking("en"):
        with pytest.raises(RuntimeError), speaking("fr"):
            raise RuntimeError
        assert current_locale() == "en"


def test_an_unknown_language_is_french() -> None:
    with speaking("xx"):
        assert current_locale() == "fr"


async def test_two_tasks_speak_each_their_own_language() -> None:
    async def say(locale: str) -> str:
        set_locale(locale)
        await asyncio.sleep(0)
        return current_locale()

    assert await asyncio.gather(say("fr"), say("en"), say("fr")) == ["fr", "en", "fr"]


def test_a_day_has_its_name() -> None:
    with speaking("fr"):
        assert day_name(date(2026, 4, 16)) == "jeudi 16 avril"
        assert day_name(date(2026, 12, 1)) == "mardi 1er décembre"
        assert local_time(datetime(2026, 2, 1, 12, tzinfo=UTC), "UTC").startswith("1er février 2026")
    with speaking("en"):
        assert "Thursday" in day_name(date(2026, 4, 16))


def test_a_moment_is_told_in_the_time_of_the_village() -> None:
    with speaking("fr"):
        assert local_time(NOON, "Europe/Paris") == "16 avril 2026 à 10\u00a0h\u00a042"
        assert local_time(NOON, "Indian/Reunion") == "16 avril 2026 à 12\u00a0h\u00a042"
    with speaking("en"):
        assert local_time(NOON, "Europe/Paris") == "16 April 2026 at 10:42".replace("16 April", "16 April")


def test_summer_and_winter_time_are_told_apart() -> None:
    with speaking("fr"):
        assert "13\u00a0h\u00a000" in local_time(datetime(2026, 1, 15, 12, tzinfo=UTC), "Europe/Paris")
        assert "14\u00a0h\u00a000" in local_time(datetime(2026, 7, 15, 12, tzinfo=UTC), "Europe/Paris")


def test_how_long_ago_is_said_in_words() -> None:
    with speaking("fr"):
        assert ago(NOON - timedelta(hours=3), NOON) == "il y a 3 heures"
        assert ago(NOON + timedelta(days=2), NOON) == "dans 2 jours"
    with speaking("en"):
        assert ago(NOON - timedelta(hours=3), NOON) == "3 hours ago"


def test_the_default_language_is_one_of_them() -> None:
    assert text.DEFAULT_LOCALE in text.LOCALES
