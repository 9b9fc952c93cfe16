"""Running: the web server and the workers in one process, until a signal ends both."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn

from hub.actors.peers import use_config
from hub.agenda.methods import establish_methods
from hub.app import HANDLERS, JOBS, NETWORK_JOBS, build_app, presence
from hub.config import Config
from hub.db import close_database, open_database
from hub.db.migrations import migrate
from hub.errors import ConfigError
from hub.exchange.templates import establish_templates
from hub.fediverse.network import Network, open_network
from hub.fediverse.receiving import run_receiver
from hub.fediverse.sending import run_sender
from hub.feed.counts import keep_counting
from hub.jobs import run_worker
from hub.organisations.actions import establish_organisations
from hub.setup.actions import make_set_up_link
from hub.village.actions import establish_actors

logger = logging.getLogger(__name__)

NETWORK_WORKERS = 4  # each may wait half a minute for another server
GRACEFUL_SECONDS = 20  # for answers under way; then the workers have hub.jobs.GRACE


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would end the process before the workers are done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def database(config: Config) -> AsyncIterator[None]:
    """The database, up to date and open."""
    use_config(config)
    await migrate(config)
    await open_database(config)
    try:
        await establish_actors()
        await establish_organisations()
        await establish_templates()
        await establish_methods()
        yield
    finally:
        await close_database()


async def serve(config: Config) -> None:
    """Answer requests and do jobs until SIGTERM or SIGINT."""
    with _listen(config.bind) as listener:
        async with database(config), open_network(config, presence) as network:
            await _serve(config, network, listener)


def _listen(address: tuple[str, int]) -> socket.socket:
    """Take the port before anything else; raises ConfigError when it cannot be had."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        raise ConfigError(
            [f"LAVOIR_BIND: cannot listen on {address[0]} port {address[1]} ({error})"]
        ) from error


async def _serve(config: Config, network: Network | None, listener: socket.socket) -> None:
    async with asyncio.TaskGroup() as tasks:
        server, stop = _Server(_server_config(config, network)), asyncio.Event()

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
    async with database(config), open_network(config, presence) as network:
        stop = asyncio.Event()
        _on_signal(stop.set)
        async with asyncio.TaskGroup() as tasks:
            _start_workers(tasks, stop, count=max(1, config.workers), network=network)


def _start_workers(
    tasks: asyncio.TaskGroup, stop: asyncio.Event, *, count: int, network: Network | None
) -> None:
    for _ in range(count):
        tasks.create_task(run_worker(JOBS, stop))
    if network is not None:
        for _ in range(NETWORK_WORKERS):
            tasks.create_task(run_worker(NETWORK_JOBS, stop))
        tasks.create_task(run_receiver(stop, handlers=HANDLERS))
        tasks.create_task(run_sender(stop))


def _server_config(config: Config, network: Network | None) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(config, network),
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
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
