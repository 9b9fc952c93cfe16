"""Whom a project asks to take part: by kind and theme from the directory, or who wanted to look after a need.

Nobody is put into a group: each says yes, maybe or no, by a link that needs no account.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tortoise.queryset import QuerySet

from hub.db import transaction
from hub.errors import Conflict, InvalidInput
from hub.exchange.models import Proposal, Support, Wish
from hub.journal import Doer
from hub.organisations.models import Kind, Organisation, words_key
from hub.participants.models import Participant, Person
from hub.projects import actions, notices
from hub.projects.actions import CLOSED_ALREADY
from hub.projects.locking import own
from hub.projects.membership import HOLDING, enter, entered, leave
from hub.projects.models import (
    INSIDE,
    Answer,
    Contributor,
    HeardNeed,
    Invited,
    Part,
    Project,
    ProjectDraft,
    Sort,
    sort_of,
)
from hub.text import N_

NOT_SHOWN = N_("The town hall reads this project first. Then you can invite others.")
NOBODY_CHOSEN = N_("Tick at least one.")


async def themes() -> list[str]:
    """What organisations of the directory say they do, each once, in the order of the alphabet."""
    listed = await Organisation.exclude(activity="").only("id", "activity")
    said = {words_key(one.activity): one.activity for one in listed}
    return [said[key] for key in sorted(said)]


async def candidates(kinds: Collection[Kind], theme_keys: Collection[str]) -> list[Organisation]:
    """Of the directory, by name; no kind or no theme means any. `theme_keys` are words_key() of themes."""
    found = Organisation.filter(kind__in=list(kinds)) if kinds else Organisation.all()
    listed = await found.order_by("name_key")
    return [one for one in listed if not theme_keys or words_key(one.activity) in theme_keys]


async def invite(
    project: Project,
    organisation_ids: Iterable[int],
    *,
    by: str,
    member_id: int | None = None,
    words: str = "",
) -> list[Invited]:
    """Ask each once; whom no mail reaches is called by the town hall. Who was asked before is left out.

    Raises Conflict where the project is closed or not shown yet, InvalidInput where nobody was chosen.
    """
    wanted = set(organisation_ids)
    if not wanted:
        raise InvalidInput({"organisation": NOBODY_CHOSEN})
    async with transaction():
        ours = await own(project)
        _check_shown(ours)
        before = await known(ours)
        left = [number for number in wanted if number not in before]
        chosen = await Organisation.filter(id__in=left).order_by("name_key")
        doer = Doer(member_id, by)
        return [await _ask(ours, one, by=doer, words=words) for one in chosen if one.mail or one.phone]


async def known(project: Project) -> dict[int, Invited | None]:
    """Organisations that were asked, by number, and (None) those that take part without having been."""
    inside = Contributor.filter(
        project_id=project.id, part__in=list(INSIDE), organisation_id__not_isnull=True
    )
    asked = Invited.filter(project_id=project.id, organisation_id__not_isnull=True)
    found: dict[int, Invited | None] = {
        number: None for one in await inside if (number := one.organisation_id)
    }
    return found | {one.organisation_id or 0: one for one in await asked}


async def answer(invitation: Invited, said: Answer) -> None:
    """Yes, maybe or no; who says yes is in the group, who says no leaves it.

    Raises Conflict once the project is closed, and where the last carrier would leave.
    """
    async with transaction():
        ours = await own(await Project.get(id=invitation.project_id))
        _check_active(ours)
        found = await Invited.get(id=invitation.id).select_related("organisation", "participant")
        found.project = ours
        if found.answer is said:
            return
        found.answer, found.answered_at = said, datetime.now(UTC)
        if said is Answer.YES:
            await _take_in(found)
        if said is Answer.NO:
            await _let_go(found)
        if said is Answer.MAYBE:
            await notices.maybe_later(found)
        await found.save(update_fields=["answer", "answered_at", "participant_id"])
        await notices.invitation_answered(found)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How many were asked, and what they said."""

    asked: int
    yes: int
    maybe: int
    no: int

    @property
    def silent(self) -> int:
        return self.asked - self.yes - self.maybe - self.no


async def asked_by(project: Project) -> Asked:
    said = [one.answer for one in await Invited.filter(project_id=project.id).only("id", "answer")]
    return Asked(
        asked=len(said),
        yes=said.count(Answer.YES),
        maybe=said.count(Answer.MAYBE),
        no=said.count(Answer.NO),
    )


async def eager(proposal: Proposal) -> list[Support]:
    """Who wants to look after this need, in the order in which they said so."""
    found = Support.filter(proposal_id=proposal.id, wish=Wish.TAKE_CHARGE, participant__erased_at=None)
    return await found.select_related("participant").order_by("id")


async def begin_together(
    draft: ProjectDraft, person: Person, *, proposal: Proposal, code: str = "", trusted: bool = False
) -> Project:
    """A project that comes of a need: it answers this need, and all who wanted to look after it are asked.

    `proposal`'s publication must be loaded. They hear of it once the project is shown.
    """
    async with transaction():
        project = await actions.begin(draft, person, code=code, trusted=trusted)
        if await HeardNeed.exists(project_id=project.id):
            return project  # the same form, a moment ago
        await HeardNeed.create(
            project=project, title=proposal.publication.title[:160], need=proposal.publication
        )
        doer = Doer(person.member_id, person.name)
        for support in await eager(proposal):
            if person.member_id is None or support.participant.member_id != person.member_id:
                await _ask_person(project, support.participant, by=doer, trusted=trusted)
        return project


async def _ask(project: Project, organisation: Organisation, *, by: Doer, words: str) -> Invited:
    made = await Invited.create(
        project=project,
        organisation=organisation,
        sort=sort_of(organisation),
        name=organisation.name,
        asked_by=by.name,
        by_member_id=by.id,
    )
    await notices.invited(made, words)
    return made


async def _ask_person(project: Project, who: Participant, *, by: Doer, trusted: bool) -> None:
    """With a row of their own: that of the need is forgotten with the need."""
    made = await Invited.create(
        project=project,
        participant=await _copy(who),
        sort=Sort.RESIDENT,
        name=who.name,
        asked_by=by.name,
        by_member_id=by.id,
    )
    if trusted:
        await notices.invited(made)


async def _copy(who: Participant) -> Participant:
    return await Participant.create(
        name=who.name,
        member_id=who.member_id,
        actor_id=who.actor_id,
        mail=who.mail,
        phone=who.phone,
        locale=who.locale,
    )


async def _take_in(invitation: Invited) -> None:
    """One of the group from now on, once; where a carrier turned them away since then, they ask again."""
    organisation, project = invitation.organisation, invitation.project
    if invitation.participant is None and organisation is not None:
        invitation.participant = await Participant.create(
            name=organisation.contact_name or organisation.name,
            mail=organisation.mail or None,
            phone=organisation.phone or None,
        )
    assert invitation.participant is not None
    theirs = _parts(project, invitation.participant)
    if await theirs.filter(part__in=list(INSIDE)).exists():
        return
    asking = await theirs.filter(part=Part.ASKED).first()
    if not await theirs.filter(part=Part.DECLINED, decided_at__gt=invitation.made_at).exists():
        await enter(project, asking or await _new_part(invitation, Part.MEMBER))
    elif asking is None:
        await entered(project, await _new_part(invitation, Part.ASKED))


async def _new_part(invitation: Invited, part: Part) -> Contributor:
    return await Contributor.create(
        project=invitation.project,
        participant=invitation.participant,
        organisation=invitation.organisation,
        sort=invitation.sort,
        part=part,
    )


async def _let_go(invitation: Invited) -> None:
    """They may have said yes before."""
    if invitation.participant is not None:
        theirs = _parts(invitation.project, invitation.participant)
        for contributor in await theirs.filter(part__in=list(HOLDING)):
            await leave(contributor)


def _parts(project: Project, who: Participant) -> QuerySet[Contributor]:
    """What they are or were in it, also where they joined from its page."""
    theirs = Contributor.filter(project_id=project.id)
    if who.member_id is not None:
        return theirs.filter(participant__member_id=who.member_id)
    return theirs.filter(participant_id=who.id)


def _check_shown(project: Project) -> None:
    _check_active(project)
    if not project.is_reviewed:
        raise Conflict(NOT_SHOWN)


def _check_active(project: Project) -> None:
    if not project.is_active:
        raise Conflict(CLOSED_ALREADY)
