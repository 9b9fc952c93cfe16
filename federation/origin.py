"""The one reader of URIs: what is compared, blocked, stored and connected to has passed here (FEP-fe34).

It is stricter than RFC 3986 on purpose. Whatever two programs could read in two ways is refused, so that
nobody else's parser ever disagrees with ours about the host.
"""

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import idna

from federation.addresses import is_public, read_address
from federation.errors import InvalidDocument
from federation.limits import SHORT_URI_CHARS, URI_CHARS, URIS_REMEMBERED

_PORTS = {"https": 443, "http": 80}
_URI = re.compile(r"(https?)://([^/?#]+)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE)
_AFTER_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_CONTROL = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
# Nobody writes letters and digits like this, unless to be somebody and not to look like them.
_DISGUISED = re.compile(r"%(?:3[0-9]|[46][1-9a-f]|[57][0-9a])", re.IGNORECASE)
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:/|\Z)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True)
class Uri:
    """A URI that was read; `str()` is its only spelling. `port` is always given, `host` has no brackets."""

    scheme: str
    host: str
    port: int
    path: str = ""
    query: str | None = None
    fragment: str | None = None

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """Host and, if unusual, port: as in the header Host and behind the @ of a handle."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def without_fragment(self) -> "Uri":
        return replace(self, fragment=None)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{self.scheme}://{self.netloc}{self.path}{query}{fragment}"


def parse_uri(text: object, *, plain: bool = False) -> Uri:
    """Read an absolute https URI, or raise InvalidDocument (ORG-12, FET-18).

    http is read for hosts that no public server can have (`localhost`, names without a dot, private
    addresses), where tests and demonstrations live and which the client refuses to anybody else; with
    `plain`, for links that only people follow, for every host (ORG-13).
    """
    if not isinstance(text, str) or len(text) > URI_CHARS:
        raise InvalidDocument("not an absolute URI")
    # The same few dozen are met in every message of a server.
    uri = _parse_short(text) if len(text) <= SHORT_URI_CHARS else _parse(text)
    if uri.scheme == "http" and not plain and not is_local(uri.host):
        raise InvalidDocument("not an https URI")
    return uri


def _parse(text: str) -> Uri:
    match = _URI.fullmatch(text)
    if match is None:
        raise InvalidDocument("not an absolute URI")
    scheme, authority, path, query, fragment = match.groups()
    _check_after_host(path, query, fragment)
    scheme = scheme.lower()
    host, port = _read_authority(authority, _PORTS[scheme])
    return Uri(scheme, host, port, path, query, fragment)


_parse_short = lru_cache(maxsize=URIS_REMEMBERED)(_parse)


def same_origin(one: Uri | str, other: Uri | str) -> bool:
    """Scheme, host and port are the same (FEP-fe34); raise InvalidDocument when one is not a URI."""
    return _read(one).origin == _read(other).origin


def host_of(uri: Uri | str) -> str:
    """Without port and brackets, in lower case."""
    return _read(uri).host


def parse_host(text: str) -> str:
    """`text` as `Uri.netloc` spells it, e.g. the part of a handle behind its second @."""
    return Uri("https", *_read_authority(text, _PORTS["https"])).netloc


def host_and_parents(host: str) -> tuple[str, ...]:
    """The host and every name above it, the host first: what is decided of one holds for all below it."""
    if read_address(host) is not None:
        return (host,)
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))


def is_local(host: str) -> bool:
    """Whether no public server can have this host: the client reaches it in peer networks only."""
    address = read_address(host)
    if address is not None:
        return not is_public(address)
    return "." not in host or host.endswith(".localhost")


def _read(uri: Uri | str) -> Uri:
    return uri if isinstance(uri, Uri) else parse_uri(uri)


def _check_after_host(path: str, query: str | None, fragment: str | None) -> None:
    for part in (path, query or "", fragment or ""):
        if not _AFTER_HOST.fullmatch(part) or _CONTROL.search(part):
            raise InvalidDocument("URI with forbidden characters")
        if _DISGUISED.search(part):
            raise InvalidDocument("URI with letters in disguise")
    if _DOTS.search(path):
        raise InvalidDocument("URI with dot segments")


def _read_authority(text: str, default_port: int) -> tuple[str, int]:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        raise InvalidDocument("URI with an unusual host")
    host, port = match.groups()
    if port is not None and int(port) > 65_535:
        raise InvalidDocument("URI with an impossible port")
    return _read_host(host.lower()), int(port or default_port)


def _read_host(host: str) -> str:
    if host.startswith("[") or _NUMERIC.fullmatch(host.rpartition(".")[2]):
        return _read_literal(host)
    if len(host) > 253 or not all(map(_LABEL.fullmatch, host.split("."))):
        raise InvalidDocument("URI with an unusual host")
    if "xn--" in host:
        _check_punycode(host)
    return host


def _read_literal(host: str) -> str:
    """Numbers that are no plain dotted quad reach 127.0.0.1 through somebody else's reader (FET-04)."""
    address = read_address(host.strip("[]"))
    if address is None or (address.version == 4) == host.startswith("["):
        raise InvalidDocument("URI with an unusual address")
    return str(address)


def _check_punycode(host: str) -> None:
    try:
        if idna.encode(idna.decode(host)).decode("ascii") != host:
            raise InvalidDocument("URI with an unusual host")
    except idna.IDNAError:
        raise InvalidDocument("URI with an unusual host") from None
