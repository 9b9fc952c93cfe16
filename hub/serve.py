"""Running: the web server and the workers in one process, until a signal ends both."""

import asyncio
import contextlib
import fcntl
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from hub.app import HANDLERS, JOBS, LONG_JOBS, NETWORK_JOBS, build_app, presence
from hub.config import Config
from hub.db import create_file
from hub.errors import ConfigError
from hub.fediverse.network import Network, open_network
from hub.fediverse.receiving import run_receiver
from hub.fediverse.sending import run_sender
from hub.feed.counts import keep_counting
from hub.jobs import run_worker
from hub.setup.actions import make_set_up_link
from hub.setup.database import database

logger = logging.getLogger(__name__)

NETWORK_WORKERS = 4  # each may wait half a minute for another server
PLAIN: dict[str, Any] = {
    "http": "httptools",
    "ws": "none",
    "lifespan": "off",
    "log_config": None,
    "access_log": False,
    "server_header": False,
}
GRACEFUL_SECONDS = 20  # for answers under way; then the workers have hub.jobs.GRACE


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would end the process before the workers are done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(config: Config) -> None:
    """Answer requests and do jobs until SIGTERM or SIGINT."""
    with (
        _listen("LAVOIR_BIND", config.bind) as listener,
        _listen_for_metrics(config) as metrics,
        _alone(config),
    ):
        async with (
            database(config),
            open_network(config, presence) as network,
            _measuring(config, metrics) as measured,
        ):
            await _serve(config, measured(build_app(config, network)), network, listener=listener)


@contextlib.contextmanager
def _alone(config: Config) -> Iterator[None]:
    """On SQLite one process is the village: a second one would not hear what the first keeps in memory.

    However the process ends, the system lets go of the file. Raises ConfigError.
    """
    if config.database_url is not None:
        yield
        return
    create_file(file := config.data / "serving")
    with file.open("r+b") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            problem = f"LAVOIR_DATA: another `lavoir serve` has {config.data}; each village needs its own"
            raise ConfigError([problem]) from error
        except OSError as error:  # a file system that knows no locks cannot keep a database, either
            raise ConfigError([f"LAVOIR_DATA: cannot lock {file} ({error.strerror or error})"]) from error
        yield


def _listen(setting: str, address: tuple[str, int]) -> socket.socket:
    """Take the port before anything else; raises ConfigError when it cannot be had."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        raise ConfigError(
            [f"{setting}: cannot listen on {address[0]} port {address[1]} ({error})"]
        ) from error


def _listen_for_metrics(config: Config) -> contextlib.AbstractContextManager[socket.socket | None]:
    if not config.metrics:
        return contextlib.nullcontext()
    return _listen("LAVOIR_METRICS_BIND", config.metrics_bind)


@contextlib.asynccontextmanager
async def _measuring(
    config: Config, listener: socket.socket | None
) -> AsyncIterator[Callable[[ASGIApp], ASGIApp]]:
    """Answer on the listener of metrics, if there is one; yields what counts the answers of the site."""
    if listener is None:
        yield lambda app: app
        return
    from hub.health import metrics  # its library is loaded only here

    ours = metrics.Metrics()
    server = _Server(
        uvicorn.Config(
            metrics.metrics_app(config, ours, [*JOBS, *LONG_JOBS]), **PLAIN, timeout_graceful_shutdown=2
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    with metrics.counted_lines(ours):
        try:
            yield partial(metrics.Measured, metrics=ours)
        finally:
            server.should_exit = True
            await task


async def _serve(config: Config, app: ASGIApp, network: Network | None, *, listener: socket.socket) -> None:
    async with asyncio.TaskGroup() as tasks:
        server, stop = _Server(_server_config(config, app)), asyncio.Event()

        def end() -> None:
            server.force_exit = server.should_exit  # a second signal does not wait
            server.should_exit = True

        _on_signal(end)
        await _say_where(config)
        tasks.create_task(keep_counting(stop))
        if config.workers:
            _start_workers(tasks, stop, count=config.workers, network=network)
        try:
            await server.serve(sockets=[listener])
        finally:
            stop.set()


async def work(config: Config) -> None:
    """Do jobs only, until SIGTERM or SIGINT."""
    build_app(config)  # jobs write mails, which need the templates and the settings
    with _listen_for_metrics(config) as metrics:
        async with (
            database(config),
            open_network(config, presence) as network,
            _measuring(config, metrics),
        ):
            stop = asyncio.Event()
            _on_signal(stop.set)
            async with asyncio.TaskGroup() as tasks:
                _start_workers(tasks, stop, count=max(1, config.workers), network=network)


def _start_workers(
    tasks: asyncio.TaskGroup, stop: asyncio.Event, *, count: int, network: Network | None
) -> None:
    for _ in range(count):
        tasks.create_task(run_worker(JOBS, stop))
    tasks.create_task(run_worker(LONG_JOBS, stop))
    if network is not None:
        for _ in range(NETWORK_WORKERS):
            tasks.create_task(run_worker(NETWORK_JOBS, stop))
        tasks.create_task(run_receiver(stop, handlers=HANDLERS))
        tasks.create_task(run_sender(stop))


def _server_config(config: Config, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        **PLAIN,
        proxy_headers=True,
        forwarded_allow_ips=[str(network) for network in config.trusted_proxies],
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


def _on_signal(end: object) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)  # type: ignore[arg-type]


async def _say_where(config: Config) -> None:
    print(f"Lavoir: {config.origin}", flush=True)
    if (token := await make_set_up_link()) is not None:
        print(f"Set the village up here, within a week:\n  {config.origin}/setup?key={token}", flush=True)
