"""A port of this machine that nobody may ever connect to: what an attacker would have us reach."""

import contextlib
import socket
from collections.abc import Iterator

OUTSIDE = "127.0.0.9"
ADDRESSES = ("127.0.0.1", OUTSIDE, "::1")


class Trap:
    """Listens on all its ADDRESSES and never answers: the system takes the connection, which is the proof."""

    def __init__(self, port: int, sockets: list[socket.socket]) -> None:
        self.port = port
        self._sockets = sockets

    @property
    def visits(self) -> list[str]:
        """The addresses that were connected to since the last look."""
        found = []
        for each in self._sockets:
            with contextlib.suppress(BlockingIOError):
                while True:
                    each.accept()[0].close()
                    found.append(str(each.getsockname()[0]))
        return found


@contextlib.contextmanager
def set_trap() -> Iterator[Trap]:
    with contextlib.ExitStack() as stack:
        port, sockets = 0, []
        for address in ADDRESSES:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            each = stack.enter_context(socket.socket(family))
            each.setblocking(False)
            each.bind((address, port))
            each.listen(128)
            port = each.getsockname()[1]
            sockets.append(each)
        yield Trap(port, sockets)
