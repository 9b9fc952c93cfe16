"""Who is in a project: they join, leave, become carriers; a project always has a carrier who can be asked."""

from datetime import UTC, datetime

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from hub.actors.minting import origin
from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import Conflict
from hub.exchange.speaking import speaks_for
from hub.organisations.models import Spokesperson
from hub.participants.actions import participant_from, participant_of
from hub.participants.models import Participant, Person
from hub.projects import notices, wire
from hub.projects.actions import CLOSED_ALREADY, NAMED_CONTACT
from hub.projects.locking import locked, own
from hub.projects.models import (
    ACTIVE,
    INSIDE,
    Contributor,
    ContributorDraft,
    Part,
    Project,
    Sort,
    sort_of,
)
from hub.projects.publishing import send_changes
from hub.publications.models import Publication
from hub.text import N_, gettext, speaking
from hub.village.models import Village

NOT_OPEN = N_("This project takes nobody else at the moment. Its carriers can tell you more.")
LAST_CARRIER = N_("You are the last who carries this project. Name somebody else first, or close it.")
GO_THERE = N_("This is of another village. Take part on its own page.")
TOWN_HALL = N_("The town hall")
EACH_ELSEWHERE = 50  # people of one other server in one project

HOLDING = frozenset({*INSIDE, Part.ASKED})


async def join(project: Project, draft: ContributorDraft, person: Person, *, code: str = "") -> Contributor:
    """ "I take part". Raises Conflict where it is closed, or closed to new people."""
    try:
        async with transaction():
            known = await Contributor.get_or_none(code=code) if code else None
            if known is not None:
                return known
            ours = await locked(project)
            known = await of_person(ours, person)
            if known is not None and known.part in HOLDING:
                return known
            _check_open(ours)
            if person.actor_id is not None:
                await _check_guest(ours, person.actor_id)
            return await _add(ours, draft, person, code=code)
    except IntegrityError:  # the same form, a moment ago
        return await Contributor.get(code=code)


async def receive_join(
    project: Project, actor: Actor, *, uri: str, name: str = "", message: str = ""
) -> Contributor | None:
    """The Join of somebody elsewhere, in the caller's transaction; None where it came before.

    `name` is who it is, where `actor` speaks for several. Raises Conflict, whose words go back with a Reject.
    """
    if await Contributor.exists(uri=uri):
        return None
    ours = await locked(project)
    theirs = Contributor.filter(project=ours, participant__actor_id=actor.id, part__in=list(HOLDING))
    known = None if name else await theirs.first()
    if known is not None:
        return await _loaded(known, ours)
    _check_open(ours)
    await _check_not_many(ours, actor)
    who = Q(participant__actor_id=actor.id)
    made = await Contributor.create(
        project=ours,
        participant=await participant_from(actor, name=name),
        part=await _first_part(ours, who & Q(participant__name=name[:160]) if name else who),
        message=message,
        uri=uri,
    )
    return await entered(ours, made)


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
        if ours.part in HOLDING:
            await _check_not_last(ours)
            ours.contact = ""
            await _decide(ours, Part.DECLINED, reason=reason)
            await notices.declined(ours, reason)


async def leave(contributor: Contributor) -> None:
    """They leave. Raises Conflict for the last carrier of a project that is not closed."""
    async with transaction():
        ours = await locked_contributor(contributor)
        if ours.part in HOLDING:
            await _check_not_last(ours)
            ours.contact = ""
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
            await _decide(ours, Part.CARRIER)
            await notices.carries(ours)


async def step_back(contributor: Contributor) -> None:
    """A carrier becomes a member again. Raises Conflict for the last one."""
    async with transaction():
        ours = await locked_contributor(contributor)
        if ours.part is Part.CARRIER:
            await _check_not_last(ours)
            ours.contact = ""
            await _decide(ours, Part.MEMBER)


async def open_call(project: Project, *, is_open: bool) -> None:
    """Others may join from now on, or no longer. Raises Conflict once the project is closed."""
    async with transaction():
        ours = await own(project)
        if not ours.is_active:
            raise Conflict(CLOSED_ALREADY)
        if ours.is_open is not is_open:
            ours.is_open = is_open
            await ours.save(update_fields=["is_open"])
            await send_changes(ours)


async def enter(project: Project, made: Contributor) -> None:
    """Who was asked by a carrier needs no other yes; in the caller's transaction, with `project` locked."""
    await _decide(await _loaded(made, project), Part.MEMBER)
    await notices.welcome(made)


async def entered(project: Project, made: Contributor) -> Contributor:
    """Somebody came, or asks to; in the caller's transaction, with `project` locked."""
    made = await _loaded(made, project)
    if made.part is Part.ASKED:
        await notices.asks_to_join(made)
        return made
    await _decide(made, made.part)
    await notices.joined(made)
    return made


async def hand_over(project: Project) -> None:
    """Nobody is left who carries it: the town hall does, until somebody else wants to, and is told.

    In the caller's transaction, with `project` locked.
    """
    village = await Village.current()
    if village is None or await _has_town_hall(project):
        return
    contact = village.mail or village.phone or f"{origin()}/about"
    with speaking(village.locale):
        name = gettext(TOWN_HALL)
    made = await Contributor.create(
        project=project,
        participant=await Participant.create(name=name, locale=village.locale),
        sort=Sort.TOWN_HALL,
        part=Part.CARRIER,
        contact=contact,
    )
    await _decide(await _loaded(made, project), Part.CARRIER)
    await notices.handed_over(project)


async def forget(contributor: Contributor) -> None:
    """They leave because their account goes; of the last carrier the town hall takes over."""
    ours = await locked_contributor(contributor)
    if ours.part in HOLDING:
        if ours.part is Part.CARRIER and ours.project.is_active and not await _others_carry(ours):
            await hand_over(ours.project)
        ours.contact = ours.message = ours.role = ""
        await _decide(ours, Part.LEFT)
        await notices.left(ours)


async def of_member(project: Project, member_id: int | None) -> Contributor | None:
    """What a member is in it; the last word of it."""
    if member_id is None:
        return None
    theirs = Contributor.filter(project_id=project.id, participant__member_id=member_id)
    return await theirs.order_by("-id").select_related("participant").first()


async def of_person(project: Project, person: Person | None) -> Contributor | None:
    """The same of a guest too; others come back by their link."""
    if person is None or person.actor_id is None:
        return await of_member(project, person.member_id if person is not None else None)
    theirs = Contributor.filter(project_id=project.id, participant__actor_id=person.actor_id)
    return await theirs.order_by("-id").select_related("participant").first()


async def _check_guest(project: Project, actor_id: int) -> None:
    """Who is at home elsewhere takes part where the project is, and not too many of one server."""
    if not project.publication.author.is_local:
        raise Conflict(GO_THERE)
    await _check_not_many(project, await Actor.get(id=actor_id))


async def _check_not_many(project: Project, actor: Actor) -> None:
    inside = Contributor.filter(project=project, part__in=list(HOLDING))
    if await inside.filter(participant__actor__host=actor.host).count() >= EACH_ELSEWHERE:
        raise Conflict(NOT_OPEN)


async def projects_of(member_id: int) -> list[Publication]:
    """Projects of ours that a member is in, or an organisation of theirs, and that are not over, by title."""
    inside = (await parts_of(member_id)).filter(part__in=list(INSIDE))
    ours = Project.filter(id__in=Subquery(inside.values("project_id")))
    theirs = ours.filter(stage__in=list(ACTIVE), publication__deleted_at=None, publication__author__host="")
    found = [one.publication for one in await theirs.select_related("publication")]
    return sorted(found, key=lambda project: project.title)


async def parts_of(member_id: int) -> QuerySet[Contributor]:
    """What a member is or was in projects, themselves or for an organisation for which they speak."""
    who = Q(participant__member_id=member_id)
    speaks = await Spokesperson.filter(member_id=member_id).values_list("organisation_id", flat=True)
    if speaks:
        who |= Q(organisation_id__in=list(speaks))
    return Contributor.filter(who)


async def carries(member_id: int, project_id: int) -> bool:
    """Whether a member carries the project of this publication."""
    theirs = (await parts_of(member_id)).filter(part=Part.CARRIER)
    return await theirs.filter(project__publication_id=project_id).exists()


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
    who = None if person.member_id is None else Q(participant__member_id=person.member_id)
    if person.actor_id is not None:
        who = Q(participant__actor_id=person.actor_id)
    if draft.organisation_id is not None:
        organisation = await speaks_for(person, draft.organisation_id)
    made = await Contributor.create(
        project=project,
        participant=await participant_of(person),
        organisation=organisation,
        sort=sort_of(organisation),
        part=await _first_part(project, who),
        message=draft.message,
        code=code or None,
    )
    if not project.publication.author.is_local:
        made = await _loaded(made, project)
        await wire.send_join(made)
        return made
    return await entered(project, made)


async def _first_part(project: Project, who: Q | None) -> Part:
    """Of another hub's project its own side decides; of somebody (`who`) who was turned away, a carrier."""
    if project.approves or not project.publication.author.is_local:
        return Part.ASKED
    declined = Contributor.filter(project_id=project.id, part=Part.DECLINED)
    return Part.ASKED if who is not None and await declined.filter(who).exists() else Part.MEMBER


def _check_open(project: Project) -> None:
    if not project.is_active:
        raise Conflict(CLOSED_ALREADY)
    if not project.is_open or not project.is_reviewed:
        raise Conflict(NOT_OPEN)


async def _check_not_last(contributor: Contributor) -> None:
    if contributor.part is not Part.CARRIER or not contributor.project.is_active:
        return
    if not await _others_carry(contributor):
        raise Conflict(LAST_CARRIER)


async def _others_carry(contributor: Contributor) -> bool:
    """Whether somebody else does who can be asked: no account that is closed."""
    carriers = carrying().filter(project_id=contributor.project_id)
    return await carriers.exclude(id=contributor.id).exists()


def carrying() -> QuerySet[Contributor]:
    """Carriers who can be asked, of all projects."""
    present = Q(participant__member_id=None) | Q(participant__member__suspended_at=None)
    return Contributor.filter(present, part=Part.CARRIER)


async def _has_town_hall(project: Project) -> bool:
    own_part = Contributor.filter(project_id=project.id, sort=Sort.TOWN_HALL, organisation_id=None)
    return await own_part.filter(part=Part.CARRIER).exists()


async def _decide(contributor: Contributor, part: Part, *, reason: str = "") -> None:
    """What they are from now on; counted anew, who joined from elsewhere is told, others read how many.

    Of another hub's project its own server counts: it only hears that somebody here leaves.
    """
    project = contributor.project
    contributor.part, contributor.decided_at = part, datetime.now(UTC)
    await contributor.save(update_fields=["part", "decided_at", "contact", "role", "message"])
    if not project.publication.author.is_local:
        await wire.take_back_join(contributor)
        return
    if contributor.participant.actor is not None:
        await wire.tell_decision(contributor, reason)
    project.members = await Contributor.filter(project_id=project.id, part__in=list(INSIDE)).count()
    await project.save(update_fields=["members"])
    await send_changes(project)


async def _loaded(contributor: Contributor, project: Project) -> Contributor:
    await contributor.fetch_related("participant__actor", "organisation")
    contributor.project = project
    return contributor
