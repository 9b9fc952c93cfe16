"""What happens to actors: ours are established and described, those of others remembered."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from federation.documents import Actor as ActorDocument
from federation.origin import parse_uri
from hub.actors.minting import actor_uri, origin, relay_uri, server_uri
from hub.actors.models import KINDS, Actor, Role
from hub.cleaning import clean_html, plain_text
from hub.db import places, rows

SERVER_NAME, RELAY_NAME = "server", "relay"


async def establish(role: Role, *, name: str, display_name: str, hidden: bool = False) -> Actor:
    """An actor of ours, in the caller's transaction; the same one if it is there already."""
    uri = {Role.SERVER: server_uri(), Role.RELAY: relay_uri()}.get(role) or actor_uri(name)
    known = await Actor.here(name)
    if known is not None:
        return known
    return await Actor.create(
        uri=uri,
        role=role,
        name=name,
        handle=f"{name}@{parse_uri(origin(), plain=True).netloc}",
        kind=KINDS[role],
        display_name=display_name,
        hidden=hidden,
        url=f"{origin()}/about" if role in (Role.SERVER, Role.RELAY) else f"{origin()}/@{name}",
        inbox=f"{uri}/inbox",
        shared_inbox=f"{origin()}/inbox",
        followers_uri=f"{uri}/followers",
        featured_uri=f"{uri}/featured",
    )


async def remember(found: ActorDocument, *, at: datetime) -> Actor:
    """Insert another server's actor, or write down what it says of itself now; `at`: when it was asked."""
    await remember_all([(found, at)])
    actor = await Actor.get(uri=found.id)
    if actor.is_local:
        raise ValueError("an actor of ours is not another server's to describe")
    return actor


async def remember_all(found: Iterable[tuple[ActorDocument, datetime]]) -> None:
    """The same for several, each as of its time; older words change nothing, nor do words about ours.

    Its handle is confirmed by itself only: it stays while the name stays, and is asked for again otherwise.
    """
    latest = {document.id: (document, at) for document, at in sorted(found, key=lambda one: one[1])}
    facts = [_facts(*latest[uri]) for uri in sorted(latest)]
    await _meet_all({str(one["host"]): one["fetched_at"] for one in facts})
    names = [*facts[0]]
    says = ", ".join(f"{name} = excluded.{name}" for name in names if name not in _KEPT)
    await rows(
        f"INSERT INTO actor ({', '.join(names)}) VALUES {places(len(facts), len(names))}"
        f" ON CONFLICT (uri) DO UPDATE SET {says},"
        " handle = CASE WHEN actor.name = excluded.name THEN actor.handle END"
        " WHERE actor.role IS NULL"
        " AND (actor.fetched_at IS NULL OR actor.fetched_at <= excluded.fetched_at)",
        *(value for one in facts for value in one.values()),
    )


async def meet(host: str, *, at: datetime) -> None:
    """A row for another server, if it has none."""
    await _meet_all({host: at.astimezone(UTC)})


async def _meet_all(hosts: Mapping[str, object]) -> None:
    """Names and when; in their order, so that two who meet the same never wait for each other."""
    await rows(
        f"INSERT INTO host (name, met_at, policy, note, scheme, failures, last_error) VALUES"
        f" {places(len(hosts), 7)} ON CONFLICT (name) DO NOTHING",
        *(value for name in sorted(hosts) for value in (name, hosts[name], "", "", "cavage", 0, "")),
    )


async def forget_actor(actor: Actor, *, at: datetime) -> None:
    """It is gone: its row keeps the place, so that nobody comes back under its name."""
    actor.deleted_at = at
    actor.display_name = actor.summary = ""
    actor.icon_url = None
    await actor.save(update_fields=["deleted_at", "display_name", "summary", "icon_url"])


# What does not change when another server describes its actor again.
_KEPT = frozenset({"uri", "host", "created_at", "hidden", "extra", "updates"})


def _facts(found: ActorDocument, at: datetime) -> dict[str, object]:
    """Columns of `actor`."""
    now = at.astimezone(UTC)
    return {
        "uri": found.id,
        "host": parse_uri(found.id).netloc,
        "name": plain_text(found.preferred_username)[:128],
        "kind": found.type[:20],
        "display_name": plain_text(found.name),
        "summary": clean_html(found.summary),
        "url": found.url or found.id,
        "inbox": found.inbox,
        "shared_inbox": found.shared_inbox,
        "followers_uri": found.followers,
        "featured_uri": found.featured,
        "icon_url": found.icon,
        "approves_followers": found.manually_approves,
        "also_known_as": json.dumps(found.also_known_as),
        "moved_to": found.moved_to,
        "fetched_at": now,
        "created_at": now,
        "hidden": False,
        "extra": "{}",
        "updates": 0,
    }
