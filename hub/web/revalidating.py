"""What programs fetch again and again: the whole of it, or 304 for who has it already (RFC 9110, 13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True)
class Version:
    """`facts` tell one from another: the content, or all that it is made of.

    `shared`: caches between us and them may keep it too, and ask before they use it.
    """

    facts: bytes
    changed_at: datetime
    shared: bool

    @property
    def tag(self) -> str:
        return f'"{sha256(self.facts).hexdigest()[:32]}"'

    @property
    def headers(self) -> Mapping[str, str]:
        return {
            "etag": self.tag,
            "last-modified": format_datetime(_second(self.changed_at), usegmt=True),
            "cache-control": "no-cache" if self.shared else "private, no-cache",
        }

    def is_known(self, request: Request) -> bool:
        """Whether who asks has it. A tag is asked before a date (RFC 9110, 13.2.2)."""
        if (known := request.headers.get("if-none-match")) is not None:
            tags = [each.strip().removeprefix("W/") for each in known.split(",")]
            return known.strip() == "*" or self.tag in tags
        try:
            since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
            return _second(self.changed_at) <= since
        except (TypeError, ValueError):
            return False


def unchanged(version: Version) -> Response:
    return Response(status_code=304, headers=version.headers)


def fresh(version: Version, body: bytes, *, media_type: str) -> Response:
    return Response(body, headers=version.headers, media_type=f"{media_type}; charset=utf-8")


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
