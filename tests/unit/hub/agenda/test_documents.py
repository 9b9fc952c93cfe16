"""What goes over the wire for an event: written down whole, with a meaning for every word."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation import activities
from federation.documents import parse_document
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.agenda import collections
from hub.agenda.actions import cancel
from hub.agenda.coming import join
from hub.agenda.documents import Surroundings, event_document
from hub.agenda.models import Event, JoinDraft, JoinMode, Standing
from hub.agenda.reading import read
from hub.app import use_slices
from hub.exchange.models import Voice
from hub.fediverse import serving
from hub.participants.models import Participant
from hub.publications.groups import GROUP
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication, Scope
from hub.village.models import Village
from tests.unit.federation.recorded import NOW
from tests.unit.hub.agenda.conftest import PAUL, in_days
from tests.unit.hub.agenda.conftest import event as announced
from tests.unit.hub.exchange.test_documents import PICTURES, actor, row, terms_without_meaning

EXPECTED = Path(__file__).parent / "expected"
ORIGIN = "https://bourg.example"
URI = f"{ORIGIN}/o/01arz3ndektsv4rrffq69g5fav"
PROJECT = f"{ORIGIN}/o/01arz3ndektsv4rrffq69g5four"


@pytest.fixture(autouse=True)
def here():
    use_origin(ORIGIN)
    yield
    use_origin("http://localhost:8000")


def at(day, hour=13, minute=0, month=12):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def surroundings(*, project=False):
    village = row(
        Village, name="Saint-Martin", locale="fr", timezone="Europe/Paris", latitude=44.58, longitude=5.13
    )
    group = actor("four", Role.PROJECT)
    group.extra = {GROUP: PROJECT}
    return Surroundings(village=village, board=actor("agenda", Role.BOARD), group=group if project else None)


def event(*, title="Atelier vélo", text="Apportez votre vélo. C’est *gratuit*.", edited=False, **facts):
    """Rosa's, in the name of the village."""
    publication = row(
        Publication,
        id=7,
        uri=URI,
        code="bcdfgh",
        url=f"{ORIGIN}/bcdfgh",
        author=actor("saint-martin", Role.VILLAGE),
        kind=Kind.EVENT,
        type="Event",
        scope=Scope.PUBLIC,
        title=title,
        source=text,
        html=html_of(text),
        language="fr",
        published_at=at(20, month=11),
        updated_at=at(21, month=11) if edited else None,
    )
    owner = row(Participant, id=3, name="Rosa Vidal", mail="rosa@example.fr", phone="06 12 34 56 78")
    usual = {
        "id": 5,
        "voice": Voice.SELF,
        "standing": Standing.PLANNED,
        "category": "works",
        "starts_at": at(12, 13),
        "ends_at": at(12, 16),
        "place": "Salle des fêtes",
        "address": "1 place Neuve",
        "latitude": 44.58,
        "longitude": 5.13,
        "capacity": 20,
        "coming": 3,
        "sent_at": at(20, month=11),
    }
    return row(Event, publication=publication, owner=owner, **usual | facts)


DOCUMENTS = {
    "event": (event, {}),
    "workshop_of_a_project": (lambda: event(method="world-cafe", category=""), {"project": True}),
    "event_online": (
        lambda: event(
            place="",
            address="",
            online_url="https://visio.example/velo",
            join_mode=JoinMode.NONE,
            capacity=None,
        ),
        {},
    ),
    "event_of_days": (
        lambda: event(
            all_day=True,
            starts_at=at(18, 23),
            ends_at=at(20, 23),
            join_mode=JoinMode.EXTERNAL,
            join_url="https://billets.example/1",
            capacity=None,
        ),
        {},
    ),
    "event_cancelled": (
        lambda: event(standing=Standing.CANCELLED, reason="Il pleut <fort>.", edited=True),
        {},
    ),
}


def written(name, **around):
    made, facts = DOCUMENTS[name]
    return event_document(made(), replace(surroundings(**facts), **around))


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_is_sent_is_what_was_agreed_to_be_sent(name, database):
    """LAVOIR_WRITE_EXPECTED=1 writes the snapshot: its diff is what other servers will see."""
    document, path = written(name), EXPECTED / f"{name}.json"
    if os.environ.get("LAVOIR_WRITE_EXPECTED"):
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert document == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_term_of_it_has_a_meaning_and_no_resident_s_name_leaves(name, database):
    document = written(name, pictures=PICTURES)
    assert terms_without_meaning(document) == set()
    words = json.dumps(document, ensure_ascii=False)
    for secret in ("Rosa", "Vidal", "rosa@", "06 12"):
        assert secret not in words


@pytest.mark.parametrize("engine", ["sqlite"])
def test_it_says_what_mastodon_mobilizon_and_the_fep_ask_for(database):
    document = written("event", pictures=PICTURES)
    assert document["type"] == "Event"
    assert document["name"] == "Atelier vélo"
    assert document["summary"].startswith("Samedi 12 décembre, de 14 h à 17 h")
    assert document["summary"].endswith("Salle des fêtes, 1 place Neuve")
    assert document["category"] == ["COMMUNITY", "https://w3id.org/lavoir/category/works"]
    assert (document["eventStatus"], document["status"]) == ("EventScheduled", "CONFIRMED")
    assert (document["maximumAttendeeCapacity"], document["remainingAttendeeCapacity"]) == (20, 17)
    assert isinstance(document["location"]["latitude"], float)
    assert document["attendees"] == f"{URI}/attendees"
    assert document["organizers"]["items"] == [f"{ORIGIN}/a/saint-martin"]
    assert "actor" not in document
    assert len(document["attachment"]) == len(PICTURES)
    assert activities.create(document)["object"]["type"] == "Event"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_mastodon_shows_that_it_is_off_and_why_as_text(database):
    summary = written("event_cancelled")["summary"]
    assert summary.startswith("Annulé")
    assert "Il pleut &lt;fort&gt;." in summary


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_it_is_read_back_to_the_same_facts(name, database):
    made, reading = DOCUMENTS[name][0](), read(parse_document(written(name), now=NOW))
    draft = reading.draft
    same = (
        "category starts_at ends_at all_day timezone place address online_url join_mode join_url capacity"
    ).split()
    assert {key: getattr(draft, key) for key in same} == {key: getattr(made, key) for key in same}
    assert (draft.title, draft.text) == (made.publication.title, made.publication.source)
    assert reading.standing is made.standing
    assert reading.coming == (made.coming if made.join_mode is JoinMode.FREE else 0)
    assert (reading.is_from_hub, draft.project_id) == (True, None)


# ------------------------------------------------------------ what may be asked for beside it


async def served(path):
    use_slices()
    found = await serving.serve(f"{ORIGIN}{path}", None)
    return None if found is None else found.document


async def test_how_many_come_can_be_asked_for_and_never_who(village):
    workshop = await announced()
    await join(workshop, JoinDraft(people=2), PAUL)
    path = workshop.publication.uri.removeprefix(ORIGIN)
    collection = await served(f"{path}/attendees")
    assert (collection["type"], collection["totalItems"]) == ("OrderedCollection", 2)
    assert not {"first", "items", "orderedItems"} & collection.keys()
    assert (await served(path))["attendees"] == collection["id"]


async def test_of_what_one_may_not_see_nothing_can_be_asked_for(village):
    for hidden in (await announced(scope=Scope.VILLAGE), await announced(trusted=False)):
        assert await served(f"{hidden.publication.uri.removeprefix(ORIGIN)}/attendees") is None
    plain = await announced(join_mode=JoinMode.NONE)
    assert await served(f"{plain.publication.uri.removeprefix(ORIGIN)}/attendees") is None


async def test_what_is_to_come_can_be_asked_for_the_soonest_first(village):
    later = await announced(starts_at=in_days(9), ends_at=in_days(9, 17))
    sooner = await announced()
    await announced(starts_at=in_days(-3), ends_at=in_days(-3, 17))
    await announced(scope=Scope.NEIGHBOURS)
    await announced(trusted=False)
    await cancel(await announced())
    for name in ("saint-martin", "agenda"):
        collection = await served(f"/a/{name}/upcoming")
        assert collection["orderedItems"] == [sooner.publication.uri, later.publication.uri]
        assert (await served(f"/a/{name}"))["upcomingEvents"] == collection["id"]


async def test_who_has_no_agenda_says_so(village):
    assert await served("/a/besoins/upcoming") is None
    assert "upcomingEvents" not in await served("/a/besoins")
    assert await collections.upcoming(await Actor.of_role(Role.SERVER)) is None
