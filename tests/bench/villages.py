"""A region's worth of rows, written by the database itself: many villages, and all that they published.

Nothing here is random: the same numbers give the same rows, on both engines.
"""

import json
from datetime import UTC, datetime
from typing import Any

from tortoise.fields.base import Field
from tortoise.models import Model

from hub.actors.models import Actor, Host
from hub.agenda.models import Event
from hub.db import dialect, rows
from hub.exchange.categories import CATEGORIES
from hub.exchange.models import Proposal, Step
from hub.fediverse.models import Neighbour
from hub.projects.models import Project
from hub.publications import search
from hub.publications.models import Publication

AT_ONCE = 20_000  # rows of a statement
ACTORS = 3  # that write, in each village
HAMLETS = 4  # names of places, in each village
BESIDE = 20  # villages beside each other, before the next line of them
WORDS = """bois pluie marché école jardin vélo pommes repas lettres clôture remorque four pain haie
    courses médecin trajet fête chorale lavoir atelier réparation ordinateur tracteur foin moutons abeilles
    ruche semis tomates compost cuisine couture laine tricot peinture échelle perceuse déménagement garde
    enfants devoirs anglais guitare piano théâtre cinéma bibliothèque livres jeux cartes pétanque randonnée
    ski rivière pêche champignons châtaignes noix cidre fromage lait œufs poules lapins chien chat cheval
    pré toit gouttière tuile cheminée poêle ramonage neige sel gravier chemin pont mur pierre chaux terre
    paille isolation panneau soleil vent moulin turbine pompe puits source citerne arrosage tuyau
    robinet""".split()
_PRIME = 10_007
_KINDS = "need need need need need offer offer offer event event event project announcement".split()
_STATES = """open open open under-way open open under-way open covered thanked thanked thanked closed
    expired""".split()
_STANDINGS = "planned planned planned planned planned planned planned cancelled review".split()
_STAGES = "observed explored decided running done ended".split()


async def fill(number: int, *, villages: int, already: int = 0) -> None:
    """Until `number` publications are there, `already` of them from before."""
    await _fill_words()
    if not already:
        await insert(Actor, _actor(), source=numbers(villages * ACTORS))
        await insert(Host, _host(), source=numbers(villages))
        await insert(Neighbour, _neighbour(), source=numbers(villages))
    first_actor = (await rows("SELECT min(id) AS id FROM actor WHERE uri LIKE 'bench:%'"))[0]["id"]
    for first in range(already, number, AT_ONCE):
        await _publish(first, min(first + AT_ONCE, number), villages=villages, first_actor=first_actor)
    await rows("DROP TABLE bench_word")
    if dialect() == "postgres":  # as the server does by itself after a while
        await rows("SELECT gin_clean_pending_list('idx_search_words')")
    await rows("ANALYZE")


async def _publish(first: int, end: int, *, villages: int, first_actor: int) -> None:
    facts = _publication() | {"author_id": f"{first_actor} + i % {villages * ACTORS}"}
    await insert(Publication, facts, source=numbers(end, first=first))
    before = (await rows("SELECT coalesce(max(id), 0) AS id FROM proposal"))[0]["id"]
    for model, kinds, beside in (
        (Proposal, ("need", "offer"), _proposal(villages)),
        (Event, ("event",), _event(villages)),
        (Project, ("project",), _project(villages)),
    ):
        await insert(model, beside, source=_published(kinds, first))
    await insert(Step, _step(), source=f"SELECT id AS i, state FROM proposal WHERE id > {before}")
    await _index(first)


async def _fill_words() -> None:
    statement = "CREATE TABLE bench_word (number INT PRIMARY KEY, word TEXT, stems TEXT)"
    await rows(statement)
    for number, word in enumerate(WORDS):
        stems = " ".join(search.stems(word))
        await rows("INSERT INTO bench_word VALUES ($1, $2, $3)", number, word, stems)


def numbers(end: int, *, first: int = 0) -> str:
    series = f"SELECT {first} AS i UNION ALL SELECT i + 1 FROM numbers WHERE i < {end - 1}"
    return f"WITH RECURSIVE numbers (i) AS ({series}) SELECT i FROM numbers"


def _published(kinds: tuple[str, ...], already: int) -> str:
    named = ", ".join(f"'{kind}'" for kind in kinds)
    number = "CAST(substr(uri, 7) AS INT)"
    ours = f"uri LIKE 'bench:%' AND {number} >= {already}"
    return f"SELECT {number} AS i, id, published_at FROM publication WHERE kind IN ({named}) AND {ours}"


async def insert(model: type[Model], facts: dict[str, str], *, source: str) -> None:
    """`facts`: the SQL of columns; the rest gets what the model says, as a fresh row would."""
    fields = model._meta.fields_map
    columns: dict[str, str] = {}
    for name, column in model._meta.fields_db_projection.items():
        if column in facts:
            columns[column] = facts[column]
        elif not fields[name].pk:
            columns[column] = _usual(fields[name])
    listed = ", ".join(f'"{column}"' for column in columns)
    select = f"SELECT {', '.join(columns.values())} FROM ({source}) AS one"
    await rows(f'INSERT INTO "{model._meta.db_table}" ({listed}) {select}')


def _usual(field: Field[Any]) -> str:
    value = field.default() if callable(field.default) else field.default
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        value = datetime.now(UTC)
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return at("0")
    if isinstance(value, dict | list):
        value = json.dumps(value)
    return str(value) if isinstance(value, int | float) else f"'{getattr(value, 'value', value)}'"


def at(minutes: str, *, base: str = "") -> str:
    """A moment so many minutes from now, or from a column; `minutes` is SQL."""
    if dialect() == "postgres":
        return f"{base or _quoted(datetime.now(UTC))} + ({minutes}) * interval '1 minute'"
    from_then = f"substr({base}, 1, 19)" if base else _quoted(datetime.now(UTC))
    return f"strftime('%Y-%m-%d %H:%M:%S.000000+00:00', {from_then}, ({minutes}) || ' minutes')"


def _quoted(moment: datetime) -> str:
    text = moment.replace(microsecond=0, tzinfo=None).isoformat(" ")
    return f"timestamptz '{text}+00'" if dialect() == "postgres" else f"'{text}'"


def _mixed(salt: int, size: int) -> str:
    """A number below `size` that has nothing to do with its neighbours'."""
    inner = f"(((i + {salt}) % {_PRIME} * 7919 + i / {_PRIME} * 104729 + {salt * 31 + 17}) % {_PRIME})"
    return f"({inner} * {inner} + i) % {_PRIME} % {size}"


def _rare(salt: int, size: int) -> str:
    """The same, but the first numbers come often, the last seldom: as words do."""
    one = f"({_mixed(salt, _PRIME)})"
    return f"{one} * {one} / {_PRIME} * {size} / {_PRIME}"


def _one_of(words: list[str], number: str) -> str:
    cases = " ".join(f"WHEN {position} THEN '{word}'" for position, word in enumerate(words))
    return f"CASE {number} {cases} END"


def _north(village: str) -> str:
    return f"(44.0 + ({village}) / {BESIDE} * 0.075)"


def _east(village: str) -> str:
    return f"(4.5 + ({village}) % {BESIDE} * 0.1)"


def _actor() -> dict[str, str]:
    uri = "'bench:actor/' || i"
    host = f"'village-' || (i / {ACTORS}) || '.example'"
    return {"uri": uri, "host": host, "name": "'board-' || i", "kind": "'Group'", "inbox": uri} | {
        "display_name": f"'Village ' || (i / {ACTORS})"
    }


def _host() -> dict[str, str]:
    return {"name": "'village-' || i || '.example'", "heard_at": at("-(i % 60)")}


def _neighbour() -> dict[str, str]:
    place = {"latitude": _north("i"), "longitude": _east("i")}
    actor = f"(SELECT id FROM actor WHERE uri = 'bench:actor/' || (i * {ACTORS}))"
    return place | {
        "host": "'village-' || i || '.example'",
        "name": "'Village ' || i",
        "state": "'agreed'",
        "actor_id": actor,
        "agreed_at": at("-100000"),
        "caught_up_at": at("-(i % 600)"),
        "sends": "'need,offer,event,project,experience'",
        "receives": "'need,offer,event,project,experience'",
    }


def _word(salt: int) -> str:
    return f"(SELECT word FROM bench_word WHERE number = {_rare(salt, len(WORDS))})"


def _publication() -> dict[str, str]:
    return {
        "uri": "'bench:' || i",
        "code": "'z' || i",
        "kind": _one_of(_KINDS, _mixed(1, len(_KINDS))),
        "type": "'Note'",
        "scope": f"CASE {_mixed(2, 7)} WHEN 0 THEN 'neighbours' ELSE 'public' END",
        "title": f"{_word(11)} || ' et ' || {_word(12)} || ', ' || {_word(13)} || ' ' || i",
        "html": f"'<p>' || {_word(14)} || ' : il faudrait du monde samedi matin, autour de midi on mange"
        f" ensemble sur la place, et chacun apporte quelque chose. ' || {_word(15)} || '.</p>'",
        "language": "'fr'",
        "url": "'https://village.example/o/' || i",
        "published_at": at("-(i * 3) % 525600"),
    }


def _proposal(villages: int) -> dict[str, str]:
    village, hamlet = f"(i / {ACTORS} % {villages})", f"({_mixed(6, HAMLETS)})"
    starts = _mixed(7, 2000)
    return {
        "publication_id": "id",
        "state": _one_of(_STATES, _mixed(3, len(_STATES))),
        "category": _one_of(sorted(CATEGORIES), _mixed(4, len(CATEGORIES))),
        "wanted": _mixed(5, 9),
        "unit": "'personnes'",
        "minutes": f"30 * ({_mixed(8, 20)})",
        "starts_at": f"CASE {_mixed(9, 4)} WHEN 0 THEN NULL ELSE {at(f'60 * ({starts}) - 24000')} END",
        "ends_at": f"CASE {_mixed(9, 4)} WHEN 0 THEN NULL ELSE {at(f'60 * ({starts}) - 23900')} END",
        "at_distance": f"CASE {_mixed(10, 12)} WHEN 0 THEN true ELSE false END",
        "area": f"'Village ' || {village} || ', hameau ' || {hamlet}",
        "latitude": f"{_north(village)} + {hamlet} * 0.01",
        "longitude": f"{_east(village)} + {hamlet} * 0.01",
        "expires_at": at(f"60 * ({starts}) + 60"),
        "changed_at": at("-(i * 3) % 525600"),
    }


def _event(villages: int) -> dict[str, str]:
    village = f"(i / {ACTORS} % {villages})"
    starts = f"60 * ({_mixed(7, 8000)}) - 240000"
    return {
        "publication_id": "id",
        "standing": _one_of(_STANDINGS, _mixed(3, len(_STANDINGS))),
        "category": _one_of(sorted(CATEGORIES), _mixed(4, len(CATEGORIES))),
        "starts_at": at(starts),
        "ends_at": at(f"{starts} + 120"),
        "place": f"'Salle des fêtes de Village ' || {village}",
        "latitude": _north(village),
        "longitude": _east(village),
        "sent_at": at("-100"),
    }


def _project(villages: int) -> dict[str, str]:
    return {
        "publication_id": "id",
        "stage": _one_of(_STAGES, _mixed(3, len(_STAGES))),
        "category": _one_of(sorted(CATEGORIES), _mixed(4, len(CATEGORIES))),
        "area": f"'Village ' || (i / {ACTORS} % {villages})",
        "changed_at": at("-(i * 3) % 525600"),
    }


def _step() -> dict[str, str]:
    return {"proposal_id": "i", "state": "state"}


async def _index(already: int) -> None:
    stems = " || ' ' || ".join(
        f"(SELECT stems FROM bench_word WHERE number = {_rare(salt, len(WORDS))})" for salt in range(11, 16)
    )
    source = "SELECT CAST(substr(uri, 7) AS INT) AS i, id FROM publication WHERE uri LIKE 'bench:%'"
    if dialect() == "sqlite":
        into, kept, unless = "search (rowid, words)", stems, ""
    else:
        into, kept = "search (publication_id, words)", f"array_to_tsvector(string_to_array({stems}, ' '))"
        unless = " ON CONFLICT DO NOTHING"  # a worker may have seen them meanwhile
    await rows(f"INSERT INTO {into} SELECT id, {kept} FROM ({source}) AS one WHERE i >= {already}{unless}")
