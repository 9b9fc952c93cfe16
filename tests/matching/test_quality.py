"""Needs in everyday words find the offers that a neighbour would name."""

import pytest

from tests.matching.evaluate import SEEN, UNSEEN, WAYS, measure, table

pytestmark = pytest.mark.slow

MINE, PLAIN = WAYS


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_the_right_offers_are_among_the_first_five_also_for_needs_never_looked_at(database, capsys):
    found = await measure(SEEN, UNSEEN)
    with capsys.disabled():
        print("\n" + table(found))
    for name in (SEEN, UNSEEN):
        mine, plain = found[name, MINE], found[name, PLAIN]
        assert mine.recall >= 0.85
        assert mine.rank >= 0.7
        assert mine.recall > plain.recall
        assert mine.rank > plain.rank
