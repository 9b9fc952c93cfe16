"""What everyday words are about: thesaurus.toml, read once."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from hub.matching.spelling import LONG, SHORTEST, slips, sound
from hub.publications.search import EMPTY, fold, stems, words_of

HINT = 0.5  # what a word with ~ says of its topic
SHARED = 0.5  # power of the number of its topics by which a word says less of each
GUESSED = 0.6  # what a word says that was misspelled, if that is what was meant

Topics = dict[str, float]
"""How much a word says of each topic, 0 to 1."""


@dataclass(frozen=True)
class Topic:
    key: str
    category: str
    broad: float
    near: tuple[str, ...]


@dataclass(frozen=True)
class Understood:
    """A word as it was meant, and what it is about: nothing, where nobody listed it."""

    word: str
    topics: Topics
    is_known: bool


@dataclass
class Words:
    """Of one language: as they are written, by their stems, and the spellings that may mean them.

    Phrases are by the first stems of their words.
    """

    exact: dict[str, Topics] = field(default_factory=dict)
    by_stem: dict[str, Topics] = field(default_factory=dict)
    phrases: dict[tuple[str, ...], Topics] = field(default_factory=dict)
    sounds: dict[str, str] = field(default_factory=dict)
    slips: dict[str, str] = field(default_factory=dict)

    def topics(self, word: str) -> Topics | None:
        """`marché` and `marche` have one stem, and are not about the same."""
        if (found := self.exact.get(word)) is not None:
            return found
        return next((self.by_stem[stem] for stem in stems(word) if stem in self.by_stem), None)

    def meant(self, written: str) -> str | None:
        """The word that it may be, misspelled: one that sounds the same, or else that differs by a slip."""
        if len(written) < SHORTEST or not written.isalpha():
            return None
        if (heard := self.sounds.get(sound(written))) is not None:
            return heard
        if len(written) < LONG:
            return None
        near = (self.slips.get(slip) for slip in slips(written))
        return next((word for word in near if word is not None and fold(word)[0] == written[0]), None)

    def add(self, word: str, topic: str, weight: float) -> None:
        _add(self.exact, word.lower(), (topic, weight))
        for stem in stems(word):
            _add(self.by_stem, stem, (topic, weight))
        plain = fold(word)
        if len(plain) >= SHORTEST:
            self.sounds.setdefault(sound(plain), word.lower())
        if len(plain) >= LONG:
            for slip in slips(plain):
                self.slips.setdefault(slip, word.lower())

    def add_phrase(self, phrase: list[str], topic: str, weight: float) -> None:
        """As it is written, and without its small words where two others are left."""
        telling = [word for word in phrase if fold(word) not in EMPTY]
        for words in [phrase, telling] if len(telling) > 1 else [phrase]:
            _add(self.phrases, tuple(stems(word)[0] for word in words), (topic, weight))


def _add(known: dict[Any, Topics], key: Any, said: tuple[str, float]) -> None:
    topics = known.setdefault(key, {})
    topics[said[0]] = max(said[1], topics.get(said[0], 0.0))


@dataclass(frozen=True)
class Thesaurus:
    topics: dict[str, Topic]
    empty: frozenset[str]
    plain: frozenset[str]
    words: dict[str, Words]  # by language
    near: dict[str, frozenset[str]]
    begins: frozenset[str]  # first stems of phrases

    def understand(self, word: str, language: str) -> Understood:
        """Misspelled ones as what they sound like, or as what they differ least from."""
        word, ordered = word.lower(), self._languages(language)
        first, second = ordered
        if (found := first.exact.get(word)) is not None:
            return Understood(word, _shared(found), True)
        if fold(word) in self.empty or stems(word)[0] in self.empty:
            return Understood("", {}, True)
        if fold(word) in self.plain:
            return Understood(word, {}, False)
        found = first.topics(word) or second.exact.get(word)
        if found is not None:
            return Understood(word, _shared(found), True)
        if (meant := first.meant(fold(word))) is not None:
            return Understood(meant, _shared(first.topics(meant) or {}, GUESSED), True)
        return Understood(word, {}, False)

    def phrase(self, said: tuple[str, ...], language: str) -> Topics | None:
        """What several words are about, given as their first stems."""
        found = (one.phrases.get(said) for one in self._languages(language))
        return next((_shared(topics) for topics in found if topics is not None), None)

    def _languages(self, language: str) -> list[Words]:
        first = language if language in self.words else "fr"
        return [self.words[first], *(words for name, words in self.words.items() if name != first)]


def _shared(topics: Topics, part: float = 1.0) -> Topics:
    """A word of several topics says less of each."""
    part /= len(topics) ** SHARED if topics else 1
    return {topic: weight * part for topic, weight in topics.items()}


@cache
def thesaurus() -> Thesaurus:
    written = tomllib.loads(files("hub.matching").joinpath("thesaurus.toml").read_text("utf-8"))
    topics = {
        key: Topic(key, said.get("category", ""), said.get("broad", 1.0), tuple(said.get("near", "").split()))
        for key, said in written["topics"].items()
    }
    empty = frozenset(stem for word in words_of(written["empty"]) for stem in (fold(word), stems(word)[0]))
    words = {name: _words(written["topics"], name) for name in ("fr", "en")}
    plain = frozenset(fold(word) for word in words_of(written["plain"]))
    begins = frozenset(phrase[0] for one in words.values() for phrase in one.phrases)
    return Thesaurus(topics, empty | EMPTY, plain, words, _near(topics), begins)


def _words(written: dict[str, Any], language: str) -> Words:
    found = Words()
    for topic, said in written.items():
        for phrase, weight in _phrases(said.get(language, "")):
            if len(phrase) == 1:
                found.add(phrase[0], topic, weight)
            else:
                found.add_phrase(phrase, topic, weight)
    return found


def _phrases(text: str) -> Iterator[tuple[list[str], float]]:
    """Each word or phrase of a list, as its words."""
    for written in text.replace("\n", " ").split(","):
        if words := words_of(written):
            yield words, HINT if written.rstrip().endswith("~") else 1.0


def _near(topics: dict[str, Topic]) -> dict[str, frozenset[str]]:
    """Both ways."""
    found: dict[str, set[str]] = defaultdict(set)
    for topic in topics.values():
        for other in topic.near:
            found[topic.key].add(other)
            found[other].add(topic.key)
    return {key: frozenset(others) for key, others in found.items()}
