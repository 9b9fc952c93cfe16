"""The drawing: true distances, nobody on anybody; and the map of the operator, allowed on one page alone."""

from math import dist
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.app import build_app
from hub.config import Config, read_config
from hub.errors import ConfigError
from hub.places.distance import distance_km
from hub.region.map import CIRCLES, EDGE, MIDDLE, REACH, SIZE, Disc, Spot, draw
from hub.web.edge import CONTENT_POLICY
from tests import factories
from tests.unit.hub.region.valley import hung, neighbour, valley
from tests.unit.hub.village.visitors import Browser, Visitors, page, words
from tests.unit.hub.village.visitors import visitors as visitors

HERE = (44.58, 5.13)
TILES = "https://tiles.example/{z}/{x}/{y}.png"


def spot(north: float, east: float, label: str = "1", *, is_middle: bool = False) -> Spot:
    """So many km from here."""
    point = (HERE[0] + north / 111.2, HERE[1] + east / 79.2)
    return Spot(point=point, label=label, full=True, is_middle=is_middle)


def away(disc: Disc) -> float:
    return dist((disc.x, disc.y), (MIDDLE, MIDDLE))


def test_a_village_is_drawn_where_it_is() -> None:
    drawing = draw(HERE, (spot(10, 0), spot(0, 20), spot(-5, -5), spot(0, 24)))
    assert [circle.km for circle in drawing.circles] == [5, 10, 15, 20, 25]
    north, east, south_west, _ = drawing.discs
    assert (north.x, north.y) == (200, pytest.approx(128, abs=1))
    assert (east.x, east.y) == (pytest.approx(344, abs=1), pytest.approx(200, abs=1))
    assert south_west.x < MIDDLE < south_west.y


def test_the_middle_lies_in_the_middle_above_all_others() -> None:
    drawing = draw(HERE, (spot(0, 0, is_middle=True), spot(0, 0.1, "2"), spot(3, 0, "3")))
    assert drawing.discs[-1].spot.is_middle
    assert (drawing.discs[-1].x, drawing.discs[-1].y) == (MIDDLE, MIDDLE)


places = st.tuples(st.floats(-40, 40), st.floats(-40, 40))


@given(st.lists(places, min_size=1, max_size=12))
def test_numbers_lie_on_no_other_and_keep_their_distance(found: list[tuple[float, float]]) -> None:
    spots = sorted((spot(*each) for each in found), key=lambda one: distance_km(HERE, one.point))
    drawing = draw(HERE, tuple(spots))
    step = drawing.circles[0].km
    for disc in drawing.discs:
        true = REACH * distance_km(HERE, disc.spot.point) / (step * CIRCLES)
        assert away(disc) <= EDGE + 1
        assert away(disc) >= min(true, EDGE) - 1
        assert 0 <= disc.x <= SIZE
        assert 0 <= disc.y <= SIZE
    if len(spots) <= 6:
        for one in drawing.discs:
            for other in drawing.discs:
                assert one is other or dist((one.x, one.y), (other.x, other.y)) >= one.radius + other.radius


def test_one_that_is_very_far_does_not_press_the_others_together() -> None:
    near = [spot(each, each) for each in range(1, 12)]
    drawing = draw(HERE, (*near, spot(900, 0)))
    assert drawing.circles[-1].km <= 25
    assert away(drawing.discs[-1]) == pytest.approx(EDGE, abs=1)


# ------------------------------------------------------------ the page


@pytest.fixture
async def visitor(visitors: Visitors) -> Browser:
    await factories.village(locale="en")
    return await visitors.browser()


async def test_drawing_and_list_say_the_same(visitor: Browser) -> None:
    await valley()
    shown = page(await visitor.get("/map"))
    drawn = {each.text for each in shown.select("svg.rings text:not(.km)")}
    listed = {each.text.strip(".") for each in shown.select("#h-list ~ ul li strong")}
    assert drawn == listed == {str(number) for number in range(1, 13)}
    full = len(shown.select("svg.rings .v.on"))
    assert full == len(
        [each for each in shown.select("#h-list ~ ul li") if "nothing for now" not in each.text]
    )


async def test_one_kind_alone_can_be_chosen(visitor: Browser) -> None:
    await neighbour()
    await hung()
    assert "1 need" in words(await visitor.get("/map"))
    assert "1 need" in words(await visitor.get("/map?kind=need"))
    assert "1 need" not in words(await visitor.get("/map?kind=offer"))
    assert (await visitor.get("/map?kind=nonsense&from=nonsense&page=x")).status_code == 200


async def test_a_village_is_all_that_a_map_knows_of_a_place(visitor: Browser) -> None:
    await neighbour(place=(44.6312345, 5.1354321))
    await hung(latitude=44.6399, longitude=5.1399, area="Hameau des Sources", exact_place="3, rue Haute")
    [_, there] = (await visitor.get("/map.json")).json()["villages"]
    assert (there["latitude"], there["longitude"]) == (44.631, 5.135)
    for path in ("/map", "/map.json"):
        shown = (await visitor.get(path)).text
        assert "rue Haute" not in shown
        assert "44.6399" not in shown


async def test_without_a_setting_nothing_else_is_fetched(visitor: Browser) -> None:
    shown = await visitor.get("/map")
    assert shown.headers["content-security-policy"] == CONTENT_POLICY
    assert not page(shown).select("#map, script")
    assert (await visitor.get("/map/background.pmtiles")).status_code == 404


async def site(database: Config, **settings: object) -> httpx.AsyncClient:
    config = Config(data=database.data, database_url=database.database_url, **settings)  # type: ignore[arg-type]
    await factories.village(locale="en")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=build_app(config)), base_url=config.origin)


async def test_one_host_of_pictures_is_allowed_on_the_map_alone(database: Config) -> None:
    async with await site(database, map_tiles=TILES) as client:
        shown = await client.get("/map")
        assert "img-src 'self' https://tiles.example;" in shown.headers["content-security-policy"]
        assert (await client.get("/region")).headers["content-security-policy"] == CONTENT_POLICY
        assert page(shown).select_one("#map")["data-tiles"] == TILES
        assert "fetches pictures from tiles.example" in shown.text
        assert "default-src 'none'" in shown.headers["content-security-policy"]


def archive(path: Path, kind: int = 2) -> Path:
    """No more than the head of a PMTiles file; `kind` 1: shapes, 2: pictures."""
    head = bytearray(b"PMTiles\x03" + bytes(119))
    head[99] = kind
    path.write_bytes(bytes(head) + b"tiles")
    return path


@pytest.mark.parametrize(
    ("kind", "word", "images"), [(1, "shapes", "'self' blob:"), (2, "pictures", "'self' blob:")]
)
async def test_a_file_is_served_from_here_in_parts(
    database: Config, tmp_path: Path, kind: int, word: str, images: str
) -> None:
    async with await site(database, map_file=archive(tmp_path / "valley.pmtiles", kind)) as client:
        shown = await client.get("/map")
        assert page(shown).select_one("#map")["data-kind"] == word
        assert f"img-src {images};" in shown.headers["content-security-policy"]
        part = await client.get("/map/background.pmtiles", headers={"range": "bytes=0-6"})
        assert (part.status_code, part.content) == (206, b"PMTiles")


def test_settings_of_a_map_are_checked_at_the_start(tmp_path: Path) -> None:
    assert read_config({"LAVOIR_MAP_TILES": TILES}).map_tiles == TILES
    file = archive(tmp_path / "valley.pmtiles")
    assert read_config({"LAVOIR_MAP_FILE": str(file)}).map_file == file
    for wrong in (
        *("http://tiles.example/{z}/{x}/{y}.png", "https://{s}.tiles.example/{z}/{x}/{y}.png", "tiles"),
        *(
            "https://tiles.example/{z}/{x}.png",
            "https://u:p@tiles.example/{z}/{x}/{y}",
            "https://a;b/{z}/{x}/{y}",
        ),
    ):
        with pytest.raises(ConfigError):
            read_config({"LAVOIR_MAP_TILES": wrong})
    (tmp_path / "map.png").write_bytes(b"PNG" * 100)
    with pytest.raises(ConfigError, match="no PMTiles file"):
        read_config({"LAVOIR_MAP_FILE": str(tmp_path / "map.png")})
    with pytest.raises(ConfigError, match="one background"):
        read_config({"LAVOIR_MAP_FILE": str(file), "LAVOIR_MAP_TILES": TILES})
