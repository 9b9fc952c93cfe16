"""A region passes on what everybody may read in its villages: by its own actor, by id, each thing once.

It never writes anything anew: answers and pledges go to the village where it is at home. A region that
follows a region passes on what comes by that one, as long as it says so; hub.neighbours.way keeps that from
turning in circles. settle() decides from what is known at the moment, and may run as often as one likes.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from federation import activities
from federation.documents import Document
from hub.actors.minting import activity_uri
from hub.actors.models import Actor, Role
from hub.db import rows, transaction
from hub.errors import TooMany
from hub.fediverse.actions import Reach, publish
from hub.fediverse.interests import Interest
from hub.fediverse.known import Known
from hub.fediverse.models import AgreementState, Follow, Neighbour
from hub.fediverse.neighbours import is_read
from hub.fediverse.relaying import relay, relay_no_more
from hub.jobs import enqueue
from hub.limits import PASSED_ON_PER_VILLAGE, spend
from hub.neighbours import copies
from hub.neighbours.opening import HANGING_SQL
from hub.neighbours.way import Way, announce_document, way_of, written
from hub.neighbours.wire import KINDS
from hub.publications import receiving
from hub.publications.models import Deed, Publication, Reaction, Scope
from hub.village.models import Village

AT_ONCE = 200
LONGEST_WAIT = timedelta(hours=1)  # of what one village has too much of


async def service() -> Actor | None:
    """Who passes on: the actor of a region; None in a village."""
    return await Actor.of_role(Role.VILLAGE) if await Village.exists(is_region=True) else None


async def settle(publication_id: int) -> None:
    """Pass it on, take it back, or say it anew where it came another way; let go of what nobody passes on."""
    actor = await service()
    publication = await Publication.get_or_none(id=publication_id).select_related("author")
    if actor is None or publication is None or publication.author.is_local or publication.kind not in KINDS:
        return
    ways = await _ways(publication)
    if ways and not await Reaction.exists(**_said(actor, publication)) and not await _may_now(publication):
        return
    async with transaction():
        was_said = await _say(actor, publication, await _ways(publication))
    if was_said and not ways:
        await copies.let_go(publication.id)


async def settle_host(host: str, after: int = 0) -> None:
    """All that is at home there, and all that a region there passes on; some at a time."""
    found = await rows(
        "SELECT id FROM (SELECT publication.id FROM actor"
        " JOIN publication ON publication.author_id = actor.id"
        " WHERE actor.host = $1 AND publication.id > $2"
        " UNION SELECT reaction.publication_id FROM actor JOIN reaction ON reaction.actor_id = actor.id"
        " WHERE actor.host = $1 AND reaction.publication_id > $2"
        f" AND reaction.deed = '{Deed.ANNOUNCE}') AS theirs ORDER BY id LIMIT {AT_ONCE}",
        *(host, after),
    )
    for row in found:
        await settle(row["id"])
    if len(found) == AT_ONCE:
        await enqueue(settle_host, host=host, after=found[-1]["id"])


async def sweep() -> None:
    """Each night: what lost its reason without a word, and what was never passed on."""
    actor = await service()
    if actor is None:
        return
    for find in (_doubtful, _forgotten):
        last = 0
        while found := await find(actor, last):
            for number in found:
                await settle(number)
            last = found[-1]


async def watch(host: str) -> None:
    """Much of a host was hidden, shown or removed; in the transaction that did it."""
    if await service() is not None:
        await enqueue(settle_host, host=host)


async def read_through(neighbour: Neighbour) -> None:
    """It was read and nothing was left out; in the transaction that says so."""
    if neighbour.is_region:
        await enqueue(forget_unsaid, neighbour_id=neighbour.id)


async def forget_unsaid(neighbour_id: int) -> None:
    """An Undo that we missed: what it passed on before it was read, and did not name then."""
    region = await Neighbour.get_or_none(id=neighbour_id, state=AgreementState.AGREED)
    if region is None or region.complete_since is None:
        return
    said = Reaction.filter(actor__host=region.host, actor__kind="Service", deed=Deed.ANNOUNCE)
    before = said.filter(at__lt=region.complete_since).limit(AT_ONCE)
    unsaid = await before.select_related("actor", "publication")
    async with transaction():
        for old in unsaid:
            await receiving.take_back(old.actor, on=old.publication.uri, deed=Deed.ANNOUNCE)
            await enqueue(settle, publication_id=old.publication_id)
        if len(unsaid) == AT_ONCE:
            await enqueue(forget_unsaid, neighbour_id=neighbour_id)


# ------------------------------------------------------------ what comes in and goes


async def _hear(publication: Publication, document: Document, known: Known) -> None:
    if publication.kind not in KINDS or publication.author.is_local or publication.scope is not Scope.PUBLIC:
        return
    actor = await service()
    if actor is not None and not await Reaction.exists(**_said(actor, publication)):
        await enqueue(settle, publication_id=publication.id)


async def _take_back(publication: Publication) -> None:
    actor = await service()
    if actor is not None and not publication.author.is_local:
        await _say(actor, publication, [])


async def _leave(gone: Actor) -> None:
    await watch(gone.host)


interest = Interest(heard=_hear, gone=_take_back, left=_leave)


# ------------------------------------------------------------ saying it


def _said(actor: Actor, publication: Publication) -> dict[str, Any]:
    return {"actor_id": actor.id, "publication_id": publication.id, "deed": Deed.ANNOUNCE}


async def _say(actor: Actor, publication: Publication, ways: list[Way]) -> bool:
    """By the first of these ways, unless it is said by one of them already; whether it was said before."""
    said = await Reaction.select_for_update().get_or_none(**_said(actor, publication))
    if said is not None and way_of(said) in ways:
        return True
    if said is not None:
        await _unsay(actor, publication, said)
    if ways:
        await _announce(actor, publication, ways[0])
        await relay(publication)
    elif said is not None:
        await relay_no_more(publication)
    return said is not None


async def _announce(actor: Actor, publication: Publication, way: Way) -> None:
    """To everybody who follows the region, to regions that follow its server, and to the author."""
    now, uri = datetime.now(UTC), activity_uri(actor.uri, "announces")
    if not await receiving.react(Deed.ANNOUNCE, publication, actor=actor, uri=uri, at=now):
        return
    await Reaction.filter(**_said(actor, publication)).update(through=written(way))
    reaction = Reaction(uri=uri, at=now, through=written(way), publication=publication)
    await publish(announce_document(reaction, actor), author=actor, reach=await _reach(actor, publication))


async def _unsay(actor: Actor, publication: Publication, said: Reaction) -> None:
    said.publication = publication
    if await receiving.take_back(actor, uri=said.uri, deed=Deed.ANNOUNCE):
        undone = activities.undo(announce_document(said, actor)) | {"id": activity_uri(actor.uri, "undos")}
        await publish(undone, author=actor, reach=await _reach(actor, publication))


async def _reach(actor: Actor, publication: Publication) -> Reach:
    server = await Actor.of_role(Role.SERVER)
    followed = (actor,) if server is None else (actor, server)
    return Reach(followers_of=followed, named=(publication.author,))


async def _may_now(publication: Publication) -> bool:
    """Whoever floods a region fills nobody's page by it: the rest waits its turn."""
    try:
        await spend(PASSED_ON_PER_VILLAGE, publication.author.host)
    except TooMany as wait:
        later = timedelta(seconds=wait.after) + random.random() * LONGEST_WAIT
        await enqueue(settle, due_at=datetime.now(UTC) + later, publication_id=publication.id)
        return False
    return True


# ------------------------------------------------------------ why it is here


async def _ways(publication: Publication) -> list[Way]:
    """How it comes here, the shortest first: from its village, or by regions; [] if it is not to be shown."""
    is_shown = publication.scope is Scope.PUBLIC and publication.hidden_at is None
    if not is_shown or publication.deleted_at is not None:
        return []
    if await is_read(publication.author.host):
        return [()]
    told = Reaction.filter(publication_id=publication.id, deed=Deed.ANNOUNCE).exclude(actor__host="")
    regions = {one.host: one for one in await regions_followed()}
    found = await told.filter(actor__host__in=list(regions)).select_related("actor") if regions else []
    ways = [(regions[one.actor.host].actor.uri, *way_of(one)) for one in found]
    return sorted(ways, key=lambda way: (len(way), way))


async def regions_followed() -> list[Neighbour]:
    """With their server actors."""
    ours = Follow.filter(follower__role=Role.SERVER, accepted_at__not_isnull=True)
    followed = [int(str(each)) for each in await ours.values_list("followed_id", flat=True)]
    regions = Neighbour.filter(is_region=True, state=AgreementState.AGREED, actor_id__in=followed)
    return await regions.select_related("actor")


async def _doubtful(actor: Actor, after: int) -> list[int]:
    """What we pass on and is hidden or gone, or not of a village that we agreed with; their rows."""
    found = await rows(
        "SELECT publication.id FROM reaction JOIN publication ON publication.id = reaction.publication_id"
        " JOIN actor ON actor.id = publication.author_id AND actor.host <> ''"
        f" WHERE reaction.actor_id = $1 AND reaction.deed = '{Deed.ANNOUNCE}' AND publication.id > $2"
        " AND (publication.deleted_at IS NOT NULL OR publication.hidden_at IS NOT NULL"
        f" OR actor.host NOT IN (SELECT host FROM neighbour WHERE state = '{AgreementState.AGREED}'))"
        f" ORDER BY publication.id LIMIT {AT_ONCE}",
        *(actor.id, after),
    )
    return [row["id"] for row in found]


async def _forgotten(actor: Actor, after: int) -> list[int]:
    """What is open in villages that we agreed with, and was never passed on or shows again; their rows."""
    found = await rows(
        f"SELECT publication.id FROM ({_OPEN}) AS open"
        " JOIN publication ON publication.id = open.publication_id AND publication.hidden_at IS NULL"
        " AND publication.deleted_at IS NULL AND publication.scope = 'public'"
        " JOIN actor ON actor.id = publication.author_id"
        f" JOIN neighbour ON neighbour.host = actor.host AND neighbour.state = '{AgreementState.AGREED}'"
        " WHERE publication.id > $2 AND NOT EXISTS (SELECT 1 FROM reaction WHERE reaction.actor_id = $1"
        f" AND reaction.publication_id = publication.id AND reaction.deed = '{Deed.ANNOUNCE}')"
        f" ORDER BY publication.id LIMIT {AT_ONCE}",
        *(actor.id, after, datetime.now(UTC)),
    )
    return [row["id"] for row in found]


_OPEN = (
    f"SELECT publication_id FROM proposal WHERE state IN ({HANGING_SQL}) AND expires_at > $3"
    " UNION ALL SELECT publication_id FROM event WHERE standing = 'planned' AND ends_at > $3"
    " UNION ALL SELECT publication_id FROM project UNION ALL SELECT publication_id FROM experience"
)
