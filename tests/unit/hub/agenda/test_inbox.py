"""Between servers: who comes from elsewhere, who goes elsewhere from here; in any order, and often."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.actors.models import Actor, Role
from hub.agenda import coming
from hub.agenda.actions import cancel, change_event, delete_event, draft_of
from hub.agenda.coming import join, leave
from hub.agenda.models import Attendance, Event, JoinDraft, JoinMode, Presence
from hub.app import HANDLERS, use_slices
from hub.db import transaction
from hub.fediverse import actions as fediverse
from hub.fediverse.models import Activity, Delivery, Follow, Received
from hub.fediverse.receiving import handle_batch
from hub.notifications.models import Notice
from hub.participants.models import Person
from hub.projects import membership
from hub.projects.models import Contributor
from hub.publications.hiding import move
from hub.publications.models import Publication, Scope
from tests.others import activity, create, new_uri, note, receive, sent, somebody
from tests.unit.hub.agenda.conftest import PAUL, ROSA, event, in_days
from tests.unit.hub.exchange.test_documents import terms_without_meaning
from tests.unit.hub.projects.conftest import project

VILLAGE = "https://bourg.example/a/saint-martin"
LUCIE = Person(name="Lucie", mail="lucie@example.fr")


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


@pytest_asyncio.fixture
async def mina(village):
    """Somebody on a Mobilizon."""
    return await somebody("mina", "mobilizon.example")


@pytest_asyncio.fixture
async def val(village):
    """The village next door, whose actor ours follows."""
    actor = await somebody("val", "val.example", kind="Organization", display_name="Val")
    await follow(actor)
    return actor


async def follow(actor):
    async with transaction():
        ours = await fediverse.follow(await Actor.of_role(Role.VILLAGE), actor)
    await Follow.filter(id=ours.id).update(accepted_at=datetime.now(UTC))


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass
    assert await Received.all().count() == 0


def a_join(actor, workshop, **facts):
    """As Mobilizon writes it: to nobody, with a message."""
    uri = workshop if isinstance(workshop, str) else workshop.publication.uri
    return activity("Join", actor, uri, **facts)


def wire(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def their_event(author, *, hub=False, **facts):
    """In a week, on a Mobilizon unless on a hub."""
    kind = {"lavoir:kind": "event"} if hub else {}
    usual = {
        "type": "Event",
        "name": "Bal folk",
        "startTime": wire(in_days(7, 19)),
        "endTime": wire(in_days(7, 22)),
        "joinMode": "free",
        "location": {"type": "Place", "name": "Le Temple", "address": "2 rue du Temple"},
    }
    uri = facts.pop("id", None) or new_uri(author, "events")
    return note(author, "<p>Entrée libre</p>", id=uri, **(usual | kind | facts))


def newer(document, minutes, **facts):
    return {**document, "updated": wire(datetime.now(UTC).replace(minute=0)), **facts} | {
        "updated": f"2026-11-21T10:{minutes:02}:00Z"
    }


async def stands(document):
    return await Event.get(publication__uri=document["id"]).select_related("publication__author")


async def fresh(row):
    return await type(row).get(id=row.id)


async def private_words(to=None):
    found = [one["object"] for one in await sent("Create") if one["object"]["type"] == "Note"]
    return [one for one in found if to is None or one["to"] == [to.uri]]


# ------------------------------------------------------------ somebody elsewhere comes


async def test_a_join_is_a_place_and_accepted_to_them_alone(mina):
    workshop = await event()
    joined = a_join(mina, workshop, participationMessage="J’apporte des outils")
    await hear(joined)
    made = await Attendance.get().select_related("participant")
    assert (made.presence, made.uri, made.note) == (Presence.COMING, joined["id"], "J’apporte des outils")
    assert made.participant.actor_id == mina.id
    (accepted,) = await sent("Accept")
    assert (accepted["object"], accepted["to"]) == (joined["id"], [mina.uri])
    stored = await Activity.get(type="Accept")
    assert not stored.public
    assert {row.inbox for row in await Delivery.filter(activity_id=stored.id)} == {mina.inbox}
    assert (await fresh(workshop)).coming == 1


async def test_who_comes_is_never_told_to_anybody_else(mina):
    await hear(a_join(mina, await event()))
    for one in await Activity.filter(public=True):
        assert mina.uri not in one.body


async def test_the_same_join_again_is_one_place_and_one_accept(mina):
    workshop = await event()
    joined = a_join(mina, workshop)
    await hear(joined, joined, joined)
    assert await Attendance.all().count() == 1
    assert len(await sent("Accept")) == 1


async def test_a_second_join_of_the_same_person_is_the_same_place_and_is_answered_too(mina):
    workshop = await event(capacity=1)
    first, second = a_join(mina, workshop), a_join(mina, workshop)
    await hear(first, second)
    assert (await fresh(workshop)).coming == 1
    assert [one["object"] for one in await sent("Accept")] == [first["id"], second["id"]]
    await hear(activity("Undo", mina, second))
    assert (await fresh(workshop)).coming == 0


async def test_who_finds_no_place_is_told_in_words_and_accepted_once_there_is_one(mina):
    workshop = await event(capacity=1)
    paul = await join(workshop, JoinDraft(), PAUL)
    joined = a_join(mina, workshop)
    await hear(joined, joined)
    assert (await Attendance.get(uri=joined["id"])).presence is Presence.WAITING
    assert await sent("Accept") == []
    (words,) = await private_words(mina)
    assert "liste d’attente" in words["content"]
    assert words["lavoir:join"] == joined["id"]
    await leave(paul)
    assert (await Attendance.get(uri=joined["id"])).presence is Presence.COMING
    assert [one["object"] for one in await sent("Accept")] == [joined["id"]]


async def test_a_leave_frees_the_place(mina):
    workshop = await event()
    await hear(a_join(mina, workshop), activity("Leave", mina, workshop.publication.uri))
    assert (await Attendance.get()).presence is Presence.LEFT
    assert (await fresh(workshop)).coming == 0


async def test_a_leave_that_comes_before_its_join_counts(mina):
    workshop = await event()
    joined, left = a_join(mina, workshop), activity("Leave", mina, workshop.publication.uri)
    await hear(left, left, joined, joined, left)
    assert (await fresh(workshop)).coming == 0
    await hear(a_join(mina, workshop))
    assert (await fresh(workshop)).coming == 1


async def test_an_old_leave_spoils_no_later_join(mina):
    workshop = await event()
    now = datetime.now(UTC)
    left = activity("Leave", mina, workshop.publication.uri, published=wire(now - timedelta(minutes=2)))
    await hear(left, a_join(mina, workshop, published=wire(now - timedelta(minutes=1))))
    assert (await fresh(workshop)).coming == 1
    luc = await somebody("luc", mina.host)
    old = activity("Leave", luc, workshop.publication.uri, published=wire(now - timedelta(days=2)))
    await hear(old, a_join(luc, workshop))
    assert (await fresh(workshop)).coming == 2


async def test_of_one_server_come_no_crowds_that_nobody_knows(mina, monkeypatch):
    monkeypatch.setattr(coming, "EACH_ELSEWHERE", 2)
    workshop = await event()
    for name in ("ana", "bea", "cid"):
        await hear(a_join(await somebody(name, mina.host), workshop))
    assert (await fresh(workshop)).coming == 2
    assert "écrivez" in (await sent("Reject"))[-1]["content"]


async def test_of_one_server_only_those_count_who_want_to_come(mina, monkeypatch):
    monkeypatch.setattr(coming, "EACH_ELSEWHERE", 2)
    workshop = await event()
    for _ in range(3):
        joined = a_join(mina, workshop)
        await hear(joined, activity("Undo", mina, joined))
    for name in ("ana", "bea"):
        await hear(a_join(await somebody(name, mina.host), workshop))
    assert (await fresh(workshop)).coming == 2
    assert await sent("Reject") == []


async def test_a_leave_that_comes_before_its_join_counts_also_for_who_came_before(mina):
    workshop, now = await event(), datetime.now(UTC)
    at = [wire(now - timedelta(minutes=minutes)) for minutes in (4, 3, 2, 1)]
    joins = [a_join(mina, workshop, published=moment) for moment in (at[0], at[2])]
    leaves = [activity("Leave", mina, workshop.publication.uri, published=moment) for moment in at[1::2]]
    await hear(joins[0], leaves[0], leaves[1], joins[1])
    assert (await fresh(workshop)).coming == 0
    await hear(a_join(mina, workshop, published=wire(now)))
    assert (await fresh(workshop)).coming == 1


async def hide(workshop):
    await Publication.filter(id=workshop.publication_id).update(hidden_at=datetime.now(UTC))


async def part(workshop):
    """For neighbours alone, of whom they are none."""
    await Publication.filter(id=workshop.publication_id).update(scope=Scope.NEIGHBOURS)


@pytest.mark.parametrize("vanish", [hide, part])
@pytest.mark.parametrize("way", ["Leave", "Undo"])
async def test_who_comes_can_take_it_back_also_where_they_do_not_see_it_just_now(mina, way, vanish):
    workshop = await event()
    joined = a_join(mina, workshop)
    await hear(joined)
    await vanish(workshop)
    await hear(activity(way, mina, workshop.publication.uri if way == "Leave" else joined))
    assert (await Attendance.get()).presence is Presence.LEFT
    assert (await fresh(workshop)).coming == 0
    await hear(a_join(mina, workshop))
    assert len(await sent("Reject")) == 1


async def test_a_leave_of_a_project_that_is_hidden_just_now_is_for_projects(mina):
    comptoir = await project()
    await hear(activity("Join", mina, comptoir.actor.uri))
    mine = Contributor.filter(participant__actor_id=mina.id)
    assert (await mine.get()).part in membership.HOLDING
    await move(Publication.filter(id=comptoir.publication_id), hidden_at=datetime.now(UTC))
    await hear(activity("Leave", mina, comptoir.actor.uri))
    assert await mine.filter(part__in=list(membership.HOLDING)).count() == 0


async def test_whom_the_team_took_off_does_not_come_back_by_another_join(mina, val):
    workshop = await event()
    for joined in (a_join(mina, workshop), a_join(val, workshop, name="Zoé")):
        await hear(joined)
        await leave(await Attendance.get(uri=joined["id"]), by_team=True)
    await hear(a_join(mina, workshop), a_join(val, workshop, name="Zoé"), a_join(val, workshop, name="Luc"))
    assert (await fresh(workshop)).coming == 1
    assert "pas de place pour vous" in (await sent("Reject"))[-1]["content"]


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(["join", "join", "undo", "undo"]))))
async def test_a_join_that_is_taken_back_is_none_in_whatever_order(mina, order):
    workshop = await event()
    joined = a_join(mina, workshop)
    undone = activity("Undo", mina, joined)
    await hear(*({"join": joined, "undo": undone}[one] for one in order))
    assert (await fresh(workshop)).coming == 0


async def test_nobody_else_takes_back_what_somebody_said(mina):
    workshop = await event()
    joined = a_join(mina, workshop)
    await hear(joined)
    eve = await somebody("eve", "mobilizon.example")
    await hear(
        activity("Undo", eve, joined["id"]),
        activity("Undo", eve, {**joined, "actor": eve.uri}),
        activity("Leave", eve, workshop.publication.uri),
    )
    assert (await fresh(workshop)).coming == 1


async def test_grp_10_nobody_gives_themselves_a_place(mina):
    workshop = await event(capacity=1)
    await join(workshop, JoinDraft(), PAUL)
    joined = a_join(mina, workshop)
    await hear(joined, activity("Accept", mina, joined), activity("Accept", mina, joined["id"]))
    assert (await Attendance.get(uri=joined["id"])).presence is Presence.WAITING
    assert (await fresh(workshop)).coming == 1


async def test_another_hub_joins_for_several_by_name_and_takes_back_one_of_them(val):
    workshop = await event()
    zoe = a_join(val, workshop, name="Zoé", **{"lavoir:people": 2})
    luc = a_join(val, workshop, name="Luc")
    await hear(zoe, luc)
    assert (await fresh(workshop)).coming == 3
    await hear(activity("Undo", val, zoe))
    assert (await fresh(workshop)).coming == 1
    assert (await Attendance.get(uri=luc["id"])).presence is Presence.COMING


async def test_a_person_is_one_person_whatever_names_they_write(mina):
    workshop = await event()
    await hear(a_join(mina, workshop, name="Zoé"), a_join(mina, workshop, name="Luc"))
    assert await Attendance.all().count() == 1


@pytest.mark.parametrize("mode", [JoinMode.NONE, JoinMode.EXTERNAL])
async def test_where_nobody_signs_up_a_join_is_ignored_in_so_many_words(mina, mode):
    workshop = await event(join_mode=mode, join_url="https://billets.example/1")
    joined = a_join(mina, workshop)
    await hear(joined)
    (ignored,) = await sent("Ignore")
    assert (ignored["object"], ignored["to"]) == (joined["id"], [mina.uri])
    assert await Attendance.all().count() == 0


async def test_what_is_cancelled_or_over_is_rejected_with_the_reason(mina):
    off, over = await event(), await event(starts_at=in_days(-2, 9), ends_at=in_days(-2, 10))
    await cancel(off)
    await hear(a_join(mina, off), a_join(mina, over))
    first, second = await sent("Reject")
    assert first["content"] == "Cela n’a plus lieu."
    assert second["content"] == "C’est déjà fini."
    assert await Attendance.all().count() == 0


async def test_what_one_may_not_see_answers_like_what_is_not_there(mina):
    inside = await event(scope=Scope.VILLAGE)
    near = await event(scope=Scope.NEIGHBOURS)
    unread = await event(trusted=False)
    gone = await event()
    await delete_event(gone)
    hidden = await event()
    await Publication.filter(id=hidden.publication_id).update(hidden_at=datetime.now(UTC))
    nothing = "https://bourg.example/o/01arz3ndektsv4rrffq69g5fav"
    wanted = [nothing, *(one.publication.uri for one in (inside, near, unread, gone, hidden))]
    for uri in wanted:
        await hear(a_join(mina, uri), activity("Leave", mina, uri))
    answers = await sent("Reject")
    assert len(answers) == len(wanted)
    assert len({(one["content"], one["actor"], *one["to"], "summary" in one) for one in answers}) == 1
    assert await Attendance.all().count() == 0


async def test_of_who_is_silenced_nobody_is_put_on_a_list(mina):
    await Actor.filter(id=mina.id).update(silenced_at=datetime.now(UTC))
    await hear(a_join(mina, await event()))
    assert await Attendance.all().count() == 0
    assert await sent("Reject") == await sent("Accept") == []


async def test_the_team_takes_somebody_off_the_list_and_they_hear_why(mina):
    workshop = await event()
    joined = a_join(mina, workshop)
    await hear(joined)
    await leave(await Attendance.get(), by_team=True, reason="Réservé aux voisins.")
    (rejected,) = await sent("Reject")
    assert (rejected["object"], rejected["content"]) == (joined["id"], "Réservé aux voisins.")
    await hear(joined)
    assert (await fresh(workshop)).coming == 0


async def test_who_comes_hears_of_changes_and_of_the_end_follower_or_not(mina):
    workshop = await event()
    await hear(a_join(mina, workshop))
    await change_event(workshop, await draft_of(workshop))
    await cancel(workshop, "Il pleut.")
    await delete_event(workshop)
    for kind in ("Update", "Delete"):
        last = await Activity.filter(type=kind).order_by("-id").first()
        assert mina.inbox in {row.inbox for row in await Delivery.filter(activity_id=last.id)}


async def test_who_is_gone_for_ever_comes_no_more(mina):
    workshop = await event()
    await hear(a_join(mina, workshop), activity("Delete", mina, mina.uri))
    assert (await fresh(workshop)).coming == 0


@pytest.mark.parametrize("seed", range(5))
async def test_many_joins_and_undos_in_any_order_and_often(val, seed):
    workshop = await event(capacity=2)
    kept = [a_join(val, workshop, name=f"Zoé {n}") for n in range(3)]
    withdrawn = [a_join(val, workshop, name=f"Luc {n}") for n in range(2)]
    messages = [*kept, *withdrawn, *(activity("Undo", val, one) for one in withdrawn)] * 2
    random.Random(seed).shuffle(messages)
    await hear(*messages)
    now = await fresh(workshop)
    assert (now.coming, now.waiting) == (2, 1)
    accepted = [one["object"] for one in await sent("Accept")]
    assert len(accepted) == len(set(accepted))
    assert len({one["id"] for one in kept} & set(accepted)) == 2


# ------------------------------------------------------------ somebody here goes elsewhere


async def answered(author, kind, attendance, **facts):
    await hear(activity(kind, author, attendance.uri, **facts))
    return await fresh(attendance)


async def test_somebody_here_joins_an_event_of_another_hub_by_name(val):
    document = their_event(val, hub=True)
    await hear(create(val, document))
    made = await join(await stands(document), JoinDraft(people=2), PAUL)
    assert made.presence is Presence.WAITING
    (joined,) = await sent("Join")
    assert (joined["object"], joined["to"], joined["actor"]) == (document["id"], [val.uri], VILLAGE)
    assert (joined["name"], joined["lavoir:people"]) == ("Paul", 2)
    assert "06 12" not in str(joined)
    assert terms_without_meaning(joined) == set()
    assert not (await Activity.get(type="Join")).public
    assert (await answered(val, "Accept", made)).presence is Presence.COMING
    await leave(made)
    (undone,) = await sent("Undo")
    assert undone["object"]["id"] == joined["id"]
    assert (await answered(val, "Accept", made)).presence is Presence.LEFT


async def test_elsewhere_one_join_stands_for_all_and_the_last_one_leaves(val):
    document = their_event(val)
    await hear(create(val, document))
    first = await join(await stands(document), JoinDraft(), PAUL)
    second = await join(await stands(document), JoinDraft(), LUCIE)
    assert len(await sent("Join")) == 1
    assert "Lucie, de Saint-Martin" in (await private_words(val))[-1]["content"]
    await answered(val, "Accept", first)
    assert [(await fresh(one)).presence for one in (first, second)] == [Presence.COMING] * 2
    third = await join(await stands(document), JoinDraft(), ROSA)
    assert third.presence is Presence.COMING
    assert third.decided_at is not None
    await leave(first)
    await leave(second)
    assert await sent("Leave") == []
    await leave(third)
    (left,) = await sent("Leave")
    assert (left["object"], left["to"]) == (document["id"], [val.uri])


async def test_a_no_from_there_is_told_and_is_final(val):
    document = their_event(val, hub=True)
    await hear(create(val, document))
    made = await join(await stands(document), JoinDraft(), PAUL)
    assert (await answered(val, "Reject", made, content="C’est complet.")).presence is Presence.DECLINED
    assert (await answered(val, "Accept", made)).presence is Presence.DECLINED


async def test_only_who_decides_there_answers(val):
    document = their_event(val, hub=True)
    await hear(create(val, document))
    made = await join(await stands(document), JoinDraft(), PAUL)
    eve, far = await somebody("eve", "val.example"), await somebody("eve", "evil.example")
    for stranger in (eve, far):
        assert (await answered(stranger, "Accept", made)).presence is Presence.WAITING
        assert (await answered(stranger, "Reject", made)).presence is Presence.WAITING


async def test_for_a_group_on_another_server_its_organiser_answers(val):
    document = their_event(val)
    await hear(create(val, document))
    made = await join(await stands(document), JoinDraft(), PAUL)
    organiser, far = await somebody("jo", "val.example"), await somebody("eve", "evil.example")
    assert (await answered(far, "Accept", made)).presence is Presence.WAITING
    assert (await answered(organiser, "Accept", made)).presence is Presence.COMING


async def test_who_ignores_a_join_is_asked_no_more(val):
    document = their_event(val)
    await hear(create(val, document))
    made = await join(await stands(document), JoinDraft(), PAUL)
    assert (await answered(val, "Ignore", made)).presence is Presence.LEFT
    assert await Notice.filter(kind="event-without-list").count() == 1
    assert (await stands(document)).join_mode is JoinMode.NONE


async def test_a_hub_s_private_word_about_a_join_hangs_nowhere(val):
    document = their_event(val, hub=True)
    await hear(create(val, document))
    made = await join(await stands(document), JoinDraft(), PAUL)
    word = note(val, "<p>Liste d’attente</p>", to=[VILLAGE], cc=None, **{"lavoir:join": made.uri})
    await hear(create(val, word))
    assert not await Publication.exists(uri=word["id"])
    assert (await fresh(made)).presence is Presence.WAITING
