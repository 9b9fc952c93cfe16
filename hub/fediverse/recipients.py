"""Who gets an activity: one statement from relations to inboxes, however many followers there are.

A shared inbox where it serves several, the personal one for who is named or alone, as
federation.addressing.inboxes says; never our own, never one of a host that we refuse, of somebody whom we
refuse, or of somebody who blocked the author.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.actors.hosts import OPEN, federation_mode, policies
from hub.actors.models import Actor, Role
from hub.db import places, rows
from hub.fediverse.models import Activity, AgreementState
from hub.places.distance import Point, square_sql
from hub.publications.models import Deed, Kind, Publication, Scope

PARAMETERS = 500  # in one statement


@dataclass(frozen=True)
class Reach:
    """`followers_of`: all who follow one of them. `named`: told in their own inboxes.

    `about` adds those who met a publication: to whom an actor of ours announced it, who answered it, liked it
    or boosted it, or was named in it. It also limits: what is for neighbours leaves for neighbours only, what
    is for one person for nobody but who was named.
    `known_to` adds whoever had to do with an actor: whom it follows, who answered it or liked what it wrote.
    `agreed` adds the hubs that get it by virtue of an agreement: its kind, from that near, as we said that we
    send it there. `gone_since`: every hub that may have what was published then, whatever was agreed since.
    """

    followers_of: tuple[Actor, ...] = ()
    named: tuple[Actor, ...] = ()
    about: Publication | None = None
    known_to: Actor | None = None
    agreed: Publication | None = None
    gone_since: datetime | None = None


async def address(activity: Activity, reach: Reach, *, signing_key_id: int | None = None) -> None:
    """Write one Delivery for each inbox, and that its host has to be called, in the caller's transaction."""
    if reach.about is not None and reach.about.reach is Scope.VILLAGE:
        return
    values: list[Any] = [activity.id, activity.actor_id]
    written = await rows(
        f"WITH reached (id, named) AS ({' UNION ALL '.join(await _reached(reach, values))}),"
        " away AS (SELECT actor.host, actor.inbox, actor.shared_inbox, MAX(reached.named) AS named"
        f" FROM reached JOIN actor ON actor.id = reached.id WHERE {_reachable(reach, values)}"
        " GROUP BY actor.host, actor.inbox, actor.shared_inbox),"
        # No join: of two lists whose length it does not know a planner compares each row with each.
        " inboxes AS (SELECT host, CASE WHEN COUNT(*) > 1 THEN shared_inbox ELSE MIN(inbox) END AS inbox"
        " FROM away WHERE shared_inbox IS NOT NULL GROUP BY host, shared_inbox HAVING MIN(named) = 0"
        " UNION ALL SELECT host, inbox FROM away WHERE named = 1 OR shared_inbox IS NULL)"
        " INSERT INTO delivery (activity_id, actor_id, host, inbox, queued_at, attempts, signing_key_id)"
        " SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), MIN(host), inbox,"
        " (SELECT made_at FROM activity WHERE id = $1), 0,"
        f" {'CAST(NULL AS INTEGER)' if signing_key_id is None else int(signing_key_id)}"
        # Once for each inbox: leaving it to ON CONFLICT takes a quarter longer for each row.
        " FROM inboxes GROUP BY inbox RETURNING host",
        *values,
    )
    if written:
        await _leave_out_refused(activity, {row["host"] for row in written})
        await _call_hosts(activity)


async def _reached(reach: Reach, values: list[Any]) -> list[str]:
    """Selects of (actor, whether it is meant by name); what they take is put behind `values`."""
    named = {actor.id for actor in reach.named}
    selects = []
    if reach.followers_of:
        followed = _put(values, *(actor.id for actor in reach.followers_of))
        selects.append(f"{_FOLLOWERS} WHERE follow.followed_id IN ({followed}) AND {_ACCEPTED}")
    if reach.about is not None:
        named |= await _named_in(reach.about)
        if reach.about.scope is not Scope.DIRECT:  # whoever answers a private one may have guessed its URI
            selects += _met(_put(values, reach.about.id))
    if reach.agreed is not None:
        selects.append(await _by_agreement(reach.agreed))
    if reach.gone_since is not None:
        selects.append(f"SELECT neighbour.actor_id, 0 FROM neighbour WHERE {_may_have(reach, values)}")
    if reach.known_to is not None:
        selects += _had_to_do_with(_put(values, reach.known_to.id))
    # also where there is nobody: a select of nothing
    return [*selects, f"SELECT id, 1 FROM actor WHERE id IN ({_put(values, *named)})"]


AGREED_KINDS = frozenset({Kind.NEED, Kind.OFFER, Kind.EVENT, Kind.PROJECT, Kind.EXPERIENCE})


async def _by_agreement(publication: Publication) -> str:
    """Neighbours to whom we send this kind from there; regions get what everybody may read."""
    select = f"SELECT neighbour.actor_id, 0 FROM neighbour WHERE {agreed_sql(publication.reach)}"
    if publication.kind not in AGREED_KINDS:  # news: for neighbours only where its author says so
        return select if publication.reach is Scope.NEIGHBOURS else f"{select} AND 1 = 0"
    select += f" AND ',' || neighbour.sends || ',' LIKE '%,{publication.kind.value},%'"
    point = point_of(publication) or await _own_point()
    if point is None:
        return select
    near = f"{square_sql('neighbour', point)} <= neighbour.within * neighbour.within"
    return f"{select} AND (neighbour.within IS NULL OR neighbour.latitude IS NULL OR {near})"


def may_have_sql(since: str, scope: Scope) -> str:
    """The hubs that may have what was published at `since`, as a condition on `neighbour`.

    Whoever asks anew, or is asked, has no agreement (`agreed_at` is null), and has removed what it had.
    """
    still = f"neighbour.state IN ('{AgreementState.AGREED}', '{AgreementState.PAUSED}')"
    had = f"neighbour.agreed_at IS NOT NULL AND ({still} OR neighbour.changed_at >= {since})"
    return f"{had} AND NOT neighbour.is_region" if scope is Scope.NEIGHBOURS else had


def _may_have(reach: Reach, values: list[Any]) -> str:
    """Of a reach of what is gone; its moment is put behind `values`."""
    values.append(reach.gone_since)
    return may_have_sql(f"${len(values)}", reach.agreed.reach if reach.agreed else Scope.PUBLIC)


def agreed_sql(scope: Scope) -> str:
    """The neighbours that may have something of this scope, as a condition on `neighbour`."""
    agreed = f"neighbour.state = '{AgreementState.AGREED}'"
    return agreed if scope is Scope.PUBLIC else f"{agreed} AND NOT neighbour.is_region"


def point_of(publication: Publication) -> Point | None:
    """Where it is, as its document says."""
    place = (publication.document or {}).get("location")
    places_ = place if isinstance(place, list) else [place]
    for one in places_:
        found = (one.get("latitude"), one.get("longitude")) if isinstance(one, dict) else (None, None)
        if isinstance(found[0], float) and isinstance(found[1], float):
            return found[0], found[1]
    return None


async def _own_point() -> Point | None:
    """Of the village, as its server says."""
    server = await Actor.of_role(Role.SERVER)
    place = server.extra.get("location") if server is not None else None
    if not isinstance(place, dict):
        return None
    return float(place["latitude"]), float(place["longitude"])


_FOLLOWERS = "SELECT follow.follower_id, 0 FROM follow"
_ACCEPTED = "follow.accepted_at IS NOT NULL"
_REACTIONS = "reaction JOIN publication ON publication.id = reaction.publication_id"


def _met(publication: str) -> list[str]:
    return [
        f"{_FOLLOWERS} JOIN reaction ON reaction.actor_id = follow.followed_id AND {_ACCEPTED}"
        f" WHERE reaction.publication_id = {publication} AND reaction.deed = '{Deed.ANNOUNCE}'",
        f"SELECT actor_id, 0 FROM reaction WHERE publication_id = {publication}",
        f"SELECT author_id, 0 FROM publication WHERE root_id = {publication}",
        "SELECT answer.author_id, 0 FROM publication AS answer JOIN publication AS answered"
        f" ON answered.uri = answer.in_reply_to WHERE answered.id = {publication}",
    ]


def _had_to_do_with(actor: str) -> list[str]:
    return [
        f"SELECT followed_id, 0 FROM follow WHERE follower_id = {actor}",
        f"SELECT reaction.actor_id, 0 FROM {_REACTIONS} WHERE publication.author_id = {actor}",
        f"SELECT publication.author_id, 0 FROM {_REACTIONS} WHERE reaction.actor_id = {actor}",
        "SELECT answer.author_id, 0 FROM publication AS answer JOIN publication AS root"
        f" ON root.id = answer.root_id WHERE root.author_id = {actor}",
        "SELECT answered.author_id, 0 FROM publication AS answer JOIN publication AS answered"
        f" ON answered.uri = answer.in_reply_to WHERE answer.author_id = {actor}",
    ]


async def _named_in(publication: Publication) -> set[int]:
    tags = (publication.document or {}).get("tag")
    hrefs = [tag.get("href") for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    if not hrefs:
        return set()
    return set(await Actor.filter(uri__in=hrefs).values_list("id", flat=True))  # type: ignore[arg-type]


def _reachable(reach: Reach, values: list[Any]) -> str:
    """Conditions on `actor`; the author is the second of the `values`, behind which theirs are put."""
    conditions = (
        "actor.role IS NULL AND actor.suspended_at IS NULL AND actor.deleted_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM block WHERE block.by_id = actor.id AND block.target_id = $2)"
    )
    for_neighbours = reach.about is not None and reach.about.reach is Scope.NEIGHBOURS
    if not for_neighbours:
        return conditions
    # what was for neighbours is told to be gone also where it no longer would be sent
    which = agreed_sql(Scope.NEIGHBOURS) if reach.gone_since is None else _may_have(reach, values)
    return f"{conditions} AND actor.host IN (SELECT neighbour.host FROM neighbour WHERE {which})"


# What a hub still has to hear that asks us, or with which it is over; nothing that is new goes there.
_LAST_WORDS = frozenset({"Delete", "Reject", "TentativeAccept", "Undo"})


async def _leave_out_refused(activity: Activity, hosts: set[str]) -> None:
    decided, mode = await policies(), federation_mode()
    if mode == OPEN and not decided.blocked:
        return  # with nobody; and of thousands of hosts it takes a while to look at each
    last = activity.type in _LAST_WORDS
    refused = sorted(host for host in hosts if decided.refuse(host, mode, sending=last))
    for some in _some_at_a_time(refused):
        their = f"activity_id = $1 AND host IN ({places(len(some), first=2)})"
        await rows(f"DELETE FROM delivery WHERE {their}", activity.id, *some)


async def _call_hosts(activity: Activity) -> None:
    """In order of names, so that two who publish never wait for each other.

    Also where nothing changes: whoever is just finishing with the host has to see the new rows.
    """
    await rows(
        "INSERT INTO host (name, policy, note, met_at, scheme, failures, last_error, next_at)"
        " SELECT DISTINCT host, '', '', queued_at, 'cavage', 0, '', queued_at FROM delivery"
        " WHERE activity_id = $1 ORDER BY host"
        " ON CONFLICT (name) DO UPDATE SET next_at = COALESCE(host.next_at, excluded.next_at)",
        activity.id,
    )


def _put(values: list[Any], *ids: int) -> str:
    """Placeholders for `ids`, which become values; 0, which nobody has, where there are none."""
    added, first = sorted({*ids}) or [0], len(values) + 1
    values += added
    return places(len(added), first=first)


def _some_at_a_time(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + PARAMETERS] for start in range(0, len(names), PARAMETERS))
