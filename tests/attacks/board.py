"""Needs and offers on a running site, written and answered as people do, by the forms of its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from typing import Any

import httpx
from PIL import Image

from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, heading

MARKS = "bcdfghjkmnpqrstvwxz"

_numbers = count(1)


@dataclass(frozen=True)
class Proposal:
    """A need or an offer: the code of its page, its URI, the number of its publication."""

    code: str
    uri: str
    id: int

    @property
    def path(self) -> str:
        return f"/{self.code}"


def new_code() -> str:
    """Six characters, as a form is given; of a test process each comes once."""
    number, code = next(_numbers), ""
    for _ in range(6):
        number, place = divmod(number, len(MARKS))
        code += MARKS[place]
    return code


def fields(**more: str) -> dict[str, str]:
    """The last of the three screens, with what was written on the others."""
    usual = {
        "screen": "you",
        "go": "publish",
        "template": "hand",
        "for": "hand",
        "title": "Rentrer le bois",
        "text": "Huit stères.",
        "category": "hand",
        "wanted": "5",
        "mode": "gift",
        "as": "self",
        "scope": "public",
        "code": new_code(),
        "sure": "yes",
    }
    return usual | {name.replace("__", "-"): value for name, value in more.items()}


def send(
    visitor: Visitor,
    *,
    kind: str = "need",
    photos: Mapping[str, tuple[str, bytes, str]] | None = None,
    **more: str,
) -> httpx.Response:
    data = {"_token": visitor.token(), **fields(**more)}
    return visitor.send("POST", f"/new/{kind}", data=data, files=photos or None)


def publish(village: Village, visitor: Visitor | None = None, **options: Any) -> Proposal:
    """What a form made; by the administrator, unless `visitor` says so. The rates forget it."""
    for keys in ("proposals-%", "photos-%", "uploads-%"):
        village.rest(keys)
    code = options.setdefault("code", new_code())
    answer = send(visitor or village.administrator, **options)
    assert answer.status_code == 303, heading(answer)
    uri, number = village.database.value(
        f"SELECT uri || '|' || id FROM publication WHERE code = '{code}'"
    ).split("|")
    return Proposal(code, uri, int(number))


def offer_help(village: Village, proposal: Proposal, by: Visitor, **more: str) -> str:
    """ "I can help"; the number of the pledge."""
    village.rest("pledges-%")
    answer = by.submit(f"{proposal.path}/help", to=None, **{"quantity": "1", **more})
    assert answer.status_code == 303, heading(answer)
    return village.database.value("SELECT max(id) FROM pledge")


def jpeg(size: tuple[int, int] = (900, 600), **options: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (20, 120, 60)).save(out, "JPEG", **options)
    return out.getvalue()


def chosen(content: bytes, name: str = "bois.jpg", kind: str = "image/jpeg") -> dict[str, Any]:
    """One photo, for `photos=`."""
    return {"photo1": (name, content, kind)}


SAID: dict[str, Any] = {"photo1__alt": "Le bois", "photo__consent": "nobody"}


def photo_of(village: Village, proposal: Proposal) -> str:
    """The path of its first photo."""
    file = village.database.value(
        f"SELECT file FROM photo WHERE publication_id = {proposal.id} ORDER BY position LIMIT 1"
    )
    return f"/photos/{file}.webp"
