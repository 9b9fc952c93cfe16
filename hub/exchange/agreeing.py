"""What the other side's server says of a pledge: looked up by what is stored, believed of who may say it.

Each function runs in the caller's transaction, may run twice and in any order, and answers whether what came
was about a pledge known here. `actor` is who said it, proven by the gate.
"""

from datetime import UTC, datetime

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from federation import properties
from federation.documents import Document, Thing
from federation.origin import same_origin
from hub.actors.models import Actor
from hub.cleaning import plain_text
from hub.errors import NotFound
from hub.exchange import elsewhere, notices, pledges, wire
from hub.exchange.models import COMMITTED, Pledge, PledgeState, Proposal
from hub.exchange.reading import amount, first_mapping, get
from hub.publications.models import Publication

REASON_CHARS = 500
CONTACT_CHARS = 300
PLACE_CHARS = 500

_SIGNS = frozenset({"lavoir:contact", "lavoir:thanks", "lavoir:pledge"})
_SETTLED = frozenset({PledgeState.DECLINED, PledgeState.WITHDRAWN, PledgeState.DONE})


async def be_accepted(actor: Actor, offer: str | None, result: Thing | None) -> bool:
    """The author elsewhere says yes to somebody here: now each learns how to reach the other."""
    pledge = await _made_here(actor, uri=offer)
    if pledge is None:
        return False
    agreement = result if isinstance(result, Document) else None
    if pledge.state is not PledgeState.PROPOSED or not _is_what_was_offered(pledge, agreement):
        return True
    pledge.state, pledge.decided_at = PledgeState.ACCEPTED, datetime.now(UTC)
    if agreement is not None:
        await _take_agreement(pledge, agreement, actor)
    await pledge.save()
    await wire.send_contact(pledge)
    await notices.accepted(pledge)
    return True


async def be_declined(actor: Actor, uri: str | None, *, reason: str) -> bool:
    """The author elsewhere says no, or no longer; by the Offer, or by what was agreed."""
    pledge = await _made_here(actor, uri=uri) or await _made_here(actor, agreement_uri=uri)
    if pledge is None:
        return False
    if pledge.state not in _SETTLED:
        pledge.state, pledge.decided_at = PledgeState.DECLINED, datetime.now(UTC)
        pledge.reason = plain_text(reason)[:REASON_CHARS]
        await pledge.save()
        await notices.declined(pledge)
    return True


async def be_withdrawn(actor: Actor, uri: str | None, *, reason: str = "") -> bool:
    """Who offered from elsewhere cannot after all; by the Offer, or by what was agreed."""
    pledge = await _made_there(actor, uri=uri) or await _made_there(actor, agreement_uri=uri)
    if pledge is None:
        return False
    await pledges.withdraw(pledge, plain_text(reason)[:REASON_CHARS])
    return True


async def be_done(actor: Actor, event: Document) -> bool:
    """The other side says that it was done (`EconomicEvent`)."""
    uris = (get(event.raw, "realizationOf"), event.raw.get("context"), get(event.raw, "fulfills"))
    named = [uri.partition("#")[0] for uri in map(properties.uri, uris) if uri is not None]
    for uri in dict.fromkeys(named):
        mine, theirs = await _made_here(actor, agreement_uri=uri), await _made_there(actor, agreement_uri=uri)
        if (pledge := mine or theirs) is None:
            continue
        if pledge.state in COMMITTED:
            delivered = amount(get(event.raw, "resourceQuantity"))
            await pledges.confirm_done(
                pledge, by_owner=mine is not None, delivered=delivered if mine is not None else None
            )
        return True
    return False


async def be_told(actor: Actor, note: Document) -> bool:
    """A private word of a hub about a pledge: how to reach somebody, thanks, or in words what hubs know.

    Without a sign that a hub wrote it, it is for people to read.
    """
    if note.raw.keys().isdisjoint(_SIGNS):
        return False
    agreement, offer = (properties.uri(note.raw.get(name)) for name in ("context", "lavoir:pledge"))
    about = Pledge.filter(Q(agreement_uri=agreement or "") | Q(uri=offer or ""))
    theirs, mine = await _of_helper(about, actor).exists(), await _of_author(about, actor).exists()
    pledge = await _locked(_of_helper(about, actor) if theirs else _of_author(about, actor))
    if pledge is not None:  # else what it was for was deleted in the meantime
        await (_take_contact(pledge, note) if theirs else _take_thanks(pledge, note))
    return theirs or mine


async def be_left(actor: Actor) -> None:
    """An actor elsewhere is gone for ever: it helps nobody, and nobody waits for it."""
    theirs = Pledge.filter(proposal__owner_id__not_isnull=True, participant__actor_id=actor.id)
    shown = theirs.filter(proposal__publication__deleted_at=None)
    for pledge in await shown.exclude(state__in=list(_SETTLED)):
        await pledges.withdraw(pledge)
    for proposal in await Proposal.filter(owner_id=None, publication__author_id=actor.id):
        await elsewhere.be_gone(await Publication.get(id=proposal.publication_id).select_related("author"))


async def _take_agreement(pledge: Pledge, agreement: Document, author: Actor) -> None:
    uri = agreement.id
    if uri and same_origin(uri, author.uri) and not await Pledge.exists(agreement_uri=uri):
        pledge.agreement_uri = uri
    pledge.owner_contact = properties.text(agreement.raw.get("lavoir:contact"), CONTACT_CHARS)
    pledge.owner_place = properties.text(agreement.raw.get("lavoir:place"), PLACE_CHARS)


def _is_what_was_offered(pledge: Pledge, agreement: Document | None) -> bool:
    """FEP-0837: the quantities of an agreement are those of the offer."""
    if agreement is None:
        return True
    agreed = amount(get(first_mapping(get(agreement.raw, "stipulates")), "resourceQuantity"))
    return agreed is None or agreed == pledge.quantity


async def _take_contact(pledge: Pledge, note: Document) -> None:
    contact = properties.text(note.raw.get("lavoir:contact"), 254)
    participant = pledge.participant
    if not contact or participant.contact or participant.erased_at or pledge.state not in COMMITTED:
        return
    if "@" in contact:
        participant.mail = contact
    else:
        participant.phone = contact[:40]
    await participant.save()
    await notices.agreed(pledge)


async def _take_thanks(pledge: Pledge, note: Document) -> None:
    words = properties.text(note.raw.get("lavoir:thanks"), 2_000)
    if words and words != pledge.thanks and pledge.state in COMMITTED:
        pledge.thanks = words
        await pledge.save(update_fields=["thanks"])
        await notices.thanked_in_person(pledge)


async def _made_here(author: Actor, **known: str | None) -> Pledge | None:
    """A pledge of somebody here for a need of this author elsewhere, locked; `known`: one of its URIs."""
    return None if None in known.values() else await _locked(_of_author(Pledge.filter(**known), author))


async def _made_there(helper: Actor, **known: str | None) -> Pledge | None:
    """A pledge of this actor elsewhere for a need of ours, locked."""
    return None if None in known.values() else await _locked(_of_helper(Pledge.filter(**known), helper))


def _of_author(some: QuerySet[Pledge], author: Actor) -> QuerySet[Pledge]:
    return some.filter(proposal__owner_id=None, proposal__publication__author_id=author.id)


def _of_helper(some: QuerySet[Pledge], helper: Actor) -> QuerySet[Pledge]:
    return some.filter(proposal__owner_id__not_isnull=True, participant__actor_id=helper.id)


async def _locked(some: QuerySet[Pledge]) -> Pledge | None:
    """None also where the need was deleted: then nothing about it matters."""
    found = await some.first()
    try:
        return None if found is None else await pledges.locked_pledge(found)
    except NotFound:
        return None
