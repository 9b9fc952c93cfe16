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
