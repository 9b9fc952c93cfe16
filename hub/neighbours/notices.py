"""The town hall is told what happens to agreements; in the transaction of what happened."""

from datetime import datetime

from hub.fediverse.models import AgreementState, Neighbour
from hub.neighbours.models import Objection
from hub.notifications.actions import Message, tell, tell_agents, told_today
from hub.participants.telling import marked, recipient_of
from hub.text import N_, local_day, speaking
from hub.village.models import Village

PAGE = "/neighbours"
KEYS = "neighbour-keys"


async def proposed(neighbour: Neighbour) -> None:
    await _tell(
        neighbour,
        N_("%(village)s proposes an agreement"),
        N_(
            "%(village)s (%(host)s) would like to exchange needs and offers with you. You decide what you"
            " send, and may refuse or ask for time."
        ),
    )


async def agreed(neighbour: Neighbour) -> None:
    await _tell(
        neighbour,
        N_("%(village)s has accepted the agreement"),
        N_(
            "You now exchange with %(village)s (%(host)s)."
            " What hangs on their board arrives here in some minutes."
        ),
    )


async def put_off(neighbour: Neighbour) -> None:
    await _tell(
        neighbour,
        N_("%(village)s asks for time"),
        N_("%(village)s (%(host)s) answers your proposal later."),
    )


async def ended(neighbour: Neighbour) -> None:
    await _tell(
        neighbour,
        N_("No agreement with %(village)s"),
        N_(
            "%(village)s (%(host)s) does not want the agreement, or no longer. What came from there is"
            " taken off your pages."
        ),
    )


async def changed_keys(neighbour: Neighbour) -> None:
    """Once a day: an address may have another owner now, who says that they are our neighbour."""
    if await told_today(KEYS, f"{PAGE}/{neighbour.id}"):
        return
    await _tell(
        neighbour,
        N_("The site of %(village)s has new signing keys"),
        N_(
            "%(village)s (%(host)s) signs with other keys than before. That is as it should be where its town"
            " hall has changed them, or has moved to another machine. If nobody told you, call them; until"
            " you know, you can let the agreement rest on its page."
        ),
        kind=KEYS,
    )


async def objected(neighbour: Neighbour, objection: Objection, *, until: datetime) -> None:
    await _tell(
        neighbour,
        N_("Somebody objects to the agreement with %(village)s"),
        N_(
            "Somebody from here is against the agreement with %(village)s:\n\n%(reason)s\n\n"
            "The town hall answers before %(until)s, on the page of the agreement."
        ),
        reason=marked(objection.reason),
        until=await _day(until),
    )


async def objection_answered(objection: Objection) -> None:
    if objection.participant is None:
        return
    over = objection.neighbour.state in (AgreementState.REFUSED, AgreementState.ENDED)  # and has no page
    message = Message(
        kind="objection",
        subject=N_("The town hall has answered about %(village)s"),
        text=N_("You objected to the agreement with %(village)s. The town hall answers:\n\n%(answer)s"),
        values={"village": _name(objection.neighbour), "answer": marked(objection.answer)},
        path=PAGE if over else f"{PAGE}/{objection.neighbour_id}",
    )
    await tell(recipient_of(objection.participant), message)


async def _day(at: datetime) -> str:
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        return local_day(at, village.timezone if village is not None else "UTC")


async def _tell(
    neighbour: Neighbour, subject: str, text: str, *, kind: str = "neighbour", **further: str
) -> None:
    values = {"village": _name(neighbour), "host": neighbour.host, **further}
    path = f"{PAGE}/{neighbour.id}"
    await tell_agents(Message(kind=kind, subject=subject, text=text, values=values, path=path))


def _name(neighbour: Neighbour) -> str:
    return neighbour.name or neighbour.host
