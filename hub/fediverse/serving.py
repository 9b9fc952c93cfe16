"""What our URIs answer: actors, things, activities and collections, each for who may have them."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from tortoise.expressions import Q, Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet

from federation import collections, outgoing
from federation.handles import Handle
from federation.limits import URI_CHARS
from federation.local import Served
from federation.origin import Uri, parse_uri
from federation.vocabulary import CONTEXT, Json
from federation.webfinger import Intents, build_jrd, build_site_jrd
from hub.actors.documents import actor_document
from hub.actors.hosts import NEIGHBOURS, federation_mode, is_refused
from hub.actors.minting import origin, server_uri
from hub.actors.models import Actor, Role
from hub.fediverse.models import Activity, Follow
from hub.fediverse.neighbours import is_neighbour
from hub.publications.groups import GROUP
from hub.publications.models import Deed, Publication, Reaction, Scope, Stamp
from hub.publications.visibility import ANYBODY, Reader, may_have, may_know_gone, visible_to

PAGE_ITEMS = 40
LISTED = 2_000  # of what one actor said

M = TypeVar("M", bound=Model)

_ACTOR = re.compile(r"(?:/actor|/relay|/a/[a-z0-9_-]+)")
_OF_ACTOR = re.compile(r"(/actor|/relay|/a/[a-z0-9_-]+)/([a-z]+)")
_THING = re.compile(r"/o/[0-9a-z]{26}")
_OF_THING = re.compile(r"(/o/[0-9a-z]{26})/([a-z]+)")


async def serve(uri: str, asked_by: str | None) -> Served | None:
    """The document at one of our URIs, for the actor who signed the request; None: there is none for them."""
    if len(uri) > URI_CHARS:
        return None
    parts, reader = urlsplit(uri), await _reader(asked_by)
    if reader.actor is not None and reader.actor.suspended_at is not None:
        return None  # whom we blocked gets nothing under their own name (FED-06)
    host = parse_uri(asked_by).netloc if asked_by is not None and reader is not ANYBODY else None
    served = await _differing(parts.path, parts.query, host)
    served = served or await _find(parts.path, _page_number(parts.query), reader)
    if served is None or federation_mode() != NEIGHBOURS or asked_by is not None:
        return served
    # Only neighbours are served; but whoever checks a signature of ours needs the key to it.
    if _ACTOR.fullmatch(parts.path) and not served.gone:
        stub = outgoing.stub_actor(served.document)
        return Served(stub, page=served.page, public=False, partial=True)
    return None


async def webfinger(resource: Handle | Uri) -> Json | None:
    """The same answer for a handle, an actor and its page; the site itself answers for its server actor."""
    actor = await _named(resource)
    if actor is None:
        is_site = isinstance(resource, Uri) and str(resource).rstrip("/") == origin()
        return build_site_jrd(origin(), server_actor=server_uri(), intents=intents()) if is_site else None
    handle = Handle(actor.name, _own_host())
    return build_jrd(handle, actor=actor.uri, page=actor.url, intents=intents())


def intents() -> Intents:
    """Where visitors who are at home here can be sent to act."""
    there = f"{origin()}/authorize_interaction"
    return Intents(
        subscribe=f"{there}?uri={{uri}}",
        object=f"{there}?uri={{object}}",
        create=f"{origin()}/new/announcement?text={{content}}",
    )


async def _named(resource: Handle | Uri) -> Actor | None:
    if isinstance(resource, Handle):
        actor = await Actor.here(resource.name) if resource.host == _own_host() else None
    else:
        text = str(resource)
        by_page = text.removeprefix(f"{origin()}/@")
        known = Actor.get_or_none(uri=text, host="") if by_page == text else Actor.here(by_page)
        actor = await known
    shown = actor is not None and actor.is_local and actor.deleted_at is None and not actor.hidden
    return actor if shown else None


def _own_host() -> str:
    return parse_uri(origin(), plain=True).netloc


async def _reader(uri: str | None) -> Reader:
    if uri is None:
        return ANYBODY
    host = parse_uri(uri).netloc
    if await is_refused(host):
        return ANYBODY
    neighbour = await is_neighbour(host)
    return Reader(actor=await Actor.get_or_none(uri=uri), neighbour=neighbour)


async def _find(path: str, page: int | None, reader: Reader) -> Served | None:
    if _ACTOR.fullmatch(path):
        return await _actor(path)
    if _THING.fullmatch(path):
        return await _thing(path, reader) or await _stamp(path)
    if (match := _OF_ACTOR.fullmatch(path)) is not None and match[2] in _collections_of_actors():
        return await _of_actor(match[1], match[2], page)
    if (match := _OF_THING.fullmatch(path)) is not None and match[2] in _collections_of_things():
        return await _of_thing(match[1], match[2], page=page, reader=reader)
    return await _activity(path)


def _collections_of_actors() -> set[str]:
    return {*_COUNTED, *further_of_actors, "featured", "moderators"}


def _collections_of_things() -> set[str]:
    return {*_OF_THINGS, *further_of_things}


async def _differing(path: str, query: str, host: str | None) -> Served | None:
    """A collection that is not the same for everybody."""
    match = _OF_ACTOR.fullmatch(path)
    if match is None or match[2] not in for_each_host:
        return None
    actor = await _shown_actor(match[1])
    return None if actor is None else await for_each_host[match[2]](actor, query, host)


async def _shown_actor(path: str) -> Actor | None:
    return await Actor.get_or_none(uri=origin() + path, host="", hidden=False, deleted_at=None)


async def _actor(path: str) -> Served | None:
    actor = await Actor.get_or_none(uri=origin() + path, host="", hidden=False)
    if actor is None:
        return None
    if actor.deleted_at is not None:
        stone = outgoing.tombstone(actor.uri, former_type=actor.kind, deleted_at=actor.deleted_at)
        return Served(stone, gone=True)
    return Served(await actor_document(actor), page=actor.url)


async def _thing(path: str, reader: Reader) -> Served | None:
    publication = await _publication(path)
    if publication is None:
        return None
    public = publication.reach is Scope.PUBLIC
    if may_know_gone(publication, reader):
        stone = outgoing.tombstone(
            publication.uri, former_type=publication.type, deleted_at=publication.deleted_at
        )
        return Served(stone, gone=True, public=public)
    if publication.document is None or not may_have(publication, reader):
        return None
    return Served(_with_counts(publication), page=publication.url, public=public)


def _with_counts(publication: Publication) -> Json:
    """The document as it was sent, with what others did since."""
    document = {"@context": CONTEXT, **(publication.document or {})}
    for name in ("likes", "shares", "replies"):
        counted = document.get(name)
        if isinstance(counted, dict):
            document[name] = {**counted, "totalItems": getattr(publication, name)}
    return document


async def _stamp(path: str) -> Served | None:
    stamp = await Stamp.get_or_none(uri=origin() + path).select_related("publication__author")
    if stamp is None or not may_have(stamp.publication, ANYBODY):
        return None
    if stamp.revoked_at is not None:
        stone = outgoing.tombstone(stamp.uri, former_type="QuoteAuthorization", deleted_at=stamp.revoked_at)
        return Served(stone, gone=True)
    document = outgoing.quote_authorization(
        stamp.uri,
        author=stamp.publication.author.uri,
        quoting=stamp.quoting,
        quoted=stamp.publication.uri,
    )
    return Served(document, page=stamp.publication.url)


async def _activity(path: str) -> Served | None:
    """Public ones that we sent. What they are about may be gone since: then so are they."""
    activity = await Activity.get_or_none(uri=origin() + path, public=True).select_related("actor")
    if activity is None:
        return None
    if activity.type == "Update" and activity.object_uri == activity.actor.uri:
        return await _profile_told(activity)
    about = await Publication.get_or_none(uri=activity.object_uri) if activity.object_uri else None
    if about is not None and about.deleted_at is not None and activity.type != "Delete":
        return Served(outgoing.tombstone(activity.uri, former_type=activity.type), gone=True)
    if about is not None and about.hidden_at is not None and activity.type != "Delete":
        return None
    told = _told_now(json.loads(activity.body), None if about is None else about.document)
    return Served(told, page=about.url if about is not None else None)


async def _profile_told(activity: Activity) -> Served | None:
    """An actor said what it is: the same holds for who is not there for others, or no longer."""
    served = await _actor(activity.actor.uri.removeprefix(origin()))
    if served is None or served.gone:
        stone = outgoing.tombstone(activity.uri, former_type=activity.type)
        return None if served is None else Served(stone, gone=True)
    document = {name: value for name, value in served.document.items() if name != "@context"}
    return Served(_told_now(json.loads(activity.body), document), page=served.page)


def _told_now(activity: Json, document: Json | None) -> Json:
    """With what the thing says today: words that were taken back are not to be read here for ever.

    Its proof is of what it said then, so it goes with them.
    """
    if document is None or activity["type"] not in ("Create", "Update") or activity["object"] == document:
        return activity
    return {**{name: activity[name] for name in activity if name != "proof"}, "object": document}


async def _of_actor(path: str, name: str, page: int | None) -> Served | None:
    actor = await _shown_actor(path)
    if actor is None:
        return None
    uri = f"{actor.uri}/{name}"
    if name in ("featured", "moderators"):
        whole = await (_featured(actor) if name == "featured" else _moderators(actor))
        return Served(collections.whole_collection(uri, whole), page=actor.url)
    if name in further_of_actors:
        items = await further_of_actors[name](actor)
        found = None if items is None else collections.whole_collection(uri, items)
        return None if found is None else Served(found, page=actor.url)
    total, read = await _COUNTED[name](actor)
    return Served(await _paged(uri, page, total=total, read=read), page=actor.url)


also_featured: list[Callable[[Actor], Awaitable[list[str]]]] = []
"""What slices above show on the profile of an actor; the composition root puts them here."""


further_of_actors: dict[str, Callable[[Actor], Awaitable[list[str] | None]]] = {}
"""Collections that slices above have of actors, by the last word of their URI; None: not of this one."""

for_each_host: dict[str, Callable[[Actor, str, str | None], Awaitable[Served | None]]] = {}
"""And those that depend on whose server signed the question, None for nobody's; told the query as it came."""

further_of_things: dict[str, Callable[[Publication], Awaitable[int | None]]] = {}
"""And of publications, of which only the number is told."""


async def _featured(actor: Actor) -> list[str]:
    """What was pinned, then what is most urgent: all that a new reader sees of a profile."""
    pinned = Publication.filter(visible_to(ANYBODY), author=actor).exclude(pinned_at=None)
    found = [str(uri) for uri in await pinned.order_by("-pinned_at").limit(20).values_list("uri", flat=True)]
    for further in also_featured:
        found += await further(actor)
    return list(dict.fromkeys(found))


async def _moderators(actor: Actor) -> list[str]:
    """The village; of a project first in whose name its carriers speak."""
    village = await Actor.of_role(Role.VILLAGE)
    if village is None or actor.role not in (Role.BOARD, Role.PROJECT):
        return []
    speaking = Actor.filter(publications__uri=str(actor.extra.get(GROUP, "")), publications__deleted_at=None)
    carriers = await speaking.values_list("uri", flat=True) if GROUP in actor.extra else []
    return list(dict.fromkeys([*map(str, carriers), village.uri]))


Read = Callable[[int, int], Awaitable[list[str | Json]]]


async def _outbox(actor: Actor) -> tuple[int, Read]:
    """The newest first: what it made, and what it passed on, as far as these still stand; LISTED at most."""
    sent = await _newest(Activity.filter(actor=actor, public=True, type__in=["Create", "Announce"]))
    gone = Publication.filter(Q(deleted_at__not_isnull=True) | Q(hidden_at__not_isnull=True), author=actor)
    said = await _newest(Reaction.filter(actor=actor, deed=Deed.ANNOUNCE))
    passed_on = said.filter(publication__deleted_at=None, publication__hidden_at=None).values("uri")
    standing = sent.exclude(object_uri__in=[str(uri) for uri in await gone.values_list("uri", flat=True)])
    standing = standing.filter(Q(type="Create") | Q(uri__in=Subquery(passed_on)))

    async def read(start: int, count: int) -> list[str | Json]:
        page = await standing.order_by("-id").offset(start).limit(count)
        made = Publication.filter(uri__in=[one.object_uri for one in page if one.type == "Create"])
        documents = {one.uri: one.document for one in await made}
        return [_told_now(json.loads(one.body), documents.get(one.object_uri or "")) for one in page]

    return await standing.count(), read


async def _newest(of_actor: QuerySet[M]) -> QuerySet[M]:
    """A region and a relay pass on without end: nobody may have all of that counted."""
    last = await of_actor.order_by("-id").offset(LISTED - 1).first()
    return of_actor if last is None else of_actor.filter(id__gte=last.pk)


async def _followers(actor: Actor) -> tuple[int, Read]:
    rows = Follow.filter(followed=actor, follower__deleted_at=None).exclude(accepted_at=None)
    return await rows.count(), _uris(rows, "follower__uri")


async def _following(actor: Actor) -> tuple[int, Read]:
    rows = Follow.filter(follower=actor, followed__deleted_at=None).exclude(accepted_at=None)
    return await rows.count(), _uris(rows, "followed__uri")


_OF_THINGS = frozenset({"replies", "context", "likes", "shares"})
_COUNTED = {"outbox": _outbox, "followers": _followers, "following": _following}


async def _of_thing(path: str, name: str, *, page: int | None, reader: Reader) -> Served | None:
    publication = await _publication(path)
    if publication is None or not may_have(publication, reader):
        return None
    uri, public = f"{publication.uri}/{name}", publication.reach is Scope.PUBLIC
    if name in ("likes", "shares"):
        deed = Deed.LIKE if name == "likes" else Deed.ANNOUNCE
        total = await Reaction.filter(publication=publication, deed=deed).count()
        return Served(collections.collection(uri, total=total), page=publication.url, public=public)
    if name in further_of_things:
        counted = await further_of_things[name](publication)
        found = None if counted is None else collections.collection(uri, total=counted)
        return None if found is None else Served(found, page=publication.url, public=public)
    answers = Publication.filter(visible_to(reader))
    if name == "replies":
        answers = answers.filter(in_reply_to=publication.uri)
    else:
        answers = answers.filter(root_id=publication.root_id or publication.id)
    document = await _paged(uri, page, total=await answers.count(), read=_uris(answers, "uri"))
    return Served(document, page=publication.url, public=public)


async def _publication(path: str) -> Publication | None:
    """Ours alone: what others wrote is theirs to serve."""
    found = await Publication.get_or_none(uri=origin() + path).select_related("author")
    return found if found is not None and found.author.is_local else None


def _uris(query: "object", column: str) -> Read:
    async def read(start: int, count: int) -> list[str | Json]:
        page = query.order_by("id").offset(start).limit(count)  # type: ignore[attr-defined]  # a QuerySet
        return [str(uri) for uri in await page.values_list(column, flat=True)]

    return read


async def _paged(uri: str, page: int | None, *, total: int, read: Read) -> Json:
    if page is None:
        return collections.collection(uri, total=total, first=f"{uri}?page=1")
    items = await read((page - 1) * PAGE_ITEMS, PAGE_ITEMS)
    more = page * PAGE_ITEMS < total
    return collections.page(
        f"{uri}?page={page}",
        items,
        part_of=uri,
        following=f"{uri}?page={page + 1}" if more else None,
        previous=f"{uri}?page={page - 1}" if page > 1 else None,
    )


def _page_number(query: str) -> int | None:
    """`?page=2`; anything else asks for the collection itself."""
    number = parse_qs(query).get("page", [""])[0]
    return int(number) if re.fullmatch(r"[1-9][0-9]{0,5}", number) else None
