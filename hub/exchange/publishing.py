"""A need or an offer goes out, and again with each change; in the caller's transaction."""

from datetime import UTC, datetime
from typing import Any

from federation.vocabulary import Json
from hub.actors.models import Actor
from hub.exchange.documents import Surroundings, proposal_document
from hub.exchange.models import LIVING, Pledge, Proposal, Slot, Template
from hub.exchange.searching import index_proposal
from hub.fediverse import publishing
from hub.publications.groups import group_of
from hub.publications.models import Kind, Publication
from hub.publications.photos import pictures_of
from hub.publications.visibility import ANYBODY, visible_to
from hub.village.actors import board
from hub.village.models import Village

URGENT = 5  # needs on the profile of their author
_BOARDS = {Kind.NEED: "needs", Kind.OFFER: "offers"}


async def board_of(kind: Kind) -> Actor | None:
    """The actor of the board that it hangs on."""
    return await board(_BOARDS[kind])


async def surroundings(proposal: Proposal) -> Surroundings:
    village = await Village.current()
    assert village is not None
    return Surroundings(
        village=village,
        board=await board_of(proposal.publication.kind),
        group=await group_of(proposal.project_id),
        slots=tuple(await Slot.filter(proposal_id=proposal.id).order_by("starts_at", "id")),
        template=await Template.get_or_none(key=proposal.template),
        pictures=await pictures_of(proposal.publication),
    )


async def send_out(proposal: Proposal) -> None:
    """Tell everybody for the first time; its board passes it on, and so does its project."""
    document = await write(proposal)
    await publishing.send_out(proposal.publication, document, boards=await _boards(proposal))


async def send_changes(proposal: Proposal) -> None:
    """Tell whoever has it what it says now; silent where it was never sent."""
    publishing.touch(proposal.publication)
    document = await write(proposal)
    named = await _helpers(proposal.publication) if publishing.leaves(proposal.publication) else ()
    boards = await _boards(proposal)
    await publishing.send_changes(proposal.publication, document, named=named, boards=boards)


async def _boards(proposal: Proposal) -> tuple[Actor | None, ...]:
    return await board_of(proposal.publication.kind), await group_of(proposal.project_id)


async def write(proposal: Proposal) -> Json:
    """Save the publication together with the document that is served for it."""
    document: Json = {}
    if publishing.leaves(proposal.publication):
        document = proposal_document(proposal, await surroundings(proposal))
    await publishing.store(proposal.publication, document)
    await index_proposal(proposal)
    return document


_WORDLESS: dict[str, Any] = {
    "area": "",
    "exact_place": "",
    "details": {},
    "beneficiary": "",
    "link": "",
    "thanks": "",
    "latitude": None,
    "longitude": None,
}


async def take_down(proposal: Proposal) -> None:
    """Delete it everywhere, with its words."""
    publication = proposal.publication
    if publication.deleted_at is not None:
        return
    helpers = await _helpers(publication)
    await publishing.take_down(publication, await write(proposal), named=helpers)
    await Proposal.filter(id=proposal.id).update(**_WORDLESS)
    await index_proposal(proposal)


async def urgent(author: Actor) -> list[str]:
    """The open needs of an author that come first, for its profile on other servers."""
    needs = Publication.filter(
        visible_to(ANYBODY),
        author_id=author.id,
        kind=Kind.NEED,
        proposal__state__in=list(LIVING),
        proposal__expires_at__gt=datetime.now(UTC),
    )
    first = needs.order_by("proposal__starts_at", "proposal__expires_at", "id").limit(URGENT)
    dated = await first.filter(proposal__starts_at__not_isnull=True).values_list("uri", flat=True)
    others = await first.filter(proposal__starts_at=None).values_list("uri", flat=True)
    return [str(uri) for uri in [*dated, *others]][:URGENT]


async def _helpers(publication: Publication) -> tuple[Actor, ...]:
    """Who offered from elsewhere, follower or not."""
    pledges = Pledge.filter(proposal__publication_id=publication.id, participant__actor_id__not_isnull=True)
    found = await pledges.select_related("participant__actor")
    actors = {one.participant.actor.id: one.participant.actor for one in found if one.participant.actor}
    return tuple(actors.values())
