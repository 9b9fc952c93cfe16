"""Names to addresses, in threads of our own: a dead name server must not hold up files, mails and pages.

The system's own look-up cannot be interrupted. So it is made by few threads, once for all who ask for the
same name, and a name that failed is not looked up again for a minute.
"""

import asyncio
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from federation.limits import (
    CONNECT_SECONDS,
    FAILED_NAME_SECONDS,
    FAILED_NAMES_REMEMBERED,
    NAME_THREADS,
)

Found = list[tuple[socket.AddressFamily, str]]


class Names:
    """One for each client."""

    def __init__(
        self,
        look_up: Callable[..., Iterable[tuple[Any, ...]]] = socket.getaddrinfo,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up = look_up
        self._monotonic = monotonic
        self._threads = ThreadPoolExecutor(NAME_THREADS, thread_name_prefix="names")
        self._asking: dict[tuple[str, int], asyncio.Task[Found]] = {}
        self._failed: OrderedDict[tuple[str, int], float] = OrderedDict()

    async def addresses(self, host: str, family: socket.AddressFamily) -> Found:
        """All addresses of a host; OSError where there are none."""
        key = host, int(family)
        if self._failed.get(key, 0) > self._monotonic():
            raise OSError(socket.EAI_NONAME, "name could not be looked up a moment ago")
        if (asking := self._asking.get(key)) is None:
            asking = self._asking[key] = asyncio.ensure_future(self._ask(host, family))
            asking.add_done_callback(partial(self._done, key))
        return await asyncio.shield(asking)

    def close(self) -> None:
        for asking in self._asking.values():
            asking.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, host: str, family: socket.AddressFamily) -> Found:
        look_up = partial(
            self._look_up, host, None, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        async with asyncio.timeout(CONNECT_SECONDS):
            answers = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return [(answer[0], answer[4][0]) for answer in answers]

    def _done(self, key: tuple[str, int], asked: asyncio.Task[Found]) -> None:
        del self._asking[key]
        if not asked.cancelled() and asked.exception() is not None:
            self._failed.pop(key, None)
            self._failed[key] = self._monotonic() + FAILED_NAME_SECONDS
            if len(self._failed) > FAILED_NAMES_REMEMBERED:
                self._failed.popitem(last=False)
