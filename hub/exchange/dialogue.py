"""Yes or no, in the words of people: what somebody elsewhere answers to a question that we asked in private.

Only a plain yes commits, and only a plain no takes back; whatever else somebody writes changes nothing.
"""

from federation.documents import Document
from hub.actors.models import Actor
from hub.cleaning import plain_text
from hub.db import transaction
from hub.errors import Conflict, NotFound
from hub.exchange import pledges, wire
from hub.exchange.models import Pledge, PledgeState
from hub.fediverse.known import Known
from hub.participants.answers import Said, understand, without_mentions
from hub.participants.messages import asked

REASON_CHARS = 500


async def hear(note: Document, actor: Actor, known: Known) -> bool:
    """Whether it answered a question of ours and was understood; else it is for people to read."""
    if known.has_of_ours(note.in_reply_to):  # questions are asked in private, and are no publications
        return False
    pledge = await _asked(note, actor)
    if pledge is None:
        return False
    said = understand(plain_text(note.content))
    if said is None:
        if pledge.state is PledgeState.ASKED:
            await wire.ask_again(pledge)
        return False
    if pledge.answer_uri != note.id:
        pledge.answer_uri = note.id
        await pledge.save(update_fields=["answer_uri"])
    if said is Said.YES:
        await _hear_yes(pledge)
    else:
        await _hear_no(pledge, plain_text(note.content)[:REASON_CHARS])
    return True


async def _hear_yes(pledge: Pledge) -> None:
    if pledge.state is not PledgeState.ASKED:
        return
    try:
        async with transaction():
            await pledges.confirm(pledge)
    except Conflict:
        await Pledge.filter(id=pledge.id).update(state=PledgeState.DECLINED)
        await wire.say_full(pledge)


async def _hear_no(pledge: Pledge, words: str) -> None:
    if pledge.state in (PledgeState.ASKED, PledgeState.PROPOSED, PledgeState.ACCEPTED):
        await pledges.withdraw(pledge, without_mentions(words))
        await wire.say_understood_no(pledge)


async def _asked(note: Document, actor: Actor) -> Pledge | None:
    """The pledge whose thread this note continues, if we asked its author; locked."""
    number = await asked("pledge", note, actor)
    try:
        return None if number is None else await pledges.locked_pledge(await Pledge.get(id=number))
    except NotFound:  # the need was deleted: people may read what they say
        return None
