import gzip
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.places.communes import ATTRIBUTION, DATA, find_commune, search_communes, timezone_of
from hub.places.distance import distance_km


def names(words: str, limit: int = 12) -> list[str]:
    return [f"{commune.name} {commune.department_code}" for commune in search_communes(words, limit)]


def first(words: str) -> str:
    return names(words, limit=1)[0]


def test_a_village_is_found_with_its_place_and_postcode() -> None:
    [bourdeaux] = search_communes("Bourdeaux")
    assert bourdeaux == find_commune("26056")
    assert (bourdeaux.insee, bourdeaux.department, bourdeaux.postcodes) == ("26056", "Drôme", ("26460",))
    assert distance_km((bourdeaux.latitude, bourdeaux.longitude), (44.585, 5.136)) < 1
    assert not bourdeaux.approximate


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("BOURDEAUX", "Bourdeaux 26"),
        ("chalon sur saone", "Chalon-sur-Saône 71"),
        ("st etienne", "Saint-Étienne 42"),
        ("Ste-Rose 971", "Sainte-Rose 971"),
        ("l hay les roses", "L'Haÿ-les-Roses 94"),
        ("L’Haÿ", "L'Haÿ-les-Roses 94"),
        ("oeuilly 51", "Œuilly 51"),
        ("garde-adhémar", "La Garde-Adhémar 26"),
        ("  Dieulefit  ", "Dieulefit 26"),
        ("vercors martin", "Saint-Martin-en-Vercors 26"),
    ],
)
def test_accents_capitals_hyphens_and_short_forms_are_forgiven(typed: str, meant: str) -> None:
    assert first(typed) == meant


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("Bourdeaux 26", +1),
        ("Cilaos", +4),
        ("Terre-de-Haut", -4),
        ("Saint-Pierre 975", -3),
        ("Hao", -10),
        ("Nuku-Hiva", -9.5),
        ("Lifou", +11),
    ],
)
def test_a_commune_overseas_has_the_time_of_its_island(name: str, hours: float) -> None:
    zone = ZoneInfo(timezone_of(search_communes(name)[0].insee))
    assert datetime(2026, 1, 15, tzinfo=zone).utcoffset() == timedelta(hours=hours)


def test_every_commune_has_a_time_and_so_has_a_village_that_is_none() -> None:
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        codes = {line.split("\t")[2] for line in lines}
    zones = {timezone_of(code) for code in codes if code.startswith(("97", "98"))}
    assert "Europe/Paris" not in zones
    assert all(ZoneInfo(zone) for zone in zones)
    assert timezone_of(None) == "Europe/Paris"


@pytest.mark.parametrize("typed", ["Saint-Martin 26", "st martin Drôme", "Saint Martin (26)"])
def test_a_departement_after_the_name_narrows_the_search(typed: str) -> None:
    found = names(typed)
    assert "Saint-Martin-en-Vercors 26" in found
    assert all(name.endswith(" 26") for name in found)


@pytest.mark.parametrize("typed", ["2a", "Corse-du-Sud"])
def test_a_departement_alone_lists_its_largest_communes(typed: str) -> None:
    assert first(typed) == "Ajaccio 2A"


def test_a_commune_comes_before_the_departement_of_the_same_name() -> None:
    assert names("vienne", limit=2) == ["Vienne 38", "Vienne-en-Val 45"]


@pytest.mark.parametrize("typed", ["26460", "26460 Bourdeaux", "Bourdeaux 26460"])
def test_a_postcode_finds_its_communes(typed: str) -> None:
    assert first(typed) == "Bourdeaux 26"


def test_a_postcode_and_a_name_from_elsewhere_find_nothing() -> None:
    assert names("26460 Strasbourg") == []


@pytest.mark.parametrize("typed", ["2A004", "2a004"])
def test_an_insee_code_finds_the_commune(typed: str) -> None:
    assert names(typed) == ["Ajaccio 2A"]
    assert find_commune(typed) == search_communes("Ajaccio")[0]


def test_the_exact_name_comes_first_then_longer_names_then_names_that_hold_it() -> None:
    found = names("die", limit=40)
    assert found[:2] == ["Die 26", "Dieppe 76"]
    assert found.index("Dieulefit 26") < found.index("Saint-Dié-des-Vosges 88")


def test_communes_of_the_same_name_come_largest_first() -> None:
    found = search_communes("Saint-Denis")
    same = [commune.population for commune in found if commune.name == "Saint-Denis"]
    assert len(same) > 2
    assert same == sorted(same, reverse=True)


@pytest.mark.parametrize("typed", ["", "   ", "-", "'", "xyzzy", "00000", "🐐"])
def test_words_that_name_no_place_find_nothing(typed: str) -> None:
    assert search_communes(typed) == []


@pytest.mark.parametrize("code", ["", "99999", "26", "bourdeaux"])
def test_an_unknown_insee_code_finds_nothing(code: str) -> None:
    assert find_commune(code) is None


@pytest.mark.slow
@given(st.text(max_size=300), st.integers(min_value=0, max_value=20))
@settings(max_examples=25, deadline=None)
def test_whatever_is_typed_gives_at_most_the_number_asked_for(words: str, limit: int) -> None:
    assert len(search_communes(words, limit)) <= limit


def test_no_more_than_the_limit_are_given() -> None:
    assert len(search_communes("s")) == 12
    assert len(search_communes("s", limit=3)) == 3


@pytest.fixture(scope="module")
def lines() -> list[list[str]]:
    with gzip.open(DATA, "rt", encoding="utf-8") as text:
        return [line.rstrip("\n").split("\t") for line in text]


def test_the_shipped_file_is_slim_and_lists_each_commune_once(lines: list[list[str]]) -> None:
    codes = [fields[2] for fields in lines]
    assert DATA.stat().st_size < 1_000_000
    assert len(codes) > 34_900
    assert codes == sorted(set(codes))


def test_nearly_everyone_lives_in_a_commune_whose_village_is_known(lines: list[list[str]]) -> None:
    approximate = sum(int(fields[7]) for fields in lines if fields[10] == "1")
    assert approximate / sum(int(fields[7]) for fields in lines) < 0.01


def test_every_commune_of_the_mainland_is_on_the_mainland(lines: list[list[str]]) -> None:
    for fields in lines:
        if not fields[4].startswith(("97", "98")):
            assert 41 < float(fields[8]) < 51.2, fields
            assert -5.2 < float(fields[9]) < 9.7, fields


def test_a_departement_lists_all_its_communes(lines: list[list[str]]) -> None:
    in_drome = {fields[2] for fields in lines if fields[4] == "26"}
    assert {commune.insee for commune in search_communes("26", limit=1000)} == in_drome


def test_a_place_that_is_only_roughly_known_says_so() -> None:
    [celles] = search_communes("15031")
    assert celles.approximate


def test_the_sources_are_named_for_the_page_and_in_the_notice() -> None:
    notice = DATA.with_name("NOTICE.md").read_text(encoding="utf-8")
    for source in ("Insee", "La Poste", "IGN", "DILA", "GeoNames", "Licence Ouverte 2.0", "CC BY 4.0"):
        assert source in ATTRIBUTION
        assert source in notice
