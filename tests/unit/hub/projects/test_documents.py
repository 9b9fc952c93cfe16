"""What goes over the wire for a project: written down whole, with a meaning for every word."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from federation.documents import parse_document
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.agenda.models import Event, Standing
from hub.projects.documents import Surroundings, project_document
from hub.projects.models import CLOSED, Project, Remains, Stage
from hub.projects.reading import read
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication, Scope
from hub.village.models import Village
from tests.unit.federation.recorded import NOW
from tests.unit.hub.exchange.test_documents import terms_without_meaning

EXPECTED = Path(__file__).parent / "expected"
ORIGIN = "https://bourg.example"
URI = f"{ORIGIN}/o/01arz3ndektsv4rrffq69g5fav"


@pytest.fixture
def engine():
    """Nothing is stored, so one is enough."""
    return "sqlite"


@pytest.fixture(autouse=True)
def site(database):
    """No rows are needed here, only what knows them."""
    use_origin(ORIGIN)
    yield
    use_origin("http://localhost:8000")


def row(model, **facts):
    """As it comes out of the database."""
    made = model(**facts)
    made._saved_in_db = True
    return made


def actor(name, role, **facts):
    uri = f"{ORIGIN}/a/{name}"
    usual = {"id": 1, "uri": uri, "role": role, "name": name, "handle": f"{name}@bourg.example"}
    return row(
        Actor, **{**usual, "kind": "Group", "inbox": f"{uri}/inbox", "url": f"{ORIGIN}/bcdfgh", **facts}
    )


def published(title, text, *, code="bcdfgh", uri=URI, kind=Kind.PROJECT, edited=False):
    return row(
        Publication,
        id=7,
        uri=uri,
        code=code,
        url=f"{ORIGIN}/{code}",
        author=actor("saint-martin", Role.VILLAGE, id=2),
        kind=kind,
        type="Note",
        scope=Scope.PUBLIC,
        title=title,
        source=text,
        html=html_of(text),
        language="fr",
        published_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        updated_at=datetime(2026, 11, 21, 9, tzinfo=UTC) if edited else None,
    )


def project(*, edited=False, **facts):
    """Of the village, with its group."""
    text = "Une épicerie, un salon de thé et un atelier dans l’ancienne école. #tierslieu"
    usual = {
        "id": 3,
        "publication": published("Le Comptoir du lavoir", text, edited=edited),
        "actor": actor("le-comptoir-du-lavoir", Role.PROJECT),
        "stage": Stage.DECIDED,
        "category": "works",
        "area": "Ancienne école",
        "due": date(2027, 6, 30),
        "call": "Une personne qui sait tenir des comptes <et> du monde pour peindre.",
        "members": 6,
        "thanks": "",
    }
    return row(Project, **usual | facts)


def closed():
    facts = {
        "remains": Remains.ASSOCIATION,
        "remains_words": "L’association du Comptoir tient la boutique",
        "remains_contact": "comptoir@saint-martin.example",
        "thanks": "Merci à toutes et à tous !",
    }
    return project(stage=Stage.KEPT_ALIVE, is_open=False, edited=True, **facts)


def workshop():
    uri = URI[:-1] + "w"
    return row(
        Event,
        id=9,
        publication=published("Atelier peinture", "On repeint.", code="vwxzbc", uri=uri, kind=Kind.EVENT),
        standing=Standing.PLANNED,
        starts_at=datetime(2026, 12, 5, 8, tzinfo=UTC),
        ends_at=datetime(2026, 12, 5, 11, tzinfo=UTC),
        timezone="Europe/Paris",
        place="Ancienne école",
    )


def surroundings(**facts):
    village = row(
        Village,
        name="Saint-Martin",
        locale="fr",
        timezone="Europe/Paris",
        latitude=44.5812,
        longitude=5.1377,
    )
    return replace(
        Surroundings(village=village, board=actor("projets", Role.BOARD, id=5), coming=(workshop(),)), **facts
    )


DOCUMENTS = {
    "project": lambda: project_document(project(), surroundings()),
    "project_closed": lambda: project_document(closed(), surroundings(coming=())),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_sent_is_what_was_agreed_to_be_sent(name):
    """LAVOIR_WRITE_EXPECTED=1 writes the snapshot: its diff is what other servers will see."""
    document, path = DOCUMENTS[name](), EXPECTED / f"{name}.json"
    if os.environ.get("LAVOIR_WRITE_EXPECTED"):
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert document == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_term_of_what_is_sent_has_a_meaning(name):
    assert terms_without_meaning(DOCUMENTS[name]()) == set()


def test_who_reads_only_the_words_knows_how_far_it_is_and_how_to_take_part():
    words = DOCUMENTS["project"]()["content"]
    for said in (
        "Projet",
        "Le Comptoir du lavoir",
        "Décidé",
        "Une personne qui sait tenir des comptes &lt;et&gt;",
        "Samedi 5 décembre, de 9 h à 12 h",
        "@<span>le-comptoir-du-lavoir@bourg.example</span>",
        f'<a href="{ORIGIN}/bcdfgh">bourg.example/bcdfgh</a>',
    ):
        assert said in words, words


def test_a_closed_project_says_what_remains_and_looks_for_nobody():
    document = DOCUMENTS["project_closed"]()
    words = document["content"]
    assert "L’association du Comptoir tient la boutique" in words
    assert "Merci à toutes et à tous !" in words
    assert "tenir des comptes" not in words
    assert (document["joinMode"], document["planIncludes"]) == ("none", [])


def test_it_names_its_group_as_what_is_to_be_followed():
    document = DOCUMENTS["project"]()
    group = f"{ORIGIN}/a/le-comptoir-du-lavoir"
    assert document["lavoir:project"] == group
    assert {"type": "Mention", "name": "@le-comptoir-du-lavoir@bourg.example", "href": group} in document[
        "tag"
    ]
    assert group in document["cc"]
    assert document["audience"] == f"{ORIGIN}/a/projets"
    [process] = document["planIncludes"]
    assert process["id"].startswith(f"{URI}#")


@pytest.mark.parametrize("stage", Stage)
def test_it_is_read_back_to_the_same(stage):
    made = project(stage=stage, approves=True)
    reading = read(parse_document(project_document(made, surroundings()), now=NOW))
    assert (reading.title, reading.text, reading.stage) == (
        made.publication.title,
        made.publication.source,
        stage,
    )
    assert (reading.category, reading.due, reading.call, reading.members) == ("works", made.due, made.call, 6)
    assert (reading.is_open, reading.approves) == (stage not in CLOSED, True)
    assert reading.group_uri == f"{ORIGIN}/a/le-comptoir-du-lavoir"


@pytest.mark.parametrize(
    ("facts", "mode"),
    [({}, "free"), ({"approves": True}, "restricted"), ({"is_open": False}, "none")],
)
def test_it_says_whether_one_can_join(facts, mode):
    assert project_document(project(**facts), surroundings())["joinMode"] == mode
