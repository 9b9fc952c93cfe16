"""Who is told what about events, and what the links in mails do."""

import pytest

from hub.agenda import notices
from hub.agenda.actions import approve, cancel, change_event, draft_of, refuse
from hub.agenda.acts import ACTS
from hub.agenda.coming import join, leave
from hub.agenda.models import Attendance, Contribution, JoinDraft, Presence, Shift, ShiftDraft
from hub.notifications.models import Notice
from hub.notifications.people import Holder
from hub.participants.models import Person
from tests import factories
from tests.unit.hub.agenda.conftest import PAUL, ROSA, event, in_days
from tests.unit.hub.village.visitors import visitors as visitors

LUCIE = Person(name="Lucie", mail="lucie@example.fr")


@pytest.fixture(autouse=True)
def _site(village, visitors):
    """With the site running, whose composition says who has an account."""


async def told(name):
    """Kinds of what somebody was told."""
    return [notice.kind for notice in await Notice.filter(name=name).order_by("id")]


def said(notice):
    return notice.subject % notice.values + "\n" + notice.text % notice.values


async def test_an_author_without_an_account_hears_that_it_stands_or_is_read_first():
    await event()
    await event(trusted=False, person=LUCIE)
    assert await told("Rosa") == ["event-received"]
    assert await told("Lucie") == ["event-received"]
    read_first = await Notice.filter(name="Lucie").get()
    assert "Quelqu" in said(read_first) or "town hall" in said(read_first)


async def test_agents_read_what_is_new_and_its_author_hears_what_became_of_it():
    from hub.members.models import Role

    await factories.member("Marie", role=Role.AGENT)
    new, bad = await event(trusted=False), await event(trusted=False, person=LUCIE)
    assert await told("Marie") == ["event-to-be-read"] * 2
    await approve(new, by="Marie")
    await refuse(bad, "C’est de la publicité.", by="Marie")
    assert (await told("Rosa"))[-1] == "event-approved"
    assert (await told("Lucie"))[-1] == "event-refused"
    assert "> C’est de la publicité." in said(await Notice.filter(kind="event-refused").get())


async def test_a_member_is_not_written_to_about_what_they_have_just_done():
    paul = await factories.member("Paul")
    person = Person(name="Paul", member_id=paul.id)
    await event(person=person)
    await join(await event(), JoinDraft(), person)
    assert await told("Paul") == []


async def test_who_comes_hears_when_where_what_they_take_on_and_bring():
    fete = await event(shifts=(ShiftDraft(name="Buvette", wanted=3),), contributions=("Une salade",))
    bar, salad = await Shift.get(), await Contribution.get()
    await join(fete, JoinDraft(people=3, shift_id=bar.id, contributions=(salad.id,)), LUCIE)
    words = said(await Notice.filter(name="Lucie").get())
    for expected in ("Atelier vélo", "Salle des fêtes", "Buvette", "Une salade", "3 personnes"):
        assert expected in words, expected
    late = await join(fete, JoinDraft(shift_id=bar.id), PAUL)
    assert late.presence is Presence.WAITING
    notice = await Notice.filter(name="Paul").get()
    assert "attente" in said(notice) or "waiting list" in said(notice)
    assert notice.call_after is None  # they have just spoken with us


async def test_who_moves_up_is_told_once_with_a_way_to_say_no():
    workshop = await event(capacity=1)
    first = await join(workshop, JoinDraft(), LUCIE)
    await join(workshop, JoinDraft(), PAUL)
    for _ in range(2):
        await leave(first)
    assert await told("Paul") == ["event-joined", "event-moved-up"]
    notice = await Notice.filter(kind="event-moved-up").get()
    assert [act["name"] for act in notice.acts] == ["leave-event"]
    assert notice.phone == "06 12 34 56 78"


async def test_who_comes_is_told_of_another_hour_and_of_the_end_and_who_left_is_not():
    workshop = await event(capacity=1)
    gone = await join(workshop, JoinDraft(), Person(name="Zoé", mail="zoe@example.fr"))
    await leave(gone)
    await join(workshop, JoinDraft(), LUCIE)
    await join(workshop, JoinDraft(), PAUL)
    await Notice.all().delete()
    draft = await draft_of(workshop)
    await change_event(workshop, draft)
    assert await Notice.all().count() == 0
    moved = type(draft)(**{**vars(draft), "starts_at": in_days(8, 14), "ends_at": in_days(8, 17)})
    await change_event(workshop, moved)
    for _ in range(2):
        await cancel(workshop, "La salle est prise.")
    assert await told("Lucie") == ["event-moved", "event-cancelled"]
    assert await told("Paul") == ["event-moved", "event-cancelled"]
    assert await told("Zoé") == []
    assert "> La salle est prise." in said(await Notice.filter(name="Lucie", kind="event-cancelled").get())


async def test_the_link_of_a_mail_gives_the_place_back():
    workshop = await event()
    lucie = await join(workshop, JoinDraft(), LUCIE)
    for _ in range(2):
        await ACTS["leave-event"](Holder(name="Lucie"), attendance=lucie.id)
    assert (await Attendance.get()).presence is Presence.LEFT


async def test_the_author_hears_that_a_role_is_free_again_or_that_somebody_cannot_come_tomorrow():
    fete = await event(shifts=(ShiftDraft(name="Buvette", wanted=1),))
    bar = await join(fete, JoinDraft(shift_id=(await Shift.get()).id), LUCIE)
    simply = await join(fete, JoinDraft(), PAUL)
    soon = await event(starts_at=in_days(1), ends_at=in_days(1, 17))
    tomorrow = await join(soon, JoinDraft(), PAUL)
    await Notice.all().delete()
    for one in (bar, simply, tomorrow):
        await leave(one)
    assert await told("Rosa") == ["event-left"] * 2


async def test_no_contact_and_no_private_place_stands_in_what_is_told_before_the_eve():
    meal = await event(shifts=(ShiftDraft(name="Conduire", wanted=1, private_place="12, rue Haute"),))
    one = await join(meal, JoinDraft(shift_id=(await Shift.get()).id), LUCIE)
    await notices.moved([one])
    await leave(one)
    everything = "".join(str(notice.values) for notice in await Notice.all())
    assert "12, rue Haute" not in everything
    assert ROSA.mail not in everything
    assert LUCIE.mail not in everything
