"""Atom feeds (RFC 4287) of what is public: the same for everybody, whoever asks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

from hub.actors.minting import origin
from hub.actors.models import Actor, Role
from hub.agenda.models import Standing
from hub.db import rows
from hub.db.conditions import quoted
from hub.errors import NotFound
from hub.exchange.models import SHOWN
from hub.publications.models import Kind, Publication
from hub.publications.visibility import ANYBODY, visible_sql
from hub.text import N_, gettext, speaking
from hub.village.actors import BOARDS
from hub.web.revalidating import Version, fresh, unchanged
from hub.web.viewer import Access, Handler, Page

MOST = 30
AT_ONCE = 100  # authors of one query; SQLite takes no more than 500
MEDIA_TYPE = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KINDS = (Kind.ANNOUNCEMENT, Kind.NEED, Kind.OFFER, Kind.EVENT, Kind.PROJECT)
FEEDS = {
    "/feed.atom": (N_("What is new in %(village)s"), "/"),
    "/needs.atom": (N_("Needs in %(village)s"), "/needs"),
    "/offers.atom": (N_("Offers in %(village)s"), "/offers"),
    "/agenda.atom": (N_("Agenda of %(village)s"), "/agenda"),
}


@dataclass(frozen=True, kw_only=True)
class Feed:
    """`since`: when it was changed last, where nothing is in it."""

    path: str
    page: str
    title: str
    since: datetime
    entries: Sequence[Publication]

    @property
    def changed_at(self) -> datetime:
        return max((_changed_at(each) for each in self.entries), default=self.since)


async def latest(kinds: Sequence[Kind], author: Actor | None = None) -> list[Publication]:
    """Public ones of ours, the newest first; of needs and offers those that hang, or went well.

    Dates that are still far away come once others are told of them. Of no kind there is nothing.
    """
    if not kinds:
        return []
    authors = Actor.filter(host="", role__in=[Role.VILLAGE.value, Role.ORGANISATION.value])
    ours = [one.id for one in await authors.only("id")] if author is None else [author.id]
    found: list[int] = []
    for first in range(0, len(ours), AT_ONCE):
        found += await _latest_ids(kinds, ours[first : first + AT_ONCE])
    latest_first = Publication.filter(id__in=found).select_related("author")
    return await latest_first.order_by("-published_at", "-id").limit(MOST)


async def _latest_ids(kinds: Sequence[Kind], authors: Sequence[int]) -> list[int]:
    """Of each author the newest by an index, so that nothing is read of what others published."""
    of_each = " UNION ALL ".join(
        f"SELECT * FROM (SELECT publication.id, publication.published_at {_HANGING}"
        # COALESCE: the index of the board begins with the kind, and would give what all villages published
        f" AND publication.author_id = ${number} AND COALESCE(publication.kind, '') IN ({quoted(kinds)})"
        f" {_NEWEST_FIRST}) AS of_one"
        for number, _ in enumerate(authors, 1)
    )
    found = await rows(f"SELECT id FROM ({of_each}) AS publication {_NEWEST_FIRST}", *authors)
    return [int(row["id"]) for row in found]


_NEWEST_FIRST = f"ORDER BY publication.published_at DESC, publication.id DESC LIMIT {MOST}"
_HANGING = (
    "FROM publication LEFT JOIN proposal ON proposal.publication_id = publication.id"
    " LEFT JOIN event ON event.publication_id = publication.id"
    " LEFT JOIN project ON project.publication_id = publication.id"
    f" WHERE {visible_sql(ANYBODY)} AND (publication.kind = '{Kind.ANNOUNCEMENT}'"
    f" OR proposal.state IN ({quoted(SHOWN)}) OR project.is_reviewed"
    f" OR (event.standing = '{Standing.PLANNED}' AND event.sent_at IS NOT NULL))"
)


def xml(feed: Feed) -> bytes:
    """The document of a feed."""
    root = ElementTree.Element("feed", {"xmlns": _NAMESPACE})
    _add(root, "id", origin() + feed.path)
    _add(root, "title", feed.title)
    _add(root, "updated", _moment(feed.changed_at))
    _add(root, "link", rel="self", type=MEDIA_TYPE, href=origin() + feed.path)
    _add(root, "link", rel="alternate", type="text/html", href=origin() + feed.page)
    for each in feed.entries:
        _add_entry(root, each)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _add_entry(root: ElementTree.Element, publication: Publication) -> None:
    entry, author = ElementTree.SubElement(root, "entry"), publication.author
    if publication.language:
        entry.set("xml:lang", publication.language)
    _add(entry, "id", publication.uri)
    _add(entry, "title", publication.title or author.display_name)
    _add(entry, "published", _moment(publication.published_at))
    _add(entry, "updated", _moment(_changed_at(publication)))
    _add(ElementTree.SubElement(entry, "author"), "name", author.display_name)
    _add(entry, "category", term=publication.kind.value)
    _add(entry, "link", rel="alternate", type="text/html", href=publication.url)
    _add(entry, "content", _content(publication), type="html")


def _content(publication: Publication) -> str:
    """All that others are told: of a need also when, where and how many, of a date when and where."""
    document = publication.document or {}
    told = document.get("content")
    text = told if isinstance(told, str) else publication.html
    when = document.get("summary") if publication.kind is Kind.EVENT else None
    return f"<p>{when}</p>{text}" if isinstance(when, str) else text


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **facts: str) -> None:
    clean = {key: _NOT_XML.sub("", value) for key, value in facts.items()}
    ElementTree.SubElement(parent, name, clean).text = None if text is None else _NOT_XML.sub("", text)


def _changed_at(publication: Publication) -> datetime:
    return publication.updated_at or publication.published_at


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def answer(request: Request, feed: Feed) -> Response:
    """The feed, or 304 for who has it already."""
    body = xml(feed)
    version = Version(body, feed.changed_at, request.state.site.open_to_visitors)
    return unchanged(version) if version.is_known(request) else fresh(version, body, media_type=MEDIA_TYPE)


def feed_of(path: str, kinds: Sequence[Kind], name: str) -> Handler:
    """All of these kinds."""

    async def show(request: Request) -> Response:
        site = request.state.site
        title, page = FEEDS[path]
        with speaking(site.locale):
            title = gettext(title) % {"village": site.name}
        feed = Feed(path=path, page=page, title=title, since=_LONG_AGO, entries=await latest(kinds))
        return answer(request, feed)

    show.__name__ = name
    return show


async def feed_of_actor(request: Request) -> Response:
    """What an actor of ours published, or what hangs on a board."""
    actor = await Actor.here(request.path_params["handle"].lower())
    unseen = (Role.SERVER, Role.RELAY)
    if actor is None or actor.deleted_at is not None or actor.hidden or actor.role in unseen:
        raise NotFound
    page = f"/@{actor.name}"
    entries = await latest(_of_board(actor)) if actor.role is Role.BOARD else await latest(_KINDS, actor)
    feed = Feed(
        path=f"{page}.atom", page=page, title=actor.display_name, since=actor.created_at, entries=entries
    )
    return answer(request, feed)


def _of_board(actor: Actor) -> list[Kind]:
    """What a board passes on: nothing, as yet, for those of other kinds."""
    kinds = (Kind.NEED, Kind.OFFER, Kind.PROJECT, Kind.EVENT)
    return [kinds[names.index(actor.name)] for names in BOARDS.values() if actor.name in names[: len(kinds)]]


_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

routes = [
    Page("/feed.atom", feed_of("/feed.atom", _KINDS, "feed"), access=Access.VISITOR),
    Page("/needs.atom", feed_of("/needs.atom", [Kind.NEED], "needs_feed"), access=Access.VISITOR),
    Page("/offers.atom", feed_of("/offers.atom", [Kind.OFFER], "offers_feed"), access=Access.VISITOR),
    Page("/agenda.atom", feed_of("/agenda.atom", [Kind.EVENT], "agenda_feed"), access=Access.VISITOR),
    Page("/@{handle}.atom", feed_of_actor, access=Access.VISITOR),
]
