"""Residents may object to an agreement: the reason stands on its page, and the town hall answers it."""

from datetime import UTC, datetime, timedelta

from hub.db import transaction
from hub.errors import Conflict, NotFound
from hub.fediverse.models import AgreementState, Neighbour
from hub.journal import Person as Doer
from hub.journal import record
from hub.neighbours import notices
from hub.neighbours.models import Objection
from hub.participants.actions import participant_of
from hub.participants.models import Person
from hub.text import N_, gettext, speaking
from hub.village.models import Village

ANSWERED_WITHIN = timedelta(days=15)
WORDS = 2_000

OPEN_ALREADY = N_("You have objected to this agreement already; the town hall has not answered yet.")
ANSWERED = N_("Somebody has answered this in the meantime.")
OVER = N_("There is no such agreement any more.")
IS_OVER = N_("The agreement is over.")


async def object_to(neighbour: Neighbour, reason: str, who: Person) -> Objection:
    """A member is against it; their name is for the town hall alone. Raises Conflict."""
    async with transaction():
        ours = await Neighbour.select_for_update().get(id=neighbour.id)
        if ours.state in (AgreementState.ENDED, AgreementState.REFUSED):
            raise Conflict(OVER)
        mine = Objection.filter(neighbour_id=ours.id, answered_at=None, participant__member_id=who.member_id)
        if who.member_id is not None and await mine.exists():
            raise Conflict(OPEN_ALREADY)
        participant = await participant_of(who, reach=False)
        objection = await Objection.create(neighbour=ours, participant=participant, reason=reason)
        await notices.objected(ours, objection, until=answer_by(objection))
    return objection


async def answer(objection: Objection, words: str, *, by: Doer, at: datetime) -> None:
    """In the name of the town hall; whoever objected is told. Raises Conflict, NotFound."""
    async with transaction():
        ours = await Objection.select_for_update().get_or_none(id=objection.id)
        if ours is None:
            raise NotFound
        if ours.answered_at is not None:
            raise Conflict(ANSWERED)
        await _write_answer(ours, words, at=at)
        await record("objection-answered", ours.neighbour.host, by=by)


async def close(neighbour: Neighbour) -> None:
    """The agreement is over, which is the answer; in the caller's transaction."""
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        words = gettext(IS_OVER)
    for objection in await Objection.select_for_update().filter(neighbour_id=neighbour.id, answered_at=None):
        await _write_answer(objection, words, at=datetime.now(UTC))


async def _write_answer(objection: Objection, words: str, *, at: datetime) -> None:
    objection.answer, objection.answered_at = words, at
    await objection.save(update_fields=["answer", "answered_at"])
    await objection.fetch_related("neighbour", "participant")
    await notices.objection_answered(objection)


def answer_by(objection: Objection) -> datetime:
    """The last day on which the town hall answers."""
    return objection.made_at + ANSWERED_WITHIN
