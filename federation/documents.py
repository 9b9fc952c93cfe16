"""What other servers send, as frozen dataclasses: liberal about shape, strict about safety.

Each parser takes the JSON object and answers, or raises InvalidDocument with a reason for a log line. Who
may say what, and whether an embedded thing is to be believed, is not judged here: an embedded thing is what
the sender claims. `raw` is the object as it came; nothing of it was cut or cleaned.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from federation import ownership, parts, properties
from federation.errors import InvalidDocument
from federation.limits import (
    ALSO_KNOWN_AS,
    COLLECTION_ITEMS,
    CONTENT_CHARS,
    IMPLEMENTED,
    MENTIONS,
    NAME_CHARS,
    NESTING,
    OBJECTS,
    RECIPIENTS,
    SUMMARY_CHARS,
)
from federation.origin import parse_uri
from federation.parts import Attachment, Field, Tag
from federation.signatures.keys import PublicKey, actor_keys
from federation.vocabulary import (
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    COLLECTION_TYPES,
    KNOWN_TYPES,
    PAGE_TYPES,
    PUBLIC,
    TOMBSTONE,
    Json,
)


@dataclass(frozen=True)
class Collection:
    """A collection or one page of it. `id` is "" when it has none; `total` is what the other server says."""

    id: str
    types: tuple[str, ...]
    total: int | None
    first: "str | Collection | None"
    next: str | None
    previous: str | None
    part_of: str | None
    items: "tuple[Thing, ...]"


@dataclass(frozen=True)
class Tombstone:
    id: str
    former_type: str | None
    deleted_at: datetime | None


@dataclass(frozen=True)
class Document:
    """A note, an event, a proposal, a place. `id` is "" only for a nameless part of something else.

    `content` and `summary` are HTML that nobody has cleaned yet, however it came; `name` is plain text.
    """

    id: str
    types: tuple[str, ...]
    attributed_to: str | None
    name: str
    content: str
    summary: str
    language: str | None
    url: str | None
    in_reply_to: str | None
    published_at: datetime | None
    updated_at: datetime | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: str | None
    tags: tuple[Tag, ...]
    attachments: tuple[Attachment, ...]
    replies: Collection | None
    likes: Collection | None
    shares: Collection | None
    raw: Json = field(repr=False, compare=False)

    @property
    def type(self) -> str:
        return _deciding_type(self.types)

    @property
    def mentions(self) -> tuple[str, ...]:
        """The URIs of the actors that are named, at most MENTIONS of them."""
        named = (tag.href for tag in self.tags if tag.type == "Mention" and tag.href is not None)
        return tuple(dict.fromkeys(named))[:MENTIONS]


@dataclass(frozen=True)
class Actor:
    """A person, group, organisation or server.

    `claimed_handle` is `name@host` in its own words, true only once the WebFinger of that host agrees.
    """

    id: str
    type: str
    preferred_username: str
    claimed_handle: str
    name: str
    summary: str
    url: str | None
    inbox: str
    shared_inbox: str | None
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    moderators: str | None
    keys: tuple[PublicKey, ...]
    manually_approves: bool
    discoverable: bool
    indexable: bool
    suspended: bool
    also_known_as: tuple[str, ...]
    moved_to: str | None
    icon: str | None
    image: str | None
    fields: tuple[Field, ...]
    implements: tuple[str, ...]
    published_at: datetime | None
    raw: Json = field(repr=False, compare=False)


@dataclass(frozen=True)
class Activity:
    """`id` is "" only for an activity inside another. `objects` are several in a Flag, else one or none."""

    id: str
    types: tuple[str, ...]
    actor: str
    objects: "tuple[Thing, ...]"
    target: str | None
    result: "Thing | None"
    instrument: "Thing | None"
    content: str
    summary: str
    published_at: datetime | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: str | None
    raw: Json = field(repr=False, compare=False)

    @property
    def type(self) -> str:
        return _deciding_type(self.types)

    @property
    def object(self) -> "Thing | None":
        return self.objects[0] if self.objects else None

    @property
    def object_id(self) -> str | None:
        """The URI of the object, embedded or not; None when it has none."""
        return thing_id(self.object)


# A bare URI, or what stood in its place.
Thing: TypeAlias = str | Activity | Actor | Collection | Document | Tombstone


def thing_id(thing: Thing | None) -> str | None:
    if thing is None or isinstance(thing, str):
        return thing
    return thing.id or None


def parse(raw: object, *, now: datetime) -> Activity | Actor | Collection | Document | Tombstone:
    """Whatever it is: for what was fetched, and for an inbox that does not choose."""
    return _parse(_object(raw), now, NESTING)


def parse_document(raw: object, *, now: datetime) -> Document:
    found = parse(raw, now=now)
    if not isinstance(found, Document):
        raise InvalidDocument("not a document", type=_shown_type(found))
    return found


def parse_actor(raw: object, *, now: datetime) -> Actor:
    found = parse(raw, now=now)
    if not isinstance(found, Actor):
        raise InvalidDocument("not an actor", type=_shown_type(found))
    return found


def parse_activity(raw: object, *, now: datetime, signer: str | None = None) -> Activity:
    """Also of a type that nobody here knows. `signer` is the actor where none is written (FeatureRequest)."""
    given = _object(raw)
    kind = _deciding_type(properties.types(given))
    if kind in KNOWN_TYPES - ACTIVITY_TYPES:
        raise InvalidDocument("not an activity", type=kind)
    return _activity(given, now, NESTING, signer=signer)


def parse_collection(raw: object, *, now: datetime) -> Collection:
    found = parse(raw, now=now)
    if not isinstance(found, Collection):
        raise InvalidDocument("not a collection", type=_shown_type(found))
    return found


def _object(raw: object) -> Json:
    if not isinstance(raw, dict):
        raise InvalidDocument("not a JSON object")
    return raw


def _parse(raw: Json, now: datetime, depth: int) -> Activity | Actor | Collection | Document | Tombstone:
    kind = _deciding_type(properties.types(raw))
    if kind in ACTOR_TYPES and (depth == NESTING or "inbox" in raw):
        return _actor(raw, now)
    if kind in COLLECTION_TYPES | PAGE_TYPES:
        return _collection(raw, now, depth)
    if kind == TOMBSTONE:
        return _tombstone(raw, now)
    # By what it has, where the type is unknown (FEP-2277): Mobilizon's events have an actor, but no object.
    if kind in ACTIVITY_TYPES or (kind not in KNOWN_TYPES and "actor" in raw and "object" in raw):
        return _activity(raw, now, depth)
    return _document(raw, now, depth)


def _document(raw: Json, now: datetime, depth: int) -> Document:
    identity = _id(raw, needed=depth == NESTING)
    return Document(
        id=identity,
        types=_types(raw),
        attributed_to=ownership.owner(raw.get("attributedTo"), identity),
        name=properties.text(properties.natural(raw, "name"), NAME_CHARS),
        content=_content(raw),
        summary=properties.markup(properties.natural(raw, "summary"), SUMMARY_CHARS),
        language=properties.language(raw),
        url=properties.page_url(raw.get("url")),
        in_reply_to=properties.uri(raw.get("inReplyTo")),
        published_at=properties.past(raw.get("published"), now),
        updated_at=properties.past(raw.get("updated"), now),
        to=properties.uris(raw.get("to"), RECIPIENTS),
        cc=properties.uris(raw.get("cc"), RECIPIENTS),
        audience=properties.uri(raw.get("audience")),
        tags=parts.tags(raw.get("tag")),
        attachments=parts.attachments(raw.get("attachment")),
        replies=_counted(raw.get("replies"), now),
        likes=_counted(raw.get("likes"), now),
        shares=_counted(raw.get("shares"), now),
        raw=raw,
    )


def _content(raw: Json) -> str:
    """PeerTube writes Markdown: it is shown as it is typed, line by line."""
    content = properties.markup(properties.natural(raw, "content"), CONTENT_CHARS)
    kind = properties.word(raw.get("mediaType"), NAME_CHARS).partition(";")[0].rstrip().lower()
    return properties.lines(content) if kind in ("text/plain", "text/markdown") else content


def _actor(raw: Json, now: datetime) -> Actor:
    identity = _id(raw, needed=True)
    username = ownership.username(raw)
    home = ownership.Home(raw, identity)
    return Actor(
        id=identity,
        type=_deciding_type(_types(raw)),
        preferred_username=username,
        claimed_handle=ownership.handle(raw.get("webfinger")) or f"{username}@{parse_uri(identity).netloc}",
        name=properties.text(properties.natural(raw, "name"), NAME_CHARS) or username,
        summary=properties.markup(properties.natural(raw, "summary"), SUMMARY_CHARS),
        url=ownership.own_page(raw.get("url"), identity),
        inbox=home.needed("inbox"),
        shared_inbox=home.shared_inbox(),
        outbox=home.found("outbox"),
        followers=home.found("followers"),
        following=home.found("following"),
        featured=home.found("featured"),
        moderators=home.found("attributedTo"),
        keys=actor_keys(raw),
        manually_approves=properties.is_set(raw.get("manuallyApprovesFollowers")),
        discoverable=properties.is_set(raw.get("discoverable")),
        indexable=properties.is_set(raw.get("indexable")),
        suspended=properties.is_set(raw.get("suspended")),
        also_known_as=properties.uris(raw.get("alsoKnownAs"), ALSO_KNOWN_AS),
        moved_to=properties.uri(raw.get("movedTo")),
        icon=properties.image_url(raw.get("icon")),
        image=properties.image_url(raw.get("image")),
        fields=parts.fields(raw.get("attachment")),
        implements=_implements(raw),
        published_at=properties.past(raw.get("published"), now),
        raw=raw,
    )


def _activity(raw: Json, now: datetime, depth: int, *, signer: str | None = None) -> Activity:
    identity = _id(raw, needed=depth == NESTING)
    written = raw.get("actor")
    actor = ownership.owner(signer if written is None else written, identity)
    if actor is None:
        raise InvalidDocument("activity without an actor", id=identity)
    return Activity(
        id=identity,
        types=_types(raw),
        actor=actor,
        objects=_objects(raw, now, depth),
        target=properties.uri(raw.get("target")),
        result=_thing(raw.get("result"), now, depth),
        instrument=_thing(raw.get("instrument"), now, depth),
        content=properties.markup(properties.natural(raw, "content"), CONTENT_CHARS),
        summary=properties.markup(properties.natural(raw, "summary"), SUMMARY_CHARS),
        published_at=properties.past(raw.get("published"), now),
        to=properties.uris(raw.get("to"), RECIPIENTS),
        cc=properties.uris(raw.get("cc"), RECIPIENTS),
        audience=properties.uri(raw.get("audience")),
        raw=raw,
    )


def _collection(raw: Json, now: datetime, depth: int) -> Collection:
    listed = raw.get("orderedItems", raw.get("items"))
    return Collection(
        id=properties.uri(raw) or "",
        types=_types(raw),
        total=properties.count(raw.get("totalItems")),
        first=_first(raw.get("first"), now, depth),
        next=properties.uri(raw.get("next")),
        previous=properties.uri(raw.get("prev")),
        part_of=properties.uri(raw.get("partOf")),
        items=_items(properties.listed(listed, COLLECTION_ITEMS), now, depth),
    )


def _items(values: list[object], now: datetime, depth: int) -> tuple[Thing, ...]:
    """Without those that would be refused alone: one bad item does not hide the others."""
    found: list[Thing] = []
    for value in values:
        with suppress(InvalidDocument):
            found.extend(_things([value], now, depth))
    return tuple(found)


def _first(value: object, now: datetime, depth: int) -> str | Collection | None:
    if isinstance(value, dict) and depth > 0 and properties.types(value):
        return _collection(value, now, depth - 1)
    return properties.uri(value)


def _counted(value: object, now: datetime) -> Collection | None:
    """`replies`, `likes`, `shares`: a URI, a collection, or (PieFed) a bare list. Of items only the ids."""
    if isinstance(value, list):
        value = {"totalItems": len(value), "items": value}
    if isinstance(value, str):
        value = {"id": value}
    return _collection({"type": "Collection", **value}, now, 0) if isinstance(value, dict) else None


def _tombstone(raw: Json, now: datetime) -> Tombstone:
    former = properties.types({"type": raw.get("formerType")})
    return Tombstone(
        id=_id(raw, needed=True),
        former_type=former[0] if former else None,
        deleted_at=properties.past(raw.get("deleted"), now),
    )


def _objects(raw: Json, now: datetime, depth: int) -> tuple[Thing, ...]:
    """Some activities have none; one that is written but cannot be understood is refused (DOS-06)."""
    if "object" not in raw:
        return ()
    most = OBJECTS if depth == NESTING else 1  # a list of lists of lists would keep us busy for seconds
    found = _things(properties.listed(raw["object"], most), now, depth)
    if not found:
        raise InvalidDocument("object is neither a URI nor an object")
    return found


def _things(values: list[object], now: datetime, depth: int) -> tuple[Thing, ...]:
    found = (_thing(value, now, depth) for value in values)
    return tuple(thing for thing in found if thing is not None)


def _thing(value: object, now: datetime, depth: int) -> Thing | None:
    """Below NESTING levels an embedded thing is only its id: whoever needs it asks its origin."""
    if isinstance(value, dict) and depth > 0 and properties.types(value):
        return _parse(value, now, depth - 1)
    return properties.uri(value)


def _types(raw: Json) -> tuple[str, ...]:
    found = properties.types(raw)
    if not found:
        raise InvalidDocument("no type")
    return found


def _deciding_type(types: tuple[str, ...]) -> str:
    """Of several, the first that we know decides; of unknown ones the first (INB-28)."""
    return next((name for name in types if name in KNOWN_TYPES), types[0] if types else "")


def _shown_type(found: Activity | Actor | Collection | Document | Tombstone) -> str:
    return TOMBSTONE if isinstance(found, Tombstone) else getattr(found, "type", "Collection")


def _id(raw: Json, *, needed: bool) -> str:
    value = raw.get("id")
    if value is None and not needed:
        return ""
    identity = properties.uri(value) if isinstance(value, str) else None
    # Another spelling of the same URI would be a second identity of one thing (ORG-12).
    if identity is None or identity != value or identity == PUBLIC:
        raise InvalidDocument("no usable id", type=_deciding_type(properties.types(raw)))
    return identity


def _implements(raw: Json) -> tuple[str, ...]:
    """FEP-844e: on the server actor itself, or on the `generator` that others name."""
    generator = raw.get("generator")
    listed = raw.get("implements") or (generator.get("implements") if isinstance(generator, dict) else None)
    return properties.uris(listed, IMPLEMENTED)
