"""DOS-16, LD-07: how many keys are asked for at once, how long, and who has to wait for whom."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from federation.errors import NotAuthentic, Unreachable
from federation.key_fetches import KeyFetches
from federation.limits import KEY_FETCHES_PER_HOST, WAITING_POSTS, WAITING_POSTS_PER_HOST
from federation.resolver import FoundKey
from federation.signatures import PublicKey
from federation.signatures.keys import generate_ed25519

KEY = generate_ed25519().public_key()


class Servers:
    """Key servers that answer when they are told to; it counts who is being asked."""

    def __init__(self) -> None:
        self.asking: Counter[str] = Counter()
        self.asked: list[str] = []
        self.open = asyncio.Event()

    def fetch(self, key_id: str) -> Callable[[], Awaitable[FoundKey]]:
        async def fetch() -> FoundKey:
            host = key_id.split("/")[2]
            self.asked.append(key_id)
            self.asking[host] += 1
            await self.open.wait()
            self.asking[host] -= 1
            return FoundKey(PublicKey(key_id, key_id, KEY), {})

        return fetch


def ask(fetches: KeyFetches, servers: Servers, host: str, number: int = 0) -> "asyncio.Task[FoundKey]":
    key_id = f"https://{host}/{number}#key"
    return asyncio.ensure_future(fetches.fetched(key_id, host, servers.fetch(key_id)))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_key_is_asked_for_once() -> None:
    fetches, servers = KeyFetches(4), Servers()
    servers.open.set()
    found = await asyncio.gather(*(ask(fetches, servers, "a.example") for _ in range(5)))
    assert (len(servers.asked), len(set(map(id, found)))) == (1, 1)


async def test_a_host_is_asked_for_few_keys_at_a_time_and_holds_up_nobody() -> None:
    fetches, servers = KeyFetches(4), Servers()
    slow = [ask(fetches, servers, "slow.example", number) for number in range(WAITING_POSTS_PER_HOST)]
    await settled()
    ask_another = ask(fetches, servers, "other.example")
    await settled()
    assert servers.asking == {"slow.example": KEY_FETCHES_PER_HOST, "other.example": 1}
    with pytest.raises(Unreachable):
        await ask(fetches, servers, "slow.example", 99)
    servers.open.set()
    await asyncio.gather(ask_another, *slow)
    assert len(servers.asked) == WAITING_POSTS_PER_HOST + 1


async def test_all_hosts_together_are_asked_for_few_keys_and_few_posts_wait() -> None:
    fetches, servers = KeyFetches(4), Servers()
    waiting = [ask(fetches, servers, f"h{number}.example") for number in range(WAITING_POSTS)]
    await settled()
    assert servers.asking.total() == 4
    with pytest.raises(Unreachable):
        await ask(fetches, servers, "late.example")
    servers.open.set()
    await asyncio.gather(*waiting)
    await ask(fetches, servers, "late.example")


async def test_a_key_that_takes_too_long_is_given_up_and_frees_its_place() -> None:
    fetches, servers = KeyFetches(1, seconds=0.01), Servers()
    with pytest.raises(Unreachable):
        await ask(fetches, servers, "slow.example")
    servers.open.set()
    await ask(fetches, servers, "slow.example", 1)


async def test_who_hangs_up_ends_nothing_for_the_others() -> None:
    fetches, servers = KeyFetches(1), Servers()
    first, second = ask(fetches, servers, "a.example"), ask(fetches, servers, "a.example")
    await settled()
    first.cancel()
    servers.open.set()
    assert (await second).key.id == "https://a.example/0#key"


async def test_all_who_wait_are_told_what_went_wrong() -> None:
    fetches = KeyFetches(1)

    async def fail() -> FoundKey:
        await asyncio.sleep(0)
        raise NotAuthentic("no such key")

    both = await asyncio.gather(
        *(fetches.fetched("https://a.example/k", "a.example", fail) for _ in range(2)), return_exceptions=True
    )
    assert [str(error) for error in both] == ["no such key", "no such key"]
    assert both[0] is not both[1]
