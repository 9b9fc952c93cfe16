"""Decisions about other servers: with whom there is no exchange, who is a neighbour, whom to try now.

A decision about a name holds for every name below it and for every port (see hub.actors.hosts).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import idna
from tortoise.expressions import Q, Subquery

from federation.addresses import read_address
from federation.errors import InvalidDocument
from federation.origin import host_and_parents, parse_host, parse_uri
from hub.actors.hosts import OPEN, bare, policies, policies_changed
from hub.actors.minting import origin
from hub.actors.models import Actor, Host, Policy
from hub.db import rows, transaction
from hub.errors import NotFound
from hub.exchange.blocking import stop_waiting
from hub.fediverse import queue
from hub.fediverse.models import Delivery, Follow
from hub.journal import Person, record, record_each
from hub.publications.hiding import AT_ONCE, move, some_at_a_time
from hub.publications.models import Kind, Publication, Scope
from hub.text import N_

NOTE_LENGTH = 500

NOT_A_NAME = N_("This is not the name of a server. It looks like mastodon.example.")
TOO_WIDE = N_("This is the ending of many names. Write the name of one server.")
OURS = N_("This is your own server.")

parted: list[Callable[[Sequence[str], Person | None], Awaitable[None]]] = []
"""The composition root puts here who ends what there is with servers that are blocked, and by whom."""


def read_name(text: str) -> str:
    """The name of a server as it is written down here. Raises ValueError with a sentence for people."""
    name = text.strip().lower().removeprefix("*.").rstrip(".")
    try:
        name = parse_host(name if name.isascii() else idna.encode(name, uts46=True).decode())
    except (InvalidDocument, idna.IDNAError):
        raise ValueError(NOT_A_NAME) from None
    if "." not in bare(name) and read_address(bare(name)) is None:
        raise ValueError(TOO_WIDE)
    if bare(name) == parse_uri(origin(), plain=True).host:
        raise ValueError(OURS)
    return name


async def block(notes: Mapping[str, str], *, by: Person | None = None) -> None:
    """Have nothing to do with these servers any more; `notes` says why, in words that others may read.

    Nobody there follows anybody here, or the other way round; what waits to be sent there is dropped, and
    what came from there is taken off the pages. Those who are there are not told.
    """
    at = datetime.now(UTC)
    async with transaction():
        known = {host.name for host in await Host.filter(policy=Policy.BLOCKED).only("name")}
        for name in known & notes.keys():
            await Host.filter(name=name).update(note=notes[name])
        fresh = {name: note for name, note in notes.items() if name not in known}
        await _decide(Policy.BLOCKED, fresh, at)
        for hosts in some_at_a_time(await _below(fresh)):
            for part in parted:
                await part(hosts, by)
            await stop_waiting(host__in=hosts)
            await _part(hosts, at)
        await record_each("host-blocked", fresh, by=by)


async def silence(name: str, note: str = "", *, by: Person | None = None) -> None:
    """What comes from there is read by agents before anybody else; follows stay, and nobody is told."""
    async with transaction():
        await _forget_decision(name)
        await _decide(Policy.SILENCED, {name: note}, datetime.now(UTC))
        await record("host-silenced", name, by=by, why=note)


async def release(name: str, *, by: Person | None = None) -> None:
    """Undo what was decided; follows do not come back, for people may have thought again."""
    async with transaction():
        await _forget_decision(name)
        await record("host-released", name, by=by)
        await rows(
            "DELETE FROM host WHERE name = $1 AND heard_at IS NULL AND succeeded_at IS NULL"
            " AND next_at IS NULL AND failing_since IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM actor WHERE actor.host = $1)",
            name,
        )


async def try_now(name: str) -> None:
    """Send what waits for it at once, whatever the failures until now."""
    async with transaction():
        if not await Host.select_for_update().filter(name=name).exists():
            raise NotFound
        await Delivery.filter(host=name).update(not_before=None)
        if await Delivery.exists(host=name):
            await Host.filter(name=name).update(next_at=datetime.now(UTC))
        queue.QUEUED.send()


async def _decide(policy: Policy, notes: Mapping[str, str], at: datetime) -> None:
    decided = [
        Host(name=name, policy=policy, note=note, decided_at=at) for name, note in sorted(notes.items())
    ]
    if decided:
        await Host.bulk_create(
            decided, AT_ONCE, on_conflict=["name"], update_fields=["policy", "note", "decided_at"]
        )
    policies_changed()


async def _forget_decision(name: str) -> None:
    host = await Host.select_for_update().get_or_none(name=name)
    if host is None:
        return
    await Host.filter(name=name).update(policy=Policy.NONE, note="", decided_at=None)
    policies_changed()
    if host.policy is Policy.BLOCKED and host.decided_at is not None:
        await _show(host.decided_at)


async def _below(names: Iterable[str]) -> list[str]:
    """Every server that we know under one of these names."""
    decided = {bare(name) for name in names}
    if not decided:
        return []
    known = [str(name) for name in await Host.all().order_by("name").values_list("name", flat=True)]
    return [name for name in known if not decided.isdisjoint(host_and_parents(bare(name)))]


async def _part(hosts: Sequence[str], at: datetime) -> None:
    """No follows, no deliveries, nothing to be seen; `at` tells what to show again one day."""
    there = Subquery(Actor.filter(host__in=hosts).values("id"))
    await Follow.filter(follower_id__in=there).delete()
    await Follow.filter(followed_id__in=there).delete()
    await Delivery.filter(host__in=hosts).delete()
    await Host.filter(name__in=hosts).update(next_at=None)
    await move(Publication.filter(author_id__in=there, hidden_at=None), hidden_at=at)


async def _show(hidden_at: datetime) -> None:
    """What a block took off the pages, except where another block holds.

    Nor what was for neighbours, answers apart: the block has ended the agreement that it came by.
    """
    hidden, decided = Publication.filter(hidden_at=hidden_at), await policies()
    hidden = hidden.filter(Q(scope__not=Scope.NEIGHBOURS) | Q(kind=Kind.ANSWER))
    names = {str(name) for name in await hidden.distinct().values_list("author__host", flat=True)}
    for hosts in some_at_a_time(sorted(name for name in names if not decided.refuse(name, OPEN))):
        there = Subquery(Actor.filter(host__in=hosts).values("id"))
        await move(hidden.filter(author_id__in=there), hidden_at=None)
