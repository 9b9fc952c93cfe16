"""Publications are found by their words: accents, capitals and endings aside, in French and in English.

The words are prepared here, so that both databases find the same: each is kept as its stems, found in
either language, with and without its accents. Who may see what was found is not decided here: ask with
visible_to(), or visible(), in the same query.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from html import unescape

import Stemmer  # type: ignore[import-not-found]

from hub.actors.models import Actor
from hub.db import dialect, rows
from hub.publications.models import Kind, Publication

SEARCHED = frozenset({Kind.ANNOUNCEMENT, Kind.NEED, Kind.OFFER, Kind.EVENT, Kind.PROJECT, Kind.EXPERIENCE})
MOST_WORDS = 3000  # of one publication
WORDS_ASKED = 12
WORD_LENGTH = 40

_WORD = re.compile(r"#?[^\W_]+")
_BLOCKS = re.compile(r"</?(?:p|br|li|ul|ol|h\d|div|blockquote|pre|hr|td|tr)\b[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'"})
# Nobody looks for these, and every text has them.
EMPTY = frozenset(
    """au aux avec ce ces cet cette dans de des du elle en et est il ils je la le les leur leurs lui ma mes
    mon ne nos notre nous ou par pas pour qu que qui sa se ses son sont sur ta tes ton tu un une vos votre
    vous an and are at be by for from he her his in is it its my of on or our she that the their they this
    to we with you your""".split()
)
_stemmers = [Stemmer.Stemmer("french"), Stemmer.Stemmer("english")]


def fold(text: str) -> str:
    """Small letters without accents: `Œuvre d'été` is `oeuvre d'ete`."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LIGATURES))
    return "".join(mark for mark in plain if not unicodedata.combining(mark))


@lru_cache(maxsize=20_000)
def stems(word: str) -> tuple[str, ...]:
    """What a word is kept as, and looked for as; a hashtag only as itself."""
    plain = fold(word)[:WORD_LENGTH]
    if plain.startswith("#"):
        return (plain,)
    french, english = _stemmers
    written = unicodedata.normalize("NFC", word.lower().translate(_LIGATURES))[:WORD_LENGTH]
    found = (fold(french.stemWord(written)), french.stemWord(plain), english.stemWord(plain))
    return tuple(dict.fromkeys(stem for stem in found if stem))


def words_of(text: str) -> list[str]:
    """The words in it, in their order; a hashtag is also its word. Single letters are none."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFC", text)):
        found += [word, word[1:]] if word.startswith("#") else [word]
    return [word for word in found if len(word) > 1]


def plain_words(html: str) -> str:
    """Clean HTML as text: words of two paragraphs do not grow together, and a tag inside one cuts nothing."""
    return unescape(_TAGS.sub("", _BLOCKS.sub(" ", html)))


class Query:
    """What somebody looks for. Without a word in it, it finds nothing."""

    def __init__(self, text: str) -> None:
        words = [word for word in _WORD.findall(unicodedata.normalize("NFC", text)) if len(word) > 1]
        said = [word for word in words if fold(word) not in EMPTY] or words
        self.words = [stems(word) for word in dict.fromkeys(said)][:WORDS_ASKED]

    def __bool__(self) -> bool:
        return bool(self.words)

    def matches(self, text: str) -> bool:
        """Whether this text, which is in no index, has all the words."""
        known = {stem for word in words_of(text) for stem in stems(word)}
        return bool(self) and all(any(stem in known for stem in one) for one in self.words)

    def expression(self) -> str:
        """For the engine at hand. Stems have letters and digits only: nothing in them can be an operator."""
        mark, either, both = ('"', " OR ", " AND ") if dialect() == "sqlite" else ("'", " | ", " & ")
        groups = (either.join(f"{mark}{stem}{mark}" for stem in one) for one in self.words)
        return both.join(f"({group})" for group in groups)


def found(place: str) -> str:
    """A condition on `publication.id`; `place` is the placeholder of Query.expression()."""
    if dialect() == "sqlite":
        return f"publication.id IN (SELECT rowid FROM search WHERE search MATCH {place})"
    matching = f"words @@ CAST(CAST({place} AS text) AS tsquery)"
    return f"publication.id IN (SELECT publication_id FROM search WHERE {matching})"


def hits(place: str) -> tuple[str, str]:
    """Of a query that begins with what was found: its FROM and its condition, with `search.{KEY}` for ids."""
    matching = f"search.words @@ CAST(CAST({place} AS text) AS tsquery)"
    condition = f"search MATCH {place}" if dialect() == "sqlite" else matching
    return f"search JOIN publication ON publication.id = search.{KEY[dialect()]}", condition


async def index(publication: Publication, extra_words: Iterable[str] = ()) -> None:
    """Have it found by its title, its text and `extra_words` from now on, and no longer by others.

    In the transaction that changed it. What is deleted, and what nobody looks for, is taken out.
    """
    if publication.kind not in SEARCHED:
        return
    if publication.deleted_at is not None:
        await forget(publication)
        return
    text = publication.source or plain_words(publication.html)
    words = words_of(" ".join([publication.title, text, plain_words(publication.summary), *extra_words]))
    kept = list(dict.fromkeys(stem for word in words[:MOST_WORDS] for stem in stems(word)))
    if dialect() == "sqlite":
        statement = "INSERT OR REPLACE INTO search (rowid, words) VALUES ($1, $2)"
        await rows(statement, publication.id, " ".join(kept))
    else:
        statement = "INSERT INTO search (publication_id, words) VALUES ($1, array_to_tsvector($2::text[]))"
        more = " ON CONFLICT (publication_id) DO UPDATE SET words = excluded.words"
        await rows(statement + more, publication.id, kept)


async def forget(publication: Publication) -> None:
    """Nobody finds it any more."""
    await rows(f"DELETE FROM search WHERE {KEY[dialect()]} = $1", publication.id)


async def forget_all(author: Actor) -> None:
    """What this actor wrote is found no more."""
    theirs = "SELECT id FROM publication WHERE author_id = $1"
    await rows(f"DELETE FROM search WHERE {KEY[dialect()]} IN ({theirs})", author.id)


async def unindexed(most: int) -> list[int]:
    """Publications that should be found and are in no index: from before there was one."""
    kinds = ", ".join(f"'{kind.value}'" for kind in sorted(SEARCHED))
    missing = await rows(
        f"SELECT id FROM publication WHERE kind IN ({kinds}) AND deleted_at IS NULL AND hidden_at IS NULL"
        f" AND id NOT IN (SELECT {KEY[dialect()]} FROM search) ORDER BY id LIMIT $1",
        most,
    )
    return [row["id"] for row in missing]


KEY = {"sqlite": "rowid", "postgres": "publication_id"}
