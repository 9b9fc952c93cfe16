"""Words find publications: accents and endings aside, in two languages, on both databases, and safely."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count

import pytest

from hub.actors.models import Actor, Role
from hub.announcements.actions import (
    AnnouncementDraft,
    delete_announcement,
    edit_announcement,
    hide,
    publish_announcement,
)
from hub.db import rows, transaction
from hub.publications import receiving, search
from hub.publications.models import Kind, Publication, Scope
from hub.publications.visibility import ANYBODY, Reader, visible_sql, visible_to
from tests import factories

_numbers = count(1)


@pytest.fixture
async def village(database: object) -> Actor:
    await factories.village()
    actor = await Actor.of_role(Role.VILLAGE)
    assert actor is not None
    return actor


@pytest.fixture
async def bread(village: Actor) -> Publication:
    draft = AnnouncementDraft(
        title="Le four à pain est réparé", text="Les **écoles** y cuiront\nleurs brioches.\n\n#FêteDuPain"
    )
    return await publish_announcement(village, draft)


async def stored(village: Actor, text: str, **facts: object) -> Publication:
    """A row that is indexed, without all that comes with an announcement."""
    number = next(_numbers)
    usual: dict[str, object] = {
        "uri": f"https://bourg.example/o/{number}",
        "author": village,
        "kind": Kind.NEED,
        "type": "Note",
        "scope": Scope.PUBLIC,
        "title": f"Need {number}",
        "source": text,
        "published_at": datetime.now(UTC),
    }
    publication = await Publication.create(**(usual | facts))
    await search.index(publication)
    return publication


async def found(text: str, reader: Reader = ANYBODY) -> set[int]:
    """The publications that this reader finds."""
    query = search.Query(text)
    if not query:
        return set()
    where = f"{visible_sql(reader)} AND {search.found('$1')}"
    return {row["id"] for row in await rows(f"SELECT id FROM publication WHERE {where}", query.expression())}


SPELLINGS = [
    "four",
    "FOURS",
    "pains",
    "repare",
    "réparés",
    "ecole",
    "École",
    "école brioche",
    "brioches, le four !",
    "#feteDuPain",
    "#FÊTEDUPAIN",
    "fêteDuPain",
    "l'école",
    "l’école",
    "le four à pain",
]


async def test_it_is_found_however_its_words_are_written(bread: Publication) -> None:
    for text in SPELLINGS:
        assert await found(text) == {bread.id}, text


OTHERS = ["fournil", "four vélo", "#four", "#", "", "à", "é"]


async def test_what_is_not_in_it_does_not_find_it(bread: Publication) -> None:
    for text in OTHERS:
        assert await found(text) == set(), text


async def test_english_words_are_stemmed_as_well(village: Actor) -> None:
    ride = await stored(village, "Looking for drivers: two children are waiting at the bakeries.")
    for text in ("driver", "waits", "bakery", "looked driver", "the children"):
        assert await found(text) == {ride.id}, text


async def test_ligatures_and_composed_letters_are_one(village: Actor) -> None:
    eggs = await stored(village, "Des œufs et un cœur de bœuf")
    for text in ("oeufs", "œuf", "coeur", "CŒUR", "boeuf"):
        assert await found(text) == {eggs.id}, text


ODD = [
    '"',
    '""four""',
    "four'",
    "four' OR 1=1 --",
    'four" OR "a',
    "four*",
    "^four",
    "NEAR(four pain)",
    "words:four",
    "four AND",
    "OR",
    "NOT four",
    "four & | ! ( )",
    "four:*",
    "four <-> pain",
    "%",
    "_____",
    "\\",
    "\x00four",
    "four\ud7ff",
    "🥖",
    "четыре",
    "٤",
    "四",
    "a" * 5000,
    " ".join(f"mot{number}" for number in range(500)),
    "(" * 2000,
    "$1 ?1 :four",
]


async def test_nothing_that_is_typed_breaks_the_search(bread: Publication) -> None:
    for text in ODD:
        assert await found(text) <= {bread.id}, text


async def test_words_in_any_script_are_found(village: Actor) -> None:
    tea = await stored(village, "Чай для всех, お茶, شاي")
    for text in ("чай", "ЧАЙ", "お茶", "شاي"):
        assert await found(text) == {tea.id}, text


async def test_a_change_is_found_by_its_new_words_alone(bread: Publication) -> None:
    await edit_announcement(bread, AnnouncementDraft(title="Le moulin", text="Il tourne."))
    assert await found("moulins") == {bread.id}
    assert await found("brioche") == set()


async def test_what_is_deleted_leaves_the_index_with_its_words(bread: Publication) -> None:
    await delete_announcement(bread)
    assert await found("brioche", Reader(member=True, agent=True)) == set()
    assert await search.unindexed(10) == []
    assert await rows("SELECT 1 FROM search") == []


async def test_what_is_hidden_is_found_by_agents_alone(bread: Publication) -> None:
    await hide(bread)
    assert await found("brioche", Reader(member=True)) == set()
    assert await found("brioche", Reader(member=True, agent=True)) == {bread.id}


async def test_prv_18_nobody_finds_what_they_may_not_see(village: Actor) -> None:
    there = {scope: await stored(village, "truffes", scope=scope) for scope in Scope}
    readers = [
        (ANYBODY, {Scope.PUBLIC}),
        (Reader(neighbour=True), {Scope.PUBLIC, Scope.NEIGHBOURS}),
        (Reader(member=True), {Scope.PUBLIC, Scope.NEIGHBOURS, Scope.VILLAGE}),
        (Reader(member=True, agent=True), set(Scope)),
    ]
    for reader, scopes in readers:
        assert await found("truffe", reader) == {there[scope].id for scope in scopes}


async def test_the_condition_in_sql_says_what_the_one_function_says(village: Actor) -> None:
    """Boards and searches are written by hand: they must never show more than visible_to()."""
    now = datetime.now(UTC)
    for scope in Scope:
        for facts in ({}, {"hidden_at": now}, {"deleted_at": now}, {"hidden_at": now, "deleted_at": now}):
            await stored(village, "x", scope=scope, **facts)
    for member in (False, True):
        for agent in (False, True):
            for neighbour in (False, True):
                reader = Reader(member=member, agent=agent, neighbour=neighbour)
                by_hand = await rows(f"SELECT id FROM publication WHERE {visible_sql(reader)}")
                asked = await Publication.filter(visible_to(reader)).values_list("id", flat=True)
                assert {row["id"] for row in by_hand} == set(asked), reader


async def test_the_index_keeps_what_the_transaction_keeps(village: Actor) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await stored(village, "éphémère")
            raise ZeroDivisionError
    assert await rows("SELECT 1 FROM search") == []


async def test_what_came_before_the_index_is_found_to_be_missing(village: Actor, bread: Publication) -> None:
    old = await stored(village, "ancien")
    await search.forget(old)
    await Publication.create(
        uri="https://a.example/1", author=village, kind=Kind.POST, type="Note", scope=Scope.PUBLIC,
        published_at=datetime.now(UTC),
    )  # fmt: skip
    assert await search.unindexed(10) == [old.id]
    await search.index(old)
    assert await search.unindexed(10) == []


async def test_all_that_an_actor_wrote_is_forgotten_with_it(village: Actor) -> None:
    facts = {"host": "vaubelle.example", "name": "vaubelle", "kind": "Organization", "inbox": "https://x/i"}
    other = await Actor.create(uri="https://vaubelle.example/a/vaubelle", **facts)
    await stored(other, "broyeur")
    ours = await stored(village, "broyeur")
    await receiving.remove_all(other, at=datetime.now(UTC))
    assert await found("broyeurs") == {ours.id}
    assert len(await rows("SELECT 1 FROM search")) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("J'ai besoin d'un coup de main", ["ai", "besoin", "un", "coup", "de", "main"]),
        ("#été_2026, C'est l’été", ["#été", "été", "2026", "est", "été"]),
        ("8 h à 12 h", ["12"]),
    ],
)
def test_text_is_cut_into_words(text: str, words: Iterable[str]) -> None:
    assert search.words_of(text) == words


def test_html_is_read_as_people_see_it() -> None:
    html = '<p>Un <a href="https://x.example/y">#<span>bois</span></a></p><ul><li>sec</li><li>court</li></ul>l&#39;eau<br>vive'
    assert search.words_of(search.plain_words(html)) == [
        "Un", "#bois", "bois", "sec", "court", "eau", "vive",
    ]  # fmt: skip


def test_a_list_that_is_in_no_index_is_looked_through_with_the_same_words() -> None:
    query = search.Query("les boules sétoises")
    assert query.matches("La Boule Sétoise, sport")
    assert not query.matches("La Boule d'or")
    assert not search.Query("  ").matches("La Boule d'or")
