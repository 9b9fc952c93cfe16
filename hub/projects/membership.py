"""Who is in a project: they join, leave, become carriers; a project always has a carrier who can be asked."""

from datetime import UTC, datetime

from tortoise.exceptions import IntegrityError

from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import Conflict
from hub.exchange.speaking import speaks_for
from hub.participants.actions import participant_from, participant_of
from hub.participants.models import Participant, Person
from hub.projects import notices, wire
from hub.projects.actions import CLOSED_ALREADY, NAMED_CONTACT, locked
from hub.projects.models import INSIDE, Contributor, ContributorDraft, Part, Project, sort_of
from hub.projects.publishing import send_changes
from hub.text import N_

NOT_OPEN = N_("This project takes nobody else at the moment. Its carriers can tell you more.")
LAST_CARRIER = N_("You are the last who carries this project. Name somebody else first, or close it.")
EACH_ELSEWHERE = 50  # people of one other server in one project

_HOLDING = frozenset({*INSIDE, Part.ASKED})


async def join(project: Project, draft: ContributorDraft, person: Person, *, code: str = "") -> Contributor:
    """ "I take part". Raises Conflict where it is closed, or closed to new people."""
    try:
        async with transaction():
            known = await Contributor.get_or_none(code=code) if code else None
            if known is not None:
                return known
            ours = await locked(project)
            known = await of_member(ours, person.member_id)
            if known is not None and known.part in _HOLDING:
                return known
            _check_open(ours)
            return await _add(ours, draft, person, code=code)
    except IntegrityError:  # the same form, a moment ago
        return await Contributor.get(code=code)


async def receive_join(project: Project, actor: Actor, *, uri: str) -> Contributor | None:
    """The Join of somebody elsewhere, in the caller's transaction; None where it came before.

    Raises Conflict, whose words go back with a Reject.
    """
    if await Contributor.exists(uri=uri):
        return None
    ours = await locked(project)
    theirs = Contributor.filter(project=ours, participant__actor_id=actor.id, part__in=list(_HOLDING))
    known = await theirs.first()
    if known is not None:
        return known
    _check_open(ours)
    if await Contributor.filter(project=ours, participant__actor__host=actor.host).count() >= EACH_ELSEWHERE:
        raise Conflict(NOT_OPEN)
    made = await Contributor.create(
        project=ours, participant=await participant_from(actor), part=_first_part(ours), uri=uri
    )
    return await _entered(ours, made)


async def admit(contributor: Contributor) -> None:
    """A carrier says yes."""
    async with transaction():
        ours = await locked_contributor(contributor)
        if ours.part is Part.ASKED:
            await _decide(ours, Part.MEMBER)
            await notices.admitted(ours)


async def decline(contributor: Contributor, reason: str = "") -> None:
    """A carrier says no, or no longer. Raises Conflict for the last carrier."""
    async with transaction():
        ours = await locked_contributor(contributor)
        if ours.part in _HOLDING:
            await _check_not_last(ours)
            await _decide(ours, Part.DECLINED)
            await notices.declined(ours, reason)


async def leave(contributor: Contributor) -> None:
    """They leave. Raises Conflict for the last carrier of a project that is not closed."""
    async with transaction():
        ours = await locked_contributor(contributor)
        if ours.part in _HOLDING:
            await _check_not_last(ours)
            await _decide(ours, Part.LEFT)
            await notices.left(ours)


async def make_carrier(contributor: Contributor, contact: str, *, role: str = "") -> None:
    """Another who carries it, with a contact that everybody sees. Raises Conflict without one."""
    if not contact:
        raise Conflict(NAMED_CONTACT)
    async with transaction():
        ours = await locked_contributor(contributor)
        if ours.part in INSIDE:
            ours.contact, ours.role = contact, role
            await ours.save(update_fields=["contact", "role"])
            await _decide(ours, Part.CARRIER)
            await notices.carries(ours)


async def step_back(contributor: Contributor) -> None:
    """A carrier becomes a member again. Raises Conflict for the last one."""
    async with transaction():
        ours = await locked_contributor(contributor)
        if ours.part is Part.CARRIER:
            await _check_not_last(ours)
            ours.contact = ""
            await ours.save(update_fields=["contact"])
            await _decide(ours, Part.MEMBER)


async def of_member(project: Project, member_id: int | None) -> Contributor | None:
    """What a member is in it; the last word of it."""
    if member_id is None:
        return None
    theirs = Contributor.filter(project_id=project.id, participant__member_id=member_id)
    return await theirs.order_by("-id").select_related("participant").first()


async def locked_contributor(contributor: Contributor) -> Contributor:
    """The row as it is now, with its project locked until the transaction ends, and what acts need."""
    project = await locked(await Project.get(id=contributor.project_id))
    return await _loaded(await Contributor.get(id=contributor.id), project)


async def people_of(project: Project, *parts: Part) -> list[Contributor]:
    """In the order in which they came, with who they are; carriers and members, unless `parts` says else."""
    found = Contributor.filter(project_id=project.id, part__in=list(parts or INSIDE))
    listed = await found.select_related("participant__actor", "organisation").order_by("id")
    for one in listed:
        one.project = project
    return listed


def name_of(participant: Participant) -> str:
    """Of somebody elsewhere with their handle."""
    actor = participant.actor if isinstance(participant.actor, Actor) else None
    return participant.name if actor is None else f"{participant.name} ({actor.full_handle})"


async def _add(project: Project, draft: ContributorDraft, person: Person, *, code: str) -> Contributor:
    organisation = None
    if draft.organisation_id is not None:
        organisation = await speaks_for(person, draft.organisation_id)
    made = await Contributor.create(
        project=project,
        participant=await participant_of(person),
        organisation=organisation,
        sort=sort_of(organisation),
        part=_first_part(project),
        message=draft.message,
        code=code or None,
    )
    return await _entered(project, made)


def _first_part(project: Project) -> Part:
    return Part.ASKED if project.approves else Part.MEMBER


def _check_open(project: Project) -> None:
    if not project.is_active:
        raise Conflict(CLOSED_ALREADY)
    if not project.is_open or not project.is_reviewed:
        raise Conflict(NOT_OPEN)


async def _check_not_last(contributor: Contributor) -> None:
    if contributor.part is not Part.CARRIER or not contributor.project.is_active:
        return
    carriers = Contributor.filter(project_id=contributor.project_id, part=Part.CARRIER)
    if await carriers.count() == 1:
        raise Conflict(LAST_CARRIER)


async def _entered(project: Project, made: Contributor) -> Contributor:
    made = await _loaded(made, project)
    if made.part is Part.ASKED:
        await notices.asks_to_join(made)
        return made
    await _decide(made, made.part)
    await notices.joined(made)
    return made


async def _decide(contributor: Contributor, part: Part) -> None:
    """What they are from now on; counted anew, who joined from elsewhere is told, others read how many."""
    project = contributor.project
    contributor.part, contributor.decided_at = part, datetime.now(UTC)
    await contributor.save(update_fields=["part", "decided_at"])
    if contributor.participant.actor is not None and contributor.uri is not None:
        await wire.tell_decision(contributor)
    project.members = await Contributor.filter(project_id=project.id, part__in=list(INSIDE)).count()
    await project.save(update_fields=["members"])
    await send_changes(project)


async def _loaded(contributor: Contributor, project: Project) -> Contributor:
    await contributor.fetch_related("participant__actor", "organisation")
    contributor.project = project
    return contributor
