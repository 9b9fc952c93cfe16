"""What is understood of the events that others write."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.documents import Activity, Actor, Document, parse, parse_document
from federation.vocabulary import PUBLIC
from hub.agenda.models import JoinMode, Standing
from hub.agenda.reading import read, recognises
from hub.publications.models import Scope
from tests.unit.federation.recorded import NOW, all_recorded, recorded


def of(name):
    found = parse(recorded(name), now=NOW)
    thing = found.object if isinstance(found, Activity) else found
    assert isinstance(thing, Document)
    return read(thing)


def at(day, hour, minute=0, *, month=12, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        (
            "mobilizon/create_event",
            {
                "title": "Café réparation",
                "starts_at": at(12, 13),
                "ends_at": at(12, 17),
                "place": "Salle des fêtes",
                "address": "1 place Neuve, 26000 Bourg",
                "join_mode": JoinMode.FREE,
                "capacity": None,
                "category": "learning",
                "timezone": "Europe/Paris",
            },
        ),
        (
            "gancio/create_event",
            {
                "title": "Bal folk",
                "starts_at": at(19, 19),
                "ends_at": at(19, 22, 59),
                "place": "Le Temple",
                "address": "2 rue du Temple",
                "join_mode": JoinMode.NONE,
                "text": "Entrée libre",
            },
        ),
        (
            "gancio/create_event_places",
            {
                "starts_at": at(20, 18),
                "ends_at": at(20, 18),  # nobody says until when
                "place": "Café du Pont",
                "address": "Place du Pont",
                "online_url": "https://visio.example/jeux",
            },
        ),
        (
            "wordpress/create_event",
            {
                "title": "Bourse aux plantes",
                "starts_at": at(16, 7, month=5, year=2027),
                "place": "Place de la mairie",
                "address": "Place de la mairie, 26000 Bourg",
                "join_mode": JoinMode.EXTERNAL,
                "join_url": "https://blog.example/evenement/bourse-aux-plantes/#inscription",
                "category": "garden",
                "language": "fr",
            },
        ),
        (
            "fep-8a8e/event",
            {
                "title": "Vide-grenier",
                "place": "Champ de foire",
                "category": "food",
                "join_mode": JoinMode.NONE,
            },
        ),
        ("piefed/event", {"title": "Fournée du village", "place": "Le four", "address": "Place du Four"}),
        (
            "lavoir/event_event",
            {"title": "Atelier réparation de vélos", "capacity": 20, "join_mode": JoinMode.FREE},
        ),
    ],
)
def test_other_dialects_are_understood(name, facts):
    draft = of(name).draft
    assert {key: getattr(draft, key) for key in facts} == facts
    assert draft.scope is Scope.PUBLIC


def test_how_many_come_and_where_it_is_stand_beside():
    reading = of("mobilizon/create_event")
    assert (reading.coming, reading.latitude, reading.longitude) == (3, 44.73, 5.02)
    assert (reading.standing, reading.is_from_hub) == (Standing.PLANNED, False)
    assert of("lavoir/event_event").is_from_hub


@pytest.mark.parametrize("name", ["mobilizon/update_event_cancelled", "fep-8a8e/event"])
def test_what_is_off_or_put_off_does_not_take_place(name):
    assert of(name).standing is Standing.CANCELLED


def test_an_event_that_is_an_actor_is_one_to_follow_and_breaks_nothing():
    found = parse(recorded("smithereen/group_event"), now=NOW)
    assert isinstance(found, Actor)
    assert found.name == "Randonnée du dimanche"


@pytest.mark.parametrize("name", all_recorded())
def test_of_all_that_others_send_only_events_are_taken_for_some(name):
    found = parse(recorded(name), now=NOW)
    thing = found.object if isinstance(found, Activity) else found
    is_one = isinstance(thing, Document) and read(thing) is not None
    assert is_one == (getattr(thing, "raw", {}).get("type") == "Event" and isinstance(thing, Document))


def an_event(**properties):
    usual = {
        "id": "https://val.example/1",
        "type": "Event",
        "attributedTo": "https://val.example/a/val",
        "name": "Bal",
        "to": [PUBLIC],
        "startTime": "2026-12-12T19:00:00Z",
    }
    given_ones = {name: value for name, value in {**usual, **properties}.items() if value is not None}
    return parse_document(given_ones, now=NOW)


def reading_of(**properties):
    return read(an_event(**properties))


@pytest.mark.parametrize(
    "properties",
    [{"startTime": None}, {"startTime": "bientôt"}, {"startTime": ["2026"]}, {"type": "Note"}, {"name": ""}],
)
def test_without_a_beginning_or_a_title_it_is_none(properties):
    assert reading_of(**properties) is None


def test_whatever_type_stands_beside_it_is_recognised():
    assert recognises(an_event(type=["Event", "Note"]))
    assert recognises(an_event(type="as:Event"))


@pytest.mark.parametrize(
    ("starts", "ends", "expected", "all_day"),
    [
        ("2026-12-12T14:00:00", None, (at(12, 13), at(12, 13)), False),  # local, without an offset
        ("2026-12-12T14:00:00+01:00", "2026-12-12T12:00:00+01:00", (at(12, 13), at(12, 13)), False),
        ("2026-12-12T14:00:00Z", "2099-01-01T00:00:00Z", (at(12, 14), at(12, 14)), False),
        ("2026-12-12", None, (at(11, 23), at(12, 23)), True),
        ("2026-12-12", "2026-12-13", (at(11, 23), at(13, 23)), True),
        ("2026-12-11T23:00:00Z", "2026-12-12T23:00:00Z", (at(11, 23), at(12, 23)), True),
        ("2026-12-12T00:00:00+01:00", "2026-12-12T08:00:00+01:00", (at(11, 23), at(12, 7)), False),
    ],
)
def test_when_it_is(starts, ends, expected, all_day):
    draft = reading_of(startTime=starts, endTime=ends, timezone="Europe/Paris").draft
    assert (draft.starts_at, draft.ends_at) == expected
    assert draft.all_day is all_day


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("2026-12-12", None, (at(11, 23), at(12, 23))),
        ("2026-12-12", "2026-12-13", (at(11, 23), at(13, 23))),
        ("2026-12-12", "2026-12-11", (at(11, 23), at(12, 23))),  # ends before it begins
        ("2026-12-12", "2099-01-01", (at(11, 23), at(12, 23))),
        ("2026-10-25", None, (at(24, 22, month=10), at(25, 23, month=10))),  # clocks go back
    ],
)
def test_a_day_of_no_known_time_zone_is_one_of_the_zone_that_is_written_down(starts, ends, expected):
    draft = reading_of(startTime=starts, endTime=ends).draft
    assert (draft.starts_at, draft.ends_at, draft.timezone) == (*expected, "Europe/Paris")
    assert draft.all_day


@pytest.mark.parametrize(
    ("location", "place", "address", "online"),
    [
        ("Salle des fêtes", "Salle des fêtes", "", ""),
        ({"type": "VirtualLocation", "url": "https://visio.example/1"}, "", "", "https://visio.example/1"),
        ({"type": "VirtualLocation", "url": "javascript:alert(1)"}, "", "", ""),
        (
            {"type": "PostalAddress", "streetAddress": "1 rue Haute", "postalCode": 26000},
            "",
            "1 rue Haute",
            "",
        ),
        ([{"name": "A"}, {"name": "B"}], "A", "", ""),
        ({"name": "Mairie", "address": ["x"]}, "Mairie", "", ""),
        (None, "", "", ""),
        (7, "", "", ""),
    ],
)
def test_where_it_is(location, place, address, online):
    draft = reading_of(location=location).draft
    assert (draft.place, draft.address, draft.online_url) == (place, address, online)


@pytest.mark.parametrize(
    ("properties", "mode", "url"),
    [
        ({"joinMode": "free"}, JoinMode.FREE, ""),
        ({"joinMode": "restricted"}, JoinMode.FREE, ""),
        ({"joinMode": "invite"}, JoinMode.NONE, ""),
        ({"joinMode": "mz:external"}, JoinMode.EXTERNAL, "https://val.example/1"),
        (
            {"externalParticipationUrl": "https://billets.example"},
            JoinMode.EXTERNAL,
            "https://billets.example",
        ),
        (
            {"joinMode": "external", "externalParticipationUrl": "data:,x"},
            JoinMode.EXTERNAL,
            "https://val.example/1",
        ),
        ({}, JoinMode.NONE, ""),
    ],
)
def test_how_one_signs_up(properties, mode, url):
    draft = reading_of(**properties).draft
    assert (draft.join_mode, draft.join_url) == (mode, url)


def test_what_is_left_says_how_many_come():
    assert reading_of(maximumAttendeeCapacity=20, remainingAttendeeCapacity=5).coming == 15


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
_NAMES = st.sampled_from(
    """
    endTime timezone location category joinMode externalParticipationUrl maximumAttendeeCapacity status
    remainingAttendeeCapacity participantCount eventStatus ical:status isOnline lavoir:kind source
    """.split()
)
_PLACE = st.dictionaries(
    st.sampled_from("type name address latitude longitude url streetAddress postalCode".split()), _JSON
)


@pytest.mark.slow
@given(st.dictionaries(_NAMES, _JSON | _PLACE | st.lists(_PLACE, max_size=2)))
def test_whatever_stands_in_its_properties_it_is_read_within_bounds(properties):
    reading = read(an_event(**properties))
    assert reading is not None
    draft = reading.draft
    assert draft.starts_at <= draft.ends_at <= draft.starts_at + timedelta(days=367)
    assert len(draft.place) <= 160
    assert len(draft.address) <= 300
    assert len(draft.online_url) <= 500
    assert len(draft.join_url) <= 500
    assert draft.capacity is None or draft.capacity > 0
    assert reading.coming >= 0
