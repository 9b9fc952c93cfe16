"""What becomes of suggestions: shown, told once, set aside, put to both sides. People decide.

What somebody may not see is not suggested to them: the same rules as for every page.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from tortoise.expressions import Q, Subquery

from hub import limits
from hub.db import transaction
from hub.errors import NotFound
from hub.exchange.models import LIVING, Pledge, PledgeState, Proposal, State
from hub.matching import notices
from hub.matching.models import Suggestion
from hub.matching.scoring import SURE
from hub.publications.models import Kind
from hub.publications.visibility import Reader, may_see
from hub.village.models import Village

BETWEEN = timedelta(days=1)  # two messages about the same need or offer
TOLD_AT_ONCE = 200  # rows looked at in one transaction
ROUNDS = 20

_OF_SIDE = ("publication__author", "owner", "organisation")
_BOTH_SIDES = tuple(f"{side}__{name}" for side in ("need", "offer") for name in _OF_SIDE)
_GIVEN_UP = (PledgeState.DECLINED, PledgeState.WITHDRAWN)


async def suggested_for(
    proposals: Collection[Proposal], reader: Reader, *, most: int = limits.SUGGESTIONS_SHOWN
) -> dict[int, list[Suggestion]]:
    """By the id of each need or offer, the best first: what lives, this reader sees, and nobody set aside."""
    ids = [one.id for one in proposals]
    if not ids:
        return {}
    sides = Q(need_id__in=ids) | Q(offer_id__in=ids)
    standing = Suggestion.filter(sides, dismissed_at=None).order_by("-score", "id")
    found: dict[int, list[Suggestion]] = {}
    for one in await standing.select_related(*_BOTH_SIDES):
        for own, other in ((one.need, one.offer), (one.offer, one.need)):
            if own.id in ids and is_standing(other, reader) and len(found.setdefault(own.id, [])) < most:
                found[own.id].append(one)
    return found


def is_standing(proposal: Proposal, reader: Reader) -> bool:
    """Whether it still lives, and this reader may see it; what was hidden is suggested to nobody."""
    if proposal.state not in LIVING or proposal.link or proposal.expires_at <= datetime.now(UTC):
        return False
    return proposal.publication.hidden_at is None and may_see(proposal.publication, reader)


async def dismiss(proposal: Proposal, suggestion_id: int) -> None:
    """It does not suit; nobody is told. Raises NotFound for what is not a suggestion about `proposal`."""
    theirs = Suggestion.filter(Q(need_id=proposal.id) | Q(offer_id=proposal.id), id=suggestion_id)
    if not await theirs.update(dismissed_at=datetime.now(UTC)):
        raise NotFound


async def put_to_both(suggestion_id: int) -> None:
    """An agent thinks that it suits: both sides that are here are told so, once. Raises NotFound."""
    async with transaction():
        found = Suggestion.filter(id=suggestion_id, dismissed_at=None)
        one = await found.select_related(*_BOTH_SIDES).first()
        if one is None:
            raise NotFound
        if await Suggestion.filter(id=one.id, proposed_at=None).update(proposed_at=datetime.now(UTC)):
            for own in (one.need, one.offer):
                if is_standing(notices.other_side(one, own), reader_for(own)):
                    await notices.put(own, one)


def reader_for(proposal: Proposal) -> Reader:
    """Its author, as a reader of the board: a member, or anybody."""
    return Reader(member=proposal.owner is not None and proposal.owner.member_id is not None)


async def tell_found(now: datetime | None = None) -> None:
    """Tell authors of what was found since, at most one message a day about each of theirs; those that
    cannot be told of it, as other hubs' authors, are not told later either.
    """
    now = now or datetime.now(UTC)
    for _ in range(ROUNDS):
        async with transaction():
            rows = await _due(now)
            await Suggestion.filter(id__in=[one.id for one in rows]).update(told_at=now)
            for own, listed in _by_side(rows):
                await notices.found(own, listed)
        if len(rows) < TOLD_AT_ONCE:
            return


async def _due(now: datetime) -> list[Suggestion]:
    """Untold, about what nobody was told about within a day; locked, so that each is told once."""
    lately = Suggestion.filter(told_at__gt=now - BETWEEN, told_at__lt=now)
    needs, offers = Subquery(lately.values("need_id")), Subquery(lately.values("offer_id"))
    untold = Suggestion.filter(told_at=None, dismissed_at=None, score__gte=SURE).exclude(
        Q(need_id__in=needs) | Q(offer_id__in=offers)
    )
    listed = untold.order_by("-score", "id").limit(TOLD_AT_ONCE).select_for_update()
    ids = [one.id for one in await listed.only("id")]
    if not ids:
        return []
    return await Suggestion.filter(id__in=ids).order_by("-score", "id").select_related(*_BOTH_SIDES)


def _by_side(rows: Sequence[Suggestion]) -> list[tuple[Proposal, list[Suggestion]]]:
    """For each need and offer of ours what its author may be told, the best few."""
    found: dict[int, tuple[Proposal, list[Suggestion]]] = {}
    for one in rows:
        for own in (one.need, one.offer):
            other = notices.other_side(one, own)
            if own.owner is not None and own.state in LIVING and is_standing(other, reader_for(own)):
                found.setdefault(own.id, (own, []))[1].append(one)
    return [(own, listed[: limits.SUGGESTIONS_TOLD]) for own, listed in found.values()]


async def silent_needs(now: datetime | None = None, *, most: int = 50) -> list[Proposal]:
    """Of this village, those that nobody has answered, the longest silence first; agents alone see all."""
    village = await Village.current()
    if village is None or village.is_region:
        return []
    now = now or datetime.now(UTC)
    open_ones = Proposal.filter(
        owner_id__not_isnull=True,
        state=State.OPEN,
        expires_at__gt=now,
        link="",
        publication__kind=Kind.NEED,
        publication__deleted_at=None,
        publication__hidden_at=None,
    )
    listed = (
        await open_ones.order_by("changed_at", "id")
        .limit(most)
        .select_related("publication__author", "owner", "organisation")
    )
    waiting = Pledge.filter(proposal_id__in=[one.id for one in listed]).exclude(state__in=list(_GIVEN_UP))
    answered = set(await waiting.values_list("proposal_id", flat=True)) if listed else set()
    return [one for one in listed if one.id not in answered]
