"""Silence and block of people elsewhere and of whole servers, as messages come in and documents go out."""

import json
from datetime import UTC, datetime

import pytest

from federation.documents import parse_activity
from hub.app import HANDLERS
from hub.errors import NotFound
from hub.fediverse.models import Activity, Delivery, Follow, Received, Report
from hub.fediverse.receiving import handle_batch
from hub.fediverse.serving import serve
from hub.journal import Entry
from hub.moderation import silencing
from hub.moderation.models import Case, Complaint
from hub.network import hosts
from hub.notifications.models import Notice
from hub.publications.models import Publication
from tests.unit.hub.moderation.conftest import answer_from, follows, someone

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def arrive(actor, activity):
    """As if the gate had taken it."""
    whole = {"@context": "https://www.w3.org/ns/activitystreams", "actor": actor.uri, **activity}
    assert parse_activity(whole, now=datetime.now(UTC), signer=actor.uri)
    await Received.create(
        uri=whole["id"],
        signer=actor.uri,
        inbox="http://localhost:8000/inbox",
        body=json.dumps(whole),
        received_at=datetime.now(UTC),
    )
    await handle_batch(HANDLERS, now=datetime.now(UTC))


async def reply(actor, need, number=1):
    note = {
        "id": f"{actor.uri}/notes/{number}",
        "type": "Note",
        "attributedTo": actor.uri,
        "content": "<p>Not kind</p>",
        "inReplyTo": need.uri,
        "to": [PUBLIC],
        "cc": [need.author.uri],
    }
    await arrive(actor, {"id": f"{note['id']}/create", "type": "Create", "object": note, "to": [PUBLIC]})
    return await Publication.get_or_none(uri=note["id"])


async def flag(actor, need, number=1):
    await arrive(
        actor,
        {"id": f"{actor.uri}/flags/{number}", "type": "Flag", "object": [need.uri], "content": "Not kind"},
    )


async def fresh(row):
    return await type(row).get(id=row.id)


async def test_who_is_silenced_is_read_by_agents_first(need, marie):
    ana = await someone("social.example", "ana")
    await silencing.silence_actor(ana, "Insults", by=marie)
    await silencing.silence_actor(ana, "Insults", by=marie)
    held = await reply(ana, need)
    assert held.hidden_at is not None
    assert (await fresh(need)).replies == 0
    await silencing.hear_actor(ana, by=marie)
    assert (await reply(ana, need, 2)).hidden_at is None
    assert (await fresh(held)).hidden_at is not None
    assert (await fresh(need)).replies == 1
    assert await Entry.filter(act="actor-silenced").count() == 1


async def test_fed_05_of_a_silenced_server_nobody_is_heard_before_an_agent_shows_it(need, claire):
    ana, sub = await someone("social.example", "ana"), await someone("sub.social.example:8443", "eve")
    await follows(ana, need.author)
    await hosts.silence("social.example", by=claire)
    assert (await reply(ana, need)).hidden_at is not None
    assert (await reply(sub, need)).hidden_at is not None
    assert (await fresh(need)).replies == 0
    assert await Follow.exists(follower=ana), "follows stay"
    await hosts.release("social.example", by=claire)
    assert (await reply(ana, need, 2)).hidden_at is None
    assert [entry.act for entry in await Entry.all().order_by("id")] == ["host-silenced", "host-released"]


async def test_reports_of_servers_join_one_list_and_agents_are_told_once(need, marie):
    ana = await someone("social.example", "ana")
    for number in range(3):
        await flag(ana, need, number)
    assert await Case.all().count() == 1
    assert {made.host for made in await Complaint.all()} == {"social.example"}
    assert await Complaint.all().count() == 3
    assert await Notice.filter(kind="complaint").count() == 1


async def test_adm_05_a_server_that_floods_us_with_reports_is_cut_off_and_can_be_muted(need, claire):
    ana = await someone("social.example", "ana")
    for number in range(40):
        await flag(ana, need, number)
    assert await Report.all().count() == 30
    assert await Case.all().count() == 1
    ben = await someone("other.example", "ben")
    await hosts.silence("other.example", by=claire)
    await flag(ben, need)
    assert not await Report.exists(host="other.example")


async def test_fed_06_whom_we_block_has_nothing_to_do_with_us_any_more(need, marie):
    ana = await someone("social.example", "ana")
    before = await answer_from(ana, need)
    await follows(ana, need.author)
    await follows(need.author, ana)
    await silencing.block_actor(ana, "Insults", by=marie)
    await silencing.block_actor(ana, "Insults", by=marie)
    assert not await Follow.all().exists()
    assert {each.type for each in await Activity.filter(object_uri__not_isnull=True)} >= {"Reject", "Undo"}
    assert await Delivery.filter(host="social.example").count() == 2, "both servers know that it is over"
    assert (await fresh(before)).hidden_at is not None
    assert await serve(need.uri, ana.uri) is None
    assert await serve(need.author.uri, ana.uri) is None
    assert await serve(need.uri, None) is not None
    assert await reply(ana, need) is None
    await flag(ana, need)
    await arrive(ana, {"id": f"{ana.uri}/follows/9", "type": "Follow", "object": need.author.uri})
    assert not await Report.exists()
    assert not await Follow.all().exists()
    await silencing.unblock_actor(ana, by=marie)
    assert (await fresh(before)).hidden_at is None
    assert await serve(need.uri, ana.uri) is not None


async def test_what_an_agent_hid_stays_hidden_when_a_block_ends(need, marie):
    ana = await someone("social.example", "ana")
    hidden = await answer_from(ana, need, hidden_at=datetime(2026, 1, 1, tzinfo=UTC))
    await silencing.block_actor(ana, "Insults", by=marie)
    await silencing.unblock_actor(ana, by=marie)
    assert (await fresh(hidden)).hidden_at is not None


async def test_ours_are_not_blocked_like_others(need, marie):
    with pytest.raises(NotFound):
        await silencing.block_actor(need.author, "By mistake", by=marie)
