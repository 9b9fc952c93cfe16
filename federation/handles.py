"""Handles, and what leads from one to its actor: WebFinger (RFC 7033) and host-meta (RFC 6415)."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote
from xml.etree import ElementTree

import idna

from federation.errors import Gone, InvalidDocument
from federation.limits import HANDLE_CHARS, JRD_LINKS
from federation.origin import Uri, parse_host, parse_uri
from federation.vocabulary import ACTIVITY_JSON, LD_JSON

T = TypeVar("T")

# The user names that Mastodon knows: nothing else can be followed from there.
_NAME = re.compile(r"[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*")
_LINK = "{http://docs.oasis-open.org/ns/xri/xrd-1.0}Link"


@dataclass(frozen=True)
class Handle:
    """`@name@host`, in lower case, for servers compare it so; `host` has its port where that is unusual.

    `written` is the name as somebody wrote it: some servers know it in that case alone.
    """

    name: str
    host: str
    written: str = field(default="", compare=False)

    @property
    def acct(self) -> str:
        return f"acct:{self.name}@{self.host}"

    @property
    def acct_as_written(self) -> str:
        return f"acct:{self.written or self.name}@{self.host}"

    def __str__(self) -> str:
        return f"@{self.name}@{self.host}"


@dataclass(frozen=True)
class Located:
    """The actor that a host says to be behind a handle of its own."""

    handle: Handle
    uri: Uri


def parse_handle(text: str) -> Handle:
    """Read `@name@host`, `name@host` or `acct:name@host`; the host may be typed with accents."""
    if len(text) > HANDLE_CHARS:
        raise InvalidDocument("handle is too long")
    written, _, host = text.strip().removeprefix("acct:").removeprefix("@").partition("@")
    name = written.lower()
    if not _NAME.fullmatch(name):
        raise InvalidDocument("not a handle")
    return Handle(name, parse_host(_in_ascii(host.lower())), written)


def _in_ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host).decode("ascii")
    except idna.IDNAError:
        raise InvalidDocument("handle with an unusual host") from None


def webfinger_template(origin: str) -> str:
    return f"{origin}/.well-known/webfinger?resource={{uri}}"


async def ask_webfinger(ask: Callable[[Uri], Awaitable[T]], template: str, handle: Handle) -> T:
    """What `ask` gets for a handle: in lower case, for most servers compare so, and telephones begin names
    with a capital; where nobody has that name, as it was written. Raises what `ask` raises.
    """
    try:
        return await ask(_fill(template, handle.acct))
    except Gone:
        if handle.acct_as_written == handle.acct:
            raise
        return await ask(_fill(template, handle.acct_as_written))


def _fill(template: str, acct: str) -> Uri:
    return parse_uri(template.replace("{uri}", quote(acct, safe=":@")))


def read_webfinger(answer: Mapping[str, object]) -> Located:
    """Subject and actor of an answer; a `self` link of any other type than these two is not one."""
    subject, links = answer.get("subject"), answer.get("links")
    if not isinstance(subject, str) or not isinstance(links, list):
        raise InvalidDocument("not a WebFinger answer")
    for link in links[:JRD_LINKS]:
        match link:
            case {"rel": "self", "type": str(kind), "href": href} if kind in (ACTIVITY_JSON, LD_JSON):
                return Located(parse_handle(subject), parse_uri(href))
    raise InvalidDocument("WebFinger answer without an actor")


def read_host_meta(body: bytes) -> str:
    """The template of the host's WebFinger."""
    try:
        text = body.decode()
        if "<!DOCTYPE" in text:  # entities could make a small text a huge one
            raise InvalidDocument("host-meta with a document type")
        links = ElementTree.fromstring(text).iter(_LINK)
    except (ValueError, ElementTree.ParseError):
        raise InvalidDocument("host-meta cannot be read") from None
    for link in links:
        template = link.get("template", "")
        if link.get("rel") == "lrdd" and "{uri}" in template:
            return template
    raise InvalidDocument("host-meta without a template")
