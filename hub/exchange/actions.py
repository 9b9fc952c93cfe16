"""What people do with needs and offers: publish, change, close, thank; the town hall reads what is new.

Each act may come twice (a button pressed twice, a page loaded anew): the second time nothing happens.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tortoise.exceptions import IntegrityError

from hub.actors.minting import object_uri
from hub.db import transaction
from hub.errors import Conflict
from hub.exchange import notices, wire
from hub.exchange.documents import intent_uri
from hub.exchange.models import (
    LIVING,
    OVER,
    PENDING,
    Pledge,
    PledgeState,
    Proposal,
    ProposalDraft,
    Slot,
    State,
    Step,
    Support,
    Template,
    Voice,
    Wish,
)
from hub.exchange.publishing import send_changes, send_out, take_down
from hub.exchange.settling import own, set_state, settle
from hub.exchange.speaking import author_for, speaks_for
from hub.fediverse.publishing import show
from hub.journal import Doer, record
from hub.media.photos import hang_photos
from hub.participants.actions import participant_of
from hub.participants.models import Person
from hub.publications.documents import code_of_form, page_url
from hub.publications.markup import take_words
from hub.publications.models import Publication
from hub.text import N_
from hub.village.models import Village

DAYS = range(30, 91)  # how long something hangs on the board, unless its date comes first
GROUP = 3  # who want to look after a need: enough for a group

TAKEN_AWAY = N_("This kind is no longer offered. Choose another one; your words are still here.")
OVER_ALREADY = N_("This is over already.")


async def publish_proposal(
    draft: ProposalDraft,
    person: Person,
    *,
    voice: Voice = Voice.SELF,
    organisation_id: int | None = None,
    code: str = "",
    trusted: bool = False,
) -> Proposal:
    """Hang it on the board; of newcomers and of people without an account an agent reads it first.

    `code` is the form's: sent twice, it makes one. Raises Conflict where the template was withdrawn or the
    person may not speak for the organisation.
    """
    try:
        async with transaction():
            known = await _made_before(code, draft)
            return known or await _add(
                draft,
                person,
                voice=voice,
                organisation_id=organisation_id,
                code=await code_of_form(code),
                trusted=trusted,
            )
    except IntegrityError:  # the same form, a moment ago
        known = await _made_before(code, draft)
        if known is None:
            raise
        return known


async def approve(proposal: Proposal, *, by: str, member_id: int | None = None) -> None:
    """An agent has read it: now everybody may. `by` is shown."""
    async with transaction():
        ours = await own(proposal)
        if ours.state is not State.REVIEW:
            return
        await show(ours.publication)
        await set_state(ours, State.OPEN, by=by)
        await record("approved", f"/{ours.publication.code}", by=Doer(member_id, by))
        await send_out(ours)
        await notices.approved(ours)


async def refuse(proposal: Proposal, reason: str, *, by: str, member_id: int | None = None) -> None:
    """The town hall does not hang it up, and says why; its author can answer."""
    async with transaction():
        ours = await own(proposal)
        if ours.state is State.REVIEW:
            await set_state(ours, State.REFUSED, by=by, note=reason)
            await record("refused", f"/{ours.publication.code}", by=Doer(member_id, by), why=reason)
            await notices.refused(ours, reason)


async def change_proposal(proposal: Proposal, draft: ProposalDraft) -> None:
    """New words and facts; kind, scope and voice stay. Raises Conflict once it is over."""
    async with transaction():
        ours = await own(proposal)
        if ours.state in OVER:
            raise Conflict(OVER_ALREADY)
        expires = draft.expires_at or _expiry_again(ours, draft)
        _take_over(ours, replace(draft, expires_at=expires))
        take_words(ours.publication, draft)
        await _hang_photos(ours.publication, draft)
        await ours.save()
        await settle(ours)
        await send_changes(ours)


async def close(proposal: Proposal, *, by: str = "", note: str = "") -> None:
    """Its author, or an agent, takes it down from the open ones; who had promised is told."""
    async with transaction():
        ours = await own(proposal)
        if ours.state in OVER:
            return
        was_shown = ours.state is not State.REVIEW
        await set_state(ours, State.CLOSED, by=by, note=note)
        await notices.closed(ours, await _let_go(ours))
        if was_shown:
            await send_changes(ours)


async def thank(proposal: Proposal, words: str, *, by: str = "") -> None:
    """It is done: the author thanks everybody, in words."""
    async with transaction():
        ours = await own(proposal)
        if ours.state in OVER or ours.state is State.REVIEW:
            return
        ours.thanks = words
        await set_state(ours, State.THANKED, by=by)
        helped = await committed(ours)
        for one in helped:
            if one.participant.actor is not None:
                await wire.send_thanks(one, words)
        await notices.thanked(ours, helped)
        await send_changes(ours)


async def renew(proposal: Proposal) -> None:
    """Its author says: it still holds. Then nobody asks again for a while."""
    async with transaction():
        ours = await own(proposal)
        if ours.state in LIVING:
            ours.asked_at = None
            ours.changed_at = datetime.now(UTC)
            ours.expires_at = max(ours.expires_at, ours.changed_at + timedelta(days=DAYS.start))
            await ours.save()


async def expire(proposal: Proposal, now: datetime) -> None:
    """Its time has passed: politely, with a word to its author and to whoever still waits for an answer."""
    async with transaction():
        ours = await own(proposal)
        if ours.state not in {*LIVING, State.REVIEW} or ours.expires_at > now:
            return
        was_shown = ours.state is not State.REVIEW
        await set_state(ours, State.EXPIRED)
        await notices.closed(ours, await _let_go(ours, with_promises=False))
        await notices.expired(ours)
        if was_shown:
            await send_changes(ours)


async def delete_proposal(proposal: Proposal) -> None:
    """Take it down everywhere, with its words."""
    async with transaction():
        ours = await own(proposal)
        let_go = await _let_go(ours)
        if ours.state not in OVER:
            await notices.closed(ours, let_go)
            await set_state(ours, State.CLOSED)
        await take_down(ours)


async def support(proposal: Proposal, person: Person, wish: Wish, *, shares_contact: bool = False) -> None:
    """ "Me too", or "I want to look after it"; at a number of these they are offered to meet."""
    async with transaction():
        ours = await own(proposal)
        if ours.state not in LIVING or await _has_said(ours, person, wish):
            return
        participant = await participant_of(person)
        await Support.create(proposal=ours, participant=participant, wish=wish, shares_contact=shares_contact)
        eager = await Support.filter(proposal=ours, wish=Wish.TAKE_CHARGE).select_related("participant")
        if wish is Wish.TAKE_CHARGE and len(eager) == GROUP:
            await notices.group_possible(ours, eager)


async def committed(proposal: Proposal) -> list[Pledge]:
    """The pledges that count, with who made them."""
    accepted = Pledge.filter(proposal=proposal, state__in=[PledgeState.ACCEPTED, PledgeState.DONE])
    found = await accepted.select_related("participant__actor", "slot", "reply").order_by("id")
    for one in found:
        one.proposal = proposal
    return found


async def _let_go(proposal: Proposal, *, with_promises: bool = True) -> list[Pledge]:
    """Nobody waits for an answer any more, and nobody has to come."""
    states = [*PENDING, *([PledgeState.ACCEPTED] if with_promises else [])]
    open_ones = Pledge.filter(proposal=proposal, state__in=states)
    found = await open_ones.select_related("participant__actor", "slot", "reply").order_by("id")
    for one in found:
        one.proposal = proposal
        if one.participant.actor is not None:
            await wire.send_closed(one)
    ended = [one for one in found if one.state is not PledgeState.ACCEPTED]
    await Pledge.filter(id__in=[one.id for one in ended]).update(
        state=PledgeState.DECLINED, decided_at=datetime.now(UTC)
    )
    return list(found)


async def _made_before(code: str, draft: ProposalDraft) -> Proposal | None:
    """By the same form. Who goes back to it and writes something else there means something else."""
    if not code:
        return None
    words = {"publication__title": draft.title, "publication__source": draft.text}
    found = Proposal.filter(publication__code=code, starts_at=draft.starts_at, **words)
    return await found.select_related("publication__author").first()


async def _add(
    draft: ProposalDraft,
    person: Person,
    *,
    voice: Voice,
    organisation_id: int | None,
    code: str,
    trusted: bool,
) -> Proposal:
    template = await _template(draft)
    organisation = await speaks_for(person, organisation_id) if voice is Voice.ORGANISATION else None
    now = datetime.now(UTC)
    publication = Publication(
        uri=object_uri(),
        code=code,
        author=await author_for(organisation),
        kind=draft.kind,
        type="Note",
        scope=draft.scope,
        published_at=now,
        received_at=now,
        hidden_at=None if trusted else now,
    )
    publication.url = page_url(publication)
    take_words(publication, draft)
    await publication.save()
    await _hang_photos(publication, draft)
    proposal = Proposal(
        publication=publication,
        owner=await participant_of(person),
        organisation=organisation,
        voice=voice,
        state=State.OPEN if trusted else State.REVIEW,
        changed_at=now,
        widens=draft.widens,
        intent_uri=intent_uri(publication.uri),
    )
    days = template.days if template is not None else DAYS.start
    _take_over(proposal, replace(draft, expires_at=draft.expires_at or _expiry(draft, now, days=days)))
    await _place(proposal)
    await proposal.save()
    await _add_slots(proposal, draft)
    await Step.create(proposal=proposal, state=proposal.state)
    if trusted:
        await send_out(proposal)
    else:
        await notices.to_be_read(proposal)
    await notices.received(proposal)
    return proposal


async def _template(draft: ProposalDraft) -> Template | None:
    if not draft.template:
        return None
    template = await Template.get_or_none(key=draft.template)
    if template is None or template.retired_at is not None:
        raise Conflict(TAKEN_AWAY)
    return template


def _expiry(draft: ProposalDraft, now: datetime, *, days: int) -> datetime:
    """The evening after its last date, or else so many days from now; never more than a year."""
    last = max((*(slot.ends_at for slot in draft.slots), draft.ends_at or draft.starts_at or now))
    return min(
        last + timedelta(days=1) if last > now else now + timedelta(days=days), now + timedelta(days=366)
    )


def _expiry_again(proposal: Proposal, draft: ProposalDraft) -> datetime:
    """After its new last date, where that is another one."""
    if (draft.starts_at, draft.ends_at) == (proposal.starts_at, proposal.ends_at):
        return proposal.expires_at
    return _expiry(draft, datetime.now(UTC), days=DAYS.start)


async def _hang_photos(publication: Publication, draft: ProposalDraft) -> None:
    if draft.photos is not None:
        await hang_photos(publication.id, draft.photos)


def _take_over(proposal: Proposal, draft: ProposalDraft) -> None:
    for name in _FACTS:
        setattr(proposal, name, getattr(draft, name))


_FACTS = (
    "template category wanted unit starts_at ends_at moment nights minutes at_distance area exact_place mode"
    " details beneficiary link expires_at project_id"
).split()


async def _place(proposal: Proposal) -> None:
    village = await Village.current()
    if village is not None and not proposal.at_distance and village.latitude is not None:
        proposal.latitude, proposal.longitude = round(village.latitude, 2), round(village.longitude or 0, 2)


async def _add_slots(proposal: Proposal, draft: ProposalDraft) -> None:
    for slot in draft.slots:
        await Slot.create(
            proposal=proposal, starts_at=slot.starts_at, ends_at=slot.ends_at, wanted=slot.wanted
        )


async def _has_said(proposal: Proposal, person: Person, wish: Wish) -> bool:
    said = Support.filter(proposal=proposal, wish=wish)
    if person.member_id is not None:
        return await said.filter(participant__member_id=person.member_id).exists()
    if person.actor_id is not None:
        return await said.filter(participant__actor_id=person.actor_id).exists()
    if person.mail is not None:
        return await said.filter(participant__mail=person.mail).exists()
    return person.phone is not None and await said.filter(participant__phone=person.phone).exists()
