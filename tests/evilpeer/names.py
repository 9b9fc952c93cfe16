"""Name resolution under the test's control: what a name leads to, in turn, and which names were asked."""

import socket
from collections.abc import Sequence

from aiohttp.abc import AbstractResolver, ResolveResult


class Names(AbstractResolver):
    """Unknown names fail as in a name server that knows nothing of them."""

    def __init__(self) -> None:
        self._answers: dict[str, list[tuple[str, ...]]] = {}
        self.asked: list[str] = []

    def lead(self, name: str, *addresses: str) -> None:
        """`name` has all of these addresses at once."""
        self._answers[name] = [addresses]

    def rebind(self, name: str, *addresses: str) -> None:
        """Each question is answered by the next address; the last one stays."""
        self._answers[name] = [(address,) for address in addresses]

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self._answers.get(host) or self._answers.get("*." + host.partition(".")[2])
        if not answers:
            raise OSError(socket.EAI_NONAME, "no such name")
        addresses: Sequence[str] = answers.pop(0) if len(answers) > 1 else answers[0]
        return [self._result(host, address, port) for address in addresses]

    def _result(self, host: str, address: str, port: int) -> ResolveResult:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return ResolveResult(
            hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
        )

    async def close(self) -> None:
        pass
