"""Rates: so many at once, then one more every so often, counted once for all processes."""

import asyncio
import contextlib

import pytest
import time_machine

from hub import limits
from hub.db import transaction
from hub.errors import TooMany
from hub.limits import Allowance, Rate, forget_rested, network_of, spend

pytestmark = pytest.mark.usefixtures("database")

RATE = Rate("tries", 3, 60)


async def wait_after(rate: Rate, key: str = "rosa") -> float | None:
    """Seconds to wait, or None when the act was counted."""
    try:
        await spend(rate, key)
    except TooMany as error:
        return error.after
    return None


async def test_a_burst_passes_and_the_next_one_is_told_how_long_to_wait() -> None:
    with time_machine.travel(1_800_000_000, tick=False):
        assert [await wait_after(RATE) for _ in range(5)] == [None, None, None, 60, 60]


async def test_after_each_interval_one_more_passes() -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for _ in range(3):
            await spend(RATE, "rosa")
        for _ in range(3):
            clock.shift(60)
            assert [await wait_after(RATE) for _ in range(2)] == [None, 60]


async def test_after_a_rest_a_whole_burst_passes_again_and_no_more_than_that() -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for _ in range(3):
            await spend(RATE, "rosa")
        clock.shift(86_400)
        assert [await wait_after(RATE) for _ in range(4)] == [None, None, None, 60]


async def test_being_refused_makes_nobody_wait_longer() -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for _ in range(3):
            await spend(RATE, "rosa")
        for _ in range(20):
            assert await wait_after(RATE) is not None
        clock.shift(60)
        assert await wait_after(RATE) is None


async def test_each_key_and_each_rate_counts_by_itself() -> None:
    for _ in range(3):
        await spend(RATE, "rosa")
    assert await wait_after(RATE, "paul") is None
    assert await wait_after(Rate("other", 3, 60)) is None
    assert await wait_after(RATE) is not None


async def test_of_many_at_once_no_more_than_the_burst_pass() -> None:
    with time_machine.travel(1_800_000_000, tick=False):
        waits = await asyncio.gather(*(wait_after(RATE) for _ in range(12)))
    assert waits.count(None) == 3


async def test_a_clock_that_goes_back_locks_nobody_out_for_longer_than_it_went() -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for _ in range(3):
            await spend(RATE, "rosa")
        clock.shift(-3600)
        assert await wait_after(RATE) == 3660


async def test_what_is_done_in_a_transaction_that_fails_is_not_counted() -> None:
    with time_machine.travel(1_800_000_000, tick=False):
        for _ in range(5):
            with contextlib.suppress(RuntimeError):
                async with transaction():
                    await spend(RATE, "rosa")
                    raise RuntimeError
        assert await wait_after(RATE) is None


async def test_counters_that_rest_are_forgotten() -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        await spend(RATE, "early")
        clock.shift(50)
        await spend(RATE, "late")
        clock.shift(20)
        await forget_rested()
    assert [row.key for row in await Allowance.all()] == ["tries:late"]


async def test_a_key_of_any_length_is_counted() -> None:
    for _ in range(3):
        await spend(RATE, "x" * 5000)
    assert await wait_after(RATE, "x" * 5000) is not None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::%eth0/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # read above the database
def test_one_network_is_one_visitor(address: str, network: str) -> None:
    if "%" in address:
        assert network_of(address) == network_of(address.replace("::1", "::2"))
    else:
        assert network_of(address) == network


def test_mails_to_one_address_stay_below_five_in_half_an_hour() -> None:
    rate = limits.LINKS_PER_MAIL
    assert rate.burst + (30 * 60) // rate.seconds <= 5
