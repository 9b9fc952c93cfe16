"""What happens to actors: ours are established and described, those of others remembered."""

from datetime import UTC, datetime

from federation.documents import Actor as ActorDocument
from federation.origin import parse_uri
from hub.actors.minting import actor_uri, origin, server_uri
from hub.actors.models import KINDS, Actor, Role
from hub.cleaning import clean_html, plain_text
from hub.db import rows

SERVER_NAME = "server"


async def establish(role: Role, *, name: str, display_name: str, hidden: bool = False) -> Actor:
    """An actor of ours, in the caller's transaction; the same one if it is there already."""
    is_server = role is Role.SERVER
    uri = server_uri() if is_server else actor_uri(name)
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
        url=f"{origin()}/about" if is_server else f"{origin()}/@{name}",
        inbox=f"{uri}/inbox",
        shared_inbox=f"{origin()}/inbox",
        followers_uri=f"{uri}/followers",
        featured_uri=f"{uri}/featured",
    )


async def remember(found: ActorDocument, *, at: datetime) -> Actor:
    """Insert another server's actor, or write down what it says of itself now; `at`: when it was asked.

    Its handle is confirmed by itself only: it stays while the name stays, and is asked for again otherwise.
    """
    uri = parse_uri(found.id)
    await meet(uri.netloc, at=at)
    facts = _facts(found, at)
    known = await Actor.get_or_none(uri=found.id)
    if known is None:
        await Actor.bulk_create([Actor(uri=found.id, host=uri.netloc, **facts)], ignore_conflicts=True)
        return await Actor.get(uri=found.id)
    if known.is_local:
        raise ValueError("an actor of ours is not another server's to describe")
    if known.fetched_at is not None and known.fetched_at > at:
        return known
    if known.name != facts["name"]:
        facts["handle"] = None
    if facts["moved_to"] == known.moved_to:
        del facts["moved_to"]
    await known.update_from_dict(facts).save(update_fields=list(facts))
    return known


async def meet(host: str, *, at: datetime) -> None:
    """A row for another server, if it has none."""
    await rows(
        "INSERT INTO host (name, policy, note, met_at, scheme, failures, last_error)"
        " VALUES ($1, '', '', $2, 'cavage', 0, '') ON CONFLICT (name) DO NOTHING",
        *(host, at.astimezone(UTC)),
    )


async def forget_actor(actor: Actor, *, at: datetime) -> None:
    """It is gone: its row keeps the place, so that nobody comes back under its name."""
    actor.deleted_at = at
    actor.display_name = actor.summary = ""
    actor.icon_url = None
    await actor.save(update_fields=["deleted_at", "display_name", "summary", "icon_url"])


def _facts(found: ActorDocument, at: datetime) -> dict[str, object]:
    return {
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
        "also_known_as": list(found.also_known_as),
        "moved_to": found.moved_to,
        "fetched_at": at,
    }
