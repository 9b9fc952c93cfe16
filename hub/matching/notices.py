"""Who is told of suggestions, and of a circle that was made wider; in the transaction of what happened."""

from collections.abc import Sequence

from hub.exchange.models import Proposal
from hub.exchange.notices import tell_owner
from hub.matching.explaining import reasons_words
from hub.matching.models import Suggestion
from hub.notifications.actions import Act, Message
from hub.participants.telling import short_title
from hub.publications.models import Kind, Scope
from hub.text import N_, gettext, speaking

_FOUND = {
    Kind.NEED: (
        N_("This may help you: “%(title)s”"),
        N_(
            "Looking through the board, we found what may answer your need:\n\n%(found)s\n\n"
            "A machine compared the words, so look at it yourself. Nobody was told of you. "
            "If it suits you, answer on its page; you both learn how to reach each other once both said yes."
        ),
    ),
    Kind.OFFER: (
        N_("Somebody may need this: “%(title)s”"),
        N_(
            "Looking through the board, we found who may need what you offer:\n\n%(found)s\n\n"
            "A machine compared the words, so look at it yourself. Nobody was told of you. "
            "If you want to help, answer on its page; "
            "you both learn how to reach each other once both said yes."
        ),
    ),
}
_PUT = {
    Kind.NEED: (
        N_("The town hall thought of you: “%(title)s”"),
        N_(
            "The town hall thinks that this may answer your need:\n\n%(found)s\n\n"
            "If it suits you, answer on its page."
        ),
    ),
    Kind.OFFER: (
        N_("The town hall thought of you: “%(title)s”"),
        N_(
            "The town hall thinks that somebody may need it:\n\n%(found)s\n\n"
            "If you want to help, answer on its page."
        ),
    ),
}
_WIDER = {
    Scope.NEIGHBOURS: (
        N_("The villages around are asked, too: “%(title)s”"),
        N_(
            "Nobody has answered yet. As you agreed, others are asked now. They read its title, what it is "
            "about and the hamlet, nothing else: neither your name nor how to reach you.\n\n"
            "You hear as soon as somebody answers, and say yes or no."
        ),
    ),
    Scope.PUBLIC: (
        N_("The region is asked, too: “%(title)s”"),
        N_(
            "Nobody has answered yet. As you agreed, the region is asked now, where everybody can read "
            "its title, what it is about and the hamlet, nothing else: neither your name nor how to reach "
            "you.\n\n"
            "You hear as soon as somebody answers, and say yes or no."
        ),
    ),
}
_STOPPED = N_(
    "If you press the button, nobody further is asked, and other villages are told to take it down, "
    "for good: it cannot ask around again. It stays on the board here."
)
_STAYS = N_(
    "If you press the button, nobody further is asked. Where it is known it stays until you close it or take "
    "it down."
)


async def found(proposal: Proposal, suggestions: Sequence[Suggestion]) -> None:
    """To who asks or offers, in their rhythm: what may suit. The other sides must be loaded."""
    await _tell(proposal, suggestions, _FOUND)


async def put(proposal: Proposal, suggestion: Suggestion) -> None:
    """To one side: an agent thinks that it suits."""
    await _tell(proposal, [suggestion], _PUT)


async def _tell(
    proposal: Proposal, suggestions: Sequence[Suggestion], words: dict[Kind, tuple[str, str]]
) -> None:
    if proposal.owner is None or not suggestions:
        return
    subject, text = words[proposal.publication.kind]
    with speaking(proposal.owner.locale or "fr"):
        listed = "\n\n".join(_line(one, proposal) for one in suggestions)
    message = Message(
        kind="suggested",
        subject=subject,
        text=text,
        values={"found": listed},
        path=_path(suggestions, proposal),
        call=False,
    )
    await tell_owner(proposal, message)


def _line(suggestion: Suggestion, proposal: Proposal) -> str:
    """`Échelle à prêter (Die) : même catégorie, à 6 km`."""
    other = other_side(suggestion, proposal)
    place = other.area or other.publication.author.display_name
    why = reasons_words(suggestion.reasons)
    title = f"- {short_title(other.publication.title)}" + (f" ({place})" if place else "")
    return title + (gettext(": ") + why if why else "")


def other_side(suggestion: Suggestion, proposal: Proposal) -> Proposal:
    return suggestion.offer if suggestion.need_id == proposal.id else suggestion.need


def _path(suggestions: Sequence[Suggestion], proposal: Proposal) -> str:
    """The page of the one that was found; of several, one's own page, where they all are."""
    if len(suggestions) == 1:
        return f"/{other_side(suggestions[0], proposal).publication.code}"
    return "/"


async def widened(proposal: Proposal, scope: Scope) -> None:
    """To its author: who is asked now, and how to stop it."""
    subject, text = _WIDER[scope]
    message = Message(
        kind="widened",
        subject=subject,
        text=text,
        acts=(
            Act(
                name="stop-widening",
                label=N_("Ask nobody further"),
                arguments={"proposal": proposal.id},
                explains=_STOPPED if proposal.publication.scope is Scope.VILLAGE else _STAYS,
            ),
        ),
        call=False,
    )
    await tell_owner(proposal, message)
