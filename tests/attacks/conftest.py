"""One running village for each module and database engine: its tests do not disturb one another."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.attacks.fediverse import Attacker, Fediverse, peers_settings
from tests.attacks.people import People, gather
from tests.attacks.village import Village, new_database, running_village
from tests.attacks.visitor import Visitor
from tests.conftest import ENGINES
from tests.evilpeer import ADDRESSES, EvilPeer, running_evil_peer

StartVillage = Callable[..., AbstractContextManager[Village]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On both engines, but where a module's `ENGINES` say that what it tries ends above the database."""
    if "engine" in metafunc.fixturenames:
        asked = getattr(metafunc.module, "ENGINES", ENGINES)
        metafunc.parametrize(
            "engine", [name for name in asked if name in ENGINES], scope="module", indirect=True
        )


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def start_village(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> StartVillage:
    """Start a village of one's own, for a test that needs other settings or breaks something."""
    cluster = request.getfixturevalue("postgres_cluster") if engine == "postgres" else None

    @contextmanager
    def start(**options: object) -> Iterator[Village]:
        data = tmp_path_factory.mktemp("village") / "data"
        with new_database(data, cluster) as database:
            database.stays_open = True
            with running_village(database, **options) as village:
                yield village

    return start


@pytest.fixture(scope="module")
def village(start_village: StartVillage) -> Iterator[Village]:
    with start_village() as village:
        yield village


@pytest.fixture
def visitor(village: Village) -> Visitor:
    return village.visitor()


@pytest.fixture(scope="module")
def administrator(village: Village) -> Visitor:
    return village.administrator


@pytest.fixture(scope="module")
def people(village: Village) -> People:
    return gather(village)


@pytest.fixture(scope="module")
def peer() -> Iterator[EvilPeer]:
    """Everybody else's servers."""
    with running_evil_peer() as peer:
        yield peer


@pytest.fixture(scope="module")
def fediverse(
    start_village: StartVillage, peer: EvilPeer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fediverse]:
    """A village that reaches the peer, and the peer."""
    with start_village(settings=peers_settings(peer, tmp_path_factory.mktemp("authority"))) as village:
        yield Fediverse(village, peer)


@pytest.fixture(scope="module")
def watched(
    start_village: StartVillage, peer: EvilPeer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fediverse]:
    """A village that may reach the peer's addresses, and no other private ones; and the peer."""
    settings = {
        "LAVOIR_PEER_NETWORKS": ",".join(f"{address}/32" for address in ADDRESSES),
        "LAVOIR_CA_FILE": str(peer.ca_file(tmp_path_factory.mktemp("authority"))),
    }
    with start_village(settings=settings) as village:
        yield Fediverse(village, peer)


@pytest.fixture(autouse=True)
def healthy(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test sends, the hub stays well: no trace in its log, no answer 500."""
    if "fediverse" not in request.fixturenames:
        yield
        return
    with request.getfixturevalue("fediverse").healthy():
        yield


@pytest.fixture
def attacker(fediverse: Fediverse) -> Attacker:
    """Somebody new on the peer."""
    return fediverse.attacker()


@pytest.fixture
def everything_was_handled(fediverse: Fediverse, healthy: None) -> Iterator[None]:
    """Nothing that came in was too much for its handler."""
    yield
    fediverse.settle()
    assert fediverse.rows("SELECT last_error FROM received WHERE attempts > 0 AND body LIKE '{%'") == []


@pytest.fixture(scope="module")
def known(fediverse: Fediverse) -> Attacker:
    """Somebody whose key is known here, so that a post asks nobody."""
    known = fediverse.attacker()
    assert known.post(known.create(known.mention())).status == 202
    fediverse.settle()
    return known
