import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.places.distance import EARTH_RADIUS_KM, distance_km, parse_latitude, parse_longitude

points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
HALF_ROUND = 3.141592653589793 * EARTH_RADIUS_KM


def test_paris_is_392_km_from_lyon() -> None:
    assert distance_km((48.8566, 2.3522), (45.7640, 4.8357)) == pytest.approx(391.5, abs=0.5)


def test_the_date_line_is_no_border() -> None:
    assert distance_km((0, 179.5), (0, -179.5)) == pytest.approx(111.2, abs=0.1)


@given(points, points)
def test_the_way_back_is_as_long(here: tuple[float, float], there: tuple[float, float]) -> None:
    assert distance_km(here, there) == pytest.approx(distance_km(there, here))


@given(points)
def test_a_place_is_at_no_distance_from_itself(here: tuple[float, float]) -> None:
    assert distance_km(here, here) == 0


@given(points, points)
def test_no_place_is_further_than_half_round_the_earth(
    here: tuple[float, float], there: tuple[float, float]
) -> None:
    assert 0 <= distance_km(here, there) <= HALF_ROUND + 1e-6


@given(points, points, points)
def test_a_detour_is_never_shorter(
    here: tuple[float, float], between: tuple[float, float], there: tuple[float, float]
) -> None:
    assert distance_km(here, there) <= distance_km(here, between) + distance_km(between, there) + 1e-3


@pytest.mark.parametrize(
    ("typed", "degrees"),
    [("44,73", 44.73), ("44.73", 44.73), (" -4.5 ", -4.5), ("−4,5", -4.5), ("+5", 5.0), ("44,73 °", 44.73)],
)
def test_coordinates_are_read_with_a_comma_or_a_point(typed: str, degrees: float) -> None:
    assert parse_latitude(typed) == degrees
    assert parse_longitude(typed) == degrees


@given(st.floats(-90, 90))
def test_written_coordinates_are_read_back(degrees: float) -> None:
    assert parse_latitude(f"{degrees:.6f}") == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize("typed", ["", "north", "nan", "inf", "1e1", "1_0", "44,73,1", "44.", "٤٤", "4 4"])
def test_what_is_not_a_number_of_degrees_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="Write a number of degrees"):
        parse_latitude(typed)
    with pytest.raises(ValueError, match="Write a number of degrees"):
        parse_longitude(typed)


@pytest.mark.parametrize("typed", ["90,1", "-91", "180"])
def test_a_latitude_beyond_the_poles_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="between -90 and 90"):
        parse_latitude(typed)


@pytest.mark.parametrize("typed", ["180.1", "-181", "999"])
def test_a_longitude_further_than_half_round_the_earth_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="between -180 and 180"):
        parse_longitude(typed)
