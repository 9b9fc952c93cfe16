"""How far two places are from each other, and coordinates as people type them."""

import re
from math import asin, cos, radians, sin, sqrt
from typing import Protocol

from hub.text import N_

Point = tuple[float, float]  # latitude, longitude in degrees

EARTH_RADIUS_KM = 6371.0088
KM_PER_DEGREE = 111.2  # of latitude, near enough

_DEGREES = re.compile(r"[+-]?[0-9]{1,3}([.,][0-9]{1,20})?")


class Placed(Protocol):
    """A row that may say where it is."""

    @property
    def latitude(self) -> float | None: ...
    @property
    def longitude(self) -> float | None: ...


def point_of(placed: Placed) -> Point | None:
    """Where it is, if that is known."""
    if placed.latitude is None or placed.longitude is None:
        return None
    return placed.latitude, placed.longitude


def km_between(here: Point | None, there: Point | None) -> int | None:
    """In whole km, as people say it; None where it is not known of both where they are."""
    return None if here is None or there is None else round(distance_km(here, there))


def distance_km(here: Point, there: Point) -> float:
    """Along the great circle."""
    (lat1, lon1), (lat2, lon2) = ((radians(point[0]), radians(point[1])) for point in (here, there))
    half_chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half_chord)))


def square_km(middle: Point, there: Point) -> float:
    """The square of the distance, as square_sql() has it."""
    north = (there[0] - middle[0]) * KM_PER_DEGREE
    east = (there[1] - middle[1]) * KM_PER_DEGREE * cos(radians(middle[0]))
    return north * north + east * east


def square_sql(table: str, middle: Point) -> str:
    """The square of the distance in km to a row with `latitude` and `longitude`, near enough here."""
    north = f"({table}.latitude - {middle[0]:.6f}) * {KM_PER_DEGREE}"
    east = f"({table}.longitude - {middle[1]:.6f}) * {KM_PER_DEGREE * cos(radians(middle[0])):.6f}"
    return f"({north}) * ({north}) + ({east}) * ({east})"


def near_sql(table: str, middle: Point, km: float) -> str:
    """Within so many km; what an index can tell comes first, a square of degrees around it."""
    north = km / KM_PER_DEGREE
    east = north / max(0.01, cos(radians(middle[0])))
    around = (
        f"{table}.latitude BETWEEN {middle[0] - north:.6f} AND {middle[0] + north:.6f}"
        f" AND {table}.longitude BETWEEN {middle[1] - east:.6f} AND {middle[1] + east:.6f}"
    )
    return f"{around} AND {square_sql(table, middle)} <= {km * km:.6f}"


def parse_latitude(text: str) -> float:
    """Raises ValueError with a message for the person who typed it."""
    degrees = _parse_degrees(text)
    if not -90 <= degrees <= 90:
        raise ValueError(N_("A latitude is between -90 and 90."))
    return degrees


def parse_longitude(text: str) -> float:
    """Raises ValueError with a message for the person who typed it."""
    degrees = _parse_degrees(text)
    if not -180 <= degrees <= 180:
        raise ValueError(N_("A longitude is between -180 and 180."))
    return degrees


def _parse_degrees(text: str) -> float:
    number = text.strip().removesuffix("°").rstrip().replace("−", "-")
    if not _DEGREES.fullmatch(number):
        raise ValueError(N_("Write a number of degrees, for example 44.73."))
    return float(number.replace(",", "."))
