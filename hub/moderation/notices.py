"""Who is told what about a complaint and its decision; in the transaction of what happened."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tortoise.expressions import Q

from hub.actors.minting import origin
from hub.agenda.models import Event
from hub.exchange.models import Proposal
from hub.moderation.models import Basis, Case, Complaint, Decision, Ground, Outcome, contest_until
from hub.moderation.words import BASES, GROUNDS, outcomes_of, title_of
from hub.notifications.actions import Act, Message, Recipient, tell, tell_agents
from hub.participants.models import Participant
from hub.participants.telling import recipient_of
from hub.projects.membership import people_of
from hub.projects.models import Part, Project
from hub.publications.models import Publication
from hub.text import N_, gettext, local_day, speaking
from hub.village.models import Village

HIDE_NOW = N_("Hide it now, decide later")
_EXPLAINED = N_(
    "“%(title)s” goes off our pages at once. Nothing is deleted, nobody else is told, and you can show it"
    " again."
)

_TO_AGENTS = N_(
    "Somebody says that this should not be here: “%(title)s”.\n\n%(ground)s.\n\n%(words)s\n\n"
    "You can hide it now with one click, and decide later."
)
_TO_AUTHOR = {
    Outcome.KEEP: N_(
        "“%(title)s” shows again. %(by)s, at the town hall, has read it:\n\n%(reason)s\n\n"
        "You do not have to do anything."
    ),
    Outcome.WARN: N_(
        "Somebody told the town hall about “%(title)s”. It stays where it is. %(by)s, at the town hall, asks"
        " you to read this:\n\n%(reason)s\n\nWhat this rests on: %(basis)s.\n\n"
        "If you see it differently, say so before %(until)s, here: %(link)s\nSomebody looks at it once more."
    ),
    Outcome.HIDE: N_(
        "“%(title)s” is no longer shown. %(by)s, at the town hall, says why:\n\n%(reason)s\n\n"
        "What this rests on: %(basis)s. A person decided this, not a machine.\n\n"
        "If you see it differently, say so before %(until)s, here: %(link)s\nSomebody looks at it once more."
        " You may also go to court."
    ),
    Outcome.REMOVE: N_(
        "“%(title)s” was removed. %(by)s, at the town hall, says why:\n\n%(reason)s\n\n"
        "What this rests on: %(basis)s. A person decided this, not a machine.\n\n"
        "If you see it differently, say so before %(until)s, here: %(link)s\nSomebody looks at it once more."
        " You may also go to court."
    ),
}
_SECOND_TO_AUTHOR = N_(
    "You contested what was decided about “%(title)s”. %(by)s, at the town hall, looked at it once more:"
    " %(outcome)s.\n\n%(reason)s\n\nWhat this rests on: %(basis)s. If you still see it differently, you may"
    " go to court."
)
_TO_REPORTER = N_(
    "You told us about “%(title)s” (report %(number)s). The town hall has decided:"
    " %(outcome)s.\n\n%(reason)s\n\nWhat this rests on: %(basis)s. If you see it differently, write or call:"
    " the town hall answers. You may also go to court."
)


async def received(complaint: Complaint) -> None:
    """To who reported, if they left a way to reach them: the number, and what happens next."""
    recipient = _reporter(complaint)
    if recipient is not None:
        await tell(
            recipient,
            Message(
                kind="complaint-received",
                subject=N_("Your report %(number)s has arrived"),
                text=N_(
                    "Thank you. The town hall reads your report and decides, with a reason; you will be told"
                    " here.\n\nYour number is %(number)s. With it, the page below says how it stands."
                ),
                values={"number": complaint.spoken_number},
                path=f"/report/{complaint.number}",
                urgent=True,
            ),
        )


async def to_agents(case: Case, complaint: Complaint) -> None:
    """To everybody at the town hall at once, with a link that hides it."""
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        ground, title = gettext(GROUNDS[complaint.ground]), title_of(case)
    acts = [*_acts(case)]
    await tell_agents(
        Message(
            kind="complaint",
            subject=(
                N_("A child may be in danger: a report to read now")
                if complaint.ground is Ground.MINOR
                else N_("A report to read: %(title)s")
            ),
            text=_TO_AGENTS if acts else _TO_AGENTS_WITHOUT_ACT,
            values={"title": title, "ground": ground, "words": complaint.explanation[:500]},
            path=f"/moderation/cases/{case.id}",
            acts=acts,
            urgent=True,
            before=datetime.now(UTC),  # also at night: it may have to go at once
        )
    )


def _acts(case: Case) -> Iterator[Act]:
    if case.publication is not None and case.publication.hidden_at is None:
        arguments = {"publication_id": case.publication.id}
        yield Act(name="hide-publication", label=HIDE_NOW, arguments=arguments, explains=_EXPLAINED)


_TO_AGENTS_WITHOUT_ACT = N_(
    "Somebody says that this should not be here: “%(title)s”.\n\n%(ground)s.\n\n%(words)s"
)


async def decided(case: Case, decision: Decision, *, title: str, authors: Sequence[Recipient]) -> None:
    """To its authors, and to everybody who reported it. `title`: what it was called before it was removed."""
    for complaint in await Complaint.filter(case=case, erased_at=None, report_id=None):
        recipient = _reporter(complaint)
        if recipient is not None:
            await _tell_reporter(recipient, case, decision, number=complaint.spoken_number, title=title)
    for author in authors:
        await _tell_author(author, case, decision, title=title)


async def contested(case: Case) -> None:
    """To everybody at the town hall: somebody else looks at it once more."""
    await tell_agents(
        Message(
            kind="contest",
            subject=N_("A decision is contested: %(title)s"),
            text=N_("The author of “%(title)s” sees it differently:\n\n%(words)s"),
            values={"title": title_of(case), "words": case.contest[:500]},
            path=f"/moderation/cases/{case.id}",
            urgent=True,
        )
    )


async def member_silenced(recipient: Recipient, reason: str) -> None:
    """To a member: what they publish is read first, and why."""
    await tell(
        recipient,
        Message(
            kind="silenced",
            subject=N_("What you publish is read first from now on"),
            text=N_(
                "From now on the town hall reads what you publish before it shows. The reason:\n\n%(reason)s"
                "\n\nIf you see it differently, write or call: somebody at the town hall answers you."
            ),
            values={"reason": reason},
            path="/charter",
            urgent=True,
        ),
    )


async def authors_of(publication: Publication) -> list[Recipient]:
    """Whoever published it, of a project all who carry it; of the town hall's own words and of what came
    from elsewhere nobody."""
    found = [*await _owners(publication), *await _carriers(publication)]
    return [recipient_of(one) for one in found if one.erased_at is None and one.actor_id is None]


async def _owners(publication: Publication) -> list[Participant]:
    """Of what one person answers for: a need, an offer, an event."""
    proposal = await Proposal.get_or_none(publication_id=publication.id).select_related("owner")
    event = await Event.get_or_none(publication_id=publication.id).select_related("owner")
    return [one.owner for one in (proposal, event) if one is not None and one.owner is not None]


async def _carriers(publication: Publication) -> list[Participant]:
    """Of a project, or of the one whose experience it is."""
    theirs = Q(publication_id=publication.id) | Q(experience__publication_id=publication.id)
    project = await Project.filter(theirs, publication__author__host="").first()
    return [] if project is None else [one.participant for one in await people_of(project, Part.CARRIER)]


def _reporter(complaint: Complaint) -> Recipient | None:
    if not (complaint.mail or complaint.phone):
        return None
    return Recipient(
        name=complaint.name,
        member_id=complaint.member_id,
        mail=complaint.mail,
        phone=complaint.phone,
        locale=complaint.locale,
    )


async def _tell_author(author: Recipient, case: Case, decision: Decision, *, title: str) -> None:
    values = await _values(case, decision, author, title=title)
    text = _SECOND_TO_AUTHOR if decision.second else _TO_AUTHOR[decision.outcome]
    contestable = not decision.second and decision.outcome is not Outcome.KEEP
    await tell(
        author,
        Message(
            kind="decision",
            subject=N_("About what you published: “%(title)s”"),
            text=text,
            values=values,
            path=f"/contest/{case.key}" if contestable else "/charter",
            urgent=True,
        ),
    )


async def _tell_reporter(
    recipient: Recipient, case: Case, decision: Decision, *, number: str, title: str
) -> None:
    await tell(
        recipient,
        Message(
            kind="complaint-decided",
            subject=N_("Your report %(number)s: what was decided"),
            text=_TO_REPORTER,
            values={"number": number, **await _values(case, decision, recipient, title=title)},
            path=f"/report/{number.removeprefix('S-').replace('-', '')}",
            urgent=True,
        ),
    )


async def _values(case: Case, decision: Decision, recipient: Recipient, *, title: str) -> dict[str, str]:
    """The facts of a decision in the language of who reads them."""
    village = await Village.current()
    assert village is not None
    with speaking(recipient.locale or village.locale):
        return {
            "title": title,
            "by": decision.by_name,
            "reason": decision.reason,
            "basis": basis_words(decision),
            "outcome": gettext(outcomes_of(case)[decision.outcome]),
            "link": f"{origin()}/contest/{case.key}",
            "until": local_day(contest_until(decision.at), village.timezone),
        }


def basis_words(decision: Decision) -> str:
    """`our charter, “Nothing is sold here”`."""
    basis = gettext(BASES[Basis(decision.basis)])
    return f"{basis}, {decision.rule}" if decision.rule else basis
