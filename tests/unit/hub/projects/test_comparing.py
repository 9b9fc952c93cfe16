"""What changed between two texts, as people read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.projects.comparing import ADDED, GONE, KEPT, compare

TEXTS = st.text(alphabet="ab .!\n’é", max_size=200)


def told(before, after):
    return [(part.look, part.text) for part in compare(before, after)]


def test_a_sentence_that_came_and_a_word_that_changed():
    before = "Une épicerie. On s’y retrouve le jeudi.\n\nDans l’école."
    after = "Une épicerie. On s’y retrouve le samedi.\n\nDans l’école. Avec un jardin."
    assert told(before, after) == [
        (KEPT, "Une épicerie. On s’y retrouve le "),
        (GONE, "jeudi"),
        (ADDED, "samedi"),
        (KEPT, ".\n\nDans l’école."),
        (ADDED, " Avec un jardin."),
    ]


def test_another_sentence_is_told_as_a_whole():
    assert told("Une épicerie pour tous.", "Le conseil refuse.") == [
        (GONE, "Une épicerie pour tous."),
        (ADDED, "Le conseil refuse."),
    ]


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_it(before, after):
    parts = compare(before, after)
    assert "".join(part.text for part in parts if part.look != GONE) == after
    assert "".join(part.text for part in parts if part.look != ADDED) == before


@pytest.mark.parametrize("look", ["a ", "a. ", "a\n", "a.b.", "x" * 9])
def test_however_long_it_is_the_work_is_bounded(look, monkeypatch):
    """Never more pieces are compared than there are allowed."""
    seen = []

    class Counted(compare.__globals__["SequenceMatcher"]):
        def __init__(self, junk, before, after):
            seen.append(max(len(before), len(after)))
            super().__init__(junk, before, after)

    monkeypatch.setitem(compare.__globals__, "SequenceMatcher", Counted)
    before, after = (look * 5000)[:5000], (look * 5000)[1:4900]
    parts = compare(before, after)
    assert "".join(part.text for part in parts if part.look != GONE) == after
    assert max(seen) <= compare.__globals__["MOST_PARTS"]
