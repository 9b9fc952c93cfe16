"""Who comes to an event, who waits, and who moves up."""

import asyncio

import pytest

from hub.agenda import team
from hub.agenda.actions import cancel, change_event, delete_event, draft_of
from hub.agenda.coming import change_coming, join, leave
from hub.agenda.models import Attendance, Contribution, Event, JoinDraft, Presence, Shift, ShiftDraft
from hub.errors import Conflict, InvalidInput
from hub.fediverse.models import Activity
from hub.participants.models import Person
from tests import factories
from tests.unit.hub.agenda.conftest import PAUL, ROSA, event, in_days


async def test_who_finds_no_place_waits_and_moves_up_when_somebody_leaves(village):
    workshop = await event(capacity=1)
    first = await join(workshop, JoinDraft(), PAUL)
    second = await join(workshop, JoinDraft(), ROSA)
    assert (first.presence, second.presence) == (Presence.COMING, Presence.WAITING)
    await leave(first)
    await second.refresh_from_db()
    now = await Event.get(id=workshop.id)
    assert (second.presence, now.coming, now.waiting) == (Presence.COMING, 1, 0)


async def test_the_same_form_makes_one_place(village):
    workshop = await event()
    code = "a" * 32
    first, again = [await join(workshop, JoinDraft(), PAUL, code=code) for _ in range(2)]
    assert first.id == again.id
    assert (await Event.get(id=workshop.id)).coming == 1


async def test_the_last_place_goes_to_one_of_those_who_ask_at_once(village):
    workshop = await event(capacity=1)
    people = [Person(name=name, mail=f"{name}@example.fr") for name in ("lucie", "zoe", "ines")]
    made = await asyncio.gather(*[join(workshop, JoinDraft(), person) for person in people])
    assert sorted(one.presence for one in made) == [Presence.COMING, Presence.WAITING, Presence.WAITING]
    now = await Event.get(id=workshop.id)
    assert (now.coming, now.waiting) == (1, 2)


async def test_the_same_form_sent_twice_at_once_makes_one_place(village):
    workshop, code = await event(), "b" * 32
    made = await asyncio.gather(*[join(workshop, JoinDraft(), PAUL, code=code) for _ in range(3)])
    assert len({one.id for one in made}) == 1
    assert await Attendance.all().count() == 1


async def test_who_has_a_place_keeps_it_when_there_is_no_room_for_more(village):
    workshop = await event(capacity=3)
    lucie = await join(workshop, JoinDraft(people=2), Person(name="Lucie", mail="lucie@example.fr"))
    waits = await join(workshop, JoinDraft(people=2), PAUL)
    with pytest.raises(InvalidInput):
        await change_coming(lucie, people=4, note="")
    assert (await Attendance.get(id=lucie.id)).people == 2
    await change_coming(lucie, people=1, note="Seule, finalement.")
    await change_coming(lucie, people=1, note="Seule, finalement.")
    moved = await Attendance.get(id=waits.id)
    assert (moved.presence, (await Event.get(id=workshop.id)).coming) == (Presence.COMING, 3)


async def test_what_somebody_brings_is_theirs_alone_and_free_again_when_they_leave(village):
    fete = await event(contributions=("Une salade",))
    salad = await Contribution.get()
    lucie, paul = [
        await join(fete, JoinDraft(contributions=(salad.id,)), person)
        for person in (Person(name="Lucie", mail="lucie@example.fr"), PAUL)
    ]
    assert (await Contribution.get()).brought_by_id == lucie.participant_id
    await leave(lucie)
    assert (await Contribution.get()).brought_by_id is None
    assert (await Attendance.get(id=paul.id)).presence is Presence.COMING


async def test_what_was_is_not_taken_back(village):
    workshop = await event()
    lucie = await join(workshop, JoinDraft(), Person(name="Lucie", mail="lucie@example.fr"))
    await Event.filter(id=workshop.id).update(starts_at=in_days(-2), ends_at=in_days(-1))
    await leave(lucie)
    assert (await Attendance.get()).presence is Presence.COMING


async def test_a_shift_is_filled_by_itself(village):
    fete = await event(shifts=(ShiftDraft(name="Buvette", wanted=1), ShiftDraft(name="Grillades", wanted=2)))
    bar = await Shift.get(event_id=fete.id, name="Buvette")
    taken = await join(fete, JoinDraft(shift_id=bar.id), PAUL)
    late = await join(fete, JoinDraft(shift_id=bar.id), Person(name="Zoé", mail="zoe@example.fr"))
    assert (taken.presence, late.presence) == (Presence.COMING, Presence.WAITING)
    await bar.refresh_from_db()
    assert bar.missing == 0


async def test_nobody_joins_what_is_cancelled(village):
    workshop = await event()
    await cancel(workshop, "Il pleut.")
    with pytest.raises(Conflict):
        await join(workshop, JoinDraft(), PAUL)


async def test_whom_the_team_took_off_comes_back_by_the_team_alone(village):
    rosa = await factories.member("Rosa")
    person = Person(name="Rosa", member_id=rosa.id)
    workshop, other = await event(), await event()
    await leave(await join(workshop, JoinDraft(), person), by_team=True)
    with pytest.raises(Conflict):
        await join(workshop, JoinDraft(), person, code="c" * 32)
    assert (await Event.get(id=workshop.id)).coming == 0
    assert (await join(other, JoinDraft(), person)).presence is Presence.COMING
    assert (await join(workshop, JoinDraft(), PAUL)).presence is Presence.COMING
    by_team = await team.write_down(workshop, JoinDraft(), Person(name="Rosa"))
    assert by_team.presence is Presence.COMING


async def test_who_left_by_themselves_may_come_back(village):
    rosa = await factories.member("Rosa")
    person, workshop = Person(name="Rosa", member_id=rosa.id), await event()
    await leave(await join(workshop, JoinDraft(), person))
    assert (await join(workshop, JoinDraft(), person)).presence is Presence.COMING


async def test_others_hear_nothing_where_nothing_is_new_for_them(village):
    workshop = await event(shifts=(ShiftDraft(name="Buvette", wanted=2),))
    people = [await join(workshop, JoinDraft(), Person(name=name)) for name in ("Ana", "Luc", "Zoé")]
    await Event.filter(id=workshop.id).update(starts_at=in_days(0, 0), ends_at=in_days(1, 23))
    before = await Activity.filter(type="Update").count()
    await team.arrive(workshop, "Ana")
    await team.arrive_with(people[1])
    await team.tick(workshop, {people[2].id}, set())
    await change_coming(people[2], people=1, note="Je reste tard.")
    assert await Attendance.filter(came_at__not_isnull=True).count() == 3
    assert await Activity.filter(type="Update").count() == before
    await change_coming(people[2], people=2, note="")
    assert await Activity.filter(type="Update").count() == before + 1


async def test_others_hear_of_it_of_its_changes_and_of_its_end(village):
    workshop = await event()
    await join(workshop, JoinDraft(), PAUL)
    await change_event(workshop, await draft_of(workshop))
    await cancel(workshop)
    await delete_event(workshop)
    sent = (
        await Activity.filter(object_uri=workshop.publication.uri)
        .order_by("id")
        .values_list("type", flat=True)
    )
    assert list(sent) == ["Create", "Announce", "Update", "Update", "Update", "Delete"]
