"""What is unclear in the form of an event is said at its field."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.agenda.forms import Setting, parse_event
from hub.agenda.models import JoinMode, Rhythm
from hub.errors import InvalidInput
from hub.web.viewer import Site

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 4, 13, 10, tzinfo=ZONE)
WORKSHOP = {
    "title": "Atelier vélo",
    "starts": "20/04/2026",
    "from": "14 h",
    "to": "17 h 30",
    "place": "Salle des fêtes",
}


def typed(days):
    """A day, as one writes it."""
    return (NOW + timedelta(days=days)).strftime("%d/%m/%Y")


def parsed(**fields):
    return parse_event(WORKSHOP | fields, Setting(site=Site(set_up=True), now=NOW))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": ""}, "title"),
        ({"starts": ""}, "starts"),
        ({"starts": "le 12"}, "starts"),
        ({"starts": "11/04/2020"}, "starts"),
        ({"starts": typed(400)}, "starts"),
        ({"from": "", "to": ""}, "from to"),
        ({"from": "17 h", "to": "14 h"}, "to"),
        ({"from": "14 h", "to": "14 h"}, "to"),
        ({"ends": typed(6)}, "ends"),
        ({"place": ""}, "place"),
        ({"place": "", "online": "pas une page"}, "online"),
        ({"capacity": "0"}, "capacity"),
        ({"capacity": "beaucoup"}, "capacity"),
        ({"capacity": "20000"}, "capacity"),
        ({"join": "external"}, "join_url"),
        ({"join": "none", "shift1_name": "Buvette"}, "join"),
        ({"join": "none", "contributions": "Un gâteau"}, "join"),
        ({"repeats": "weekly"}, "until"),
        ({"repeats": "weekly", "until": typed(400)}, "until"),
        ({"repeats": "weekly", "until": typed(10)}, "until"),
        ({"until": typed(30)}, "repeats"),
        ({"repeats": "weekly", "until": typed(60), "ends": typed(20)}, "repeats"),
        ({"shift1_wanted": "3"}, "shift1_name"),
        ({"shift1_name": "Buvette", "shift1_wanted": "0"}, "shift1_wanted"),
        ({"shift1_name": "Buvette", "shift1_from": "14 h"}, "shift1_to"),
        ({"shift1_name": "Buvette", "shift1_from": "15 h", "shift1_to": "14 h"}, "shift1_to"),
        (
            {"shift1_name": "B", "shift1_day": typed(9), "shift1_from": "9 h", "shift1_to": "10 h"},
            "shift1_from",
        ),
        ({"shift1_name": "Buvette", "shift1_day": typed(7)}, "shift1_from"),
        ({"contributions": "\n".join(f"Gâteau {number}" for number in range(41))}, "contributions"),
        ({"contributions": "x" * 121}, "contributions"),
        ({"category": "nothing"}, "category"),
        ({"method": "nothing"}, "method"),
        ({"project": "bcdfgh"}, "project"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_its_field(fields, wrong):
    with pytest.raises(InvalidInput) as problem:
        parsed(**fields)
    assert set(problem.value.by_field) == set(wrong.split())


def test_every_problem_is_said_at_once():
    with pytest.raises(InvalidInput) as problem:
        parsed(title="", place="", starts="bientôt", capacity="0", repeats="weekly")
    assert set(problem.value.by_field) == {"title", "place", "starts", "capacity", "until"}


@pytest.mark.parametrize(
    ("fields", "starts", "ends"),
    [
        ({}, "20 14:00", "20 17:30"),
        ({"starts": "20 4", "from": "9", "to": "12:15"}, "20 09:00", "20 12:15"),
        ({"starts": "13/04/2026", "from": "11h", "to": "24 h"}, "13 11:00", "13 23:59"),
        ({"ends": typed(8), "from": "21 h", "to": "2 h"}, "20 21:00", "21 02:00"),
        ({"all_day": "yes", "from": "", "to": ""}, "20 00:00", "21 00:00"),
        ({"all_day": "yes", "starts": typed(0), "ends": typed(2)}, "13 00:00", "16 00:00"),
    ],
    ids=str,
)
def test_days_and_hours_as_people_write_them(fields, starts, ends):
    draft = parsed(**fields)
    found = [at.astimezone(ZONE).strftime("%d %H:%M") for at in (draft.starts_at, draft.ends_at)]
    assert found == [starts, ends]


def test_hours_are_those_of_the_village_also_after_the_clocks_are_changed():
    draft = parsed(starts="02/11/2026")
    assert (draft.starts_at.hour, draft.timezone) == (13, "Europe/Paris")
    assert parsed().starts_at.hour == 12


def test_a_day_of_today_whose_hour_is_past_is_refused():
    with pytest.raises(InvalidInput) as problem:
        parsed(starts=typed(0), **{"from": "8 h", "to": "12 h"})
    assert set(problem.value.by_field) == {"from"}


def test_what_does_not_fit_how_one_comes_is_left_out():
    draft = parsed(join="none", capacity="12", join_url="https://billets.example")
    assert (draft.join_mode, draft.capacity, draft.join_url) == (JoinMode.NONE, None, "")


def test_a_rhythm_with_its_end():
    draft = parsed(repeats="monthly", until="31/12/2026")
    assert (draft.repeats, draft.until.isoformat()) == (Rhythm.MONTHLY, "2026-12-31")
