"""How long the board takes where 20,000 things hang and hung on it."""

import asyncio
import http.client
import time
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from hub.actors.models import Actor, Role
from hub.config import Config
from hub.db import close_database, open_database, transaction
from hub.exchange.models import Proposal, State
from hub.feed.jobs import index_the_rest
from hub.participants.models import Participant
from hub.publications.models import Kind, Publication, Scope
from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.machine import memory
from tests.bench.options import Options
from tests.bench.pages import ask
from tests.bench.village import Hub, running_hub

PUBLICATIONS = 20_000
AT_ONCE = 1000  # rows of a transaction
ANSWERS, WARM_UP = 60, 5
GOAL = "under 60 ms"
WORDS = "bois pluie marché école jardin vélo pommes repas lettres clôture remorque four pain haie".split()
STATES = (State.OPEN, State.OPEN, State.UNDER_WAY, State.THANKED)
KINDS = (Kind.NEED, Kind.NEED, Kind.NEED, Kind.OFFER, Kind.OFFER)


def measure(engine: Engine, options: Options) -> None:
    with running_hub(engine, options) as hub:
        number = options.of(PUBLICATIONS)
        asyncio.run(_fill(hub.config, number))
        report.line("needs and offers in the database", number, "rows")
        for name, path in {
            "/needs, its second page": "/needs?page=2",
            "/board, its second page": "/board?page=2",
            "/needs, one word": "/needs?q=bois",
            "/needs, within 10 km and an hour": "/needs?within=10&minutes=60",
            "/search, one word": "/search?q=bois",
            "home": "/",
        }.items():
            for who, cookie in (("a visitor", ""), ("signed in", hub.session)):
                _measure(hub, f"{name}, {who}", path, cookie=cookie)
        report.line("memory after all that (RSS)", memory(hub.pid), "MB", digits=1)


def _measure(hub: Hub, name: str, path: str, *, cookie: str) -> None:
    connection = http.client.HTTPConnection(*hub.address, timeout=30)
    times = []
    with hub.sampled():
        for _ in range(WARM_UP + ANSWERS):
            began = time.perf_counter()
            ask(connection, path, cookie)
            times.append((time.perf_counter() - began) * 1000)
    connection.close()
    times = times[WARM_UP:]
    report.line(
        f"{name}", median(times), f"ms   p95 {quantiles(times, n=20)[-1]:.1f} ms", goal=GOAL, digits=1
    )


async def _fill(config: Config, number: int) -> None:
    """Straight into the tables, three quarters of it still open."""
    await open_database(config)
    village = await Actor.of_role(Role.VILLAGE)
    assert village is not None
    owner = await Participant.create(name="Rosa")
    for first in range(0, number, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, number))
        async with transaction():
            await Publication.bulk_create([_publication(each, village) for each in numbers])
            made = await Publication.filter(uri__startswith="bench:").order_by("-id").limit(len(numbers))
            await Proposal.bulk_create([_proposal(each, owner) for each in made])
    await index_the_rest()
    await close_database()


def _publication(number: int, village: Actor) -> Publication:
    words = [WORDS[(number * factor) % len(WORDS)] for factor in (1, 3, 5)]
    return Publication(
        uri=f"bench:{number}",
        code=f"b{number:05}",
        author=village,
        kind=KINDS[number % len(KINDS)],
        type="Note",
        scope=Scope.VILLAGE if number % 7 == 0 else Scope.PUBLIC,
        title=f"Numéro {number} : {' et '.join(words)}",
        source=f"Pour {words[0]}, il faudrait du monde samedi matin. " * 4,
        language="fr",
        published_at=datetime.now(UTC) - timedelta(minutes=number),
    )


def _proposal(publication: Publication, owner: Participant) -> Proposal:
    number = publication.id
    starts_at = datetime.now(UTC) + timedelta(hours=number % 2000)
    return Proposal(
        publication=publication,
        owner=owner,
        state=STATES[number % len(STATES)],
        category="hand",
        wanted=5,
        unit="personnes",
        minutes=30 * (number % 10),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        area=f"Hameau {number % 30}",
        latitude=44.58,
        longitude=5.13,
        expires_at=starts_at + timedelta(days=30),
    )
