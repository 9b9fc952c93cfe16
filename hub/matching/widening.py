"""A need that nobody answers asks further: its village, the villages around, the region.

Only where its author agreed, and only its title, what it is about and the hamlet. What others read of it is
its document (`brief`); on our own pages nobody sees more or less of it than before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tortoise.queryset import QuerySet

from hub import limits
from hub.db import transaction
from hub.errors import Conflict
from hub.exchange import publishing as exchange
from hub.exchange.models import COMMITTED, PENDING, Pledge, Proposal, Slot, State
from hub.exchange.settling import own
from hub.fediverse import publishing
from hub.fediverse.models import Activity, AgreementState, Neighbour
from hub.matching import notices
from hub.participants.ageing import each_row
from hub.places.distance import Point, distance_km, point_of
from hub.publications.models import Kind, Scope
from hub.text import N_
from hub.village.models import Village

TOO_LATE = N_("This need does not look for help any more.")
NOT_THIS = N_("This need cannot ask around: it has several times, or everybody reads it already.")
TAKEN_BACK = N_(
    "It was asked around and taken back: nobody else shows it again. Hang up a new one to ask anew."
)


@dataclass(frozen=True, kw_only=True)
class Circle:
    """How far a need asks, and what comes next.

    `reach` is whom it has reached; `following` whom it asks next, None: nobody; `at` when, if it is silent
    until then. `villages` and `regions` are the names of those with which there is an agreement about needs.
    `stays`: it is not taken back from where it is known.
    """

    reach: Scope
    following: Scope | None
    at: datetime | None
    villages: Sequence[str]
    regions: Sequence[str]
    is_answered_elsewhere: bool
    stays: bool


async def circle_of(proposal: Proposal) -> Circle:
    """Of a need of ours; its publication must be loaded."""
    villages, regions = await _around()
    reach = proposal.publication.reach
    following = following_scope(reach, has_villages=bool(villages), has_regions=bool(regions))
    is_answered = await _is_answered_elsewhere(proposal)
    return Circle(
        reach=reach,
        following=following,
        at=due_at(proposal) if following is not None and proposal.widens else None,
        villages=villages,
        regions=regions,
        is_answered_elsewhere=is_answered,
        stays=is_answered or proposal.publication.scope is not Scope.VILLAGE,
    )


async def _around() -> tuple[list[str], list[str]]:
    """Names of the villages and the regions to which needs go from here, as was agreed with each."""
    village = await Village.current()
    here = None if village is None else village.point
    agreed = await Neighbour.filter(state=AgreementState.AGREED).order_by("name", "host")
    asked = [one for one in agreed if Kind.NEED in one.kinds_sent and _is_near(one, here)]
    villages = [one.name or one.host for one in asked if not one.is_region]
    return villages, [one.name or one.host for one in asked if one.is_region]


def _is_near(neighbour: Neighbour, here: Point | None) -> bool:
    there = point_of(neighbour)
    if neighbour.within is None or here is None or there is None:
        return True
    return distance_km(here, there) <= neighbour.within


def following_scope(reach: Scope, *, has_villages: bool, has_regions: bool) -> Scope | None:
    """The next circle in which there is somebody to ask."""
    if reach is Scope.VILLAGE and has_villages:
        return Scope.NEIGHBOURS
    return Scope.PUBLIC if reach is not Scope.PUBLIC and has_regions else None


def due_at(proposal: Proposal) -> datetime:
    """When it asks further, as long as nobody answers: sooner where its day is near."""
    since = max(proposal.changed_at, proposal.publication.published_at, *filter(None, [proposal.widened_at]))
    usual = since + timedelta(hours=limits.SILENT_HOURS)
    day = proposal.starts_at or proposal.ends_at
    if day is not None and day < since + timedelta(days=limits.SOON_DAYS):
        return since + timedelta(hours=limits.SILENT_HOURS_SOON)
    return usual


async def can_widen(proposal: Proposal) -> bool:
    """Whether its author can be asked at all: a need of ours that lives, for one time, not for everybody."""
    publication = proposal.publication
    is_ours = (
        proposal.owner_id is not None and publication.kind is Kind.NEED and publication.deleted_at is None
    )
    if not is_ours or proposal.link or proposal.nights or publication.scope is Scope.PUBLIC:
        return False
    return not was_taken_back(proposal) and not await Slot.exists(proposal_id=proposal.id)


def was_taken_back(proposal: Proposal) -> bool:
    """Whether others were told that it is gone: what is gone for them never comes back."""
    return proposal.widened_at is not None and proposal.publication.told_to is None


async def agree(proposal: Proposal) -> None:
    """Its author wants others to be asked where nobody answers. Raises Conflict where it cannot be."""
    async with transaction():
        ours = await own(proposal)
        if ours.state not in (State.OPEN, State.UNDER_WAY, State.REVIEW):
            raise Conflict(TOO_LATE)
        if not await can_widen(ours):
            raise Conflict(TAKEN_BACK if was_taken_back(ours) else NOT_THIS)
        ours.widens = True
        await ours.save(update_fields=["widens"])


async def stop(proposal: Proposal) -> None:
    """No further, and back from where it was asked, unless somebody there answered, who needs it still.

    What its author meant for the neighbours from the beginning is theirs: it stays until it is over.
    """
    async with transaction():
        ours = await own(proposal)
        publication, ours.widens = ours.publication, False
        is_for_here = publication.scope is Scope.VILLAGE
        if publication.told_to is not None and is_for_here and not await _is_answered_elsewhere(ours):
            await publishing.withdraw(publication)
            ours.brief = False
        await ours.save(update_fields=["widens", "brief"])


async def widen_silent(now: datetime | None = None) -> None:
    """Each hour: those that have waited long enough, each in its own transaction."""
    now = now or datetime.now(UTC)
    villages, regions = await _around()
    if not villages and not regions:
        return
    async for proposal in each_row(_asking(now).select_related("publication")):
        reach = proposal.publication.reach
        scope = following_scope(reach, has_villages=bool(villages), has_regions=bool(regions))
        if scope is not None and due_at(proposal) <= now:
            await _widen(proposal, scope, now)


def _asking(now: datetime) -> QuerySet[Proposal]:
    """Ours whose authors agreed and that nobody has said yes to; the index on (widens, state) finds them."""
    return Proposal.filter(
        widens=True,
        state=State.OPEN,
        owner_id__not_isnull=True,
        expires_at__gt=now,
        publication__kind=Kind.NEED,
        publication__deleted_at=None,
        publication__hidden_at=None,
    )


async def _widen(proposal: Proposal, scope: Scope, now: datetime) -> None:
    async with transaction():
        ours = await own(proposal)
        if not ours.widens or ours.state is not State.OPEN or due_at(ours) > now:
            return
        if not await can_widen(ours) or await Pledge.exists(proposal_id=ours.id, state__in=list(PENDING)):
            return
        ours.brief, ours.widened_at = True, now
        await ours.save(update_fields=["brief", "widened_at"])
        await _tell(ours, scope)
        await notices.widened(ours, scope)


async def _tell(proposal: Proposal, scope: Scope) -> None:
    """Whoever may have it from now on, and, shorter, who had all of it before."""
    publication = proposal.publication
    was_sent = await Activity.exists(uri=f"{publication.uri}/create")
    publication.told_to = scope
    await publication.save(update_fields=["told_to"])
    if was_sent:
        await exchange.send_changes(proposal)
    else:
        await publishing.send_out(publication, await exchange.write(proposal))


async def _is_answered_elsewhere(proposal: Proposal) -> bool:
    """Whether somebody of another server waits for an answer, or has promised."""
    theirs = Pledge.filter(proposal_id=proposal.id, participant__actor_id__not_isnull=True)
    return await theirs.filter(state__in=[*PENDING, *COMMITTED]).exists()
