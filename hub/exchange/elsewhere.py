"""Needs and offers of other villages: a row beside each publication, with what its own server said last.

Each function runs in the caller's transaction, unless it says otherwise, and may run twice.
"""

from datetime import UTC, datetime, timedelta

from tortoise.expressions import Q

from federation.documents import Document
from hub.cleaning import clean_html
from hub.db import transaction
from hub.exchange import notices
from hub.exchange.models import (
    LIVING,
    OVER,
    Pledge,
    PledgeState,
    Proposal,
    Slot,
    State,
    Step,
    Support,
)
from hub.exchange.reading import Reading, read
from hub.exchange.searching import index_proposal
from hub.exchange.settling import set_state
from hub.fediverse.keeping import is_held, is_wanted
from hub.publications.documents import new_code
from hub.publications.groups import project_named
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication, Scope
from hub.publications.receiving import attached

LASTS = timedelta(days=90)  # where nobody says until when
KEPT = timedelta(days=90)  # of what is over
LONGEST = timedelta(days=2 * 366)

_FACTS = (
    "category wanted unit starts_at ends_at moment nights minutes at_distance area mode beneficiary link"
).split()
_HANGING = [*LIVING, State.COVERED]
_SHOWN = frozenset({Scope.PUBLIC, Scope.NEIGHBOURS})
_HANGS = frozenset({Kind.NEED, Kind.OFFER})


async def take(publication: Publication, document: Document, newer: bool) -> None:
    """A need or an offer of another village came, or came again; `newer`: its words were changed since."""
    if publication.author.is_local or publication.in_reply_to is not None:
        return
    reading = read(document)
    if reading is None or publication.scope not in _SHOWN or publication.deleted_at is not None:
        return
    known = await Proposal.select_for_update().get_or_none(publication_id=publication.id)
    if known is None:
        if await is_wanted(publication):
            await _hang(publication, document, reading)
    elif newer or document.updated_at is None:  # some servers never say when they changed something
        known.publication = publication
        await _change(known, document, reading)


async def be_gone(publication: Publication) -> None:
    """It was deleted where it was written: nobody waits for its author any more."""
    if publication.kind not in _HANGS:
        return
    proposal = await Proposal.select_for_update().get_or_none(publication_id=publication.id)
    if proposal is not None and proposal.owner_id is None and proposal.state is not State.CLOSED:
        proposal.publication = publication
        await set_state(proposal, State.CLOSED)
        await _let_go(proposal)


async def expire(now: datetime | None = None) -> None:
    """What is past its time is over, also where its own server says nothing; each in its own transaction."""
    past = Proposal.filter(owner_id=None, expires_at__lte=now or datetime.now(UTC), state__in=_HANGING)
    for number in await past.filter(publication__deleted_at=None).limit(500).values_list("id", flat=True):
        async with transaction():
            proposal = await Proposal.select_for_update().get(id=number)
            if proposal.state in _HANGING:
                await proposal.fetch_related("publication__author")
                await set_state(proposal, State.EXPIRED)
                await _let_go(proposal)


async def forget_old(now: datetime | None = None) -> None:
    """What was over long ago, and was no matter of anybody here; in its own transaction."""
    before = (now or datetime.now(UTC)) - KEPT
    old = Proposal.filter(owner_id=None, state__in=list(OVER), changed_at__lt=before, pledges__id=None)
    async with transaction():
        found = await old.limit(500).values_list("id", "publication_id")
        proposals, publications = [row[0] for row in found], [row[1] for row in found]
        for model in (Step, Slot, Support):
            await model.filter(proposal_id__in=proposals).delete()
        await Proposal.filter(id__in=proposals).delete()
        # as any other post of theirs: hub.fediverse.jobs knows when that may go
        await Publication.filter(id__in=publications).update(kind=Kind.POST)


async def _hang(publication: Publication, document: Document, reading: Reading) -> None:
    publication.kind, publication.code = reading.draft.kind, publication.code or new_code()
    if await is_held(publication.author):  # agents read it first
        publication.hidden_at = datetime.now(UTC)
    await _take_words(publication, document, reading)
    proposal = Proposal(publication=publication, owner=None, state=reading.state)
    proposal.project_id = await project_named(document, publication.author)
    _take_facts(proposal, reading)
    if proposal.state not in OVER and proposal.expires_at <= datetime.now(UTC):
        proposal.state = State.EXPIRED
    await proposal.save()
    await _take_slots(proposal, reading)
    await Step.create(proposal=proposal, state=proposal.state)
    await index_proposal(proposal)


async def _change(proposal: Proposal, document: Document, reading: Reading) -> None:
    """Its kind and who may see it stay, as with all that others edit."""
    await _take_words(proposal.publication, document, reading)
    proposal.project_id = await project_named(document, proposal.publication.author)
    _take_facts(proposal, reading)
    await proposal.save()
    await _take_slots(proposal, reading)
    await set_state(proposal, reading.state)
    await index_proposal(proposal)
    if proposal.state in OVER:
        await _let_go(proposal)


async def _take_words(publication: Publication, document: Document, reading: Reading) -> None:
    publication.title = reading.draft.title
    if reading.is_from_hub and "source" in document.raw:
        publication.html = html_of(reading.draft.text) + clean_html(attached(document))
    elif not document.content.strip():
        publication.html, publication.summary = clean_html(document.summary), ""
    await publication.save(update_fields=["kind", "code", "title", "html", "summary", "hidden_at"])


def _take_facts(proposal: Proposal, reading: Reading) -> None:
    draft, now = reading.draft, datetime.now(UTC)
    for name in _FACTS:
        setattr(proposal, name, getattr(draft, name))
    proposal.promised, proposal.intent_uri = reading.promised, reading.intent_uri
    proposal.brief = reading.is_brief
    proposal.latitude, proposal.longitude = reading.latitude, reading.longitude
    proposal.expires_at = min(draft.expires_at or now + LASTS, now + LONGEST)


async def _take_slots(proposal: Proposal, reading: Reading) -> None:
    """One that is gone stays where somebody here has promised to come then."""
    known = {(slot.starts_at, slot.ends_at): slot for slot in await Slot.filter(proposal_id=proposal.id)}
    for draft, promised in zip(reading.draft.slots, reading.slots_promised, strict=True):
        slot = known.pop((draft.starts_at, draft.ends_at), None) or Slot(
            proposal=proposal, starts_at=draft.starts_at, ends_at=draft.ends_at
        )
        slot.wanted, slot.promised = draft.wanted, promised
        await slot.save()
    for slot in known.values():
        if not await Pledge.exists(slot_id=slot.id):
            await slot.delete()


async def _let_go(proposal: Proposal) -> None:
    """Who offered from here hears that it is over, and waits no longer."""
    open_ones = Pledge.filter(
        Q(state=PledgeState.PROPOSED) | Q(state=PledgeState.ACCEPTED), proposal_id=proposal.id
    )
    pledges = await open_ones.select_related("participant__actor", "slot", "reply").order_by("id")
    waiting = [pledge for pledge in pledges if pledge.state is PledgeState.PROPOSED]
    told = waiting if proposal.state is State.THANKED else pledges
    if told:
        await proposal.fetch_related("owner", "organisation")
        for pledge in told:
            pledge.proposal = proposal
        await notices.closed(proposal, told)
    await Pledge.filter(id__in=[pledge.id for pledge in waiting]).update(
        state=PledgeState.DECLINED, decided_at=datetime.now(UTC)
    )
