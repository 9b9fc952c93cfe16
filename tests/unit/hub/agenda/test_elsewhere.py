"""Events of other servers stand in the agenda of who follows them, change, are called off and forgotten."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import pytest_asyncio

from hub.actors.models import Actor
from hub.actors.peers import open_peers
from hub.agenda import elsewhere
from hub.agenda.coming import join
from hub.agenda.models import Event, JoinDraft, JoinMode, Standing
from hub.app import use_slices
from hub.fediverse.fetching import fetch_object
from hub.fediverse.jobs import forget_old
from hub.notifications.models import Notice
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.evilpeer import PEER, EvilPeer, answers
from tests.others import activity, agree_with, create, note, somebody
from tests.unit.federation.recorded import recorded
from tests.unit.hub.agenda.conftest import PAUL, event, in_days
from tests.unit.hub.agenda.test_inbox import follow, fresh, hear, stands, their_event, wire


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


@pytest_asyncio.fixture
async def val(village):
    actor = await somebody("val", "val.example", kind="Organization", display_name="Val")
    await follow(actor)
    return actor


@pytest_asyncio.fixture
async def peer(village, database, tmp_path):
    """Another server on the loopback, which our client trusts."""
    async with EvilPeer() as peer:
        config = replace(database, ca_file=peer.ca_file(tmp_path), peer_networks=(ip_network("127.0.0.0/8"),))
        async with open_peers(replace(config, origin="https://bourg.example")):
            yield peer


async def known(peer, name):
    return await somebody(name, f"{PEER}:{peer.ports['valid']}", kind="Group")


def edited(document, minutes, **facts):
    return {**document, **facts, "updated": f"2026-11-21T10:{minutes:02}:00Z"}


async def test_an_event_of_whom_we_follow_stands_in_the_agenda_with_a_page(val):
    document = their_event(val)
    await hear(create(val, document))
    bal = await stands(document)
    publication = bal.publication
    assert (publication.kind, publication.title, publication.scope) == (Kind.EVENT, "Bal folk", Scope.PUBLIC)
    assert publication.code
    assert (publication.html, publication.summary) == ("<p>Entrée libre</p>", "")
    assert (bal.owner_id, bal.standing, bal.place) == (None, Standing.PLANNED, "Le Temple")
    assert (bal.starts_at, bal.join_mode, bal.is_from_hub) == (in_days(7, 19), JoinMode.FREE, False)


async def test_of_whom_nobody_here_follows_nothing_stands(village):
    stranger = await somebody("eve", "evil.example")
    await hear(create(stranger, their_event(stranger)))
    assert await Event.all().count() == 0


async def test_what_is_over_when_it_comes_is_a_post(val):
    document = their_event(val, startTime="2026-11-01T19:00:00Z", endTime="2026-11-01T22:00:00Z")
    await hear(create(val, document))
    assert await Event.all().count() == 0
    assert (await Publication.get(uri=document["id"])).kind is Kind.POST


async def test_a_neighbour_hub_s_event_for_neighbours_stands_here_for_neighbours(village):
    server = await somebody("server", "val.example", kind="Application")
    val = await somebody("val", "val.example", kind="Organization")
    await agree_with(server)
    document = their_event(val, hub=True, to=[server.followers_uri], cc=[])
    await hear(create(val, document))
    bal = await stands(document)
    assert (bal.publication.scope, bal.is_from_hub) == (Scope.NEIGHBOURS, True)


async def test_a_hub_s_words_are_what_was_typed(val):
    source = {"content": "Venez **tous**.", "mediaType": "text/markdown"}
    document = their_event(val, hub=True, source=source, summary="Samedi")
    await hear(create(val, document))
    assert "<strong>tous</strong>" in (await stands(document)).publication.html


@pytest.mark.parametrize("seed", range(4))
async def test_of_many_updates_in_any_order_the_newest_stands(val, seed):
    document = their_event(val)
    updates = [
        activity("Update", val, edited(document, n, name=f"Bal {n}", maximumAttendeeCapacity=10 + n))
        for n in range(1, 5)
    ]
    messages = [create(val, document), *updates, *updates]
    random.Random(seed).shuffle(messages)
    await hear(*messages)
    bal = await stands(document)
    assert (bal.capacity, bal.publication.title, await Event.all().count()) == (14, "Bal 4", 1)


async def test_who_never_says_when_something_was_changed_is_believed_each_time(val):
    """Gancio."""
    document = their_event(val)
    await hear(create(val, document))
    changed = document | {"content": "<p>Complet</p>", "startTime": wire(in_days(7, 20))}
    await hear(activity("Update", val, changed))
    bal = await stands(document)
    assert (bal.publication.html, bal.starts_at) == ("<p>Complet</p>", in_days(7, 20))


async def somebody_comes(document):
    rosa = await factories.member("Rosa")
    person = replace(PAUL, name="Rosa", member_id=rosa.id, phone=None)
    await join(await stands(document), JoinDraft(), person)
    return rosa


async def told(member):
    notices = await Notice.filter(member_id=member.id).order_by("id")
    return [one.subject % one.values for one in notices]


async def test_who_comes_from_here_is_told_of_another_day_and_of_the_end(val):
    document = their_event(val)
    await hear(create(val, document))
    rosa = await somebody_comes(document)
    before = len(await told(rosa))
    moved = edited(document, 1, startTime=wire(in_days(8, 19)), endTime=wire(in_days(8, 22)))
    await hear(activity("Update", val, moved))
    assert len(await told(rosa)) == before + 1
    await hear(activity("Update", val, edited(moved, 2, content="<p>Autres mots</p>")))
    assert len(await told(rosa)) == before + 1
    off = edited(moved, 3, status="CANCELLED")
    await hear(activity("Update", val, off), activity("Update", val, edited(off, 4)))
    assert (await stands(document)).standing is Standing.CANCELLED
    assert len(await told(rosa)) == before + 2
    assert "Bal folk" in (await told(rosa))[-1]


async def test_what_is_deleted_there_is_gone_here_and_who_comes_is_told_its_name(val):
    document = their_event(val)
    await hear(create(val, document))
    rosa = await somebody_comes(document)
    gone = activity("Delete", val, {"id": document["id"], "type": "Tombstone"})
    before = len(await told(rosa))
    await hear(gone, gone, create(val, document))
    bal = await stands(document)
    assert bal.standing is Standing.CANCELLED
    assert (bal.publication.deleted_at is not None, bal.publication.title) == (True, "")
    assert len(await told(rosa)) == before + 1
    assert "Bal folk" in (await told(rosa))[-1]


async def test_an_author_who_is_gone_for_ever_takes_its_events_along(val):
    document = their_event(val)
    await hear(create(val, document))
    rosa = await somebody_comes(document)
    await hear(activity("Delete", val, val.uri))
    assert (await stands(document)).standing is Standing.CANCELLED
    assert "Bal folk" in (await told(rosa))[-1]


async def test_another_s_update_changes_nothing(val):
    document = their_event(val)
    await hear(create(val, document))
    eve = await somebody("eve", "val.example")
    await follow(eve)
    await hear(activity("Update", eve, edited(document, 5, name="Volé", attributedTo=eve.uri)))
    assert (await stands(document)).publication.title == "Bal folk"


async def test_of_who_is_silenced_agents_read_it_first(val):
    await Actor.filter(id=val.id).update(silenced_at=datetime.now(UTC))
    document = their_event(val)
    await hear(create(val, document))
    assert (await stands(document)).publication.hidden_at is not None


async def test_an_answer_that_looks_like_an_event_is_an_answer(val):
    workshop = await event()
    await hear(create(val, their_event(val, inReplyTo=workshop.publication.uri)))
    assert await Event.filter(owner_id=None).count() == 0


async def test_a_plain_note_of_theirs_is_a_post(val):
    await hear(create(val, note(val)))
    assert await Event.all().count() == 0


async def test_what_was_long_ago_is_forgotten_unless_somebody_here_wanted_to_come(val):
    idle, awaited = their_event(val), their_event(val)
    await hear(create(val, idle), create(val, awaited))
    ours = await event()
    await join(await stands(awaited), JoinDraft(), PAUL)
    later = datetime.now(UTC) + timedelta(days=100)
    for _ in range(2):
        await elsewhere.forget_old(later)
    assert {one.id for one in await Event.all()} == {ours.id, (await stands(awaited)).id}
    await Publication.filter(uri=idle["id"]).update(received_at=datetime.now(UTC) - timedelta(days=91))
    await forget_old()
    assert not await Publication.exists(uri=idle["id"])


async def test_an_event_that_a_group_passes_on_stands_here_and_is_read_anew_when_it_says_so_again(peer):
    """Mobilizon: the events of a group are announced by it, and so are their changes."""
    group, relay = await known(peer, "repair"), await known(peer, "relay")
    await follow(group)
    document = {
        **{name: value for name, value in recorded("mobilizon/event").items() if name != "@context"},
        "id": str(peer.uri("/events/1")),
        "attributedTo": group.uri,
        "startTime": wire(in_days(7, 14)),
        "endTime": wire(in_days(7, 18)),
    }
    served = {"@context": "https://www.w3.org/ns/activitystreams", **document}
    peer.on("/events/1", answers.document(served))
    await hear(activity("Announce", relay, document["id"]))
    await factories.do_jobs(fetch_object)
    assert await Event.all().count() == 0
    await hear(activity("Announce", group, document["id"]))
    await factories.do_jobs(fetch_object)
    cafe = await stands(document)
    assert (cafe.place, cafe.address) == ("Salle des fêtes", "1 place Neuve, 26000 Bourg")
    peer.on("/events/1", answers.document(edited(served, 9, updated="", status="CANCELLED")))
    await hear(activity("Announce", group, document["id"]))
    await factories.do_jobs(fetch_object)
    assert (await fresh(cafe)).standing is Standing.CANCELLED
