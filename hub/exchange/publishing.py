"""A need or an offer goes out, and again with each change; in the caller's transaction."""

from datetime import UTC, datetime, timedelta

from federation import activities
from federation.outgoing import Picture
from federation.vocabulary import Json
from hub.actors.models import Actor, Role
from hub.exchange.documents import Surroundings, proposal_document
from hub.exchange.models import Proposal, Slot, Template
from hub.fediverse.actions import Reach, boost, publish
from hub.publications.models import Kind, Publication, Scope
from hub.village.actors import BOARDS
from hub.village.models import Village

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


async def pictures_of(publication: Publication) -> tuple[Picture, ...]:
    """Its photos, as other servers get them."""
    return ()


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
    return document


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
    if gone is not None:
        await publish(gone, author=publication.author, reach=await _reach(publication, later=True))


async def _reach(publication: Publication, *, later: bool = False) -> Reach:
    """Followers of its author, or the neighbours; `later`: also who had to do with it, and the board's."""
    followed: tuple[Actor, ...] = (publication.author,)
    if publication.scope is Scope.NEIGHBOURS:
        server = await Actor.of_role(Role.SERVER)
        followed = () if server is None else (server,)
        return Reach(followers_of=followed, about=publication)
    return Reach(followers_of=followed, about=publication if later else None)


def _later_than(before: datetime) -> datetime:
    """Now, but never within the second of `before`: other servers compare whole seconds."""
    return max(datetime.now(UTC), before + timedelta(seconds=1))
