"""What comes again: on which days, made some weeks ahead, and told others two weeks before."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from hub.agenda import series
from hub.agenda.actions import approve, cancel, change_event, delete_event, draft_of, refuse
from hub.agenda.coming import join
from hub.agenda.models import Event, JoinDraft, Rhythm, Series, Shift, ShiftDraft, Standing
from hub.db import transaction
from hub.errors import Conflict
from hub.fediverse.models import Activity
from hub.participants.models import Person
from hub.publications.models import Publication
from tests.unit.hub.agenda.conftest import PAUL, event, in_days

ZONE = ZoneInfo("Europe/Paris")


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("first", "rhythm", "until", "days"),
    [
        ("2026-04-18", Rhythm.WEEKLY, "2026-05-05", "04-18 04-25 05-02"),
        ("2026-04-18", Rhythm.WEEKLY, "2026-05-02", "04-18 04-25 05-02"),
        ("2026-04-18", Rhythm.FORTNIGHTLY, "2026-05-20", "04-18 05-02 05-16"),
        ("2026-04-03", Rhythm.MONTHLY, "2026-07-31", "04-03 05-01 06-05 07-03"),  # the first Friday
        ("2026-01-30", Rhythm.MONTHLY, "2026-04-30", "01-30 02-27 03-27 04-24"),  # the fifth is the last
        ("2026-11-11", Rhythm.MONTHLY, "2027-01-31", "11-11 12-09 01-13"),  # over the new year
    ],
)
def test_it_comes_again_on_these_days(first, rhythm, until, days):
    found = series.days_of(day(first), rhythm, day(until))
    assert [one.strftime("%m-%d") for one in found] == days.split()


async def weekly(*, weeks=4, days=7, **facts):
    until = (datetime.now(ZONE) + timedelta(days=days + 7 * (weeks - 1))).date()
    return await event(
        starts_at=in_days(days, 10),
        ends_at=in_days(days, 12),
        repeats=Rhythm.WEEKLY,
        until=until,
        **facts,
    )


async def all_of(first):
    found = Event.filter(series_id=first.series_id, publication__deleted_at=None)
    return await found.select_related("publication").order_by("starts_at")


async def test_a_round_every_week_is_an_event_each_week(village):
    first = await weekly(capacity=5, contributions=("Un gâteau",))
    rounds = await all_of(first)
    assert len(rounds) == 4
    assert len({one.publication.code for one in rounds}) == 4
    assert {(one.publication.title, one.capacity, one.owner_id) for one in rounds} == {
        ("Atelier vélo", 5, first.owner_id)
    }
    gaps = {after.starts_at.date() - before.starts_at.date() for before, after in pairwise(rounds)}
    assert gaps == {timedelta(days=7)}


async def test_hours_are_those_of_the_clock_also_when_it_is_changed(village):
    """In a year there is a week in which the clocks change."""
    first = await weekly(weeks=40)
    for weeks in range(0, 40, 6):
        await series.make_ahead(datetime.now(UTC) + timedelta(weeks=weeks))
    rounds = await all_of(first)
    assert len(rounds) == 40
    assert {one.starts_at.astimezone(ZONE).hour for one in rounds} == {first.starts_at.astimezone(ZONE).hour}
    assert len({one.starts_at.hour for one in rounds}) == 2


async def test_only_the_next_weeks_are_made_and_each_once(village):
    first = await weekly(weeks=20)
    made = len(await all_of(first))
    assert 8 <= made <= 9
    await series.make_ahead()
    await series.make_ahead()
    assert len(await all_of(first)) == made
    await series.make_ahead(datetime.now(UTC) + timedelta(days=14))
    assert len(await all_of(first)) == made + 2


async def test_others_hear_of_each_two_weeks_before(village):
    first = await weekly(weeks=5, days=6)
    told = [one.sent_at is not None for one in await all_of(first)]
    assert told == [True, True, False, False, False]
    creates = Activity.filter(type="Create")
    assert await creates.count() == 2
    await series.tell_ahead(datetime.now(UTC) + timedelta(days=8))
    await series.tell_ahead(datetime.now(UTC) + timedelta(days=8))
    assert await creates.count() == 3
    assert [one.sent_at is not None for one in await all_of(first)] == [True, True, True, False, False]


async def test_what_is_for_the_village_stays_in_it(village):
    await weekly(scope="village")
    await series.tell_ahead(datetime.now(UTC) + timedelta(days=30))
    assert not await Activity.exists()


async def test_tasks_come_again_with_their_hours(village):
    shift = ShiftDraft(
        name="Chauffeur",
        wanted=2,
        starts_at=in_days(7, 11),
        ends_at=in_days(7, 12),
        private_place="Rue Basse",
    )
    first = await weekly(shifts=(shift, ShiftDraft(name="Cuisine")))
    for one in await all_of(first):
        driver, cook = await Shift.filter(event_id=one.id).order_by("position")
        assert (driver.name, driver.wanted, driver.private_place, cook.starts_at) == (
            "Chauffeur",
            2,
            "Rue Basse",
            None,
        )
        assert driver.starts_at - one.starts_at == timedelta(hours=1)


async def test_until_it_is_read_there_is_only_one(village):
    first = await weekly(trusted=False)
    assert len(await all_of(first)) == 1
    await series.make_ahead()
    assert len(await all_of(first)) == 1
    await approve(first, by="Marie")
    rounds = await all_of(first)
    assert len(rounds) == 4
    assert {one.standing for one in rounds} == {Standing.PLANNED}


async def test_what_is_set_aside_does_not_come_again(village):
    first = await weekly(trusted=False)
    await refuse(first, "C’est une publicité.", by="Marie")
    assert (await Series.get(id=first.series_id)).ended_at is not None
    await series.make_ahead()
    assert len(await all_of(first)) == 1


async def test_one_of_them_is_changed_alone(village):
    first = await weekly()
    second = (await all_of(first))[1]
    draft = await draft_of(second)
    await change_event(second, replace(draft, place="École"))
    places = [one.place for one in await all_of(first)]
    assert places == ["Salle des fêtes", "École", "Salle des fêtes", "Salle des fêtes"]


def clock(one):
    return one.starts_at.astimezone(ZONE).replace(tzinfo=None)


async def test_all_that_follow_are_changed_each_on_its_own_day(village):
    first = await weekly(weeks=20, shifts=(ShiftDraft(name="Chauffeur"),))
    before = await all_of(first)
    draft, later = await draft_of(before[1]), timedelta(days=1, hours=2)
    changed = replace(
        draft,
        starts_at=draft.starts_at + later,
        ends_at=draft.ends_at + later,
        shifts=(replace(draft.shifts[0], wanted=3),),
    )
    await change_event(before[1], changed, following=True)
    after = await all_of(first)
    assert [one.id for one in after] == [one.id for one in before]
    moves = [clock(now) - clock(was) for was, now in zip(before, after, strict=True)]
    assert moves == [timedelta(0)] + [later] * (len(after) - 1)
    shifts = await Shift.all().order_by("event_id")
    assert [shift.wanted for shift in shifts] == [1] + [3] * (len(after) - 1)
    await series.make_ahead(datetime.now(UTC) + timedelta(days=21))
    made = await all_of(first)
    assert len(made) > len(after)
    assert {clock(one).strftime("%a %H") for one in made[1:]} == {clock(after[1]).strftime("%a %H")}


async def test_what_was_changed_alone_is_left_alone(village):
    first = await weekly()
    third = (await all_of(first))[2]
    draft = await draft_of(third)
    await change_event(third, replace(draft, place="École"))
    draft = await draft_of(first)
    await change_event(first, replace(draft, place="Stade"), following=True)
    assert [one.place for one in await all_of(first)] == ["Stade", "Stade", "École", "Stade"]


async def test_a_capacity_that_one_of_them_exceeds_changes_none(village):
    first = await weekly()
    second = (await all_of(first))[1]
    for name in ("Paul", "Zoé"):
        await join(second, JoinDraft(), Person(name=name, mail=f"{name}@example.fr"))
    draft = await draft_of(first)
    with pytest.raises(Conflict):
        await change_event(first, replace(draft, capacity=1), following=True)
    assert {one.capacity for one in await all_of(first)} == {None}


async def test_cancelled_with_all_that_follow_it_does_not_come_again(village):
    first = await weekly(weeks=6)
    rounds = await all_of(first)
    await join(rounds[4], JoinDraft(), PAUL)
    await cancel(rounds[1], "Plus de chauffeur.", following=True)
    left = await all_of(first)
    standings = [(one.standing, one.id) for one in left]
    assert standings == [
        (Standing.PLANNED, rounds[0].id),
        (Standing.CANCELLED, rounds[1].id),
        (Standing.CANCELLED, rounds[4].id),
    ], "what nobody was told of, and nobody wanted to come to, goes without a word"
    await series.make_ahead(datetime.now(UTC) + timedelta(days=20))
    assert len(await all_of(first)) == 3


async def test_what_was_changed_alone_is_cancelled_with_the_others(village):
    first = await weekly()
    third = (await all_of(first))[2]
    await change_event(third, replace(await draft_of(third), place="École"))
    await join(third, JoinDraft(), PAUL)
    await cancel(first, following=True)
    assert {one.standing for one in await all_of(first)} == {Standing.CANCELLED}


async def test_one_is_cancelled_and_the_others_take_place(village):
    first = await weekly()
    await cancel(first)
    assert [one.standing for one in await all_of(first)] == [Standing.CANCELLED] + [Standing.PLANNED] * 3
    await series.make_ahead()
    assert len(await all_of(first)) == 4


async def test_deleted_with_all_that_follow_nothing_is_left_of_them(village):
    first = await weekly()
    await delete_event(first, following=True)
    assert await all_of(first) == []
    assert not await Publication.filter(kind="event").exclude(title="").exists()
    await series.make_ahead()
    assert await all_of(first) == []


async def test_a_deleted_one_is_not_made_again(village):
    first = await weekly()
    await delete_event((await all_of(first))[1])
    await series.make_ahead()
    assert len(await all_of(first)) == 3


async def test_a_series_of_which_nothing_is_left_ends(village):
    first = await weekly(weeks=20)
    for one in await all_of(first):
        await delete_event(one)
    await series.make_ahead(datetime.now(UTC) + timedelta(days=30))
    assert await all_of(first) == []
    assert (await Series.get(id=first.series_id)).ended_at is not None


async def test_what_was_hidden_is_neither_made_again_nor_told(village):
    first = await weekly(weeks=20)
    rounds = await all_of(first)
    await Publication.filter(kind="event").update(hidden_at=datetime.now(UTC))
    before = await Activity.all().count()
    await series.make_ahead(datetime.now(UTC) + timedelta(days=21))
    await series.tell_ahead(datetime.now(UTC) + timedelta(days=21))
    assert len(await all_of(first)) == len(rounds)
    assert await Activity.all().count() == before


async def test_what_ended_at_the_same_moment_stays_ended_when_the_others_move(village):
    first = await weekly()
    draft, has_ended = await draft_of(first), asyncio.Event()

    async def end():
        async with transaction():
            await series.end(first.series_id)
            has_ended.set()
            await asyncio.sleep(0.2)

    async def move():
        await has_ended.wait()
        async with transaction():
            await series.follow(first, replace(draft, ends_at=draft.ends_at + timedelta(hours=1)))

    await asyncio.gather(end(), move())
    ours = await Series.get(id=first.series_id)
    assert ours.ended_at is not None
    assert ours.ends_at == draft.ends_at + timedelta(hours=1)
