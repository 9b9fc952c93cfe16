"""What stands in the query of an address, read leniently: what makes no sense is None."""

import re
from datetime import date


def whole_number(text: str, *, most: int) -> int | None:
    return min(int(text), most) if re.fullmatch("[0-9]{1,6}", text) else None


def iso_day(text: str) -> date | None:
    """`2026-04-18`."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def degrees(text: str) -> tuple[float, float] | None:
    """`44.58,5.13`: latitude and longitude."""
    found = re.fullmatch(r"(-?\d{1,3}(?:\.\d{1,8})?),(-?\d{1,3}(?:\.\d{1,8})?)", text, re.ASCII)
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def left_after(page: int, shown: int, *, total: int, per_page: int, most: int) -> int:
    """How many come after this page of `shown`, as far as they were counted.

    Above `most` nobody counted: where the page is full there is at least another one.
    """
    least = per_page if total > most and shown == per_page else 0
    return max(least, total - (page - 1) * per_page - shown)
