"""What a word sounds like in French, so that it is found however it was spelled."""

import re
from collections.abc import Iterator
from functools import lru_cache

from hub.publications.search import fold

SHORTEST = 5  # letters of a word that is looked for by its sound
LONG = 7  # of one that may have a letter too many, too few, or a wrong one

# In this order; the words are folded already.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"(?<=[a-z])tion", "sion"),
        (r"ph", "f"),
        (r"qu|ck|c(?=[aoulrkt])|cc(?=[aoulr])|c$", "k"),
        (r"ch|sch|sh", "S"),
        (r"gu(?=[eiy])", "G"),
        (r"ge(?=[aou])|g(?=[eiy])|j", "j"),
        (r"c(?=[eiy])|ss|sc(?=[eiy])|z", "s"),
        (r"h", ""),
        (r"eaux|eau|aux|au", "o"),
        (r"oeu|eu", "e"),
        (r"(?:ai|ei)(?=ll?[aeo])|ill(?=[aeo])|y", "i"),
        (r"(?:ain|ein|aim|in|im|un|um)(?![aeiouynm])", "1"),
        (r"(?:an|am|en|em)(?![aeiouynm])", "2"),
        (r"(?:on|om)(?![aeiouynm])", "3"),
        (r"ai|ei", "e"),
        (r"ou", "U"),
        (r"(.)\1+", r"\1"),
        (r"(?:er|ez|es|ee)$", "e"),
        (r"(?<=...)(?:es?|[stxdp]s?)$", ""),
    )
)


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """Alike for words that are said alike: `tondeuze` and `tondeuses`."""
    heard = fold(word)
    for pattern, said in _SOUNDS:
        heard = pattern.sub(said, heard)
    return heard


def slips(word: str) -> Iterator[str]:
    """The word, and the word without each of its letters: two that share one differ by a slip."""
    yield word
    if len(word) >= LONG:
        for at in range(len(word)):
            yield word[:at] + word[at + 1 :]
