"""A map without a map: circles of equal distance around a place, and the villages where they are from there.

It is a drawing made here: no tiles, nobody else is asked. The distance from the middle is true; where two
villages would lie on each other, one is moved along its circle. Coordinates are of villages, never of people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import asin, atan2, ceil, cos, degrees, hypot, radians, sin

from hub.places.distance import Point, distance_km

SIZE = 400  # of the drawing, in its own units
MIDDLE = SIZE / 2
REACH = 180  # radius of the outermost circle
EDGE = 186  # where a village is drawn that is farther away
STEPS = (
    1,
    2,
    3,
    4,
    5,
    6,
    8,
    10,
    12,
    15,
    20,
    25,
    30,
    40,
    50,
    60,
    80,
    100,
    150,
    200,
    300,
    500,
    1000,
    2000,
    4000,
)  # km
CIRCLES = 5
CROWD = 25  # from here on, discs are smaller
LABELS = (
    225,
    215,
    235,
    205,
    245,
    195,
    255,
    185,
    265,
    135,
    125,
    145,
    115,
    155,
    45,
    315,
)  # degrees, by preference
WIDE, NARROW, DOT = 14, 11, 4  # radius of a disc; the last without its number


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A village to be drawn: `label` is its number, `full`: something hangs there."""

    point: Point
    label: str
    full: bool
    is_middle: bool = False


@dataclass(frozen=True)
class Circle:
    """`x`, `y`: where its distance is written, unless there is no room (`is_told`)."""

    radius: int
    km: int
    x: int
    y: int
    is_told: bool = True


@dataclass(frozen=True)
class Disc:
    x: int
    y: int
    radius: int
    spot: Spot


@dataclass(frozen=True)
class Drawing:
    circles: Sequence[Circle]
    discs: Sequence[Disc]


@lru_cache(maxsize=64)
def draw(middle: Point, spots: tuple[Spot, ...]) -> Drawing:
    """The nearest must come first: those behind make room.

    The circles hold those with a number; of the others only those that lie among them are drawn.
    """
    numbered = [spot for spot in spots if spot.label]
    step = _step([distance_km(middle, spot.point) for spot in numbered])
    reach = step * CIRCLES
    size = WIDE if len(numbered) <= CROWD else NARROW
    discs: list[Disc] = []
    for spot in spots:
        if spot.label:
            wide = WIDE if len(spot.label) > 2 else size
            discs.append(_place(spot, middle, reach, size=wide, placed=discs))
        elif (km := distance_km(middle, spot.point)) <= reach:
            discs.append(Disc(*_at(REACH * km / reach, _bearing(middle, spot.point)), DOT, spot))
    # what has a number lies above the dots, the middle above all
    discs.sort(key=lambda disc: (disc.spot.is_middle, bool(disc.spot.label)))
    return Drawing([_circle(number, step, discs) for number in range(1, CIRCLES + 1)], discs)


def _step(distances: Sequence[float]) -> int:
    """Km between two circles, so that nine in ten villages are within the outermost."""
    far = sorted(distances)[max(0, ceil(len(distances) * 0.9) - 1)] if distances else 0
    return next((step for step in STEPS if step * CIRCLES >= far), STEPS[-1])


def _circle(number: int, step: int, discs: Sequence[Disc]) -> Circle:
    """Its distance is written to the south-west, or where nothing lies on it; at least on the outermost."""
    radius = round(REACH * number / CIRCLES)
    ways = [_at(radius, bearing) for bearing in LABELS]
    free = [way for way in ways if not any(_covers(disc, *way) for disc in discs)]
    x, y = free[0] if free else ways[0]
    return Circle(radius, number * step, x, y + 4, is_told=bool(free) or number == CIRCLES)


def _covers(disc: Disc, x: int, y: int) -> bool:
    """Whether it lies on a few letters there."""
    return abs(disc.x - x) < disc.radius + 22 and abs(disc.y - y) < disc.radius + 8


def _at(radius: float, bearing: float) -> tuple[int, int]:
    """On the drawing; the bearing in degrees from the north, clockwise."""
    return round(MIDDLE + radius * sin(radians(bearing))), round(MIDDLE - radius * cos(radians(bearing)))


def _place(spot: Spot, middle: Point, reach_km: int, *, size: int, placed: Sequence[Disc]) -> Disc:
    """At its distance; turned a little where others are already."""
    if spot.is_middle:
        return Disc(round(MIDDLE), round(MIDDLE), size, spot)
    radius = min(EDGE, REACH * distance_km(middle, spot.point) / reach_km)
    bearing = _bearing(middle, spot.point)
    for further in range(3):
        away = min(EDGE, max(radius, _nearest(placed, size)) + further * (2 * size + 2))
        for turn in _turns(away, size):
            x, y = _at(away, bearing + turn)
            if not _is_north(x, y) and not any(_touch(x, y, size, disc=disc) for disc in placed):
                return Disc(x, y, size, spot)
    return Disc(*_at(radius, bearing), size, spot)


def _nearest(placed: Sequence[Disc], size: int) -> float:
    """How far from the middle there is room beside the disc in it, if there is one."""
    return next((disc.radius + size + 2.0 for disc in placed if disc.spot.is_middle), 0.0)


def _turns(radius: float, size: int) -> list[float]:
    """Degrees to turn by, to the left and to the right in turn, up to a right angle."""
    step = degrees(asin(min(1.0, size / max(radius, size)))) / 2
    steps = min(40, int(90 / step))
    return [0.0, *(sign * step * number for number in range(1, steps + 1) for sign in (1, -1))]


def _is_north(x: int, y: int) -> bool:
    """There it says so."""
    return abs(x - MIDDLE) < 34 and y < 30


def _touch(x: int, y: int, size: int, *, disc: Disc) -> bool:
    """A dot may lie under a number, a number never under another."""
    return bool(disc.spot.label) and hypot(x - disc.x, y - disc.y) < size + disc.radius + 1


def _bearing(here: Point, there: Point) -> float:
    """Degrees from the north, clockwise."""
    (lat1, lon1), (lat2, lon2) = ((radians(point[0]), radians(point[1])) for point in (here, there))
    east = sin(lon2 - lon1) * cos(lat2)
    north = cos(lat1) * sin(lat2) - sin(lat1) * cos(lat2) * cos(lon2 - lon1)
    return degrees(atan2(east, north))
