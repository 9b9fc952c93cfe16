"""New URIs: minted once, stored, never recomputed. The origin is the identity of everything here."""

import os
import time

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_origin = "http://localhost:8000"


def use_origin(origin: str) -> None:
    """Said once at the start; a site that changes it becomes another site to everyone."""
    global _origin  # noqa: PLW0603 (one process is one site)
    _origin = origin


def origin() -> str:
    """Scheme and host of this site, without a slash at its end."""
    return _origin


def new_ulid() -> str:
    """26 characters: 48 bits of milliseconds and 80 of chance, in Crockford's base 32, lower case."""
    number = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10))
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def actor_uri(name: str) -> str:
    return f"{_origin}/a/{name}"


def server_uri() -> str:
    return f"{_origin}/actor"


def relay_uri() -> str:
    return f"{_origin}/relay"


def object_uri() -> str:
    return f"{_origin}/o/{new_ulid()}"


def activity_uri(actor: str, kind: str) -> str:
    """Of an activity that is not below a document, as `follows`, by the URI of its actor."""
    return f"{actor}/{kind}/{new_ulid()}"
