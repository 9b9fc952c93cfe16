"""What people do about what should not be here: report, hide, decide, contest, decide once more, pass on.

Each act may come twice (a button pressed twice, a link opened twice): the second time nothing happens.
"""

from datetime import UTC, datetime, timedelta

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q

import hub.agenda.actions as agenda
import hub.announcements.actions as announcements
import hub.exchange.actions as exchange
import hub.projects.actions as projects
from federation import activities
from hub.actors.minting import activity_uri
from hub.actors.models import Actor, Role
from hub.agenda.models import Event
from hub.db import hold, transaction
from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange.models import Proposal
from hub.fediverse import interests
from hub.fediverse.actions import Reach, publish
from hub.fediverse.models import Report
from hub.fediverse.network import served_changed
from hub.journal import Person, record
from hub.members.models import Member, new_token
from hub.members.models import Role as MemberRole
from hub.moderation import notices, silencing
from hub.moderation.models import (
    Case,
    Complaint,
    ComplaintDraft,
    Decision,
    Ground,
    Outcome,
    Thing,
    Verdict,
    contest_until,
    new_number,
)
from hub.moderation.words import about_of, outcomes_of, title_of
from hub.projects.experiences import withdraw_experience
from hub.projects.models import Experience, Project
from hub.publications.hiding import move
from hub.publications.models import Publication
from hub.text import N_

THINGS_PER_REPORT = 10  # of another server
KEPT = timedelta(days=183)  # names and contacts of who reported, once all is decided

DECIDED = N_("Somebody else has decided this already.")
ANOTHER = N_("Whoever decided first does not decide on the contest. Somebody else at the town hall does.")
NOT_POSSIBLE = N_("This cannot be decided about such a thing.")
TOO_LATE = N_("The time to contest this decision is over.")
CONTESTED = N_("You have contested this decision already.")


async def complain(thing: Thing, draft: ComplaintDraft, *, number: str) -> Complaint:
    """Take down what somebody says; `number` is the form's: sent twice, it makes one."""
    try:
        async with transaction():
            known = await Complaint.get_or_none(number=number)
            return known or await _add(await _case_of(thing), draft, number=number or new_number())
    except IntegrityError:  # the same form, a moment ago
        return await Complaint.get(number=number)


async def take_in(report: Report) -> None:
    """The report of another server joins the list, a case for each thing, in the caller's transaction."""
    for thing in await _things_of(report):
        case = await _case_of(thing)
        complaint = Complaint(
            case=case,
            number=new_number(),
            ground=Ground.OTHER,
            explanation=report.content,
            host=report.host,
            report=report,
        )
        if await Complaint.exists(case=case, report=report):
            continue
        await Complaint.bulk_create([complaint], ignore_conflicts=True)
        if await Complaint.filter(case=case).count() == 1:
            await notices.to_agents(case, complaint)


async def take_in_all() -> None:
    """Reports that came while nobody put them on the list."""
    waiting = await Report.filter(settled_at=None, complaints__id=None).order_by("id").limit(100)
    for report in waiting:
        async with transaction():
            await take_in(report)


async def take(case: Case, *, by: Person) -> None:
    """An agent has read it and looks after it; from then on it is no longer unread, and the others know."""
    await Case.filter(id=case.id, read_at=None).update(read_at=datetime.now(UTC), taken_by=by.name[:160])


async def hide(publication: Publication, *, by: Person | None, why: str = "") -> None:
    """Off our pages at once; other servers keep it, and its address answers like one that never was."""
    async with transaction():
        open_ones = Case.filter(publication_id=publication.id, decided_at=None)
        # What is decided about, then what that is about: in the order of decide().
        await hold(Case, await open_ones.values_list("id", flat=True))
        await hold(Publication, [publication.id])
        ours = await Publication.get_or_none(id=publication.id, deleted_at=None)
        if ours is None or ours.hidden_at is not None:
            return
        now = datetime.now(UTC)
        await move(Publication.filter(id=ours.id), hidden_at=now)
        await open_ones.update(hidden_at=now)
        if by is not None:
            await open_ones.filter(read_at=None).update(read_at=now, taken_by=by.name[:160])
        await record("hidden", _place(ours), by=by, why=why)
        served_changed()


async def show_again(case: Case, *, by: Person | None) -> None:
    """What this case took off our pages comes back."""
    async with transaction():
        ours = await _locked(case)
        if await _show(ours):
            await record("shown", about_of(ours), by=by)


async def decide(case: Case, verdict: Verdict, *, by: Member) -> None:
    """Once, with a reason. Raises Conflict where somebody else was faster."""
    async with transaction():
        ours = await _locked(case)
        if ours.decided_at is not None:
            if await Decision.exists(case=ours, by=by, outcome=verdict.outcome):
                return
            raise Conflict(DECIDED)
        await _carry_out(ours, verdict, by=by, second=False)
        ours.decided_at, ours.open_thing = datetime.now(UTC), None
        await ours.save(update_fields=["decided_at", "open_thing"])
        await take(ours, by=by)
        await _settle_reports(ours)


async def contest(case: Case, words: str) -> None:
    """Its author sees it differently. Raises Conflict where that is no longer possible."""
    async with transaction():
        ours = await _locked(case)
        if ours.contest == words and ours.contested_at is not None:
            return
        if ours.contested_at is not None:
            raise Conflict(CONTESTED)
        if ours.decided_at is None or datetime.now(UTC) > contest_until(ours.decided_at):
            raise Conflict(TOO_LATE)
        ours.contested_at, ours.contest = datetime.now(UTC), words
        await ours.save(update_fields=["contested_at", "contest"])
        await record("contested", about_of(ours), by=None)
        await notices.contested(ours)


async def settle(case: Case, verdict: Verdict, *, by: Member) -> None:
    """The second decision, by somebody else where there is anybody else. Raises Conflict."""
    async with transaction():
        ours = await _locked(case)
        if not ours.waits_for_second_look:
            return
        if not await may_settle(ours, by):
            raise Conflict(ANOTHER)
        await _carry_out(ours, verdict, by=by, second=True)
        ours.settled_at = datetime.now(UTC)
        await ours.save(update_fields=["settled_at"])


async def may_settle(case: Case, by: Member) -> bool:
    """Whoever decided first does not, unless there is nobody else at the town hall."""
    first = await Decision.get_or_none(case=case, second=False)
    return first is None or first.by_id != by.id or not await others_than(by.id)


async def others_than(member_id: int) -> bool:
    """Whether somebody else does the town hall's part."""
    agents = Member.filter(role__in=[MemberRole.AGENT, MemberRole.ADMINISTRATOR], suspended_at=None)
    return await agents.exclude(id=member_id).exists()


async def pass_on(case: Case, words: str, *, by: Member) -> None:
    """To the server where it lives, in the name of ours: who reported it is not told. Once."""
    async with transaction():
        ours = await _locked(case)
        account = await remote_author(ours)
        server = await Actor.of_role(Role.SERVER)
        if account is None or server is None:
            raise NotFound
        if ours.passed_on_at is not None:
            return
        flag = activities.flag(
            activity_uri(server.uri, "flags"),
            actor=server.uri,
            account=account.uri,
            documents=[] if ours.publication is None else [ours.publication.uri],
            content=words,
        )
        await publish(flag, author=server, reach=Reach(named=(account,)))
        ours.passed_on_at = datetime.now(UTC)
        await ours.save(update_fields=["passed_on_at"])
        await record("passed-on", about_of(ours), by=by, why=words)


async def remote_author(case: Case) -> Actor | None:
    """Who wrote it, if they live elsewhere; publication and actor must be loaded."""
    author = case.publication.author if case.publication is not None else case.actor
    return None if author is None or author.is_local or author.deleted_at is not None else author


async def forget_member(member_id: int) -> None:
    """Somebody leaves: what they reported stays without their name and contact."""
    await Complaint.filter(member_id=member_id).update(name="", mail=None, phone=None, member_id=None)


async def sweep() -> None:
    """Names, contacts and words of who reported go, half a year after all was decided."""
    over = datetime.now(UTC) - KEPT
    closed = Q(case__contested_at__isnull=True) | Q(case__settled_at__lt=over)
    old = Complaint.filter(closed, case__decided_at__lt=over, erased_at=None)
    ids = await old.values_list("id", flat=True)
    for start in range(0, len(ids), 500):
        await Complaint.filter(id__in=ids[start : start + 500]).update(
            name="", mail=None, phone=None, explanation="", member_id=None, erased_at=datetime.now(UTC)
        )


async def _case_of(thing: Thing) -> Case:
    """The open one, or a new one; with publication and actor."""
    case = Case(
        thing=thing.word,
        open_thing=thing.word,
        publication=thing.publication,
        actor=thing.actor,
        path=thing.path[:300],
        opened_at=datetime.now(UTC),
        key=new_token(),
    )
    await Case.bulk_create([case], ignore_conflicts=True)
    found = await Case.get(open_thing=thing.word)
    await found.fetch_related("publication__author", "actor")
    return found


async def _add(case: Case, draft: ComplaintDraft, *, number: str) -> Complaint:
    """Of many about one thing the town hall hears once, unless a child may be in danger."""
    complaint = await Complaint.create(case=case, number=number, **vars(draft))
    await notices.received(complaint)
    first = await Complaint.filter(case=case).count() == 1
    if first or draft.ground is Ground.MINOR:
        await notices.to_agents(case, complaint)
    return complaint


async def _things_of(report: Report) -> list[Thing]:
    """The posts that are meant, or else the people."""
    uris = report.objects[:THINGS_PER_REPORT]
    posts = await Publication.filter(uri__in=uris, deleted_at=None)
    if posts:
        return [Thing(path=_place(post), publication=post) for post in posts]
    return [Thing(path=f"/@{actor.name}", actor=actor) for actor in await Actor.filter(uri__in=uris)]


async def _locked(case: Case) -> Case:
    ours = await Case.select_for_update(no_key=True).get_or_none(id=case.id)
    if ours is None:
        raise NotFound
    await ours.fetch_related("publication__author", "actor")
    return ours


async def _carry_out(case: Case, verdict: Verdict, *, by: Member, second: bool) -> None:
    """Write the decision down, do what it says, tell those whom it concerns."""
    if verdict.outcome not in outcomes_of(case):
        raise InvalidInput({"outcome": NOT_POSSIBLE})
    title = title_of(case)
    authors = [] if case.publication is None else await notices.authors_of(case.publication)
    decision = await Decision.create(
        case=case,
        second=second,
        outcome=verdict.outcome,
        basis=verdict.basis,
        rule=verdict.rule,
        reason=verdict.reason,
        by=by,
        by_name=by.name,
    )
    about, was_hidden = about_of(case), case.hidden_at is not None
    if case.publication is not None:
        await _do_to_publication(case, verdict.outcome)
    elif case.actor is not None and not case.actor.is_local:
        await _do_to_actor(case.actor, verdict, by=by)
    step = "settled" if second else "decided"
    await record(f"{step}-{verdict.outcome.value}", about, by=by, why=verdict.reason)
    hears = second or was_hidden or verdict.outcome is not Outcome.KEEP
    await notices.decided(case, decision, title=title, authors=authors if hears else ())


async def _do_to_publication(case: Case, outcome: Outcome) -> None:
    publication = case.publication
    assert publication is not None
    if outcome is Outcome.REMOVE:
        await _remove(case, publication)
    elif outcome is not Outcome.HIDE:
        await _show(case)
    elif publication.hidden_at is None and publication.deleted_at is None:
        case.hidden_at = datetime.now(UTC)
        await case.save(update_fields=["hidden_at"])
        await move(Publication.filter(id=publication.id), hidden_at=case.hidden_at)
        served_changed()


async def _do_to_actor(actor: Actor, verdict: Verdict, *, by: Member) -> None:
    if verdict.outcome is Outcome.HIDE:
        await silencing.silence_actor(actor, verdict.reason, by=by)
    elif verdict.outcome is Outcome.REMOVE:
        await silencing.block_actor(actor, verdict.reason, by=by)


async def _show(case: Case) -> bool:
    """Undo what this case hid; what waits to be read first, or was hidden otherwise, stays hidden."""
    publication = case.publication
    if publication is None or case.hidden_at is None or publication.hidden_at != case.hidden_at:
        return False
    await move(Publication.filter(id=publication.id), hidden_at=None)
    publication.hidden_at = case.hidden_at = None
    await case.save(update_fields=["hidden_at"])
    served_changed()
    return True


async def _remove(case: Case, publication: Publication) -> None:
    """Words and photos go; other servers are asked to delete what is ours (ADM-08)."""
    if publication.deleted_at is not None:
        return
    if not publication.author.is_local:
        await interests.remove(publication, at=datetime.now(UTC))
        return
    await _show(case)  # from now on it, and a project's group, may answer that they are gone
    if (proposal := await Proposal.get_or_none(publication_id=publication.id)) is not None:
        await exchange.delete_proposal(proposal)
    elif (event := await Event.get_or_none(publication_id=publication.id)) is not None:
        await agenda.delete_event(event)
    elif (project := await Project.get_or_none(publication_id=publication.id)) is not None:
        await projects.delete_project(project)
    elif (sheet := await _sheet_of(publication)) is not None:
        await withdraw_experience(sheet)
    else:
        await announcements.delete_announcement(publication)


async def _sheet_of(publication: Publication) -> Experience | None:
    return await Experience.get_or_none(publication_id=publication.id).select_related("publication__author")


async def _settle_reports(case: Case) -> None:
    """Of other servers, whose list shows them settled."""
    told = await Complaint.filter(case=case, report_id__not_isnull=True).values_list("report_id", flat=True)
    if told:
        await Report.filter(id__in=list(told), settled_at=None).update(settled_at=datetime.now(UTC))


def _place(publication: Publication) -> str:
    return f"/{publication.code}" if publication.code else publication.uri
