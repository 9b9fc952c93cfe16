"""The hubs of the demo: each its own process of `lavoir serve`, as an operator would start it."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.config import Config
from hub.errors import HubError

LOOPBACK = "127.0.0.0/8,::1/128"
READY_SECONDS = 300  # of the smallest board; who looks on may end it sooner
END_SECONDS = 30
SET_UP_LINK = re.compile(r"https?://\S+/setup\?key=\S+")


class Hub:
    """One of them: where it answers, where its data are, and what it has said so far."""

    def __init__(self, name: str, *, port: int, data: Path) -> None:
        self.name = name
        self.port = port
        self.data = data
        self.origin = f"http://localhost:{port}"
        self.host = f"localhost:{port}"
        self.lines: list[str] = []
        self._process: Process | None = None

    @property
    def set_up_link(self) -> str:
        """Where a village that is new is set up; it is printed at the start, and empty until then."""
        found = SET_UP_LINK.search("\n".join(self.lines))
        return found[0] if found else ""

    async def start(self) -> None:
        """Returns once it answers; raises HubError with its last words where it does not."""
        self._process = await asyncio.create_subprocess_exec(
            *_with_us(),
            *(sys.executable, "-m", "hub", "serve"),
            env=self._settings(),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we end the hubs
        )
        self._reading = asyncio.create_task(self._read(self._process))
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await self._answers():
                    if self._process.returncode is not None:
                        raise self._failed("does not start")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise self._failed(f"does not answer after {READY_SECONDS} seconds") from None

    async def end(self) -> None:
        """As an operator would, and for certain."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), END_SECONDS)
        except TimeoutError:
            self._process.kill()
        await self._reading
        self._process = None

    async def wait(self) -> None:
        """Until it ends by itself, which it should not."""
        assert self._process is not None
        await self._process.wait()
        raise self._failed("has ended")

    def _failed(self, how: str) -> HubError:
        return HubError("\n".join([f"{self.name} {how}:", *self.lines[-5:]]))

    def _settings(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LAVOIR_")}
        return kept | {
            "LAVOIR_ORIGIN": self.origin,
            "LAVOIR_BIND": f"127.0.0.1:{self.port}",
            "LAVOIR_DATA": str(self.data),
            "LAVOIR_PEER_NETWORKS": LOOPBACK,
            "PYTHONUNBUFFERED": "1",
        }

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip())
            del self.lines[:-200]

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            status = await reader.readline()
        except OSError:
            return False
        writer.close()
        return b" 200 " in status


@asynccontextmanager
async def running(hubs: list[Hub]) -> AsyncIterator[None]:
    """All of them at once; none is left when this ends, whichever way it does."""
    try:
        await asyncio.gather(*(hub.start() for hub in hubs))
        yield
    finally:
        await asyncio.gather(*(hub.end() for hub in hubs), return_exceptions=True)


def config_of(hub: Hub) -> Config:
    """What this process needs to open the database of a hub."""
    return Config(origin=hub.origin, bind=("127.0.0.1", hub.port), data=hub.data)


def _with_us() -> list[str]:
    """The hubs end when this process does, however it ends, where the system can promise that (Linux)."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM"] if program else []
