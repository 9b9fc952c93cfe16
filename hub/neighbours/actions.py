"""Agreements with other hubs: what an administrator decides here, each all or nothing.

An agreement is a mutual Follow of server actors; with a region, which shows villages and is none, only it
follows. What the other side says is heard in hub.neighbours.agreeing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import hub.fediverse.actions as fediverse
from hub.actors.actions import remember
from hub.actors.hosts import policies_changed
from hub.actors.models import Actor, KnownKey, Role
from hub.db import transaction
from hub.errors import Conflict, InvalidInput, NotFound
from hub.fediverse.models import AgreementState, Follow, Neighbour
from hub.journal import Person, record
from hub.neighbours import catching_up, copies, states, wire
from hub.neighbours.meeting import Hub, meet
from hub.neighbours.states import LIVING
from hub.neighbours.wire import EVERYTHING, Terms
from hub.text import N_

ALREADY = N_("You exchange with this village already.")
ALREADY_ASKED = N_("You have asked this village already, and wait for its answer.")
CHANGED = N_("Somebody has decided this in the meantime. Look again.")

OPEN_STATES = (*LIVING, AgreementState.ASKED, AgreementState.ASKS)


async def propose(
    address: str, terms: Terms = EVERYTHING, *, by: Person | None = None, trusts_new_keys: bool = False
) -> Neighbour:
    """Ask another hub for an agreement; where it has asked us, that is a yes. Raises InvalidInput."""
    hub = await meet(address, trusts_new_keys=trusts_new_keys)
    now = datetime.now(UTC)
    async with transaction():
        known = await Neighbour.select_for_update().get_or_none(host=hub.host)
        if known is not None and known.state in _SAID:
            raise InvalidInput({"address": _SAID[known.state]})
        if trusts_new_keys:
            await KnownKey.filter(owner=hub.document.id).delete()
        actor = await remember(hub.document, at=now)
        neighbour = await write_down(hub, actor, known)
        _set_terms(neighbour, terms)
        if neighbour.state is AgreementState.ASKS:
            await _accept(neighbour, by=by)
            return neighbour
        neighbour.asked_at, neighbour.agreed_at, neighbour.by_us = now, None, False
        states.move(neighbour, AgreementState.ASKED)
        await neighbour.save()
        policies_changed()
        await _follow(neighbour)
        await record("neighbour-proposed", neighbour.host, by=by, why=terms.why)
    return neighbour


_SAID = {
    AgreementState.AGREED: ALREADY,
    AgreementState.PAUSED: ALREADY,
    AgreementState.ASKED: ALREADY_ASKED,
}


async def accept(neighbour: Neighbour, terms: Terms = EVERYTHING, *, by: Person | None = None) -> Neighbour:
    """Say yes to what they proposed; we send what `terms` say. Raises Conflict."""
    async with transaction():
        ours = await locked(neighbour, AgreementState.ASKS)
        _set_terms(ours, terms)
        await _accept(ours, by=by)
    return ours


async def refuse(neighbour: Neighbour, why: str, *, by: Person | None = None) -> None:
    """Say no, with a reason that they read."""
    async with transaction():
        ours = await locked(neighbour, AgreementState.ASKS)
        await _reject_theirs(ours, why)
        ours.why = why
        await states.end(ours, AgreementState.REFUSED, by_us=True)
        await record("neighbour-refused", ours.host, by=by, why=why)


async def ask_for_time(
    neighbour: Neighbour, until: datetime, why: str = "", *, by: Person | None = None
) -> None:
    """Tell them that the answer comes later."""
    async with transaction():
        ours = await locked(neighbour, AgreementState.ASKS)
        ours.answer_by = until
        await ours.save(update_fields=["answer_by"])
        theirs = await _their_follow(ours)
        if theirs is not None:
            await wire.send_later(theirs, until, why)
        await record("neighbour-delayed", ours.host, by=by, why=why)


async def withdraw(neighbour: Neighbour, *, by: Person | None = None) -> None:
    """Take our proposal back, before they have answered."""
    async with transaction():
        ours = await locked(neighbour, AgreementState.ASKED)
        await _unfollow(ours)
        await _reject_theirs(ours, "")  # who had asked, too, was answered with yes
        await states.end(ours, AgreementState.ENDED, by_us=True)
        await record("neighbour-withdrawn", ours.host, by=by)


async def change_terms(neighbour: Neighbour, terms: Terms, *, by: Person | None = None) -> None:
    """What we send from now on; they are told."""
    async with transaction():
        ours = await locked(neighbour, *LIVING, AgreementState.ASKED)
        _set_terms(ours, terms)
        await ours.save(update_fields=["sends", "within", "why"])
        await _tell_terms(ours)
        await record("neighbour-terms", ours.host, by=by, why=terms.why)


async def pause(neighbour: Neighbour, why: str = "", *, by: Person | None = None) -> None:
    """Ours alone: nothing new is sent or kept, and what came from there is not shown. They are not told."""
    async with transaction():
        ours = await locked(neighbour, AgreementState.AGREED)
        states.move(ours, AgreementState.PAUSED)
        await ours.save(update_fields=["state", "changed_at"])
        await copies.hide(ours)
        await record("neighbour-paused", ours.host, by=by, why=why)


async def go_on(neighbour: Neighbour, *, by: Person | None = None) -> None:
    """After a pause: what was hidden shows again, and what was missed is read."""
    async with transaction():
        ours = await locked(neighbour, AgreementState.PAUSED)
        await copies.show(ours)
        states.move(ours, AgreementState.AGREED)
        ours.caught_up_at = ours.reading_since = None
        await ours.save(update_fields=["state", "changed_at", "caught_up_at", "reading_since"])
        await catching_up.begin(ours.id)
        await record("neighbour-resumed", ours.host, by=by)


async def end(neighbour: Neighbour, why: str = "", *, by: Person | None = None) -> None:
    """For good: both sides stop following, and remove what they have of each other."""
    async with transaction():
        ours = await locked(neighbour, *LIVING)
        await _unfollow(ours)
        await _reject_theirs(ours, why)
        await states.end(ours, AgreementState.ENDED, by_us=True)
        await record("neighbour-ended", ours.host, by=by, why=why)


async def be_parted(hosts: Sequence[str], by: Person | None) -> None:
    """These servers are blocked: what was agreed with them, or asked, is over, and they are not told.

    In the transaction that blocks them.
    """
    theirs = Neighbour.select_for_update().filter(host__in=hosts, state__in=OPEN_STATES)
    for neighbour in await theirs.order_by("id"):
        was_agreed = neighbour.state in LIVING
        if neighbour.state is AgreementState.PAUSED:
            await copies.show(neighbour)  # the block hides it, and what stays shows again with its end
        await states.end(neighbour, AgreementState.ENDED, by_us=True)
        if was_agreed:
            await record("neighbour-ended", neighbour.host, by=by)


# ------------------------------------------------------------ shared with what the other side says


async def locked(neighbour: Neighbour, *states: AgreementState) -> Neighbour:
    """Its row for this transaction. Raises NotFound, and Conflict in any other state."""
    ours = await Neighbour.select_for_update().get_or_none(id=neighbour.id)
    if ours is None:
        raise NotFound
    if ours.state not in states:
        raise Conflict(CHANGED)
    ours.actor = await Actor.get(id=ours.actor_id)
    return ours


async def server_actor() -> Actor:
    """Ours; raises NotFound before the village is set up."""
    server = await Actor.of_role(Role.SERVER)
    if server is None:
        raise NotFound
    return server


async def write_down(hub: Hub, actor: Actor, known: Neighbour | None) -> Neighbour:
    """What it says of itself, in a row that is new or `known`; not saved where it is known."""
    neighbour = known or Neighbour(actor=actor, host=hub.host, state=AgreementState.ENDED)
    neighbour.actor, neighbour.actor_id = actor, actor.id
    neighbour.name, neighbour.is_region = hub.name, hub.is_region
    neighbour.latitude, neighbour.longitude = hub.latitude, hub.longitude
    if known is None:
        await neighbour.save()
    return neighbour


async def let_ask(neighbour: Neighbour) -> None:
    """They propose; in the caller's transaction."""
    neighbour.asked_at, neighbour.answer_by, neighbour.by_us = datetime.now(UTC), None, False
    neighbour.agreed_at, neighbour.why = None, ""
    states.move(neighbour, AgreementState.ASKS)
    await neighbour.save()
    policies_changed()


async def agree(neighbour: Neighbour) -> None:
    """Both have said yes; in the caller's transaction."""
    now = datetime.now(UTC)
    neighbour.agreed_at, neighbour.answer_by, neighbour.by_us = now, None, False
    states.move(neighbour, AgreementState.AGREED)
    await neighbour.save()
    policies_changed()


def _set_terms(neighbour: Neighbour, terms: Terms) -> None:
    neighbour.sends, neighbour.within = ",".join(terms.sends), terms.within
    neighbour.why = terms.why


async def _accept(neighbour: Neighbour, *, by: Person | None) -> None:
    """They asked: we accept, and ask to follow them too, unless they are a region, which we do not read."""
    theirs = await _their_follow(neighbour)
    if theirs is None:
        raise Conflict(CHANGED)
    await agree(neighbour)
    await fediverse.accept_follow(theirs, further=wire.to_send(neighbour))
    if not neighbour.is_region:
        await _follow(neighbour)
    await record("neighbour-accepted", neighbour.host, by=by, why=neighbour.why)


async def _follow(neighbour: Neighbour) -> None:
    await fediverse.follow(await server_actor(), neighbour.actor, further=wire.to_send(neighbour))


async def _tell_terms(neighbour: Neighbour) -> None:
    """By our Follow once more; where only they follow, as a region, by our Accept once more."""
    server = await server_actor()
    if await Follow.exists(follower_id=server.id, followed_id=neighbour.actor_id):
        await _follow(neighbour)
        return
    theirs = await _their_follow(neighbour)
    if theirs is not None:
        await fediverse.accept_follow(theirs, further=wire.to_send(neighbour))


async def _unfollow(neighbour: Neighbour) -> None:
    ours = Follow.filter(follower__role=Role.SERVER, followed_id=neighbour.actor_id)
    for follow in await ours.select_related("follower", "followed"):
        await fediverse.unfollow(follow)


async def _reject_theirs(neighbour: Neighbour, why: str) -> None:
    theirs = await _their_follow(neighbour)
    if theirs is not None:
        await fediverse.reject_follow(theirs, why=why)


async def _their_follow(neighbour: Neighbour) -> Follow | None:
    theirs = Follow.filter(follower_id=neighbour.actor_id, followed__role=Role.SERVER)
    return await theirs.select_related("follower", "followed").first()
