"""Who is at home on another server comes in by a number that is sent to them there, in private.

To whoever asks everything looks the same, whether the account exists, may come in, or was written to too
often: what is sent is found out later, and a wrong number is answered like one that never was.
"""

import hmac
import logging
import secrets
from datetime import UTC, datetime, timedelta

from federation.errors import FederationError, Unreachable
from federation.handles import Handle
from hub import limits
from hub.actors.hosts import is_refused
from hub.actors.minting import object_uri, origin
from hub.actors.models import Actor, Role
from hub.actors.peers import is_on
from hub.db import rows, transaction
from hub.errors import InvalidInput, TooMany
from hub.fediverse.asking import find_by_handle
from hub.fediverse.keeping import is_held
from hub.jobs import Function, Periodic, enqueue
from hub.members.models import hash_of, new_token
from hub.participants.messages import Message, send_message
from hub.participants.models import Guest, Pin
from hub.text import N_, gettext, speaking
from hub.village.models import Village

log = logging.getLogger(__name__)

HOLDS = timedelta(minutes=limits.PIN_MINUTES)
STAYS = timedelta(days=limits.GUEST_DAYS)

NUMBER = N_(
    "%(number)s is your number to come in at %(village)s: %(site)s. Type it within %(minutes)s minutes, in"
    " the browser in which you asked for it. Did you not ask? Then somebody typed your address: give this"
    " number to nobody, and nothing happens."
)
WRONG = N_(
    "This is not the number of the message, or it no longer holds: it does for ten minutes and five tries."
    " Look again, or ask for a new one."
)


async def ask(handle: Handle, *, locale: str) -> str:
    """A number goes to this account, if there is one and it may come in; returns the browser's token."""
    token = new_token()
    async with transaction():
        pin = await Pin.create(token=hash_of(token))
        await enqueue(send_number, pin_id=pin.id, handle=str(handle), locale=locale)
    return token


async def send_number(pin_id: int, handle: str, locale: str) -> None:
    """Find who it is, and write to them, once; nothing where it came too late or they may not come in."""
    asked = await Pin.get_or_none(id=pin_id, actor_id=None, made_at__gt=datetime.now(UTC) - HOLDS)
    if asked is None or not is_on():
        return
    try:
        await limits.spend(limits.PINS_PER_HOST, handle.rpartition("@")[2])
        actor = await find_by_handle(handle)
        if not await is_welcome(actor):
            return
        await limits.spend(limits.PINS_PER_ACTOR, actor.uri)
    except Unreachable:
        raise
    except (FederationError, TooMany) as error:
        log.info("no number for a guest", extra={"why": type(error).__name__})
        return
    async with transaction():
        await _send(await Pin.select_for_update().get(id=pin_id), actor, locale)


async def _send(pin: Pin, actor: Actor, locale: str) -> None:
    village, author = await Village.current(), await Actor.of_role(Role.VILLAGE)
    if pin.actor_id is not None or village is None or author is None:
        return
    number = f"{secrets.randbelow(1_000_000):06}"
    pin.actor_id, pin.number = actor.id, _hash(pin.token, number)
    await pin.save(update_fields=["actor_id", "number"])
    site = origin().partition("://")[2]
    with speaking(locale):
        facts = {"number": number, "village": village.name, "site": site, "minutes": limits.PIN_MINUTES}
        text = gettext(NUMBER) % facts
    message = Message(uri=object_uri(), text=text, about=f"{origin()}/guest", language=locale)
    await send_message(message, author=author, reader=actor)


async def come_in(token: str, number: str) -> str:
    """The token of a guest, for the right number in the browser that asked for it. Raises InvalidInput."""
    now = datetime.now(UTC)
    tried = await rows(  # counted before it is compared, so that many at once are no more tries
        "UPDATE pin SET tries = tries + 1 WHERE token = $1 AND tries < $2 AND made_at > $3"
        " RETURNING id, actor_id, number",
        *(hash_of(token), limits.PIN_TRIES, now - HOLDS),
    )
    known = tried[0]["number"] if tried else ""
    if not hmac.compare_digest(known, _hash(hash_of(token), number)):
        raise InvalidInput({"number": WRONG})
    async with transaction():
        actor = await Actor.get(id=tried[0]["actor_id"])
        used = await Pin.filter(id=tried[0]["id"]).delete()
        if not used or not await is_welcome(actor):
            raise InvalidInput({"number": WRONG})
        guest = new_token()
        await Guest.create(hash=hash_of(guest), actor=actor, ends_at=now + STAYS)
    return guest


async def find_guest(token: str) -> Actor | None:
    """Whose browser this is, as long as they may be here."""
    here = Guest.filter(hash=hash_of(token), ends_at__gt=datetime.now(UTC))
    guest = await here.select_related("actor").first()
    return guest.actor if guest is not None and await is_welcome(guest.actor) else None


async def go(token: str) -> None:
    await Guest.filter(hash=hash_of(token)).delete()


async def is_welcome(actor: Actor) -> bool:
    """A person of another server, with whom we have to do, and whom nobody here reads first or refuses."""
    is_person = not actor.is_local and actor.kind == "Person"
    ended = actor.suspended_at is not None or actor.deleted_at is not None
    return is_person and not ended and not await is_refused(actor.host) and not await is_held(actor)


async def forget_guests() -> None:
    """Numbers that nobody typed, and browsers that were here long ago."""
    now = datetime.now(UTC)
    await Pin.filter(made_at__lt=now - 2 * HOLDS).delete()
    await Guest.filter(ends_at__lt=now).delete()


def _hash(token: str, number: str) -> str:
    """`token`: the hash of the browser's."""
    return hmac.new(token.encode(), number.encode(), "sha256").hexdigest()


jobs: list[Function | Periodic] = [Periodic(forget_guests, every=timedelta(hours=1))]
network_jobs: list[Function | Periodic] = [send_number]
