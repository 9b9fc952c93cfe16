"""What should not hang on a board: phone numbers, mail and street addresses, found in what people write."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hub.text import N_

_PHONE = re.compile(
    r"(?<![\d+])(?:(?:\+|00)33[\s.\-]?(?:\(0\))?|0)[\s.\-]?[1-9](?:[\s.\-]?\d\d){4}(?!\d)|(?<!\d)\+\d(?:[\s.\-]?\d){7,13}"
)
# Not the handle of somebody elsewhere, which begins with @.
_MAIL = re.compile(
    r"(?<![@\w.+-])[\w.+-]+\s?(?:@|\(at\)|\[at\]|\(a\)|\barobase\b)\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)
_STREETS = (
    r"rue|chemin|route|avenue|allée|impasse|boulevard|quai|montée|ruelle|lotissement|place d\w*"
    "|street|road|lane"
)
_STREET = re.compile(
    rf"(?<![\d/])\b\d{{1,4}}\s?(?:bis|ter|quater)?,?\s+(?:{_STREETS})\b(?:\s+[\w’'-]+){{0,4}}", re.IGNORECASE
)
_HOUSE = re.compile(r"\s*\d{1,4}\s?(?:bis|ter|quater)?,?\s+\D")  # an area that begins with a number

PHONE, MAIL, STREET = N_("a phone number"), N_("a mail address"), N_("an address")


@dataclass(frozen=True)
class Found:
    """`what` is a catalogue source, `words` as they were written."""

    what: str
    words: str


def screen(texts: Iterable[str], area: str = "") -> list[Found]:
    """What everybody would read and should not, each once, in its order."""
    found: dict[str, Found] = {}
    for text in [*texts, area]:
        for what, pattern in ((PHONE, _PHONE), (MAIL, _MAIL), (STREET, _STREET)):
            for match in pattern.finditer(text):
                found.setdefault(match[0], Found(what, match[0].strip()))
    if _HOUSE.match(area) and not any(one.what is STREET and one.words in area for one in found.values()):
        found.setdefault(area, Found(STREET, area))
    return list(found.values())
