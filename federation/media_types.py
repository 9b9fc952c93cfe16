"""Types of answers: what we ask other servers for and take, and what those want who ask us."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from federation.limits import ACCEPT_CHARS
from federation.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS, JRD_JSON, LD_JSON, XRD_XML

_PARAMETER = re.compile(r';\s*([a-z]+)=(?:"([^"]*)"|([^\s;"]+))\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Accept:
    """`header` is sent, `takes` judges the Content-Type of the answer ("" when there was none)."""

    header: str
    takes: Callable[[str], bool]


def is_activity_type(content_type: str) -> bool:
    """Exactly the two types of ActivityPub: an upload served as anything else is no document (ORG-09)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/ld+json":
        return kind == ACTIVITY_JSON
    profiles = [value for name, value in _parameters(content_type) if name == "profile"]
    return len(profiles) == 1 and ACTIVITY_STREAMS in profiles[0].split()


def _parameters(content_type: str) -> list[tuple[str, str]]:
    """Names and values; none at all when the header cannot be read to its end."""
    tail = content_type[content_type.find(";") :]
    if _PARAMETER.sub("", tail).strip(" \t;"):
        return []
    return [(name.lower(), quoted or bare) for name, quoted, bare in _PARAMETER.findall(tail)]


ACTIVITY = Accept(f"{ACTIVITY_JSON}, {LD_JSON}", is_activity_type)
# Nobody but the owner of a host can put a file below /.well-known/, and these types have many spellings.
JRD = Accept(f"{JRD_JSON}, application/json", lambda content_type: True)
XRD = Accept(f"{XRD_XML}, application/xml", lambda content_type: True)


class Wanted(Enum):
    """What the one who asks for a URI of ours can read."""

    ACTIVITY = ACTIVITY_JSON
    LINKED_DATA = LD_JSON
    PAGE = "text/html"


_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|\Z)", re.IGNORECASE)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_JSON = frozenset({ACTIVITY_JSON, "application/json"})


def negotiate(accept: str) -> Wanted:
    """The document, unless a page is what they name and like best: a URI is asked for by machines.

    Only who names no other type that we have is answered as application/ld+json.
    """
    return _negotiate(accept[:ACCEPT_CHARS])


@lru_cache(maxsize=512)
def _negotiate(accept: str) -> Wanted:
    weights: dict[str, float] = {}
    for entry in accept.split(","):
        kind, weight = entry.partition(";")[0].strip().lower(), _WEIGHT.search(entry)
        weights[kind] = max(weights.get(kind, 0), float(weight[1]) if weight else 1)

    def best(*kinds: str) -> float:
        return max(weights.get(kind, 0) for kind in kinds)

    page, linked = best(*_PAGES), best("application/ld+json")
    json, anything = best(*_JSON), best("*/*", "application/*")
    if page > max(json, linked) and page >= anything:
        return Wanted.PAGE
    return Wanted.LINKED_DATA if linked > max(json, anything) else Wanted.ACTIVITY
