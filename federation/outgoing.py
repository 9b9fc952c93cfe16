"""Documents that go out: notes, actors, tombstones, in the form that the most servers can show.

A note is HTML with its title inside, because Mastodon shows nothing else of it; it has no `summary`, which
would hide it behind a warning. Everything in a draft is clean already: `html` is put in as it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from federation.addressing import Audience
from federation.vocabulary import ACTOR_CONTEXT, CONTEXT, PUBLIC, Json


@dataclass(frozen=True)
class Hashtag:
    """`name` without its #, letters, digits and underscores; `url` is the page that lists it."""

    name: str
    url: str


@dataclass(frozen=True)
class Mention:
    """`handle` is name@host."""

    uri: str
    handle: str
    url: str


@dataclass(frozen=True)
class Picture:
    url: str
    media_type: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class NoteDraft:
    """`html` is the text without its title. `updated_at` is set by an edit only: it announces one."""

    uri: str
    author: str
    html: str
    url: str
    language: str
    audience: Audience
    published_at: datetime
    title: str = ""
    updated_at: datetime | None = None
    in_reply_to: str | None = None
    context: str | None = None
    group: str | None = None
    hashtags: tuple[Hashtag, ...] = ()
    mentions: tuple[Mention, ...] = ()
    pictures: tuple[Picture, ...] = ()
    likes: int = 0
    shares: int = 0
    replies: int = 0


@dataclass(frozen=True)
class Specification:
    """Something that a server says it implements (FEP-844e)."""

    href: str
    name: str


RFC_9421 = Specification("https://datatracker.ietf.org/doc/html/rfc9421", "RFC-9421")
FEP_0837 = Specification("https://w3id.org/fep/0837", "FEP-0837")
HUB_PROFILE_1 = Specification("https://w3id.org/lavoir#profile-1", "Hub profile 1")


@dataclass(frozen=True)
class Server:
    """`uri` is the server actor's."""

    uri: str
    name: str
    shared_inbox: str
    implements: tuple[Specification, ...] = (RFC_9421, FEP_0837, HUB_PROFILE_1)


@dataclass(frozen=True)
class ActorDraft:
    """`kind` is an actor type. `handle` is name@host. Keys are the public halves, as text."""

    uri: str
    kind: str
    handle: str
    name: str
    url: str
    server: Server
    rsa_pem: str
    ed25519_multibase: str
    summary_html: str = ""
    discoverable: bool = False
    indexable: bool = False
    approves_followers: bool = False
    published_at: datetime | None = None
    fields: tuple[tuple[str, str], ...] = ()
    icon: Picture | None = None
    banner: Picture | None = None
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    has_moderators: bool = False


def note(draft: NoteDraft) -> Json:
    content = _content(draft)
    document: Json = {
        "@context": CONTEXT,
        "id": draft.uri,
        "type": "Note",
        "attributedTo": draft.author,
        "url": draft.url,
        # A reply with a name could be taken for a vote.
        "name": draft.title if draft.in_reply_to is None else None,
        "content": content,
        "contentMap": {draft.language: content},
        "published": wire_time(draft.published_at),
        "updated": None if draft.updated_at is None else wire_time(draft.updated_at),
        "inReplyTo": draft.in_reply_to,
        "to": list(draft.audience.to),
        "cc": list(draft.audience.cc),
        "audience": draft.group,
        "context": draft.context,
        "tag": [*map(_hashtag, draft.hashtags), *map(_mention, draft.mentions)],
        "attachment": [_picture(picture) for picture in draft.pictures],
        "likes": _count(draft.uri, "likes", draft.likes),
        "shares": _count(draft.uri, "shares", draft.shares),
        "replies": {
            **_count(draft.uri, "replies", draft.replies),
            "first": f"{draft.uri}/replies?page=1",
        },
        "interactionPolicy": _policy(draft),
    }
    return _without_empty(document, "name", "updated", "inReplyTo", "audience", "context")


def actor(draft: ActorDraft) -> Json:
    username = draft.handle.partition("@")[0]
    document: Json = {
        "@context": ACTOR_CONTEXT,
        "id": draft.uri,
        "type": draft.kind,
        "preferredUsername": username,
        "webfinger": draft.handle,
        "name": draft.name,
        "summary": draft.summary_html,
        "url": draft.url,
        **{name: f"{draft.uri}/{name}" for name in ("inbox", "outbox", "followers", "following", "featured")},
        "attributedTo": f"{draft.uri}/moderators" if draft.has_moderators else None,
        "endpoints": {"sharedInbox": draft.server.shared_inbox},
        "manuallyApprovesFollowers": draft.approves_followers,
        "discoverable": draft.discoverable,
        "indexable": draft.indexable,
        "published": None if draft.published_at is None else wire_time(draft.published_at),
        "attachment": [
            {"type": "PropertyValue", "name": name, "value": value} for name, value in draft.fields
        ],
        "icon": None if draft.icon is None else _picture(draft.icon),
        "image": None if draft.banner is None else _picture(draft.banner),
        "alsoKnownAs": list(draft.also_known_as),
        "movedTo": draft.moved_to,
        **_keys(draft),
        **_implemented(draft),
    }
    return _without_empty(
        document, "attributedTo", "published", "icon", "image", "alsoKnownAs", "movedTo", "summary"
    )


def stub_actor(document: Json) -> Json:
    """The least that a key needs to be checked: for readers who may not see the actor itself."""
    shown = (
        "@context",
        "id",
        "type",
        "preferredUsername",
        "webfinger",
        "name",
        "inbox",
        "publicKey",
        "assertionMethod",
        "implements",
        "lavoir:open",
        "lavoir:region",
    )
    return {name: document[name] for name in shown if name in document}


def tombstone(uri: str, *, former_type: str | None = None, deleted_at: datetime | None = None) -> Json:
    """What is served with 410 in place of what was deleted, and what a Delete names."""
    document: Json = {
        "@context": CONTEXT,
        "id": uri,
        "type": "Tombstone",
        "formerType": former_type,
        "deleted": None if deleted_at is None else wire_time(deleted_at),
    }
    return _without_empty(document, "formerType", "deleted")


def quote_authorization(uri: str, *, author: str, quoting: str, quoted: str) -> Json:
    """The stamp that lets `quoting` show `quoted` (FEP-044f); deleting it takes the permission back."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": author,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }


def mention_html(mention: Mention) -> str:
    """As other servers know a mention; the host is in the link and in the tag."""
    name = escape(mention.handle.partition("@")[0])
    link = f'<a href="{escape(mention.url)}" class="u-url mention">@<span>{name}</span></a>'
    return f'<span class="h-card">{link}</span>'


def hashtag_html(hashtag: Hashtag) -> str:
    """`rel="tag"` keeps Mastodon from showing the page of the tag as a preview."""
    return (
        f'<a href="{escape(hashtag.url)}" class="mention hashtag" rel="tag">'
        f"#<span>{escape(hashtag.name)}</span></a>"
    )


def wire_time(moment: datetime) -> str:
    """UTC, whole seconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _content(draft: NoteDraft) -> str:
    title = f"<p><strong>{escape(draft.title, quote=False)}</strong></p>" if draft.title else ""
    words = " ".join(hashtag_html(tag) for tag in draft.hashtags)
    return f"{title}{draft.html}" + (f"<p>{words}</p>" if words else "")


def _hashtag(hashtag: Hashtag) -> Json:
    return {"type": "Hashtag", "name": f"#{hashtag.name}", "href": hashtag.url}


def _mention(mention: Mention) -> Json:
    return {"type": "Mention", "name": f"@{mention.handle}", "href": mention.uri}


def _picture(picture: Picture) -> Json:
    document: Json = {
        "type": "Image",
        "mediaType": picture.media_type,
        "url": picture.url,
        "name": picture.alt,
        "width": picture.width,
        "height": picture.height,
    }
    return _without_empty(document, "name", "width", "height")


def _count(uri: str, name: str, total: int) -> Json:
    return {"id": f"{uri}/{name}", "type": "Collection", "totalItems": total}


def _policy(draft: NoteDraft) -> Json:
    """Absent, Mastodon lets nobody quote; only what everybody may read may be quoted by everybody."""
    everybody = PUBLIC in draft.audience.to or PUBLIC in draft.audience.cc
    return {"canQuote": {"automaticApproval": [PUBLIC if everybody else draft.author]}}


def _keys(draft: ActorDraft) -> Json:
    return {
        "publicKey": {
            "id": f"{draft.uri}#main-key",
            "owner": draft.uri,
            "publicKeyPem": draft.rsa_pem,
        },
        "assertionMethod": [
            {
                "id": f"{draft.uri}#ed25519-key",
                "type": "Multikey",
                "controller": draft.uri,
                "publicKeyMultibase": draft.ed25519_multibase,
            }
        ],
    }


def _implemented(draft: ActorDraft) -> Json:
    """On the server actor itself; everyone else names the server actor as `generator`."""
    server = draft.server
    listed = [{"type": "Link", "href": one.href, "name": one.name} for one in server.implements]
    if draft.uri == server.uri:
        return {"implements": listed}
    return {"generator": {"type": "Application", "id": server.uri, "name": server.name, "implements": listed}}


def _without_empty(document: Json, *names: str) -> Json:
    """Of these names, those that say nothing are left out: null and "" confuse some readers."""
    return {name: value for name, value in document.items() if value or name not in names}
