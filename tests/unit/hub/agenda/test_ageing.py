"""What time does: who comes is reminded, notes and private places go, contacts are forgotten."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.agenda import ageing, team
from hub.agenda.actions import cancel, change_event, draft_of
from hub.agenda.coming import join, leave
from hub.agenda.models import Attendance, Event, JoinDraft, Shift, ShiftDraft, Standing, TeamNote
from hub.app import use_slices
from hub.notifications.models import Notice
from hub.participants.actions import new_key
from hub.participants.models import Key, Participant, Person
from hub.publications.models import Publication
from tests.others import activity, create, somebody
from tests.unit.hub.agenda.conftest import PAUL, ROSA, event, in_days
from tests.unit.hub.agenda.test_inbox import follow, hear, stands, their_event

PARIS = ZoneInfo("Europe/Paris")
LUCIE = Person(name="Lucie Moulin", mail="lucie@example.fr")
DRIVER = ShiftDraft(name="Porter les repas", wanted=1, private_place="12, chemin des Combes")


@pytest.fixture(autouse=True)
def _village(village):
    """Open."""


def clock(day: datetime, hour: int) -> datetime:
    """That hour of the day in the village."""
    return datetime.combine(day.astimezone(PARIS).date(), time(hour), PARIS)


async def meals(**facts):
    return await event(title="Repas partagé", shifts=(DRIVER,), **facts)


async def driver(meal, person=LUCIE):
    return await join(meal, JoinDraft(shift_id=(await Shift.get(event_id=meal.id)).id), person)


async def said_yes_long_ago():
    await Attendance.all().update(decided_at=datetime.now(UTC) - timedelta(days=3))
    await Notice.all().delete()


async def test_who_comes_is_reminded_once_the_day_before_and_learns_the_private_place():
    meal = await meals()
    await driver(meal)
    await join(meal, JoinDraft(), PAUL)
    await said_yes_long_ago()
    eve = meal.starts_at - timedelta(days=1)
    await ageing.remind(clock(eve, 9))
    await ageing.remind(clock(eve - timedelta(days=1), 12))
    assert await Notice.all().count() == 0
    for _ in range(2):
        await ageing.remind(clock(eve, 10))
    told = {notice.name: notice for notice in await Notice.all()}
    assert set(told) == {"Lucie Moulin", "Paul"}
    assert "12, chemin des Combes" in str(told["Lucie Moulin"].values)
    assert "12, chemin des Combes" not in str(told["Paul"].values)
    assert told["Paul"].phone  # is called


async def test_all_who_go_to_an_event_of_another_server_are_reminded():
    """One Join stands for all of them there."""
    use_slices()
    val = await somebody("val", "val.example")
    await follow(val)
    document = their_event(val)
    await hear(create(val, document))
    first = await join(await stands(document), JoinDraft(), LUCIE)
    await hear(activity("Accept", val, first.uri))
    await join(await stands(document), JoinDraft(), PAUL)
    await Attendance.filter(decided_at__not_isnull=True).update(
        decided_at=datetime.now(UTC) - timedelta(days=3)
    )
    await ageing.remind(clock((await stands(document)).starts_at - timedelta(days=1), 11))
    told = await Notice.filter(kind="event-tomorrow").values_list("name", flat=True)
    assert sorted(told) == ["Lucie Moulin", "Paul"]


async def test_who_was_reminded_of_a_day_that_changed_is_reminded_again():
    workshop = await event()
    await join(workshop, JoinDraft(), LUCIE)
    await said_yes_long_ago()
    await ageing.remind(clock(workshop.starts_at - timedelta(days=1), 11))
    draft = replace(await draft_of(workshop), starts_at=in_days(9), ends_at=in_days(9, 17))
    await change_event(workshop, draft)
    await ageing.remind(clock(in_days(8), 11))
    assert await Notice.filter(kind="event-tomorrow").count() == 2


async def test_a_role_on_the_second_day_is_reminded_on_the_first():
    fete = await event(
        starts_at=in_days(7, 9),
        ends_at=in_days(8, 20),
        shifts=(ShiftDraft(name="Buvette", wanted=2, starts_at=in_days(8, 14), ends_at=in_days(8, 16)),),
    )
    await driver(fete)
    await said_yes_long_ago()
    await ageing.remind(clock(fete.starts_at - timedelta(days=1), 11))
    assert await Notice.all().count() == 0
    await ageing.remind(clock(fete.starts_at, 11))
    assert await Notice.filter(kind="event-tomorrow").count() == 1


async def test_nobody_is_reminded_of_what_does_not_take_place_nor_who_waits_or_left():
    workshop = await event(capacity=1)
    one, _ = [await join(workshop, JoinDraft(), person) for person in (LUCIE, PAUL)]
    other = await event()
    gone = await join(other, JoinDraft(), LUCIE)
    await leave(gone)
    off = await event()
    await join(off, JoinDraft(), LUCIE)
    await cancel(off)
    await said_yes_long_ago()
    await ageing.remind(clock(workshop.starts_at - timedelta(days=1), 11))
    assert [notice.name for notice in await Notice.all()] == ["Lucie Moulin"]
    assert (await Attendance.get(id=one.id)).reminded_at is not None


async def test_notes_of_the_team_and_private_places_go_after_two_weeks():
    meal = await meals()
    await team.add_note(meal, "Tout le monde était content.", by="Rosa")
    await ageing.forget_notes(datetime.now(UTC) + timedelta(days=13))
    assert await TeamNote.all().count() == 1
    await ageing.forget_notes(datetime.now(UTC) + timedelta(days=15))
    assert await TeamNote.all().count() == 0
    assert (await Shift.get()).private_place
    await ageing.forget_notes(meal.ends_at + timedelta(days=15))
    assert (await Shift.get()).private_place == ""


async def test_who_was_told_a_private_place_reads_it_until_the_end_alone():
    meal = await meals()
    await driver(meal)
    await said_yes_long_ago()
    await ageing.remind(clock(meal.starts_at - timedelta(days=1), 10))
    await ageing.forget_notes(meal.ends_at - timedelta(minutes=1))
    assert "chemin des Combes" in (await Notice.get()).text_words()
    await ageing.forget_notes(meal.ends_at)
    assert not await Notice.exists()


async def test_contacts_words_and_links_are_forgotten_thirty_days_after_the_end():
    meal = await meals()
    lucie = await driver(meal)
    await Attendance.filter(id=lucie.id).update(note="Sans gluten.")
    await new_key(lucie.participant_id)
    await ageing.forget_contacts(meal.ends_at + timedelta(days=29))
    assert (await Participant.get(id=lucie.participant_id)).mail == "lucie@example.fr"
    for _ in range(2):
        await ageing.forget_contacts(meal.ends_at + timedelta(days=31))
    left = await Participant.get(id=lucie.participant_id)
    assert (left.name, left.mail, left.phone) == ("Lucie", None, None)
    assert left.erased_at is not None
    assert not await Key.filter(participant_id=lucie.participant_id).exists()
    assert (await Attendance.get(id=lucie.id)).note == ""
    owner = await Participant.get(id=meal.owner_id)
    assert (owner.name, owner.mail) == ("Rosa", None)


async def test_who_left_is_forgotten_thirty_days_later_also_where_it_is_still_to_come():
    meal = await meals(starts_at=in_days(60), ends_at=in_days(60, 17))
    lucie = await driver(meal)
    await leave(lucie)
    await ageing.forget_contacts(datetime.now(UTC) + timedelta(days=31))
    assert (await Participant.get(id=lucie.participant_id)).mail is None
    assert (await Participant.get(id=meal.owner_id)).mail == "rosa@example.fr"


async def test_who_announced_a_series_is_known_until_its_last_event_is_over():
    first, last = await event(), await event(starts_at=in_days(14), ends_at=in_days(14, 17))
    await Event.filter(id=last.id).update(owner_id=first.owner_id)
    await ageing.forget_contacts(first.ends_at + timedelta(days=31))
    assert (await Participant.get(id=first.owner_id)).mail == ROSA.mail
    await ageing.forget_contacts(last.ends_at + timedelta(days=31))
    assert (await Participant.get(id=first.owner_id)).mail is None


@pytest.mark.parametrize("end", ["deleted", "refused"])
async def test_who_announced_what_never_took_place_is_forgotten_thirty_days_after_that(end):
    meal = await event(starts_at=in_days(300), ends_at=in_days(300, 17))
    now = datetime.now(UTC)
    if end == "deleted":
        await Publication.filter(id=meal.publication_id).update(deleted_at=now)
    else:
        await Event.filter(id=meal.id).update(standing=Standing.REFUSED, changed_at=now)
    await ageing.forget_contacts(now + timedelta(days=29))
    assert (await Participant.get(id=meal.owner_id)).mail == ROSA.mail
    await ageing.forget_contacts(now + timedelta(days=31))
    assert (await Participant.get(id=meal.owner_id)).mail is None
