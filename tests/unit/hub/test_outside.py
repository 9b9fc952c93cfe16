"""What a machine learns from outside: its certificate as browsers see it, and the time of the others."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from hub.actors.models import Actor, Host
from hub.actors.peers import use_config
from hub.config import Config
from hub.fediverse.models import Delivery, Follow
from hub.health.doctor import examine_running
from hub.health.outside import look_outside, see_certificate, see_clock
from hub.health.outside import use_config as look_with
from hub.observations import Observation, Seen, observe
from tests import factories
from tests.site import free_port

LOOPBACK = (ip_network("127.0.0.0/8"),)


@asynccontextmanager
async def listening(answer: str, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that says the same to everybody; its port."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1):
            writer.write(answer.encode())
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]


def certified(folder: Path, until: datetime) -> tuple[ssl.SSLContext, Path]:
    """A certificate for this machine, and the file of who signed it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    long_ago = datetime.now(UTC) - timedelta(days=300)
    authority.issue_cert("localhost", not_before=long_ago, not_after=until).configure_cert(context)
    return context, folder / "ca.pem"


@pytest.mark.parametrize(
    ("days", "well", "words"),
    [(90, True, "good for 89 days"), (5, False, "good for 4 days"), (-2, False, "expired")],
)
async def test_a_certificate_that_ends_is_told_in_time(
    database: Config, tmp_path: Path, days: int, well: bool, words: str
) -> None:
    context, ca_file = certified(tmp_path, datetime.now(UTC) + timedelta(days=days))
    async with listening("", tls=context) as port:
        config = Config(origin=f"https://localhost:{port}", data=database.data, ca_file=ca_file)
        look_with(config)
        await look_outside()
    (finding,) = [each for each in await examine_running(config, ()) if each.about == "certificate"]
    assert (finding.well, words in finding.what) == (well, True), finding
    assert bool(finding.remedy) is not well


@pytest.mark.parametrize(
    "before", [{"until": None, "problem": "certificate has expired"}, {"until": None, "problem": ""}]
)
async def test_once_others_can_come_in_again_every_server_that_follows_somebody_here_hears_a_word(
    database: Config, tmp_path: Path, before: dict[str, str | None]
) -> None:
    """FLT-21, after a bad certificate and after a name that led nowhere; also where only a board is followed;
    and no more is said than it takes.
    """
    await factories.village()
    village, needs, offers = [await Actor.get(name=name) for name in ("saint-martin", "besoins", "offres")]
    for host, followed in (("one", [village, offers]), ("two", [needs]), ("three", [needs, offers])):
        uri = f"https://{host}.example/a"
        reader = await Actor.create(
            uri=uri, host=f"{host}.example", name="a", kind="Person", inbox=f"{uri}/inbox"
        )
        for actor in followed:
            await Follow.create(uri=uri, follower=reader, followed=actor, accepted_at=datetime.now(UTC))
    now = datetime.now(UTC)
    await Host.create(name="far.example", failing_since=now, next_at=now + timedelta(days=1))
    await observe(Seen.CERTIFICATE, well=not before["problem"], **before)
    context, ca_file = certified(tmp_path, datetime.now(UTC) + timedelta(days=90))
    async with listening("", tls=context) as port:
        look_with(Config(origin=f"https://localhost:{port}", data=database.data, ca_file=ca_file))
        await look_outside()
        told = await Delivery.all().values_list("actor_id", "host")
        await look_outside()
    assert {host for _, host in told} == {"one.example", "two.example", "three.example"}
    assert {actor_id for actor_id, _ in told} == {village.id, needs.id}
    assert await Delivery.all().count() == len(told), "it is said once"
    asked_at = (await Host.get(name="far.example")).next_at
    assert asked_at < now + timedelta(hours=1), "perhaps we could not reach them, either"


async def test_a_name_that_leads_nowhere_is_noted_as_such(database: Config) -> None:
    look_with(Config(origin=f"https://localhost:{free_port()}", data=database.data))
    await look_outside()
    noted = await Observation.of(Seen.CERTIFICATE)
    assert noted is not None
    assert (noted.said["until"], noted.said["problem"]) == (None, "")


async def test_a_certificate_of_nobody_is_refused_as_browsers_would(tmp_path: Path) -> None:
    context, _ = certified(tmp_path, datetime.now(UTC) + timedelta(days=90))
    async with listening("", tls=context) as port:
        seen = await see_certificate(Config(origin=f"https://localhost:{port}"))
    assert "unable to get local issuer" in seen.problem


async def test_a_site_that_cannot_see_itself_is_not_blamed() -> None:
    seen = await see_certificate(Config(origin=f"https://localhost:{free_port()}"))
    assert (seen.well, seen.until) == (True, None)


async def known(port: int) -> None:
    """A server that we reached a moment ago."""
    name = f"127.0.0.1:{port}"
    await Host.create(name=name, succeeded_at=datetime.now(UTC))
    uri = f"http://{name}/a"
    await Actor.create(uri=uri, host=name, name="a", kind="Person", inbox=f"{uri}/inbox")


@pytest.mark.parametrize(("ahead", "well"), [(timedelta(0), True), (timedelta(minutes=7), False)])
async def test_a_clock_that_is_wrong_is_told_by_the_others(
    database: Config, ahead: timedelta, well: bool
) -> None:
    said = format_datetime(datetime.now(UTC) - ahead, usegmt=True)
    answer = f"HTTP/1.1 200 OK\r\nDate: {said}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    config = Config(data=database.data, database_url=database.database_url, peer_networks=LOOPBACK)
    use_config(config)
    look_with(config)
    async with listening(answer) as one, listening(answer) as two:
        await known(one)
        await known(two)
        await known(free_port())  # where nobody answers
        await look_outside()
    (finding,) = [each for each in await examine_running(config, ()) if each.about == "clock"]
    assert (finding.well, "2 asked" in finding.what) == (well, True), finding
    assert "NTP" in finding.remedy or well


async def test_where_nobody_can_be_asked_nothing_is_noted(database: Config) -> None:
    use_config(database)
    look_with(database)
    assert (await see_clock(database)).ahead is None
    await look_outside()
    assert await Observation.of(Seen.CLOCK) is None
