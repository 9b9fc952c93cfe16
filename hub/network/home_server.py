"""Where a visitor from elsewhere is at home, and the page there where they can follow or answer.

Asked in this order: what the server says for this (FEP-3b86), what older ones say (OStatus subscribe), the
address that most have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Self
from urllib.parse import quote

from federation.client import Fetched
from federation.errors import FederationError, Forbidden, Gone, InvalidDocument, Unreachable
from federation.handles import Handle, ask_webfinger, parse_handle, webfinger_template
from federation.media_types import JRD
from federation.origin import is_local, parse_host, parse_uri
from federation.webfinger import interaction_url, read_templates
from hub.actors.peers import peers
from hub.errors import InvalidInput
from hub.text import N_

NOT_AN_ADDRESS = N_("Write it like @rosa@mastodon.example, or only mastodon.example.")
NO_ANSWER = N_("No server answers there. Is the address right? If it is, try again later.")
NOT_KNOWN = N_("That server does not know this name. Is it written right?")
NOT_UNDERSTOOD = N_("We do not understand what is there. An address looks like @rosa@mastodon.example.")
REFUSED = N_("This village has nothing to do with that server.")

_SENTENCES: tuple[tuple[type[FederationError], str], ...] = (
    (Forbidden, REFUSED),
    (Unreachable, NO_ANSWER),
    (Gone, NOT_KNOWN),
)


def sentence_of(error: FederationError) -> str:
    """What a person is told; the log has the rest."""
    return next((words for kind, words in _SENTENCES if isinstance(error, kind)), NOT_UNDERSTOOD)


@dataclass(frozen=True)
class Home:
    """A visitor's server, and who they are there if they said so. `host` has its port if unusual."""

    host: str
    handle: Handle | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """From `@rosa@mastodon.example`, `mastodon.example`, or the address of a page there."""
        text = text.strip()
        try:
            if "://" in text:
                return cls(parse_host(text.lower().split("/")[2]))
            if "@" not in text.strip("@"):
                return cls(parse_host(text.lower().strip("@/")))
            handle = parse_handle(text)
            return cls(handle.host, handle)
        except InvalidDocument:
            raise InvalidInput({"address": NOT_AN_ADDRESS}) from None


async def interaction_page(home: Home, thing: str) -> str:
    """The page at home where `thing` can be followed or answered. Raises InvalidInput at `address`."""
    problem: FederationError | None = None
    for origin in origins(home.host):
        try:
            templates = await _templates(origin, home)
        except FederationError as error:
            problem = error
            continue
        usual = f"{origin}/authorize_interaction?uri={quote(thing, safe='')}"
        return interaction_url(templates, thing) or usual
    raise InvalidInput({"address": sentence_of(problem) if problem else NO_ANSWER})


async def _templates(origin: str, home: Home) -> Mapping[str, str]:
    """What the server offers; a server that was named alone may say nothing of itself."""
    try:
        answer = await _ask(origin, home)
    except (Gone, InvalidDocument):
        if home.handle is not None:
            raise
        return {}
    return read_templates(answer.document)


def origins(host: str) -> tuple[str, ...]:
    """Where its site may be; http only where tests and demonstrations live."""
    bare = host.rsplit(":", 1)[0]
    plain = is_local(bare) and peers().client.may_be_peer(bare)
    return (f"https://{host}", *((f"http://{host}",) if plain else ()))


async def _ask(origin: str, home: Home) -> Fetched:
    ask, template = partial(peers().client.get_json, accept=JRD), webfinger_template(origin)
    if home.handle is not None:
        return await ask_webfinger(ask, template, home.handle)
    return await ask(parse_uri(template.replace("{uri}", quote(origin, safe=":/"))))
