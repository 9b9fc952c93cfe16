"""Lots: an order that is nobody's merit, and that can be read from both ends."""

from datetime import date, timedelta

from hub.config import Config
from hub.db import rows
from hub.feed.lots import Lots

DAY = date(2026, 4, 1)


def test_everybody_draws_one_lot() -> None:
    for most in (1, 1000, 1024, 70_000):
        lots = Lots.of(DAY, 0, most=most)
        drawn = lots.drawn(lots.size)
        assert sorted(drawn) == list(range(lots.size))
        assert most < lots.size


def test_the_lot_of_each_is_the_place_at_which_it_was_drawn() -> None:
    for most in (900, 200_000, 2**30):
        lots = Lots.of(DAY, 3, most=most)
        assert [lots.lot(one) for one in lots.drawn(40, after=7)] == list(range(7, 47))


def test_another_day_and_another_person_have_another_order() -> None:
    orders = [Lots.of(DAY + timedelta(days=n), who, most=500).drawn(12) for n in range(5) for who in (0, 7)]
    assert len({tuple(order) for order in orders}) == len(orders)
    assert Lots.of(DAY, 7, most=500).drawn(12) == Lots.of(DAY, 7, most=600).drawn(12), "new ones change none"


def test_what_was_hung_up_together_does_not_stay_together() -> None:
    """Over a year nobody is in front for being early or late, nor for whom they hang beside."""
    first, beside = [0] * 4, 0
    for number in range(365):
        drawn = Lots.of(DAY + timedelta(days=number), 0, most=4000).drawn(4000)
        at = {one: position for position, one in enumerate(drawn) if one < 4000}
        for quarter in range(4):
            first[quarter] += sum(
                at.get(one, 9999) < 1000 for one in range(quarter * 1000, quarter * 1000 + 50)
            )
        beside += sum(abs(at.get(one, 0) - at.get(one + 1, 9999)) < 20 for one in range(0, 400, 2))
    expected = 365 * 50 * 1000 / 4096
    assert all(0.8 * expected < number < 1.2 * expected for number in first), first
    assert beside < 365 * 200 * 0.05, beside


async def test_the_database_puts_them_in_the_same_order(database: Config) -> None:
    for most in (900, 200_000, 2**30):
        lots = Lots.of(DAY, 3, most=most)
        some = lots.drawn(40)
        listed = ", ".join(f"({one})" for one in sorted(some))
        numbers = f"SELECT CAST(column1 AS BIGINT) AS id FROM (VALUES {listed}) AS numbers"
        found = await rows(f"SELECT id FROM ({numbers}) AS numbers ORDER BY {lots.sql('id')}")
        assert [row["id"] for row in found] == some
