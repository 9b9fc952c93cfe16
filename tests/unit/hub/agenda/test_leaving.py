"""A member takes their data along, or leaves: nothing of theirs stays, and nobody waits for them."""

import json

import pytest_asyncio

from hub.agenda.coming import join, leave
from hub.agenda.export import export
from hub.agenda.minutes import MinutesDraft, minutes_of, record_minutes
from hub.agenda.models import (
    Attendance,
    Contribution,
    Event,
    JoinDraft,
    Presence,
    Rhythm,
    Series,
    Shift,
    ShiftDraft,
)
from hub.agenda.series import make_ahead
from hub.exchange.models import Voice
from hub.members.actions import erase
from hub.members.models import Role
from hub.notifications.models import Notice
from hub.organisations.models import Kind, Organisation
from hub.participants.models import Participant, Person
from hub.publications.models import Publication
from tests import factories
from tests.unit.hub.agenda.conftest import PAUL, event, in_days
from tests.unit.hub.village.visitors import visitors as visitors


@pytest_asyncio.fixture
async def rosa(village, visitors):
    """With the site running, whose composition says what leaving means."""
    return await factories.member("Rosa")


def person(member):
    return Person(name=member.name, member_id=member.id)


async def test_the_export_has_all_that_one_wrote_and_nothing_of_others(rosa):
    own = await event(person=person(rosa))
    await join(own, JoinDraft(note="Paul's words"), PAUL)
    other = await event(title="Une fête", contributions=("Une salade",))
    salad = await Contribution.get()
    await join(other, JoinDraft(people=2, note="Sans gluten", contributions=(salad.id,)), person(rosa))
    given = json.loads(json.dumps(await export(rosa.id), default=str))
    assert [(one["title"], one["place"]) for one in given["events"]] == [("Atelier vélo", "Salle des fêtes")]
    [place] = given["places"]
    assert (place["people"], place["note"]) == (2, "Sans gluten")
    assert [one["what"] for one in given["brings"]] == ["Une salade"]
    assert not [words for words in ("Paul's words", "06 12 34") if words in str(given)]


async def test_who_leaves_takes_their_events_along_and_their_places_are_free(rosa):
    own = await event(person=person(rosa))
    await join(own, JoinDraft(), PAUL)
    other = await event(capacity=1, person=Person(name="Inès", mail="ines@example.fr"))
    hers = await join(other, JoinDraft(note="Sans gluten"), person(rosa))
    waits = await join(other, JoinDraft(), PAUL)
    await erase(rosa.id)
    assert (await Publication.get(id=own.publication_id)).deleted_at is not None
    assert await Notice.filter(kind="event-cancelled", name="Paul").exists()
    assert (await Attendance.get(id=hers.id)).presence is Presence.LEFT
    assert (await Attendance.get(id=waits.id)).presence is Presence.COMING
    left = await Participant.get(id=hers.participant_id)
    assert (left.mail, left.member_id) == (None, None)
    assert "Rosa" not in left.name


async def test_what_was_stays_counted_without_a_name(rosa):
    other = await event(person=Person(name="Inès", mail="ines@example.fr"))
    hers = await join(other, JoinDraft(note="Sans gluten"), person(rosa))
    await Event.filter(id=other.id).update(starts_at=in_days(-2), ends_at=in_days(-1))
    await erase(rosa.id)
    kept = await Attendance.get(id=hers.id)
    assert (kept.presence, kept.note) == (Presence.COMING, "")
    assert (await Event.get(id=other.id)).coming == 1


async def test_what_an_organisation_announced_stays_with_it(rosa):
    club = await Organisation.create(
        name="Foyer rural", handle="foyer-rural", name_key="foyer rural", kind=Kind.ASSOCIATION
    )
    own = await event(person=person(rosa))
    await Event.filter(id=own.id).update(voice=Voice.ORGANISATION, organisation_id=club.id)
    await erase(rosa.id)
    assert (await Publication.get(id=own.publication_id)).deleted_at is None
    assert (await Event.get(id=own.id).select_related("owner")).owner.mail is None


async def is_there(one):
    return (await Publication.get(id=one.publication_id)).deleted_at is None


async def test_what_an_agent_announced_as_the_town_hall_stays_and_is_nobody_s(rosa):
    marie = await factories.member("Marie", role=Role.AGENT)
    feast = await event(person=person(marie), voice=Voice.TOWN_HALL)
    own = await event(person=person(marie))
    for_rosa = await event(person=person(rosa), voice=Voice.TOWN_HALL)
    await join(feast, JoinDraft(), PAUL)
    for member in (marie, rosa):
        await erase(member.id)
    assert [await is_there(one) for one in (feast, own, for_rosa)] == [True, False, False]
    assert (await Attendance.get(event_id=feast.id)).presence is Presence.COMING
    owner = (await Event.get(id=feast.id).select_related("owner")).owner
    assert (owner.member_id, owner.mail) == (None, None)
    assert "Marie" not in owner.name


async def test_what_stays_is_looked_after_by_the_town_hall(rosa):
    await factories.member("Luc", role=Role.AGENT)
    marie = await factories.member("Marie", role=Role.AGENT)
    feast = await event(person=person(marie), voice=Voice.TOWN_HALL, shifts=(ShiftDraft(name="Buvette"),))
    place = await join(feast, JoinDraft(shift_id=(await Shift.get()).id), PAUL)
    await erase(marie.id)
    await leave(place)
    assert [one.name for one in await Notice.filter(kind="event-left")] == ["Luc"]


async def test_what_is_over_stays_with_its_minutes_and_without_a_name(rosa):
    held, unread = await event(person=person(rosa)), await event(person=person(rosa), trusted=False)
    await Event.all().update(starts_at=in_days(-2), ends_at=in_days(-1))
    await record_minutes(held, MinutesDraft(text="Six vélos réparés."))
    await erase(rosa.id)
    assert [await is_there(one) for one in (held, unread)] == [True, False]
    kept = await Event.get(id=held.id).select_related("owner")
    assert "Six vélos" in (await minutes_of(kept)).html
    assert "Rosa" not in kept.owner.name


async def test_of_a_series_what_was_stays_and_no_more_is_made(rosa):
    until = in_days(100).date()
    first = await event(person=person(rosa), repeats=Rhythm.WEEKLY, until=until)
    await Event.filter(id=first.id).update(starts_at=in_days(-2), ends_at=in_days(-1))
    await erase(rosa.id)
    await Series.all().update(made_until=in_days(1).date())
    await make_ahead()
    assert [one.id for one in await Event.filter(publication__deleted_at=None)] == [first.id]
