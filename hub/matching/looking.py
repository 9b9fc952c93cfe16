"""Whenever a need or an offer is published, comes in, changes or ends, it is looked for what suits it.

The machine only writes down what it found; what becomes of it is for people.
"""

import asyncio
from datetime import UTC, datetime

from hub.db import places, rows, transaction
from hub.db.conditions import quoted
from hub.exchange.models import LIVING, Proposal
from hub.jobs import enqueue
from hub.matching.finding import CANDIDATES, MOST, SHARED, TIMEZONE, Suggested, is_open, suggest, traits_of
from hub.matching.models import Suggestion, Trait
from hub.matching.thesaurus import thesaurus
from hub.publications.models import Kind
from hub.village.models import Village

KEPT = 20  # of what suits one need or offer; who was told of so many knows enough
KEPT_OF_HOST = 5  # of those, from one other hub, however much it publishes
AT_ONCE = 500  # that nobody looked at yet, of one round


async def hear(proposal: Proposal) -> None:
    """In the transaction that changed it."""
    await enqueue(look_around, proposal_id=proposal.id)


async def look_around(proposal_id: int) -> None:
    """Write down what suits it now; forget what does not, unless somebody was told of it or set it aside."""
    proposal = await Proposal.filter(id=proposal_id).select_related("publication").first()
    if proposal is None or not is_open(proposal):
        await forget(proposal_id)
        return
    await asyncio.to_thread(thesaurus)  # it takes a second to read, once
    village = await Village.current()
    traits = traits_of(proposal, village.timezone if village is not None else TIMEZONE)
    async with transaction():  # first, so that of two that look at once one finds the other
        await Trait.filter(proposal_id=proposal_id).delete()
        await Trait.bulk_create(traits, ignore_conflicts=True)
    found = await suggest(proposal, CANDIDATES)
    async with transaction():
        await _write_down(proposal, found)


async def forget(proposal_id: int) -> None:
    """It is over: nothing is found for it any more, and it is found for nothing."""
    async with transaction():
        await Trait.filter(proposal_id=proposal_id).delete()
        await Suggestion.filter(need_id=proposal_id, told_at=None).delete()
        await Suggestion.filter(offer_id=proposal_id, told_at=None).delete()


async def look_again(now: datetime | None = None) -> None:
    """Look at what was there before anybody looked, or was missed; forget what ended by itself."""
    now = now or datetime.now(UTC)
    living = quoted(LIVING)
    missed = await rows(
        "SELECT proposal.id AS id FROM proposal JOIN publication ON publication.id = proposal.publication_id"
        f" WHERE proposal.state IN ({living}) AND proposal.expires_at > $1 AND proposal.link = ''"
        f" AND publication.deleted_at IS NULL AND publication.scope IN ({quoted(SHARED)})"
        " AND NOT EXISTS (SELECT 1 FROM trait WHERE trait.proposal_id = proposal.id)"
        f" ORDER BY proposal.id LIMIT {AT_ONCE}",
        now,
    )
    over = await rows(
        "SELECT trait.proposal_id AS id FROM trait JOIN proposal ON proposal.id = trait.proposal_id"
        " JOIN publication ON publication.id = proposal.publication_id"
        f" WHERE trait.term = '' AND trait.kind IN ('{Kind.NEED.value}', '{Kind.OFFER.value}')"
        f" AND (proposal.state NOT IN ({living}) OR proposal.expires_at <= $1"
        f" OR publication.deleted_at IS NOT NULL) LIMIT {AT_ONCE}",
        now,
    )
    for row in [*missed, *over]:
        await look_around(row["id"])


async def _write_down(proposal: Proposal, found: list[Suggested]) -> None:
    """Only the best are new; what is known already stays as long as it suits."""
    is_need = proposal.publication.kind is Kind.NEED
    side, other, most = ("need_id", "offer_id", MOST) if is_need else ("offer_id", "need_id", KEPT)
    known = {getattr(one, other): one for one in await Suggestion.filter(**{side: proposal.id})}
    for place, one in enumerate(found):
        row = known.pop(one.proposal.id, None)
        if row is None and place < most:
            row = Suggestion(**{side: proposal.id, other: one.proposal.id})
        if row is not None:
            row.score, row.reasons = one.score, one.reasons
            await row.save()
    stale = [row.id for row in known.values() if row.told_at is None and row.dismissed_at is None]
    await Suggestion.filter(id__in=stale).delete()
    await _leave_the_best(side, other, [proposal.id])
    await _leave_the_best(other, side, [one.proposal.id for one in found])


async def _leave_the_best(side: str, other: str, ids: list[int]) -> None:
    """For each of `ids`; what somebody was told of, or set aside, stays and takes a place."""
    if not ids:
        return
    order = "ORDER BY CASE WHEN told_at IS NULL AND dismissed_at IS NULL THEN 1 ELSE 0 END, score DESC, id"
    all_of_it = (
        "SELECT suggestion.id, suggestion.told_at, suggestion.dismissed_at, suggestion.score, actor.host,"
        f" suggestion.{side} AS side FROM suggestion JOIN proposal ON proposal.id = suggestion.{other}"
        " JOIN publication ON publication.id = proposal.publication_id"
        " JOIN actor ON actor.id = publication.author_id"
        f" WHERE suggestion.{side} IN ({places(len(ids))})"
    )
    placed = (
        f"SELECT one.*, row_number() OVER (PARTITION BY side {order}) AS place,"
        f" row_number() OVER (PARTITION BY side, host {order}) AS of_host FROM ({all_of_it}) AS one"
    )
    await rows(
        f"DELETE FROM suggestion WHERE id IN (SELECT id FROM ({placed}) AS placed WHERE told_at IS NULL"
        f" AND dismissed_at IS NULL AND (place > {KEPT} OR (host <> '' AND of_host > {KEPT_OF_HOST})))",
        *ids,
    )
