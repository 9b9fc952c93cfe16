"""A full board: with thousands of notices it says the same as with few, and no page reads them all."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from hub.config import Config
from hub.db import close_database, database_file, open_database, rows
from hub.exchange.cards import Here
from hub.feed import board, counts, home, searching
from hub.feed.choices import Choice
from hub.feed.lots import lots_of
from hub.publications import search
from hub.publications.models import Kind
from hub.publications.visibility import ANYBODY, Reader
from tests import factories
from tests.bench.plans import Pages, explained
from tests.bench.villages import fill
from tests.conftest import ENGINES
from tests.postgres import Cluster
from tests.unit.hub.feed.test_board import elsewhere
from tests.waiting import GUARD

pytestmark = pytest.mark.slow

SOME, MANY, VILLAGES = 6000, 18_000, 20
DAY = date(2026, 4, 1)
PATHS = (
    "/needs",
    "/board?page=2",
    "/needs?page=9",
    "/needs?q=bois",
    "/board?q=robinet",
    "/needs?near=44.2,4.8&within=10",
    "/board?near=44.2,4.8&within=25&minutes=60",
    "/needs?category=hand",
    "/board?minutes=60",
    "/board?area=Village+3,+hameau+2",
    "/board?state=urgent",
    "/board?state=done&page=3",
    "/board?starts={soon}&ends={later}",
    "/search?q=bois",
    "/search?q=robinet",
    "/search?q=nowhere",
    "/agenda",
    "/agenda?page=3",
    "/agenda?month",
    "/projects",
    "/needs.atom",
    "/feed.atom",
    "/",
)


@pytest.fixture(params=ENGINES, scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def full_board(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Config]:
    """Written once, to be copied: in writing it lies nearly all the work."""
    template: Config = request.getfixturevalue(f"{engine}_template")
    with copied(template, tmp_path_factory.mktemp("full"), request) as config:
        asyncio.run(_fill(config))
        yield config


@pytest.fixture
def schema_config(full_board: Config, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Config]:
    with copied(full_board, tmp_path, request) as config:
        yield config


@contextmanager
def copied(whole: Config, folder: Path, request: pytest.FixtureRequest) -> Iterator[Config]:
    """Settings with a database of its own that has all that is in another one."""
    config = replace(whole, data=folder / "data")
    if not whole.database_url:
        config.data.mkdir(mode=0o700)
        shutil.copy(database_file(whole), database_file(config))
        yield config
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create(template=whole.database_url.rpartition("/")[2])
    yield replace(config, database_url=url)
    cluster.drop(url)


async def _fill(config: Config) -> None:
    await open_database(config)
    await factories.village(locale="en")
    await fill(SOME, villages=VILLAGES)
    await close_database()


@pytest_asyncio.fixture
async def pages(database: Config) -> AsyncIterator[Pages]:
    async with explained(database) as pages:
        await _total()  # somebody asks
        await counts.count_again()
        yield pages


def here() -> Here:
    return Here(timezone="Europe/Paris", point=(44.2, 4.8), now=datetime.now(UTC))


async def _work(pages: Pages, path: str) -> int:
    """Of a page that nobody asked for a moment ago, the first after a start."""
    soon = datetime.now(UTC).date() + timedelta(days=30)
    for cache in (counts._census, counts._kept, counts._of_census, home._kept):
        cache.clear()
    found = await pages.questions(path.format(soon=soon, later=soon + timedelta(days=3)))
    return sum(each.work for each in found)


async def test_no_page_reads_more_where_there_is_three_times_as_much(pages: Pages, engine: str) -> None:
    paths = [path for path in PATHS if path != "/" or engine == "postgres"]  # home is found for all at once
    few = {path: await _work(pages, path) for path in paths}
    await fill(MANY, villages=VILLAGES, already=SOME)
    many = {path: await _work(pages, path) for path in paths}
    least = 9000 if engine == "postgres" else 200
    grown = {
        path: (few[path], work)
        for path, work in many.items()
        if work > max(least, few[path] * (3 if _lists_all_hits(path, engine) else 1.6))
    }
    assert not grown


def _lists_all_hits(path: str, engine: str) -> bool:
    """SQLite makes a list of all that has a word, before it looks at the rest: numbers, and quick."""
    return engine == "sqlite" and path.startswith(("/needs?q", "/board?q"))


async def test_all_of_a_full_board_comes_once_page_after_page(pages: Pages) -> None:
    """In the same order, whether the database sorts it or only what is in front is looked up."""
    lots = await lots_of(DAY, 0)
    found = board.conditions(Choice(kind=Kind.OFFER), ANYBODY, here())
    whole = await board.found_ids(found, lots.sql("proposal.id"), limit=9999)
    assert len(whole) > counts.MOST
    seen: list[int] = []
    for page in range(1, 12):
        turned = Choice(kind=Kind.OFFER, page=page)
        seen += await board.ids_of_page(turned, ANYBODY, here(), lots=lots, many=True)
        for total in (len(whole), 9 * len(whole)):  # known, and all too many
            known = await board.ids_of_page(turned, ANYBODY, here(), lots=lots, many=True, total=total)
            assert known == seen[-board.PER_PAGE :]
    assert seen == whole[: len(seen)]
    last = Choice(kind=Kind.OFFER, page=len(whole) // board.PER_PAGE + 1)
    rest = await board.ids_of_page(last, ANYBODY, here(), lots=lots, many=True)
    assert rest == whole[(last.page - 1) * board.PER_PAGE :]


async def test_what_few_choices_leave_comes_in_the_same_order_without_a_second_question(pages: Pages) -> None:
    lots, choice = await lots_of(DAY, 0), Choice(category="hand", minutes=150)
    found = await counts.counted(choice, ANYBODY, here(), at=await board.version())
    assert found.ids is not None
    assert board.PER_PAGE < len(found.ids) == found.total
    for page in (1, 2, 99):
        turned = Choice(category="hand", minutes=150, page=page)
        asked = await board.ids_of_page(turned, ANYBODY, here(), lots=lots)
        assert board.drawn_of(found.ids, turned, lots) == asked
    again = await counts.counted(choice, ANYBODY, here(), at=await board.version())
    assert (again.total, again.ids) == (found.total, None), "numbers are kept for a moment, notices never"


async def test_a_full_board_is_counted_by_place_as_a_small_one_is(pages: Pages) -> None:
    at = await board.version()
    for choice in (
        Choice(kind=Kind.NEED),
        Choice(within=10),
        Choice(area="Village 3, hameau 2"),
        Choice(within=0),
    ):
        for reader in (ANYBODY, Reader(member=True)):
            found = await counts.counted(choice, reader, here(), at=at)
            conditions = board.conditions(choice, reader, here())
            listed = await rows(
                "SELECT proposal.area, proposal.at_distance AS afar, publication.kind AS kind"
                f" {conditions.where}",
                *conditions.values,
            )
            assert (found.total, found.more) == (len(listed), False)
            by_place = Counter("" if row["afar"] else row["area"] for row in listed)
            assert {place.name: place.needs + place.offers for place in found.places} == dict(by_place)


async def test_what_is_more_than_can_be_counted_is_said_to_be_more(pages: Pages) -> None:
    at = await board.version()
    for choice in (Choice(minutes=240), Choice(words="bois"), Choice(state="done")):
        found = await counts.counted(choice, ANYBODY, here(), at=at)
        assert (found.more, found.places) == (True, [])
    assert not (await counts.counted(Choice(words="bois", minutes=0), ANYBODY, here(), at=at)).more


async def test_pages_of_more_than_was_counted_say_so_and_lead_on(pages: Pages) -> None:
    for path in ("/board?minutes=240", "/board?minutes=240&page=30", "/search?q=bois", "/agenda?page=2"):
        shown = await pages.read(path)
        assert "More than 300." in shown, path
        assert "page=" in shown, path
    assert "More than" not in await pages.read("/board")


async def _total() -> int:
    return (await counts.counted(Choice(), ANYBODY, here(), at=await board.version())).total


async def test_a_full_board_is_counted_again_beside_the_pages_and_not_while_somebody_waits(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the process that has the pages, also where all jobs are done by another."""
    before = await _total()
    await elsewhere("Broyeur")
    await counts.count_again()
    assert await _total() == before  # it was counted a moment ago
    monkeypatch.setattr(counts, "AGAIN", 0)
    monkeypatch.setattr(counts, "SHARE", 0)
    stop = asyncio.Event()
    counting = asyncio.create_task(counts.keep_counting(stop))
    async with asyncio.timeout(GUARD):
        while await _total() == before:
            await asyncio.sleep(0.01)
    stop.set()
    await counting
    assert await _total() == before + 1


async def test_the_first_page_after_a_start_does_not_wait_until_all_are_counted(
    pages: Pages,
) -> None:
    whole = await _total()
    counts._census.clear()
    assert "More than 300." in await pages.read("/board")
    await counts.count_again()
    assert await _total() == whole
    assert "More than" not in await pages.read("/board")


async def test_a_search_gives_the_newest_of_very_many_and_all_of_few(pages: Pages) -> None:
    many = await searching.look_for("bois", ANYBODY, here(), page=1)
    assert (many.more, many.total, len(many.hits)) == (True, searching.MOST, searching.PER_PAGE)
    last = await searching.look_for("bois", ANYBODY, here(), page=searching.MOST // searching.PER_PAGE)
    assert (len(last.hits), last.left) == (searching.PER_PAGE, 0)
    few = await searching.look_for("robinet source citerne", ANYBODY, here(), page=1)
    assert not few.more


@pytest.mark.parametrize("words", ["bois", "robinet", "vent pain", "robinet source"])
async def test_what_was_looked_for_bit_by_bit_is_what_all_at_once_gives(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    query, found = search.Query(words), []
    for among in ((0,), (200, 2000, 0), (1000, 0)):
        monkeypatch.setattr(searching, "AMONG", among)
        found.append(await searching._found(query, ANYBODY))
    assert found[0]
    assert found[0] == found[1] == found[2]
