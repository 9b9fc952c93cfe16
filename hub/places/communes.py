"""The communes of France, to name a village and put it on the map in the set-up wizard.

Searched a few times in the life of a hub, so nothing stays in memory: each search streams through
the shipped file (some tens of milliseconds: call it through `asyncio.to_thread`).
"""

import gzip
import heapq
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.places.distance import Point, distance_km
from hub.places.folding import fold

DATA = Path(__file__).with_name("communes.tsv.gz")

# Proper names only: the page says what it is, in its language.
ATTRIBUTION = "Insee, DGCL, La Poste, IGN, DILA – Service-Public (Licence Ouverte 2.0), GeoNames (CC BY 4.0)"

SAME_PLACE_KM = 10.0

# By the first three figures of an INSEE code; islands with another time than their territory by all five.
_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
    "98719": "Pacific/Gambier",
    **dict.fromkeys(("98718", "98723", "98731", "98746", "98756", "98757"), "Pacific/Marquesas"),
}

_CODE = re.compile(r"\d{5}|2[ab]\d{3}")
_ELSEWHERE = 9


@dataclass(frozen=True)
class Commune:
    """`approximate`: the middle of the commune or territory, not its village."""

    insee: str
    name: str
    department_code: str
    department: str
    postcodes: tuple[str, ...]
    population: int
    latitude: float
    longitude: float
    approximate: bool


def search_communes(words: str, limit: int = 12) -> list[Commune]:
    """The communes that `words` may mean, the likeliest first.

    A name, the start of one or words of it, with the département's name or number after it if
    wished; a postcode or an INSEE code. Accents, capitals, hyphens and "St" do not matter.
    """
    question = _Question(words)
    if question.is_empty:
        return []
    ranked = ((question.rank(fields), fields) for fields in _rows(question.first_word))
    found = ((rank, -int(fields[_POPULATION]), fields) for rank, fields in ranked if rank < _ELSEWHERE)
    return [_from_fields(fields) for _, _, fields in heapq.nsmallest(limit, found)]


def find_commune(insee: str) -> Commune | None:
    for fields in _rows(insee.upper()):
        if fields[_INSEE] == insee.upper():
            return _from_fields(fields)
    return None


def timezone_of(insee: str | None) -> str:
    """By which its clocks go, as an IANA name; those of Paris where no commune is known."""
    code = insee or ""
    return _ZONES.get(code) or _ZONES.get(code[:3], "Europe/Paris")


def codes_of(places: Iterable[tuple[str, Point]]) -> dict[tuple[str, Point], str]:
    """The INSEE codes of villages of these names, each within 10 km of its point; the others are left out.

    One pass through the file, however many they are.
    """
    wanted: dict[str, list[tuple[str, Point]]] = {}
    for place in places:
        wanted.setdefault(fold(place[0]), []).append(place)
    found: dict[tuple[str, Point], str] = {}
    for fields in _rows(""):
        for place in wanted.get(fields[_FOLDED_NAME], ()):
            if distance_km(place[1], _point(fields)) <= SAME_PLACE_KM:
                found[place] = fields[_INSEE]
    return found


def _point(fields: list[str]) -> Point:
    return float(fields[_LATITUDE]), float(fields[_LONGITUDE])


class _Question:
    """What someone typed, set against one commune after the other."""

    def __init__(self, words: str) -> None:
        folded = fold(words[:200]).split()
        self._code = next((word.upper() for word in folded if _CODE.fullmatch(word)), "")
        name = [word for word in folded if word.upper() != self._code]
        self._name = " " + " ".join(name)
        first = self._code or (name[0] if name else "")
        # The codes of Corsica, 2A and 2B, are capitals in the file; no name has a figure in it.
        self.first_word = first.upper() if first[:1].isdigit() else first

    @property
    def is_empty(self) -> bool:
        return not self.first_word

    def rank(self, fields: list[str]) -> int:
        if self._code and self._code not in (fields[_INSEE], *fields[_POSTCODES].split()):
            return _ELSEWHERE
        if not self._name.strip():
            return 0
        places = ("", f" {fields[_FOLDED_DEPARTMENT]}", f" {fields[_DEPARTMENT_CODE].lower()}")
        return min(
            _closeness(self._name.removesuffix(place), f" {fields[_FOLDED_NAME]}")
            for place in places
            if self._name.endswith(place)
        )


def _closeness(asked: str, name: str) -> int:
    if asked == name:
        return 0
    if not asked:  # only a département was named
        return 3
    if name.startswith(asked):
        return 1
    return 2 if all(f" {word}" in name for word in asked.split()) else _ELSEWHERE


# One commune is one line; the folded words come first so that a search need not fold 35,000 names.
_FOLDED_NAME, _FOLDED_DEPARTMENT, _INSEE, _NAME, _DEPARTMENT_CODE, _DEPARTMENT = range(6)
_POSTCODES, _POPULATION, _LATITUDE, _LONGITUDE, _APPROXIMATE = range(6, 11)


def _rows(needle: str) -> Iterator[list[str]]:
    """The fields of the lines that hold `needle` anywhere."""
    with gzip.open(DATA, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if needle in line:
                yield line.rstrip("\n").split("\t")


def _from_fields(fields: list[str]) -> Commune:
    return Commune(
        insee=fields[_INSEE],
        name=fields[_NAME],
        department_code=fields[_DEPARTMENT_CODE],
        department=fields[_DEPARTMENT],
        postcodes=tuple(fields[_POSTCODES].split()),
        population=int(fields[_POPULATION]),
        latitude=float(fields[_LATITUDE]),
        longitude=float(fields[_LONGITUDE]),
        approximate=fields[_APPROXIMATE] == "1",
    )


def to_line(commune: Commune) -> str:
    fields: tuple[object, ...] = (
        fold(commune.name),
        fold(commune.department),
        commune.insee,
        commune.name,
        commune.department_code,
        commune.department,
        " ".join(commune.postcodes),
        commune.population,
        commune.latitude,
        commune.longitude,
        int(commune.approximate),
    )
    return "\t".join(str(field) for field in fields) + "\n"
