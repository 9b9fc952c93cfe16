"""The terms of an agreement as they travel: beside a Follow of a server actor, and beside its Accept.

Each side decides what it sends; the other one only hears of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from federation import activities
from federation.documents import parse_activity
from federation.vocabulary import Json
from hub.actors.minting import activity_uri
from hub.cleaning import plain_text
from hub.fediverse.actions import Reach, publish
from hub.fediverse.models import Follow, Neighbour
from hub.publications.models import Kind

KINDS = (Kind.NEED, Kind.OFFER, Kind.EVENT, Kind.PROJECT, Kind.EXPERIENCE)
MOST_KM = 1_000
WHY_CHARS = 1_000


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What goes to another hub: kinds of publications; `within` km around it, None: from anywhere here."""

    sends: tuple[str, ...] = tuple(kind.value for kind in KINDS)
    within: int | None = None
    why: str = ""


EVERYTHING = Terms()


def to_send(neighbour: Neighbour) -> Json:
    """Ours, as properties of a Follow or an Accept."""
    terms: Json = {"lavoir:sends": [kind for kind in KINDS if kind in neighbour.kinds_sent]}
    if neighbour.within is not None:
        terms["lavoir:within"] = neighbour.within
    return {**terms, "content": neighbour.why} if neighbour.why else terms


def read_terms(said: Mapping[str, object]) -> Terms:
    """Theirs; whatever is odd is left out."""
    listed = said.get("lavoir:sends")
    within = said.get("lavoir:within")
    is_distance = isinstance(within, int) and not isinstance(within, bool) and 0 < within <= MOST_KM
    return Terms(
        sends=known_kinds(listed if isinstance(listed, list) else ()),
        within=within if is_distance else None,  # type: ignore[arg-type]  # an int, as was looked
        why=read_words(said.get("content")),
    )


def known_kinds(listed: Iterable[object]) -> tuple[str, ...]:
    """In our order, each once."""
    named = {kind for kind in listed if isinstance(kind, str)}
    return tuple(kind.value for kind in KINDS if kind.value in named)


def read_words(content: object) -> str:
    """A reason in plain words, on one line."""
    return plain_text(content)[:WHY_CHARS] if isinstance(content, str) else ""


def parts_of(said: Mapping[str, object]) -> Json:
    """Only what read_terms() reads, so that a job can carry it."""
    return {name: said[name] for name in ("lavoir:sends", "lavoir:within", "content") if name in said}


async def send_later(theirs: Follow, until: datetime, why: str) -> None:
    """To who proposed: the answer comes later, until when; both actors must be loaded."""
    follower, followed = theirs.follower, theirs.followed
    asked = activities.follow(theirs.uri, actor=follower.uri, target=followed.uri)
    later = activities.tentative_accept(
        parse_activity(asked, now=datetime.now(UTC)),
        uri=activity_uri(followed.uri, "delays"),
        actor=followed.uri,
        until=until,
        content=why,
    )
    await publish(later, author=followed, reach=Reach(named=(follower,)))
