"""What goes over the wire for a need or an offer: written down whole, with a meaning for every word."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.documents import parse_document
from federation.outgoing import Picture
from federation.vocabulary import OWN_TERMS, TERMS
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.exchange.documents import Surroundings, intent_uri, proposal_document
from hub.exchange.models import Moment, Proposal, Slot, State, Voice
from hub.exchange.reading import read
from hub.participants.models import Participant
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication, Scope
from hub.village.models import Village
from tests.unit.federation.recorded import NOW

EXPECTED = Path(__file__).parent / "expected"
ACTIVITY_STREAMS = json.loads((Path(__file__).parent / "activitystreams.json").read_text())["@context"]
ORIGIN = "https://bourg.example"
URI = f"{ORIGIN}/o/01arz3ndektsv4rrffq69g5fav"


@pytest.fixture
def engine():
    """Nothing is stored, so one is enough."""
    return "sqlite"


@pytest.fixture(autouse=True)
def templates(database):
    """No rows are needed here, only what knows them."""
    use_origin(ORIGIN)
    yield
    use_origin("http://localhost:8000")


def at(day, hour=9, month=12):
    return datetime(2026, month, day, hour, tzinfo=UTC)


def row(model, **facts):
    """As it comes out of the database."""
    made = model(**facts)
    made._saved_in_db = True
    return made


def actor(name, role):
    uri = f"{ORIGIN}/a/{name}"
    return row(Actor, id=1, uri=uri, role=role, name=name, kind="Organization", inbox=f"{uri}/inbox")


def surroundings():
    return Surroundings(
        village=row(
            Village,
            name="Saint-Martin",
            locale="fr",
            timezone="Europe/Paris",
            latitude=44.5812,
            longitude=5.1377,
        ),
        board=actor("besoins", Role.BOARD),
    )


def proposal(
    kind=Kind.NEED, *, title="Rentrer le bois", text="Huit stères, devant la maison.", edited=False, **facts
):
    """Rosa's, in the name of the village."""
    publication = row(
        Publication,
        id=7,
        uri=URI,
        code="bcdfgh",
        url=f"{ORIGIN}/bcdfgh",
        author=actor("saint-martin", Role.VILLAGE),
        kind=kind,
        type="Note",
        scope=Scope.PUBLIC,
        title=title,
        source=text,
        html=html_of(text),
        language="fr",
        published_at=at(20, month=11),
        updated_at=at(21, month=11) if edited else None,
    )
    owner = row(Participant, id=3, name="Rosa Vidal", mail="rosa@example.fr", phone="06 12 34 56 78")
    usual = {
        "id": 5,
        "voice": Voice.TOWN_HALL,
        "state": State.OPEN,
        "template": "hand",
        "category": "hand",
        "wanted": 5,
        "unit": "personnes",
        "starts_at": at(5),
        "ends_at": at(5, 12),
        "moment": Moment.MORNING,
        "area": "Hameau des Combes",
        "exact_place": "12, chemin des Combes",
        "latitude": 44.58,
        "longitude": 5.14,
        "expires_at": at(6),
        "intent_uri": intent_uri(URI),
    }
    return row(Proposal, publication=publication, owner=owner, **usual | facts)


def housing(**facts):
    usual = {
        "title": "Une chambre au calme",
        "text": "Pour deux personnes.",
        "template": "housing",
        "category": "housing",
        "wanted": 2,
        "unit": "lits",
        "nights": True,
        "starts_at": at(10, 12),
        "ends_at": at(14, 12),
        "moment": Moment.ANY,
        "expires_at": at(15),
    }
    return proposal(Kind.OFFER, **usual | facts)


def donation(**facts):
    usual = {
        "title": "Un toit pour l’école",
        "text": "La toiture fuit.",
        "template": "gift",
        "category": "money",
        "wanted": None,
        "unit": "",
        "starts_at": None,
        "ends_at": None,
        "moment": Moment.ANY,
        "beneficiary": "Association Les Enfants du Vallon",
        "link": "https://dons.example/toit",
        "at_distance": True,
        "area": "",
    }
    return proposal(**usual | facts)


DOCUMENTS = {
    "need": proposal,
    "offer_of_housing": housing,
    "donation": donation,
    "covered": lambda: proposal(state=State.COVERED, promised=5, edited=True),
    "thanked": lambda: proposal(state=State.THANKED, promised=5, delivered=5, thanks="Merci !", edited=True),
}
PICTURES = tuple(
    Picture(f"{ORIGIN}/media/{n}.jpg", "image/jpeg", f"Le bois, {n}", 1200, 800) for n in range(6)
)


def slots():
    return (
        Slot(id=11, starts_at=at(5, 8), ends_at=at(5, 10), wanted=2, promised=1),
        Slot(id=12, starts_at=at(5, 14), ends_at=at(5, 16), wanted=3, promised=0),
    )


def written(made, **around):
    return proposal_document(made, replace(surroundings(), **around))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_sent_is_what_was_agreed_to_be_sent(name):
    """LAVOIR_WRITE_EXPECTED=1 writes the snapshot: its diff is what other servers will see."""
    document, path = written(DOCUMENTS[name]()), EXPECTED / f"{name}.json"
    if os.environ.get("LAVOIR_WRITE_EXPECTED"):
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert document == json.loads(path.read_text(encoding="utf-8"))


def terms_without_meaning(value, *, inside_map=False):
    """Names and types that no context of ours defines; of JSON-LD all that matters to these documents."""
    if isinstance(value, list):
        return {name for entry in value for name in terms_without_meaning(entry)}
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, inner in value.items():
        if name == "@context" or inside_map:
            continue
        definition = ACTIVITY_STREAMS.get(name, TERMS.get(name))
        prefix, _, rest = name.partition(":")
        if definition is None and not (prefix == "lavoir" and rest in OWN_TERMS):
            found.add(name)
        if name == "type":
            found |= {kind for kind in [inner] if kind not in ACTIVITY_STREAMS and kind not in TERMS}
        is_map = isinstance(definition, dict) and definition.get("@container") == "@language"
        found |= terms_without_meaning(inner, inside_map=is_map)
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_term_of_what_is_sent_has_a_meaning(name):
    document = written(DOCUMENTS[name](), slots=slots(), pictures=PICTURES)
    assert terms_without_meaning(document) == set()
    assert "lavoir" in TERMS


def test_a_term_without_meaning_would_be_seen():
    assert terms_without_meaning({"type": "Foo", "lavoir:x": 1, "bar": [{"baz": 1}]}) == {
        "Foo",
        "lavoir:x",
        "bar",
        "baz",
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_resident_s_name_no_place_and_no_contact_ever_leaves(name):
    words = json.dumps(written(DOCUMENTS[name](), slots=slots()), ensure_ascii=False)
    for secret in ("Rosa", "Vidal", "rosa@", "06 12", "chemin des Combes", "44.5812", "5.1377"):
        assert secret not in words


def test_it_says_the_same_in_every_way_that_servers_read():
    document = written(proposal(), pictures=PICTURES)
    assert document["contentMap"] == {"fr": document["content"]}
    assert document["type"] == "Note"
    assert "summary" not in document
    assert "Samedi 5 décembre, le matin" in document["content"]
    assert "Hameau des Combes" in document["content"]
    assert [tag["name"] for tag in document["tag"]] == ["#besoin", "#coupdemain"]
    assert all(tag["href"].startswith(f"{ORIGIN}/needs?q=%23") for tag in document["tag"])
    assert document["audience"] in document["cc"]
    assert document["context"] == f"{URI}/context"
    assert [picture["name"] for picture in document["attachment"]] == [f"Le bois, {n}" for n in range(4)]
    assert document["unitBased"] is True
    assert document["publishes"]["resourceQuantity"] == {"hasUnit": "one", "hasNumericalValue": "1"}
    assert document["publishes"]["availableQuantity"]["hasNumericalValue"] == "5"
    assert document["lavoir:wanted"] == "5"


def test_only_an_edit_says_when_it_was():
    assert "updated" not in written(proposal())
    assert written(proposal(edited=True))["updated"] == "2026-11-21T09:00:00Z"


@pytest.mark.parametrize("name", ["need", "offer_of_housing", "donation"])
def test_it_is_read_back_to_the_same_draft(name):
    made = DOCUMENTS[name]()
    draft = read(parse_document(written(made), now=NOW)).draft
    publication = made.publication
    assert (draft.kind, draft.title, draft.text, draft.language, draft.scope) == (
        publication.kind,
        publication.title,
        publication.source,
        publication.language,
        publication.scope,
    )
    same = (
        "category wanted unit starts_at ends_at moment nights minutes at_distance mode beneficiary link"
        " expires_at"
    )
    assert {key: getattr(draft, key) for key in same.split()} == {
        key: getattr(made, key) for key in same.split()
    }
    assert (draft.exact_place, draft.template) == ("", "")  # these stay at home


def test_slots_are_read_back_with_what_is_taken():
    reading = read(parse_document(written(proposal(), slots=slots()), now=NOW))
    assert [(one.starts_at, one.ends_at, one.wanted) for one in reading.draft.slots] == [
        (slot.starts_at, slot.ends_at, slot.wanted) for slot in slots()
    ]
    assert (reading.slots_promised, reading.promised) == ((1, 0), 1)


@pytest.mark.parametrize(
    ("state", "promised"),
    [
        (State.OPEN, 0),
        (State.UNDER_WAY, 2),
        (State.COVERED, 5),
        (State.THANKED, 5),
        (State.CLOSED, 1),
        (State.EXPIRED, 0),
    ],
)
def test_every_state_is_read_back(state, promised):
    reading = read(parse_document(written(proposal(state=state, promised=promised)), now=NOW))
    assert (reading.state, reading.promised) == (state, promised)
    assert reading.intent_uri == f"{URI}#primary"
    assert (reading.latitude, reading.longitude) == (44.58, 5.14)
