"""From an address that somebody typed to the server actor of another hub; waits for that hub.

Never inside a transaction. Whatever is wrong there is said in words for the person who typed it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from federation.client import Budget
from federation.documents import Actor as ActorDocument
from federation.documents import parse_actor
from federation.errors import FederationError, InvalidDocument, Unreachable
from federation.origin import parse_uri
from federation.outgoing import HUB_PROFILE_1
from federation.signatures.keys import load_public_pem
from hub.actors.hosts import OPEN, asking, policies
from hub.actors.minting import origin
from hub.actors.models import KnownKey
from hub.actors.peers import is_on, peers
from hub.cleaning import plain_text
from hub.errors import InvalidInput
from hub.network.home_server import Home, origins
from hub.text import N_

NOT_AN_ADDRESS = N_("Write the address of the village's site, for example mirevent.example.")
OURSELVES = N_("This is your own site.")
BLOCKED = N_("You have blocked this site. Undo that first, on the page of the network.")
NO_ANSWER = N_("No site answers there. Is the address right? If it is, try again later.")
NO_HUB = N_("There is a site, but none of a village with which needs and offers can be exchanged.")
OLDER = N_("The site of this village has to be updated first: its version knows no agreements yet.")
KEYS_CHANGED = N_(
    "This site has other signing keys than when we last met it. Call its town hall; if nothing is wrong"
    " there, tick the box below and send again."
)
SWITCHED_OFF = N_("This site exchanges nothing with others: whoever runs it has switched that off.")


@dataclass(frozen=True)
class Hub:
    """Another hub as its own server actor describes it."""

    document: ActorDocument
    host: str
    name: str
    is_region: bool
    latitude: float | None
    longitude: float | None


def read_host(text: str) -> str:
    """The host of an address, with its port if unusual. Raises InvalidInput at `address`."""
    try:
        return Home.of(text.strip().lower().partition("?")[0]).host
    except InvalidInput:
        raise InvalidInput({"address": NOT_AN_ADDRESS}) from None


async def meet(text: str, *, trusts_new_keys: bool = False) -> Hub:
    """The hub at this address. Raises InvalidInput at `address`."""
    host = read_host(text)
    if host == parse_uri(origin(), plain=True).netloc:
        raise InvalidInput({"address": OURSELVES})
    if not is_on():
        raise InvalidInput({"address": SWITCHED_OFF})
    if (await policies()).refuse(host, OPEN):
        raise InvalidInput({"address": BLOCKED})
    hub = await _ask(host)
    if not trusts_new_keys and await has_other_keys(hub):
        raise InvalidInput({"address": KEYS_CHANGED})
    return hub


async def describe(actor_uri: str) -> Hub | None:
    """The hub behind a server actor that wrote to us; None where it is none. Raises Unreachable."""
    try:
        return await _fetch(actor_uri.removesuffix("/actor"))
    except Unreachable:
        raise
    except (FederationError, InvalidInput):
        return None


async def _ask(host: str) -> Hub:
    silent = True
    with asking(host):
        for site in origins(host):
            try:
                return await _fetch(site)
            except FederationError as error:
                silent = silent and isinstance(error, Unreachable)
    raise InvalidInput({"address": NO_ANSWER if silent else NO_HUB})


async def _fetch(site: str) -> Hub:
    """Raises FederationError, and InvalidInput where it is a hub with which nothing can be agreed."""
    uri = parse_uri(f"{site}/actor")
    fetched = await peers().resolver.fetch_document(uri, budget=Budget())
    document = parse_actor(fetched.document, now=datetime.now(UTC))
    is_server = document.id == str(uri) and document.type == "Application"
    if not is_server or HUB_PROFILE_1.href not in document.implements:
        raise InvalidDocument("not the server actor of a hub", id=document.id)
    if "lavoir:open" not in document.raw:
        raise InvalidInput({"address": OLDER})
    latitude, longitude = _point(document)
    return Hub(
        document=document,
        host=uri.netloc,
        name=plain_text(document.name)[:160],
        is_region=document.raw.get("lavoir:region") is True,
        latitude=latitude,
        longitude=longitude,
    )


async def has_other_keys(hub: Hub) -> bool:
    """Whether something from there was verified with keys that it no longer lists."""
    known = await KnownKey.filter(owner=hub.document.id)
    listed = {key.id: key.key for key in hub.document.keys}
    return any(one.id not in listed or load_public_pem(one.pem) != listed[one.id] for one in known)


def _point(document: ActorDocument) -> tuple[float | None, float | None]:
    place = document.raw.get("location")
    if not isinstance(place, dict):
        return None, None
    latitude, longitude = (_degrees(place.get(name), most) for name, most in _BOUNDS)
    return (None, None) if latitude is None or longitude is None else (latitude, longitude)


_BOUNDS = (("latitude", 90), ("longitude", 180))


def _degrees(value: object, most: int) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and -most <= value <= most else None  # type: ignore[arg-type, operator]
