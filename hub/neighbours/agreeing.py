"""What the other side says of an agreement; in the caller's transaction, looked up by what is stored here."""

from datetime import UTC, datetime, timedelta

from federation import properties
from federation.documents import Activity
from federation.vocabulary import Json
from hub import limits
from hub.actors.actions import remember
from hub.actors.models import Actor, Role
from hub.db import transaction
from hub.errors import TooMany
from hub.fediverse import actions as fediverse
from hub.fediverse.following import be_accepted, be_rejected, write_follow
from hub.fediverse.known import Known
from hub.fediverse.models import AgreementState, Follow, Neighbour
from hub.jobs import enqueue
from hub.neighbours import actions, catching_up, notices, states, wire
from hub.neighbours.meeting import Hub, describe
from hub.text import N_, gettext, speaking
from hub.village.models import Village

NOT_A_HUB = N_("Agreements are made between sites of villages. To follow the village, follow %(handle)s.")
TOO_MANY = N_("Too many proposals wait here. Try again in some days.")

SILENT_AFTER_NO = timedelta(days=30)  # who was refused is refused again by itself
_BOTH_WANT = (AgreementState.ASKED, AgreementState.AGREED, AgreementState.PAUSED)
_OVER = (AgreementState.REFUSED, AgreementState.ENDED)


async def be_asked(actor: Actor, asked: Activity, server: Actor) -> None:
    """A Follow of our server actor: an answer to our own proposal, or a proposal."""
    neighbour = await _locked(actor)
    if neighbour is not None and neighbour.state not in _OVER:
        _hear_terms(neighbour, asked)
        await _be_followed(neighbour, asked.id, server)
    elif neighbour is not None and _was_refused_lately(neighbour):
        await fediverse.say_rejected(asked.id, actor, server, why=neighbour.why)
    elif await _may(limits.PROPOSALS_PER_HOST, actor):
        await enqueue(meet_proposer, uri=actor.uri, follow=asked.id, said=wire.parts_of(asked.raw))


async def _be_followed(neighbour: Neighbour, follow: str, server: Actor) -> None:
    """Its Accept comes by itself where we want it too; our own question may be lost, and is asked again."""
    await neighbour.save()
    wanted, now = neighbour.state in _BOTH_WANT, datetime.now(UTC)
    if not await write_follow(neighbour.actor, server, uri=follow, at=now, accepted=wanted):
        return
    terms = wire.to_send(neighbour)
    await fediverse.say_accepted(follow, neighbour.actor, server, further=terms)
    if neighbour.state is AgreementState.ASKED:
        await fediverse.follow(server, neighbour.actor, further=terms)


def _was_refused_lately(neighbour: Neighbour) -> bool:
    if neighbour.state is not AgreementState.REFUSED or not neighbour.by_us:
        return False
    return datetime.now(UTC) - neighbour.changed_at < SILENT_AFTER_NO


async def _may(rate: limits.Rate, actor: Actor) -> bool:
    """Whoever says it without end is heard a few times, and then not for a while."""
    try:
        await limits.spend(rate, actor.host)
    except TooMany:
        return False
    return True


async def meet_proposer(uri: str, follow: str, said: Json) -> None:
    """Whether a hub is behind it; then an administrator is asked, else the answer is no."""
    hub = await describe(uri)
    async with transaction():
        actor = await Actor.get_or_none(uri=uri, deleted_at=None)
        server = await Actor.of_role(Role.SERVER)
        known = Known()
        await known.load([follow])
        if actor is None or server is None or known.is_gone(follow, by=uri):
            return
        problem = await _problem(hub, actor)
        if hub is None or problem:
            await fediverse.say_rejected(follow, actor, server, why=problem)
            return
        await _let_wait(hub, await remember(hub.document, at=datetime.now(UTC)), follow=follow, said=said)


async def _problem(hub: Hub | None, actor: Actor) -> str:
    """In the language of the village; empty where there is none."""
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        if hub is None:
            handle = f"@{village.handle}" if village is not None else ""
            return gettext(NOT_A_HUB) % {"handle": handle}
        waiting = Neighbour.filter(state=AgreementState.ASKS).exclude(actor_id=actor.id)
        return gettext(TOO_MANY) if await waiting.count() >= limits.PROPOSALS_WAITING else ""


async def _let_wait(hub: Hub, actor: Actor, *, follow: str, said: Json) -> None:
    """Until an administrator has decided; who asked in the meantime is answered at once."""
    server = await actions.server_actor()
    known = await Neighbour.select_for_update().get_or_none(host=hub.host)
    neighbour = await actions.write_down(hub, actor, known)
    _take_terms(neighbour, wire.read_terms(said))
    if known is not None and known.state not in _OVER:
        await _be_followed(neighbour, follow, server)
        return
    await Follow.filter(follower_id=actor.id, followed_id=server.id).delete()  # accepted once, not any more
    await write_follow(actor, server, uri=follow, at=datetime.now(UTC), accepted=False)
    await actions.let_ask(neighbour)
    await notices.proposed(neighbour)


async def be_agreed(actor: Actor, accepted: Activity) -> bool:
    """They accept our Follow; whether it was one that we sent."""
    neighbour = await _locked(actor)
    if neighbour is None or not await be_accepted(actor, accepted.object, at=datetime.now(UTC)):
        return False
    _hear_terms(neighbour, accepted)
    if neighbour.state is AgreementState.ASKED:
        await actions.agree(neighbour)
        await notices.agreed(neighbour)
    await neighbour.save()
    if neighbour.state is AgreementState.AGREED and neighbour.caught_up_at is None:
        await catching_up.begin(neighbour.id)
    return True


async def be_put_off(actor: Actor, answer: Activity) -> bool:
    """They need time until some day."""
    neighbour = await _locked(actor)
    if neighbour is None or neighbour.state is not AgreementState.ASKED:
        return False
    known = neighbour.answer_by, neighbour.their_why
    neighbour.answer_by = properties.moment(answer.raw.get("endTime"))
    neighbour.their_why = wire.read_words(answer.raw.get("content"))
    await neighbour.save(update_fields=["answer_by", "their_why"])
    is_new = known != (neighbour.answer_by, neighbour.their_why)
    if is_new and await _may(limits.DELAYS_PER_HOST, actor):
        await notices.put_off(neighbour)
    return True


async def be_refused(actor: Actor, answer: Activity) -> bool:
    """They do not accept our Follow, or no longer."""
    neighbour = await _locked(actor)
    if neighbour is None or not await be_rejected(actor, answer.object):
        return False
    await _be_ended(neighbour, why=wire.read_words(answer.raw.get("content")))
    return True


async def be_left(actor: Actor, undone: Activity | str | None) -> bool:
    """They follow no longer, or take back that we may: the agreement is over."""
    neighbour = await _locked(actor)
    if neighbour is None or neighbour.state in _OVER:
        return False
    if isinstance(undone, Activity) and undone.type == "Accept":
        ours = await be_rejected(actor, undone.object)
    else:
        ours = await _is_their_follow(actor, undone)
    if ours:
        await _be_ended(neighbour)
    return ours


async def be_blocked(actor: Actor) -> None:
    """They want nothing from our server any more, or are gone for ever."""
    neighbour = await _locked(actor)
    if neighbour is not None and neighbour.state not in _OVER:
        await _be_ended(neighbour)


async def _is_their_follow(actor: Actor, undone: Activity | str | None) -> bool:
    theirs = await Follow.get_or_none(follower_id=actor.id, followed__role=Role.SERVER)
    if theirs is None or undone is None:
        return False
    if isinstance(undone, str):
        return undone == theirs.uri
    is_follow = undone.type == "Follow" and undone.object_id == (await actions.server_actor()).uri
    return is_follow and undone.id in ("", theirs.uri)


async def _be_ended(neighbour: Neighbour, *, why: str = "") -> None:
    asked = neighbour.state is AgreementState.ASKED
    state = AgreementState.REFUSED if asked else AgreementState.ENDED
    waited = neighbour.state is AgreementState.ASKS
    await states.ended_by_them(neighbour, state, why=why)
    if not waited:
        await notices.ended(neighbour)


async def _locked(actor: Actor) -> Neighbour | None:
    neighbour = await Neighbour.select_for_update().get_or_none(actor_id=actor.id)
    if neighbour is not None:
        neighbour.actor = actor
    return neighbour


def _hear_terms(neighbour: Neighbour, said: Activity) -> None:
    _take_terms(neighbour, wire.read_terms(said.raw))


def _take_terms(neighbour: Neighbour, terms: wire.Terms) -> None:
    neighbour.receives, neighbour.their_within = ",".join(terms.sends), terms.within
    neighbour.their_why = terms.why
