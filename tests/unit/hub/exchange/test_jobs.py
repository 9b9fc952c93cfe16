"""What time does: needs end, authors are asked, helpers reminded, contacts forgotten."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from hub.exchange import actions, ageing, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, Slot, SlotDraft, State, Step, Wish
from hub.fediverse.models import Activity
from hub.notifications.actions import called
from hub.notifications.models import Notice
from hub.participants.actions import new_key
from hub.participants.models import Key, Participant, Person
from hub.publications.models import Publication
from tests.unit.hub.exchange.conftest import PAUL, ROSA, hands, in_days, need

PARIS = ZoneInfo("Europe/Paris")
LUCIE = Person(name="Lucie Moulin", mail="lucie@example.fr")
UNDATED = {"starts_at": None, "ends_at": None}


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days, minutes=1)


def clock(day: datetime, hour: int) -> datetime:
    """That hour of the day in the village."""
    return datetime.combine(day.astimezone(PARIS).date(), time(hour), PARIS)


async def kinds(**facts: object) -> list[str]:
    return [notice.kind for notice in await Notice.filter(**facts).order_by("id")]


async def mailed(at: datetime) -> None:
    """What waited has left."""
    await Notice.filter(mail_after__not_isnull=True).update(mail_after=None, mailed_at=at)


async def state_of(proposal: Proposal) -> State:
    return (await Proposal.get(id=proposal.id)).state


@pytest_asyncio.fixture
async def accepted():
    """Lucie comes for the wood in a week."""
    wood = await need()
    lucie = await pledges.pledge(wood, hands(), LUCIE)
    await pledges.accept(lucie)
    await Pledge.all().update(decided_at=datetime.now(UTC))
    await Notice.all().delete()
    return lucie


async def test_what_is_past_its_date_ends_politely_once_and_others_are_told():
    wood = await need()
    waiting = await pledges.pledge(wood, hands(), LUCIE)
    await Notice.all().delete()
    await ageing.expire_old(later(0))
    assert await state_of(wood) is State.OPEN
    for _ in range(2):
        await ageing.expire_old(later(40))
    assert await state_of(wood) is State.EXPIRED
    assert (await Pledge.get(id=waiting.id)).state is PledgeState.DECLINED
    assert await kinds(name="Rosa") == ["expired"]
    assert await kinds(name="Lucie Moulin") == ["closed"]
    assert await Step.filter(proposal_id=wood.id, state=State.EXPIRED).count() == 1
    assert await Activity.filter(type="Update").count() == 1


async def test_who_had_promised_is_not_called_off_when_the_day_is_over(accepted):
    await ageing.expire_old(later(40))
    assert await kinds(name="Lucie Moulin") == []
    assert (await Pledge.get(id=accepted.id)).state is PledgeState.ACCEPTED


async def test_what_is_covered_stays_covered(accepted):
    await Proposal.all().update(state=State.COVERED)
    await ageing.expire_old(later(40))
    assert await state_of(accepted.proposal) is State.COVERED


async def test_what_nobody_ever_read_ends_too_and_stays_unseen():
    wood = await need(trusted=False)
    await ageing.expire_old(later(40))
    assert await state_of(wood) is State.EXPIRED
    assert (await Publication.get(id=wood.publication_id)).hidden_at is not None
    assert await Activity.all().count() == 0


async def test_the_author_of_what_is_silent_is_asked_once():
    await need(**UNDATED)
    await Notice.all().delete()
    await ageing.ask_the_silent(later(13))
    assert await kinds() == []
    for _ in range(2):
        await ageing.ask_the_silent(later(14))
    assert await kinds() == ["still-relevant"]
    notice = await Notice.get()
    assert [act["name"] for act in notice.acts] == ["renew-proposal", "close-proposal"]


@pytest.mark.parametrize("ahead", ["day", "slot", "answer", "edit"])
async def test_what_moved_or_has_its_day_ahead_is_not_silent(ahead):
    days = {"starts_at": in_days(20), "ends_at": in_days(20, 12)} if ahead == "day" else UNDATED
    slots = (SlotDraft(starts_at=in_days(20), ends_at=in_days(20, 12), wanted=2),) if ahead == "slot" else ()
    wood = await need(**days, slots=slots, expires_at=in_days(60))
    if ahead == "answer":
        await pledges.pledge(wood, hands(), LUCIE)
        await Pledge.all().update(made_at=later(10))
    if ahead == "edit":
        await Publication.filter(id=wood.publication_id).update(updated_at=later(10))
    await Notice.all().delete()
    await ageing.ask_the_silent(later(14))
    assert await kinds() == []


async def test_who_says_that_it_holds_is_asked_again_two_weeks_later_only():
    wood = await need(**UNDATED)
    await ageing.ask_the_silent(later(14))
    await actions.renew(wood)
    await Proposal.all().update(changed_at=later(15))
    await ageing.follow_up(later(22))
    await ageing.ask_the_silent(later(22))
    assert await state_of(wood) is State.OPEN
    await ageing.ask_the_silent(later(29.1))
    assert (await kinds()).count("still-relevant") == 2


async def test_who_hears_once_a_week_or_late_has_a_week_to_answer_all_the_same():
    """The question waits for their Friday, or for a mail server that is away."""
    wood = await need(**UNDATED, expires_at=in_days(80))
    await ageing.ask_the_silent(later(14))
    await ageing.follow_up(later(21.1))
    assert await state_of(wood) is State.OPEN
    await mailed(later(20.5))
    await ageing.follow_up(later(27))
    assert await state_of(wood) is State.OPEN
    await ageing.follow_up(later(27.6))
    assert await state_of(wood) is State.EXPIRED


async def test_who_wants_no_mail_at_all_has_two_weeks():
    wood = await need(**UNDATED, expires_at=in_days(80))
    await ageing.ask_the_silent(later(14))
    await ageing.follow_up(later(27.9))
    assert await state_of(wood) is State.OPEN
    await ageing.follow_up(later(28.1))
    assert await state_of(wood) is State.EXPIRED


async def test_without_an_answer_and_without_a_number_it_leaves_the_board():
    wood = await need(**UNDATED, expires_at=in_days(80))
    await ageing.ask_the_silent(later(14))
    await mailed(later(14))
    await ageing.follow_up(later(20))
    assert await state_of(wood) is State.OPEN
    await ageing.follow_up(later(21.1))
    assert await state_of(wood) is State.EXPIRED
    assert (await kinds())[-1] == "expired"


async def test_without_an_answer_who_left_a_number_is_called_once_and_nothing_closes():
    wood = await need(**UNDATED, expires_at=in_days(80), person=ROSA)
    await Participant.filter(id=wood.owner_id).update(phone="04 65 71 20 31")
    await ageing.ask_the_silent(later(14))
    await mailed(later(14))
    assert await Notice.filter(call_after__not_isnull=True).count() == 0
    for _ in range(2):
        await ageing.follow_up(later(21.1))
    call = await Notice.get(call_after__not_isnull=True)
    assert (call.kind, call.phone) == ("still-relevant", "04 65 71 20 31")
    await called(call.id, by="Marie")
    await ageing.follow_up(later(30))
    assert await Notice.filter(call_after__not_isnull=True).count() == 0
    assert await state_of(wood) is State.OPEN


async def test_who_has_a_telephone_only_is_on_the_list_from_the_first_day():
    await need(**UNDATED, expires_at=in_days(80), person=PAUL)
    await ageing.ask_the_silent(later(14))
    await mailed(later(14))
    await ageing.follow_up(later(21.1))
    assert await Notice.filter(call_after__not_isnull=True).count() == 1


async def test_an_answer_in_that_week_is_an_answer():
    wood = await need(**UNDATED, expires_at=in_days(80))
    await ageing.ask_the_silent(later(14))
    await mailed(later(14))
    await pledges.pledge(wood, hands(), LUCIE)
    await Pledge.all().update(made_at=later(16))
    await ageing.follow_up(later(21.1))
    assert await state_of(wood) is State.OPEN
    assert (await Proposal.get(id=wood.id)).asked_at is None


async def test_helpers_are_reminded_the_day_before_from_ten_once(accepted):
    await ageing.remind(clock(in_days(5), 12))
    await ageing.remind(clock(in_days(6), 9))
    assert await kinds() == []
    for hour in (10, 11, 20):
        await ageing.remind(clock(in_days(6), hour))
    assert await kinds() == ["tomorrow"]
    notice = await Notice.get()
    assert notice.urgent
    assert "rosa@example.fr" in notice.values["contact"]
    assert notice.before == clock(in_days(6), 0) + timedelta(days=1)


async def test_who_said_yes_today_is_not_reminded_today(accepted):
    await Pledge.all().update(decided_at=clock(in_days(6), 9))
    await ageing.remind(clock(in_days(6), 12))
    assert await kinds() == []


async def test_of_many_times_each_helper_is_reminded_of_their_own():
    days = (in_days(5), in_days(6))
    wood = await need(
        **UNDATED,
        slots=tuple(SlotDraft(starts_at=day, ends_at=day + timedelta(hours=3), wanted=2) for day in days),
    )
    slots = await Slot.filter(proposal_id=wood.id).order_by("starts_at")
    for slot, person in zip(slots, (LUCIE, Person(name="Noé", mail="noe@example.fr")), strict=True):
        await pledges.accept(await pledges.pledge(wood, hands(slot_id=slot.id), person))
    await Notice.all().delete()
    await ageing.remind(clock(in_days(4), 10))
    assert [notice.name for notice in await Notice.all()] == ["Lucie Moulin"]


async def test_nobody_is_reminded_of_what_was_called_off(accepted):
    await actions.close(accepted.proposal)
    await Notice.all().delete()
    await ageing.remind(clock(in_days(6), 12))
    await ageing.ask_if_done(clock(in_days(8), 12))
    assert await kinds() == []


async def test_the_day_after_both_are_asked_whether_it_was_done(accepted):
    await ageing.ask_if_done(clock(in_days(7), 23))
    assert await kinds() == []
    for _ in range(2):
        await ageing.ask_if_done(clock(in_days(8), 10))
    assert await kinds() == ["was-it-done", "was-it-done"]
    assert {notice.name for notice in await Notice.all()} == {"Rosa", "Lucie Moulin"}


async def test_who_said_so_already_is_not_asked(accepted):
    await pledges.confirm_done(accepted, by_owner=False)
    await ageing.ask_if_done(clock(in_days(8), 10))
    assert [notice.name for notice in await Notice.all()] == ["Rosa"]


async def test_thirty_days_after_all_is_over_contacts_words_and_keys_are_gone(accepted):
    wood = accepted.proposal
    await actions.support(wood, Person(name="Ana Maria", phone="06 01 02 03 04"), Wish.ME_TOO)
    await pledges.pledge(
        wood, hands(message="Mon numéro : 06 11 22 33 44"), Person(name="Noé", mail="n@example.fr")
    )
    key = await new_key(accepted.participant_id)
    await actions.close(wood)
    await ageing.forget_contacts(later(29))
    assert await Participant.filter(erased_at__not_isnull=True).count() == 0
    for _ in range(2):
        await ageing.forget_contacts(later(31))
    people = await Participant.all().order_by("id")
    assert [(one.name, one.contact) for one in people] == [
        ("Rosa", ""),
        ("Lucie", ""),
        ("Ana", ""),
        ("Noé", ""),
    ]
    assert all(one.erased_at is not None for one in people)
    assert await Participant.of_key(key) is None
    assert await Key.all().count() == await Notice.all().count() == 0
    assert (await Proposal.get(id=wood.id)).exact_place == ""
    assert {pledge.message for pledge in await Pledge.all()} == {""}


async def test_of_what_lives_on_the_contacts_of_who_could_not_come_go(accepted):
    wood = accepted.proposal
    gone = await pledges.pledge(wood, hands(), Person(name="Noé", mail="noe@example.fr"))
    await pledges.withdraw(gone)
    await Proposal.all().update(expires_at=in_days(90))
    await ageing.forget_contacts(later(31))
    erased = [one.name for one in await Participant.filter(erased_at__not_isnull=True)]
    assert erased == ["Noé"]
    assert (await Participant.get(name="Lucie Moulin")).mail == "lucie@example.fr"


async def test_what_is_covered_is_over_thirty_days_after_its_end(accepted):
    await Proposal.all().update(state=State.COVERED)
    end = (await Proposal.get()).expires_at
    await ageing.forget_contacts(end + timedelta(days=29))
    assert await Participant.filter(erased_at__not_isnull=True).count() == 0
    await ageing.forget_contacts(end + timedelta(days=31))
    assert await Participant.filter(erased_at=None).count() == 0


async def test_somebody_elsewhere_keeps_their_name_and_their_contact_goes():
    from tests.unit.hub.announcements.conftest import ana

    wood = await need()
    theirs = await pledges.receive_pledge(wood, hands(), await ana(), uri="https://social.example/offers/1")
    await pledges.accept(theirs)
    await Participant.filter(id=theirs.participant_id).update(mail="ana@social.example")
    await ageing.forget_contacts(later(1))
    assert (await Participant.get(id=theirs.participant_id)).mail == "ana@social.example"
    await actions.close(wood)
    for days in (31, 32):
        await ageing.forget_contacts(later(days))
    them = await Participant.get(id=theirs.participant_id)
    assert (them.name, them.contact, them.erased_at) == ("Ana", "", None)


async def test_many_are_dealt_with_page_by_page(monkeypatch):
    monkeypatch.setattr("hub.participants.ageing.PAGE", 2)
    for _ in range(5):
        await need(**UNDATED)
    await Notice.all().delete()
    await ageing.ask_the_silent(later(14))
    await mailed(later(14))
    assert await kinds() == ["still-relevant"] * 5
