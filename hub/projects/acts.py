"""What links in mails can do about projects, once, without signing in: the name of an Act and its function.

Each runs in the transaction that spends the link, and answers what was done.
"""

from hub.errors import LinkSpent
from hub.notifications.people import ActFunction, Holder
from hub.projects import invitations, membership
from hub.projects.models import Answer, Contributor, Invited, Part
from hub.text import N_

_THANKS = {
    Answer.YES: N_("Welcome! You take part from now on, and get a message that says how to go on."),
    Answer.MAYBE: N_("It is noted: maybe. You get a message to which you can say yes or no later."),
    Answer.NO: N_("It is noted: not for you. Nobody asks you again. Thank you for answering."),
}


async def admit_contributor(holder: Holder, contributor: int, carrier: int) -> str:
    await membership.admit(await _asked(contributor, carrier))
    return N_("They take part from now on, and are told so.")


async def decline_contributor(holder: Holder, contributor: int, carrier: int) -> str:
    await membership.decline(await _asked(contributor, carrier))
    return N_("They are told kindly that it is not for now.")


async def answer_invitation(holder: Holder, invited: int, answer: str) -> str:
    invitation = await Invited.get_or_none(id=invited)
    if invitation is None:
        raise LinkSpent
    await invitations.answer(invitation, Answer(answer))
    return _THANKS[Answer(answer)]


async def _asked(contributor: int, carrier: int) -> Contributor:
    """Who asks to join, as long as `carrier` carries the project. Raises LinkSpent."""
    asked = await Contributor.get_or_none(id=contributor, part=Part.ASKED)
    if asked is None:
        raise LinkSpent
    if not await Contributor.exists(id=carrier, project_id=asked.project_id, part=Part.CARRIER):
        raise LinkSpent
    return asked


ACTS: dict[str, ActFunction] = {
    "admit-contributor": admit_contributor,
    "decline-contributor": decline_contributor,
    "answer-invitation": answer_invitation,
}
