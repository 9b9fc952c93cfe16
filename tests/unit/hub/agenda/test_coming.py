"""Who comes to an event, who waits, and who moves up."""

import pytest

from hub.agenda.actions import cancel, change_event, delete_event, draft_of
from hub.agenda.coming import join, leave
from hub.agenda.models import Event, JoinDraft, Presence, Shift, ShiftDraft
from hub.errors import Conflict
from hub.fediverse.models import Activity
from hub.participants.models import Person
from tests.unit.hub.agenda.conftest import PAUL, ROSA, event


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
