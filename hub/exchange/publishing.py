"""A need or an offer goes out, and again with each change; in the caller's transaction."""

from datetime import UTC, datetime, timedelta
from typing import Any

from federation import activities
from federation.vocabulary import Json
from hub.actors.models import Actor, Role
from hub.exchange.documents import Surroundings, proposal_document
from hub.exchange.models import LIVING, Pledge, Proposal, Slot, Template
from hub.exchange.searching import index_proposal
from hub.fediverse.actions import Reach, boost, publish
from hub.media.photos import drop_photos
from hub.publications.models import Kind, Publication, Scope
from hub.publications.photos import pictures_of
from hub.publications.visibility import ANYBODY, visible_to
from hub.village.actors import BOARDS
from hub.village.models import Village

URGENT = 5  # needs on the profile of their author
_BOARD_AT = {Kind.NEED: 0, Kind.OFFER: 1}


async def board_of(kind: Kind) -> Actor | None:
    """The actor of the board that it hangs on, under its name in either language."""
    names = [names[_BOARD_AT[kind]] for names in BOARDS.values()]
    return await Actor.filter(name__in=names, role=Role.BOARD, host="", deleted_at=None).first()


async def surroundings(proposal: Proposal) -> Surroundings:
    village = await Village.current()
    assert village is not None
    return Surroundings(
        village=village,
        board=await board_of(proposal.publication.kind),
        slots=tuple(await Slot.filter(proposal_id=proposal.id).order_by("starts_at", "id")),
        template=await Template.get_or_none(key=proposal.template),
        pictures=await pictures_of(proposal.publication),
    )


async def send_out(proposal: Proposal) -> None:
    """Tell everybody for the first time; its board passes it on."""
    document = await write(proposal)
    publication = proposal.publication
    if publication.scope is Scope.VILLAGE:
        return
    await publish(activities.create(document), author=publication.author, reach=await _reach(publication))
    board = await board_of(publication.kind)
    if publication.scope is Scope.PUBLIC and board is not None:
        await boost(board, publication)


async def send_changes(proposal: Proposal) -> None:
    """Tell whoever has it what it says now; silent where it was never sent."""
    publication = proposal.publication
    publication.edits += 1
    publication.updated_at = _later_than(publication.updated_at or publication.published_at)
    document = await write(proposal)
    if publication.scope is Scope.VILLAGE or publication.hidden_at is not None:
        return
    changed = activities.update(document, number=publication.edits, at=publication.updated_at)
    await publish(changed, author=publication.author, reach=await _reach(publication, later=True))


async def write(proposal: Proposal) -> Json:
    """Save the publication together with the document that is served for it."""
    publication = proposal.publication
    document: Json = {}
    if publication.scope is not Scope.VILLAGE:
        document = proposal_document(proposal, await surroundings(proposal))
    publication.document = {name: value for name, value in document.items() if name != "@context"} or None
    await publication.save()
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
    """Delete it everywhere; its row stays without words, so that the address is never another's."""
    publication, now = proposal.publication, datetime.now(UTC)
    if publication.deleted_at is not None:
        return
    sent = publication.scope is not Scope.VILLAGE and publication.hidden_at is None
    gone = activities.delete(await write(proposal), at=now) if sent else None
    publication.deleted_at, publication.pinned_at, publication.document = now, None, None
    publication.title = publication.source = publication.html = ""
    await publication.save()
    await Proposal.filter(id=proposal.id).update(**_WORDLESS)
    await drop_photos(publication.id)
    await index_proposal(proposal)
    if gone is not None:
        await publish(gone, author=publication.author, reach=await _reach(publication, later=True))


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


async def _reach(publication: Publication, *, later: bool = False) -> Reach:
    """Followers of its author, and the neighbours; `later`: also who had to do with it, and the board's."""
    server = await Actor.of_role(Role.SERVER)
    neighbours = () if server is None else (server,)
    if publication.scope is Scope.NEIGHBOURS:
        return Reach(followers_of=neighbours, named=await _helpers(publication), about=publication)
    followed = (publication.author, *neighbours)
    if not later:
        return Reach(followers_of=followed)
    return Reach(followers_of=followed, named=await _helpers(publication), about=publication)


async def _helpers(publication: Publication) -> tuple[Actor, ...]:
    """Who offered from elsewhere, follower or not."""
    pledges = Pledge.filter(proposal__publication_id=publication.id, participant__actor_id__not_isnull=True)
    found = await pledges.select_related("participant__actor")
    actors = {one.participant.actor.id: one.participant.actor for one in found if one.participant.actor}
    return tuple(actors.values())


def _later_than(before: datetime) -> datetime:
    """Now, but never within the second of `before`: other servers compare whole seconds."""
    return max(datetime.now(UTC), before + timedelta(seconds=1))
