"""What a text is about: topics and words, each with how much it says of them; and the days it names."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from hub.matching.spelling import sound
from hub.matching.thesaurus import Topics, thesaurus
from hub.publications.search import EMPTY, fold, stems, words_of

TITLE = 1.5  # a word of the title beside one of the text
WORD = 0.65  # a word itself, beside the topic that it says
UNKNOWN = 0.8  # a word that is in no topic
AGAIN = 0.15
IN_PHRASE = 0.4  # what a word of a phrase says by itself
MOST_WORDS = 400
LONGEST_PHRASE = 6

_DAYS = {
    day: frozenset(numbers)
    for names, numbers in (
        ("lundi lundis monday mondays", (0,)),
        ("mardi mardis tuesday tuesdays", (1,)),
        ("mercredi mercredis wednesday wednesdays", (2,)),
        ("jeudi jeudis thursday thursdays", (3,)),
        ("vendredi vendredis friday fridays", (4,)),
        ("samedi samedis saturday saturdays", (5,)),
        ("dimanche dimanches sunday sundays", (6,)),
        ("weekend weekends week", (5, 6)),
    )
    for day in names.split()
}


@dataclass(frozen=True)
class Meaning:
    """`terms`: topics by their key, words as `=` and their sound; `words`: the first that said each."""

    terms: dict[str, float] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    days: frozenset[int] = frozenset()


Said = tuple[str, str, float]
"""A term, the word that says it, and how much."""


@lru_cache(maxsize=1000)
def meaning(title: str, text: str, language: str) -> Meaning:
    terms: dict[str, float] = defaultdict(float)
    words: dict[str, str] = {}
    for part, weight in ((title, TITLE), (text, 1.0)):
        for term, word, much in _said(part, language):
            terms[term] = _more(terms[term], weight * much)
            words.setdefault(term, word)
    return Meaning(dict(terms), words, days_in(f"{title} {text}"))


def days_in(text: str) -> frozenset[int]:
    """Days of the week that it names, Monday being 0."""
    found = (_DAYS.get(fold(word), frozenset()) for word in words_of(text)[:MOST_WORDS])
    return frozenset[int]().union(*found)


def _more(one: float, other: float) -> float:
    """Said twice is said a little louder."""
    return max(one, other) + AGAIN * min(one, other)


def _said(text: str, language: str) -> Iterator[Said]:
    words = list(enumerate(words_of(text)[:MOST_WORDS]))
    telling = [(at, word) for at, word in words if fold(word) not in EMPTY]
    inside: set[int] = set()
    known: set[tuple[int, str]] = set()
    for sequence in (words, telling):
        for phrase, topics in _phrases(sequence, language):
            inside.update(at for at, _ in phrase)
            new = {topic: much for topic, much in topics.items() if (phrase[0][0], topic) not in known}
            known.update((phrase[0][0], topic) for topic in new)
            yield from ((topic, " ".join(word for _, word in phrase), much) for topic, much in new.items())
    for at, word in telling:
        yield from _single(word, language, IN_PHRASE if at in inside else 1.0)


def _phrases(words: list[tuple[int, str]], language: str) -> Iterator[tuple[list[tuple[int, str]], Topics]]:
    """The longest phrase from each word on, with where its words are."""
    firsts = [stems(word)[0] for _, word in words]
    for at in (at for at, first in enumerate(firsts) if first in thesaurus().begins):
        for end in range(min(len(words), at + LONGEST_PHRASE), at + 1, -1):
            topics = thesaurus().phrase(tuple(firsts[at:end]), language)
            if topics is not None:
                yield words[at:end], topics
                break


def _single(word: str, language: str, part: float) -> Iterator[Said]:
    found = thesaurus().understand(word, language)
    yield from ((topic, word, part * much) for topic, much in found.topics.items())
    if found.word:
        yield f"={sound(stems(found.word)[0])}", word, WORD if found.is_known else UNKNOWN
