"""What time does to needs, offers and promises: they end, their authors are asked, contacts are forgotten.

Every function takes `now`, and may come again: each row is dealt with once, in its own transaction.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from hub.db import transaction
from hub.exchange import actions, notices
from hub.exchange.models import LIVING, OVER, Pledge, PledgeState, Proposal, Slot, State, Support
from hub.exchange.settling import locked
from hub.notifications.actions import forget_about
from hub.notifications.models import Notice
from hub.participants.ageing import (
    CONTACTS_KEPT,
    MORNING,
    each_row,
    first_word,
    forget_people,
    start_of,
    village_zone,
)
from hub.participants.models import Participant

SILENT = timedelta(days=14)  # then its author is asked whether it still holds
UNANSWERED = timedelta(days=7)  # then the town hall calls, or it ends
ASKED_ABOUT = timedelta(days=7)  # whether it was done: not later than that


async def expire_old(now: datetime | None = None) -> None:
    """End what is past its date. What is covered stays as it is: it ended well."""
    now = now or datetime.now(UTC)
    past = Proposal.filter(expires_at__lte=now, state__in=[*LIVING, State.REVIEW], owner_id__not_isnull=True)
    async for proposal in each_row(past.filter(publication__deleted_at=None)):
        await actions.expire(proposal, now)


async def ask_the_silent(now: datetime | None = None) -> None:
    """Ask the authors of what nobody touched for two weeks. What has a day ahead ends by itself."""
    now = now or datetime.now(UTC)
    silent = _living().filter(asked_at=None, changed_at__lt=now - SILENT)
    async for proposal in each_row(silent.select_related("publication")):
        if await _is_quiet(proposal, since=now - SILENT, now=now):
            async with transaction():
                ours = await locked(proposal)
                if ours.asked_at is None and ours.state in LIVING:
                    ours.asked_at = now
                    await ours.save(update_fields=["asked_at"])
                    await notices.still_relevant(ours)


async def follow_up(now: datetime | None = None) -> None:
    """A week without an answer: a call where there is a number, else the end.

    Where something moved in that week it was an answer, and the author is asked again another time.
    """
    now = now or datetime.now(UTC)
    asked = _living().filter(asked_at__lte=now - UNANSWERED).select_related("publication", "owner")
    async for proposal in each_row(asked):
        assert proposal.asked_at is not None
        if not await _is_quiet(proposal, since=proposal.asked_at, now=now):
            await Proposal.filter(id=proposal.id).update(asked_at=None)
        elif await _has_time_left(proposal, now):
            continue
        elif proposal.owner is not None and proposal.owner.phone:
            await _call_once(proposal)
        else:
            await Proposal.filter(id=proposal.id, asked_at=proposal.asked_at).update(expires_at=now)
            await actions.expire(proposal, now)


async def remind(now: datetime | None = None) -> None:
    """Tell helpers the day before, from ten in the morning; who said yes today knows it."""
    now, zone = now or datetime.now(UTC), await village_zone()
    local = now.astimezone(zone)
    if local.time() < MORNING:
        return
    today, midnight = start_of(local.date(), zone), start_of(local.date() + timedelta(days=1), zone)
    day = _starting(local.date() + timedelta(days=1), zone)
    told = Pledge.filter(day, state=PledgeState.ACCEPTED, reminded_at=None, decided_at__lt=today)
    async for pledge in each_row(_with_all(told.filter(proposal__state__in=[*LIVING, State.COVERED]))):
        async with transaction():
            if await Pledge.filter(id=pledge.id, reminded_at=None).update(reminded_at=now):
                await notices.tomorrow(pledge, before=midnight)


async def ask_if_done(now: datetime | None = None) -> None:
    """Ask both sides the day after, from ten in the morning."""
    now, zone = now or datetime.now(UTC), await village_zone()
    local = now.astimezone(zone)
    if local.time() < MORNING:
        return
    ended = _ended(local.date() - ASKED_ABOUT, local.date(), zone)
    asked = Pledge.filter(ended, state=PledgeState.ACCEPTED, asked_at=None)
    shown = asked.exclude(proposal__state__in=[State.CLOSED, State.REFUSED])
    async for pledge in each_row(_with_all(shown.filter(proposal__publication__deleted_at=None))):
        async with transaction():
            if await Pledge.filter(id=pledge.id, asked_at=None).update(asked_at=now):
                await notices.was_it_done(pledge)


async def forget_contacts(now: datetime | None = None) -> None:
    """Thirty days after all is over: no way to reach anybody, no exact place, no word that was private."""
    now = now or datetime.now(UTC)
    cutoff = now - CONTACTS_KEPT
    async for proposal in each_row(
        Proposal.filter(_over(cutoff), owner__erased_at=None, owner_id__not_isnull=True)
    ):
        await _forget_proposal(proposal, now)
    ended = Q(state__in=[PledgeState.DECLINED, PledgeState.WITHDRAWN], decided_at__lte=cutoff)
    done = Q(state=PledgeState.DONE, owner_done_at__lte=cutoff)
    finished = Pledge.filter(ended | done | _over(cutoff, "proposal__"), _KNOWN)
    async for pledge in each_row(finished.select_related("proposal")):
        async with transaction():
            await _forget_pledges(Pledge.filter(id=pledge.id))
            await _forget({pledge.participant_id}, now)
            await forget_about([pledge.proposal.publication_id], before=cutoff)


def _over(cutoff: datetime, proposal: str = "") -> Q:
    """Needs and offers that were over by then; `proposal`: the way from the rows that are asked for."""
    ended: dict[str, Any] = {f"{proposal}state__in": list(OVER), f"{proposal}changed_at__lte": cutoff}
    covered: dict[str, Any] = {f"{proposal}state": State.COVERED, f"{proposal}expires_at__lte": cutoff}
    deleted: dict[str, Any] = {f"{proposal}publication__deleted_at__lte": cutoff}
    return Q(**ended) | Q(**covered) | Q(**deleted)


# Of people here all is known until it is erased, of actors elsewhere what they gave once both said yes.
_KNOWN = Q(participant__actor_id=None, participant__erased_at=None) | Q(
    Q(participant__mail__not_isnull=True) | Q(participant__phone__not_isnull=True),
    participant__actor_id__not_isnull=True,
)


async def _forget_proposal(proposal: Proposal, now: datetime) -> None:
    """With everybody who had to do with it."""
    assert proposal.owner_id is not None
    async with transaction():
        concerned = {
            proposal.owner_id,
            *[pledge.participant_id for pledge in await Pledge.filter(proposal_id=proposal.id)],
            *[support.participant_id for support in await Support.filter(proposal_id=proposal.id)],
        }
        await _forget_pledges(Pledge.filter(proposal_id=proposal.id))
        await _forget(concerned, now)
        await Proposal.filter(id=proposal.id).update(exact_place="")
        await forget_about([proposal.publication_id])


async def _forget_pledges(pledges: QuerySet[Pledge]) -> None:
    await pledges.update(message="", reason="", owner_contact="", owner_place="")


async def _forget(participant_ids: Collection[int], now: datetime) -> None:
    """Contact, keys and all but the first name. Actors elsewhere keep the name that is public, and as long
    as they promise something else also the contact that they gave for it.
    """
    await forget_people(participant_ids, now)
    people = Participant.filter(id__in=list(participant_ids), erased_at=None)
    for person in await people.filter(actor_id__not_isnull=True).select_related("actor"):
        assert person.actor is not None
        public = (person.actor.display_name or person.actor.name)[:160]
        name = person.name if person.name == public else first_word(person.name)
        living = Pledge.filter(participant_id=person.id, state=PledgeState.ACCEPTED)
        if not await living.filter(proposal__state__in=[*LIVING, State.COVERED]).exists():
            await Participant.filter(id=person.id).update(mail=None, phone=None, name=name)


def _living() -> QuerySet[Proposal]:
    """Ours that still hang on the board."""
    return Proposal.filter(
        state__in=list(LIVING), owner_id__not_isnull=True, publication__deleted_at=None, link=""
    )


async def _is_quiet(proposal: Proposal, *, since: datetime, now: datetime) -> bool:
    """Whether nothing moved since then, and no day of it lies ahead."""
    publication = proposal.publication
    touched = (proposal.changed_at, publication.published_at, publication.updated_at)
    if any(at is not None and at >= since for at in touched):
        return False
    ahead = (proposal.starts_at, proposal.ends_at)
    if any(at is not None and at > now for at in ahead):
        return False
    if await Slot.filter(proposal_id=proposal.id, ends_at__gt=now).exists():
        return False
    moved = Q(made_at__gte=since) | Q(decided_at__gte=since)
    return not await Pledge.filter(moved, proposal_id=proposal.id).exists()


async def _has_time_left(proposal: Proposal, now: datetime) -> bool:
    """The week begins when the mail leaves: a weekly rhythm, or a mail server that is away, may hold it.

    It does so for a second week at the most, for who wants no mails at all has none to wait for.
    """
    assert proposal.asked_at is not None
    if proposal.asked_at <= now - 2 * UNANSWERED:
        return False
    waits = Q(mail_after__not_isnull=True, seen_at=None) | Q(mailed_at__gt=now - UNANSWERED)
    return await Notice.filter(waits, publication_id=proposal.publication_id, kind="still-relevant").exists()


async def _call_once(proposal: Proposal) -> None:
    """Who has no mail address was on the list from the first."""
    called = Notice.filter(publication_id=proposal.publication_id, kind="still-relevant")
    async with transaction():
        ours = await locked(proposal)
        if not await called.filter(phone__not_isnull=True).exists():
            await notices.still_relevant_by_call(ours)


def _starting(day: date, zone: ZoneInfo) -> Q:
    """Promises whose time, first night or need begins on this day of the village."""
    start, end = start_of(day, zone), start_of(day + timedelta(days=1), zone)
    return (
        Q(slot__starts_at__gte=start, slot__starts_at__lt=end)
        | Q(first_night=day)
        | Q(slot_id=None, first_night=None, proposal__starts_at__gte=start, proposal__starts_at__lt=end)
    )


def _ended(first: date, until: date, zone: ZoneInfo) -> Q:
    """Promises whose time, last night or need ended on a day from `first`, before the day `until`."""
    start, end = start_of(first, zone), start_of(until, zone)
    whole = Q(slot_id=None, first_night=None)
    return (
        Q(slot__ends_at__gte=start, slot__ends_at__lt=end)
        | Q(last_night__gte=first, last_night__lt=until - timedelta(days=1))
        | (whole & Q(proposal__ends_at__gte=start, proposal__ends_at__lt=end))
        | (whole & Q(proposal__ends_at=None, proposal__starts_at__gte=start, proposal__starts_at__lt=end))
    )


def _with_all(pledges: QuerySet[Pledge]) -> QuerySet[Pledge]:
    """With what notices say about them."""
    return pledges.select_related(
        "participant__actor", "proposal__publication__author", "proposal__owner", "proposal__organisation"
    )
