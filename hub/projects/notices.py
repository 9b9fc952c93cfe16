"""Who is told what about projects; in the transaction of what happened.

How to reach somebody stands only in what carriers are told. People elsewhere are told by hub.projects.wire,
never from here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hub.notifications.actions import Act, Message, Recipient, tell, tell_agents
from hub.organisations.models import Organisation
from hub.participants.models import Participant
from hub.participants.telling import marked, recipient_of, short_title, town_hall_words
from hub.projects.models import (
    INSIDE,
    Answer,
    Contributor,
    DatePoll,
    Invited,
    Part,
    Project,
    Sort,
    Version,
)
from hub.projects.words import SORT_NAMES, STAGE_NAMES
from hub.text import DEFAULT_LOCALE, N_, day_name, gettext, speaking
from hub.village.models import Village


async def to_be_read(project: Project) -> None:
    """To agents: somebody new began a project."""
    author = await Contributor.filter(project_id=project.id).select_related("participant").first()
    message = Message(
        kind="project-to-be-read",
        subject=N_("A project to be read: “%(title)s”"),
        text=N_("%(author)s wrote it. It shows once one of you has read it.\n\n%(words)s"),
        values={
            "author": author.participant.name if author is not None else "",
            "words": marked(project.publication.source),
        },
        path="/moderation/projects",
    )
    await _tell_agents(project, message)


async def approved(project: Project) -> None:
    """To its carriers: everybody sees it now; and who was to be asked to take part is asked."""
    message = Message(
        kind="project-approved",
        subject=N_("Your project is online: “%(title)s”"),
        text=N_("Everybody can read it now, and join. You are told when somebody does."),
    )
    await _tell_carriers(project, message)
    asked = Invited.filter(project_id=project.id, answer=None)
    for one in await asked.select_related("participant", "organisation"):
        one.project = project
        await invited(one)


async def refused(project: Project, reason: str) -> None:
    """To its carriers: it is not shown, because."""
    message = Message(
        kind="project-refused",
        subject=N_("The town hall does not show “%(title)s”"),
        text=N_(
            "The town hall has read it and decided so. This is why:\n\n%(reason)s\n\n"
            "You do not agree, or want to write it differently? %(town_hall)s"
        ),
        values={"reason": marked(reason)},
    )
    await _tell_carriers(project, message)


async def asks_to_join(contributor: Contributor) -> None:
    """To the carriers: somebody asks to take part; yes and no stand in the mail."""
    numbers = {"contributor": contributor.id}
    yes = N_("If you press the button, %(who)s takes part from now on, and is told so.")
    no = N_("If you press the button, %(who)s is told kindly that it is not for now.")
    message = Message(
        kind="asks-to-join",
        subject=N_("%(who)s wants to take part: “%(title)s”"),
        text=N_("%(who)s, %(sort)s, asks to take part.\n\n%(said)s\n\nYes or no?"),
        acts=(
            Act(name="admit-contributor", label=N_("Yes, welcome"), arguments=numbers, explains=yes),
            Act(name="decline-contributor", label=N_("No, not for now"), arguments=numbers, explains=no),
        ),
    )
    await _tell_carriers(contributor.project, message, about=contributor)
    if contributor.participant.member_id is None:
        message = Message(
            kind="asked-to-join",
            subject=N_("The group of “%(title)s” reads your message"),
            text=N_(
                "You hear as soon as one of those who carry the project has said yes or no.\n\n%(carriers)s"
            ),
            call=False,
            awake=True,
        )
        await _tell_one(contributor, message)


async def joined(contributor: Contributor) -> None:
    """To the carriers, and to who joined without an account: how to come back."""
    message = Message(
        kind="joined-project",
        subject=N_("%(who)s takes part: “%(title)s”"),
        text=N_("%(who)s, %(sort)s, takes part from now on.\n\n%(said)s\n\nTo reach them: %(contact)s"),
    )
    await _tell_carriers(contributor.project, message, about=contributor)
    if contributor.participant.member_id is None:
        await _tell_one(contributor, replace(_welcome(), call=False, awake=True))


async def admitted(contributor: Contributor) -> None:
    """To who asked: welcome."""
    await _tell_one(contributor, _welcome())


async def welcome(contributor: Contributor) -> None:
    """To who was asked and said yes: what happens from now on."""
    await _tell_one(contributor, _welcome())


def _welcome() -> Message:
    return Message(
        kind="welcome",
        subject=N_("Welcome to “%(title)s”"),
        text=N_(
            "You take part from now on. You are told when the group looks for a date, meets, or decides.\n\n"
            "%(carriers)s"
        ),
    )


async def declined(contributor: Contributor, reason: str) -> None:
    """To who asked or took part: no, because."""
    message = Message(
        kind="declined-in-project",
        subject=N_("“%(title)s”: not for now"),
        text=N_("The group thanks you. It will not be for now.\n\n%(reason)s"),
        values={"reason": marked(reason)},
    )
    await _tell_one(contributor, message)


async def left(contributor: Contributor) -> None:
    """To the carriers."""
    message = Message(
        kind="left-project",
        subject=N_("%(who)s does not take part any more: “%(title)s”"),
        text=N_("You are told so that you can hand on what they had taken on."),
        call=False,
    )
    await _tell_carriers(contributor.project, message, about=contributor)


async def carries(contributor: Contributor) -> None:
    """To the new carrier."""
    message = Message(
        kind="carries",
        subject=N_("You carry “%(title)s” from now on"),
        text=N_(
            "You look after this project with others: you say yes to who joins, tell its story, close it.\n\n"
            "Everybody reads on its page how to reach you: %(public)s\n\n"
            "You did not want that? You can step back on your page."
        ),
        values={"public": contributor.contact},
    )
    await _tell_one(contributor, message)


async def handed_over(project: Project) -> None:
    """To agents: nobody is left who carries it."""
    message = Message(
        kind="handed-over",
        subject=N_("Nobody carries “%(title)s” any more: the town hall does for now"),
        text=N_(
            "Who carried it alone has left. Until somebody else wants to, the page names the town hall.\n\n"
            "Ask those who take part who goes on, or close the project and say what remains."
        ),
        path="/people",
    )
    await _tell_agents(project, message)


async def contested(project: Project, version: Version) -> None:
    """To the carriers: the first author does not agree, in their words."""
    message = Message(
        kind="contested-version",
        subject=N_("The first author does not agree: “%(title)s”"),
        text=N_("About version %(number)s they say:\n\n%(words)s\n\nEverybody reads it beside that version."),
        values={"number": str(version.number), "words": marked(version.contested)},
    )
    await _tell_carriers(project, message)


async def stage_reached(project: Project) -> None:
    """To all who take part: the project moved on."""
    message = Message(
        kind="stage-reached",
        subject=N_("“%(title)s”: %(stage)s"),
        text=N_("The project has moved on. On its page you read in a few minutes what happened so far."),
        call=False,
    )
    await _tell_all(project, message, words=lambda: {"stage": gettext(STAGE_NAMES[project.stage])})


async def closed(project: Project) -> None:
    """To all who took part: how it ended, and thanks."""
    message = Message(
        kind="project-closed",
        subject=N_("“%(title)s” is finished. Thank you!"),
        text=N_("You were part of it.\n\n%(thanks)s\n\n%(remains)s"),
        values={"thanks": marked(project.thanks)},
        call=bool(project.thanks),
    )

    def words() -> dict[str, str]:
        contact = project.remains_contact
        return {
            "remains": gettext("To ask from now on: %(contact)s") % {"contact": contact} if contact else ""
        }

    await _tell_all(project, message, words=words)


async def taken_down(project: Project) -> None:
    """To all who take part: it is no longer shown."""
    message = Message(
        kind="project-taken-down",
        subject=N_("“%(title)s” is no longer shown"),
        text=N_("The page of the project was taken down. %(town_hall)s"),
        call=False,
    )
    await _tell_all(project, replace(message, path="/mine"))


async def invited(invitation: Invited, words: str = "") -> None:
    """Yes, maybe and no, in one click, to who needs no account; `words` of who asks."""
    message = Message(
        kind="invited-to-project",
        subject=N_("Would you take part? “%(title)s”"),
        text=N_(
            "%(by)s asks you to take part in a project of the village:\n\n%(summary)s\n\n%(asking)s\n\n"
            "Yes, maybe or no: one click is enough, and no account is needed.\n\n%(carriers)s"
        ),
        values={"asking": marked(words), "by": invitation.asked_by},
        acts=tuple(_answers(invitation, Answer.YES, Answer.MAYBE, Answer.NO)),
    )
    await _tell_invited(invitation, message)


async def asked_again(invitation: Invited) -> None:
    """Once more, to who said maybe or nothing; nobody is called for it."""
    message = Message(
        kind="asked-again",
        subject=N_("Do you know by now? “%(title)s”"),
        text=N_(
            "%(by)s asked you whether you take part in this project of the village:\n\n%(summary)s\n\n"
            "Yes or no: one click is enough. You are not asked again.\n\n%(carriers)s"
        ),
        values={"by": invitation.asked_by},
        acts=tuple(_answers(invitation, Answer.YES, Answer.NO)),
        call=False,
    )
    await _tell_invited(invitation, message)


async def maybe_later(invitation: Invited) -> None:
    """To who said maybe: yes or no, once they know."""
    message = Message(
        kind="maybe-later",
        subject=N_("Whenever you know: “%(title)s”"),
        text=N_(
            "You said maybe, thank you. Once you know, one click is enough. "
            "You are asked once more in ten days, and then no more."
        ),
        acts=tuple(_answers(invitation, Answer.YES, Answer.NO)),
        call=False,
    )
    await _tell_invited(invitation, message)


async def invitation_answered(invitation: Invited) -> None:
    """To the carriers."""
    message = Message(
        kind="invitation-answered",
        subject=_ANSWERED[invitation.answer],
        text=N_("%(who)s, %(sort)s, was asked by %(by)s, and has answered. %(contact)s"),
        values={"by": invitation.asked_by, "contact": ""},
        path="/people",
        call=False,
    )
    if invitation.answer is Answer.YES and invitation.participant is not None:
        message = replace(message, values={**message.values, "contact": invitation.participant.contact})
    await _tell_carriers(
        invitation.project,
        message,
        words=lambda: {"who": invitation.name, "sort": gettext(SORT_NAMES[invitation.sort])},
    )


_ANSWERED = {
    Answer.YES: N_("%(who)s says yes: “%(title)s”"),
    Answer.MAYBE: N_("%(who)s says maybe: “%(title)s”"),
    Answer.NO: N_("%(who)s says no: “%(title)s”"),
}
_LABELS = {
    Answer.YES: N_("Yes, with pleasure"),
    Answer.MAYBE: N_("Maybe, ask me again"),
    Answer.NO: N_("No, thank you"),
}
_EXPLAINS = {
    Answer.YES: N_("If you press the button, you take part, and those who carry it learn how to reach you."),
    Answer.MAYBE: N_("If you press the button, they learn that you are thinking about it."),
    Answer.NO: N_("If you press the button, they learn that it is not for you, and you are not asked again."),
}


def _answers(invitation: Invited, *answers: Answer) -> list[Act]:
    return [
        Act(
            name="answer-invitation",
            label=_LABELS[answer],
            arguments={"invited": invitation.id, "answer": answer.value},
            explains=_EXPLAINS[answer],
        )
        for answer in answers
    ]


async def date_asked(project: Project, poll: DatePoll, by: Contributor | None) -> None:
    """To all who take part: when can you?"""
    message = Message(
        kind="date-asked",
        subject=N_("When can you? %(what)s, “%(title)s”"),
        text=N_("The group looks for a date. Say in a few clicks which ones suit you."),
        values={"what": poll.title},
        path="/work#dates",
    )
    await _tell_all(project, message, but=by)


async def date_found(
    project: Project, poll: DatePoll, *, when: Callable[[], str], path: str, by: Contributor | None
) -> None:
    """To all who take part: that day it is; `when` says it in the language of the moment."""
    message = Message(
        kind="date-found",
        subject=N_("%(what)s: %(when)s"),
        text=N_("The group of “%(title)s” meets: %(when)s."),
        values={"what": poll.title},
        path=path,
        urgent=True,
    )
    await _tell_all(project, message, words=lambda: {"when": when()}, but=by)


async def review_agreements(project: Project) -> None:
    """To all who take part: look again at what was agreed on."""
    message = Message(
        kind="review-agreements",
        subject=N_("Does it still hold? What you agreed on in “%(title)s”"),
        text=N_("You wanted to look at it again by %(day)s:\n\n%(words)s"),
        values={"words": marked(project.agreements)},
        path="/work#agreements",
        call=False,
    )
    day = project.agreements_review
    await _tell_all(project, message, words=lambda: {"day": day_name(day) if day is not None else ""})


Words = Callable[[], Mapping[str, str]]


def _no_words() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class _Letter:
    """A message about a project, to be filled for each of its readers; `words` are said in their language."""

    project: Project
    message: Message
    words: Words
    village: Village | None
    carriers: Sequence[Contributor]

    def filled(self, locale: str | None = None) -> Message:
        """With what any message about a project may say."""
        with speaking(locale or (self.village.locale if self.village else DEFAULT_LOCALE)):
            values = {
                "title": short_title(self.project.publication.title),
                "town_hall": town_hall_words(self.village),
                "carriers": _reach(self.carriers),
                **self.message.values,
                **self.words(),
            }
        path = _path(self.project, self.message.path)
        return replace(self.message, values=values, path=path, about=self.project.publication_id)


async def _letter(project: Project, message: Message, words: Words = _no_words) -> _Letter:
    return _Letter(
        project=project,
        message=message,
        words=words,
        village=await Village.current(),
        carriers=await _people(project, Part.CARRIER),
    )


async def _tell_carriers(
    project: Project, message: Message, *, about: Contributor | None = None, words: Words = _no_words
) -> None:
    """All but the one whom it is about; where the town hall carries it, that is every agent."""
    letter = await _letter(project, message, words if about is None else lambda: _of_person(about))
    in_person = [one.participant.member_id for one in letter.carriers]
    for one in letter.carriers:
        if about is not None and one.id == about.id:
            continue
        if one.sort is Sort.TOWN_HALL and one.organisation_id is None:
            await tell_agents(replace(letter.filled(), acts=()), but=in_person)
        else:
            acts = [replace(act, arguments={**act.arguments, "carrier": one.id}) for act in message.acts]
            await _tell(one.participant, replace(letter, message=replace(message, acts=acts)))


async def _tell_all(
    project: Project, message: Message, *, words: Words = _no_words, but: Contributor | None = None
) -> None:
    letter = await _letter(project, message, words)
    for one in await _people(project, *INSIDE):
        if but is None or one.id != but.id:
            await _tell(one.participant, letter)


async def _tell_one(contributor: Contributor, message: Message) -> None:
    letter = await _letter(contributor.project, message, lambda: _of_person(contributor))
    await _tell(contributor.participant, letter)


async def _tell(participant: Participant, letter: _Letter) -> None:
    if participant.actor_id is not None or participant.erased_at is not None:
        return
    await tell(recipient_of(participant), letter.filled(participant.locale))


async def _tell_invited(invitation: Invited, message: Message) -> None:
    """A person as they wanted to be reached, an organisation as the directory says."""
    words = {"summary": marked(_first_lines(invitation.project.publication.source))}
    letter = await _letter(invitation.project, message, lambda: words)
    if invitation.participant_id is not None and invitation.participant is not None:
        await _tell(invitation.participant, letter)
    elif invitation.organisation is not None:
        to = invitation.organisation
        name = to.contact_name or to.name
        await tell(Recipient(name=name, mail=to.mail or None, phone=to.phone or None), letter.filled())


async def _tell_agents(project: Project, message: Message) -> None:
    await tell_agents((await _letter(project, message)).filled())


async def _people(project: Project, *parts: Part) -> Sequence[Contributor]:
    found = Contributor.filter(project_id=project.id, part__in=list(parts))
    return await found.select_related("participant", "organisation").order_by("id")


def _of_person(contributor: Contributor) -> Mapping[str, str]:
    participant, organisation = contributor.participant, contributor.organisation
    name = participant.name
    if isinstance(organisation, Organisation):
        name = gettext("%(name)s, for %(organisation)s") % {"name": name, "organisation": organisation.name}
    words = marked(contributor.message)
    return {
        "who": name,
        "sort": gettext(SORT_NAMES[contributor.sort]),
        "said": f"{gettext('In their words:')}\n{words}" if words else "",
        "contact": participant.contact or gettext("through their own server"),
    }


def _reach(carriers: Sequence[Contributor]) -> str:
    """`Who carries it: Inès Cordier (comptoir@saint-martin.example)`: what everybody reads on the page."""
    named = [f"{one.participant.name} ({one.contact})" for one in carriers if one.contact]
    return gettext("Who carries it: %(names)s") % {"names": ", ".join(named)} if named else ""


def _path(project: Project, path: str) -> str:
    """`/people` and `/work` are below the project's page."""
    if path == "/" or path.startswith(("/people", "/work")):
        return f"/{project.publication.code}{path.rstrip('/')}"
    return path


def _first_lines(text: str) -> str:
    """Enough to know what it is about."""
    return text if len(text) <= 600 else text[:600].rsplit(" ", 1)[0] + "…"
