"""Whose a thing is, and where an actor is at home: read from a document, at one origin or not at all."""

import re
from dataclasses import dataclass

from federation import properties
from federation.errors import InvalidDocument
from federation.handles import parse_handle
from federation.limits import OBJECTS, USERNAME_CHARS
from federation.origin import host_of, parse_uri, same_origin
from federation.vocabulary import Json

_USERNAME = re.compile(r"[\w.~!$&'*+=-]+")


def owner(value: object, identity: str) -> str | None:
    """The one actor that a thing is of, at the thing's own origin (ORG-02..04); None when none is named."""
    entries = properties.listed(value, OBJECTS)
    if not entries:
        return None
    named = {properties.uri(entry) for entry in entries}
    # PeerTube names the person and, as an object, the channel, a Group: the person decides.
    deciding = {properties.uri(entry) for entry in entries if len(named) == 1 or not _is_group(entry)}
    found = deciding.pop() if len(deciding) == 1 else None
    if found is None or None in named:
        raise InvalidDocument("no single owner", id=identity)
    if identity and not all(same_origin(identity, entry) for entry in named if entry is not None):
        raise InvalidDocument("owner of another origin", id=identity, owner=found)
    return found


def _is_group(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("type") == "Group"


@dataclass(frozen=True)
class Home:
    """The addresses of an actor; at another origin they would be somebody else's."""

    raw: Json
    identity: str

    def found(self, name: str) -> str | None:
        return self._own(self.raw.get(name))

    def needed(self, name: str) -> str:
        address = self.found(name)
        if address is None:
            raise InvalidDocument(f"actor without {name} at its own origin", id=self.identity)
        return address

    def shared_inbox(self) -> str | None:
        endpoints = self.raw.get("endpoints")
        shared = endpoints.get("sharedInbox") if isinstance(endpoints, dict) else None
        return self._own(shared) or self._own(self.raw.get("sharedInbox"))

    def _own(self, value: object) -> str | None:
        address = properties.uri(value)
        return address if address is not None and same_origin(address, self.identity) else None


def username(raw: Json) -> str:
    written = raw.get("preferredUsername")
    name = properties.text(written, USERNAME_CHARS)
    # What cleaning or cutting would change is no name to know an actor by.
    if name != written or not _USERNAME.fullmatch(name):
        raise InvalidDocument("actor without a usable preferredUsername", id=properties.uri(raw))
    return name


def handle(value: object) -> str | None:
    """The actor's own word for its handle (FEP-2c59), with or without `acct:`."""
    try:
        return parse_handle(value).acct_as_written.removeprefix("acct:") if isinstance(value, str) else None
    except InvalidDocument:
        return None


def own_page(value: object, identity: str) -> str | None:
    """A profile on another host would be a disguise."""
    found = properties.page_url(value)
    own = found is not None and parse_uri(found, plain=True).host == host_of(identity)
    return found if own else None
