"""What we ask other servers for, and which types of answer we take for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

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
