"""WebFinger as we serve it (RFC 7033), and where servers act for their own people (FEP-3b86).

Finding an actor by its handle is resolver.py; what a handle is, handles.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from federation import properties
from federation.errors import InvalidDocument
from federation.handles import Handle, parse_handle
from federation.limits import JRD_LINKS, RESOURCE_CHARS
from federation.origin import Uri, parse_uri
from federation.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS, Json

PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
INTENT = "https://w3id.org/fep/3b86/"
# FEP-d556: the server actor, asked for by the address of the server.
SERVICE = f"{ACTIVITY_STREAMS}#Service"
_ACTIONS = ("Object", "Follow", "Like", "Announce")
_RELS = frozenset({SUBSCRIBE, *(f"{INTENT}{name}" for name in (*_ACTIONS, "Create"))})
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Intents:
    """Templates of our pages that act for a visitor who is at home here.

    `subscribe` holds `{uri}`, `object` `{object}`, `create` `{content}`.
    """

    subscribe: str
    object: str
    create: str


def parse_resource(text: str) -> Handle | Uri:
    """Who is asked for (FED-09): by handle, or by the URI of an actor, of its page, of the server itself."""
    if len(text) > RESOURCE_CHARS:
        raise InvalidDocument("resource is too long")
    return parse_uri(text) if text.lower().startswith(("https://", "http://")) else parse_handle(text)


def build_jrd(
    handle: Handle, *, actor: str, page: str, intents: Intents, aliases: tuple[str, ...] = ()
) -> Json:
    """The same answer however it was asked: `handle` is the one that the actor goes by, never an echo."""
    return {
        "subject": handle.acct,
        "aliases": list(dict.fromkeys([page, actor, *aliases])),
        "links": [
            {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
            {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
            *_intent_links(intents),
        ],
    }


def build_site_jrd(site: str, *, server_actor: str, intents: Intents) -> Json:
    """For `https://HOST` itself: the server actor, and where a visitor's own server can be asked to act."""
    return {
        "subject": site,
        "links": [
            {"rel": SERVICE, "type": ACTIVITY_JSON, "href": server_actor},
            {"rel": PROFILE_PAGE, "type": "text/html", "href": f"{site}/"},
            *_intent_links(intents),
        ],
    }


def read_templates(answer: Mapping[str, object]) -> dict[str, str]:
    """By rel, where the server of a handle acts for its people; only those that lead to one plain host."""
    links = properties.mappings(answer.get("links"), JRD_LINKS)
    found: dict[str, str] = {}
    for link in links:
        rel, template = link.get("rel"), link.get("template")
        if isinstance(rel, str) and isinstance(template, str) and rel in _RELS and _is_safe(template):
            found.setdefault(rel, template)
    return found


def interaction_url(templates: Mapping[str, str], thing: str) -> str | None:
    """The page of a visitor's own server where `thing` can be followed or answered; None if it has none."""
    for rel, placeholder in ((f"{INTENT}Object", "{object}"), (SUBSCRIBE, "{uri}")):
        template = templates.get(rel, "")
        if placeholder in template:
            return _PLACEHOLDER.sub("", template.replace(placeholder, quote(thing, safe="")))
    return None


def _intent_links(intents: Intents) -> list[Json]:
    acting = dict.fromkeys(_ACTIONS, intents.object)
    return [
        {"rel": SUBSCRIBE, "template": intents.subscribe},
        *({"rel": f"{INTENT}{name}", "template": template} for name, template in acting.items()),
        {"rel": f"{INTENT}Create", "template": intents.create},
    ]


def _is_safe(template: str) -> bool:
    """A visitor is sent there: no placeholder may be part of the host."""
    page = properties.uri(_PLACEHOLDER.sub("x", template))
    if page is None:
        return False
    site = str(replace(parse_uri(page), path="/", query=None, fragment=None))
    return template.lower().startswith(site)
