"""What is understood of the needs and offers that others write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.documents import Activity, Document, parse, parse_activity, parse_document
from federation.vocabulary import PUBLIC
from hub.exchange.models import Mode, State
from hub.exchange.reading import read
from hub.publications.models import Kind
from tests.unit.federation.recorded import NOW, all_recorded, recorded


@pytest.fixture(autouse=True)
def templates():
    """No rows are needed here."""


def of(name):
    found = parse(recorded(name), now=NOW)
    thing = found.object if isinstance(found, Activity) else found
    assert isinstance(thing, Document)
    return read(thing)


@pytest.mark.parametrize(
    ("name", "kind", "title", "facts"),
    [
        ("fep-0837/proposal_offer", Kind.OFFER, "Bicycles", {"wanted": 15, "mode": Mode.EXCHANGE}),
        ("fep-0837/proposal_request_note", Kind.NEED, "Wanted: lessons", {"wanted": 2, "unit": "hour"}),
        ("fep-0837/proposal_any_quantity", Kind.OFFER, "Apples", {"wanted": None, "category": "things"}),
        (
            "bonfire/create_need",
            Kind.NEED,
            "Une échelle",
            {"wanted": None, "text": "Pour le toit de l’école"},
        ),
        ("flohmarkt/create_item", Kind.OFFER, "Remorque", {"text": "750 kg", "mode": Mode.EXCHANGE}),
        ("mitra/proposal", Kind.OFFER, "Pay for subscription", {"mode": Mode.EXCHANGE, "unit": "second"}),
        (
            "lavoir/create_need",
            Kind.NEED,
            "3 personnes pour réparer la fontaine",
            {"wanted": 3, "minutes": 240},
        ),
        ("lavoir/note_offer", Kind.OFFER, "Prêt : remorque 750 kg", {"mode": Mode.LOAN, "wanted": 1}),
    ],
)
def test_other_dialects_are_understood(name, kind, title, facts):
    draft = of(name).draft
    assert (draft.kind, draft.title) == (kind, title)
    assert {key: getattr(draft, key) for key in facts} == facts


def test_where_a_server_knows_no_pledges_there_is_nothing_to_satisfy():
    assert of("bonfire/create_need").intent_uri is None
    assert of("flohmarkt/create_item").intent_uri is None
    assert of("fep-0837/proposal_offer").intent_uri == "https://market.example/proposals/1#primary"


def test_an_update_is_read_with_its_end():
    assert of("lavoir/update_need").state is State.THANKED


def test_the_answers_of_fep_0837_parse():
    for name in ("offer", "accept", "reject", "confirm"):
        found = parse_activity(recorded(f"fep-0837/{name}"), now=NOW)
        assert found.type.lower() == {"confirm": "create"}.get(name, name)


@pytest.mark.parametrize("name", all_recorded())
def test_of_all_that_others_send_only_needs_and_offers_are_taken_for_some(name):
    found = parse(recorded(name), now=NOW)
    thing = found.object if isinstance(found, Activity) else found
    is_one = isinstance(thing, Document) and read(thing) is not None
    raw = getattr(thing, "raw", {})
    assert is_one == (
        {"purpose", "flohmarkt:data"} & raw.keys() != set() or raw.get("type") == "ValueFlows:Need"
    )


def note(**properties):
    usual = {"id": "https://val.example/1", "type": "Note", "attributedTo": "https://val.example/a/val"}
    return parse_document(
        {**usual, "name": "Bois", "content": "<p>Bois</p>", "to": [PUBLIC], **properties}, now=NOW
    )


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ({"purpose": "vf:request"}, Kind.NEED),
        ({"vf:purpose": "https://w3id.org/valueflows/ont/vf#offer"}, Kind.OFFER),
        ({"https://w3id.org/valueflows/ont/vf#purpose": {"id": "vf:offer"}}, Kind.OFFER),
        (
            {"type": ["vf:Proposal", "Note"], "publishes": [{"receiver": "https://val.example/a/val"}]},
            Kind.NEED,
        ),
        ({"type": "https://w3id.org/valueflows/ont/vf#Proposal", "purpose": ["offer"]}, Kind.OFFER),
        ({"type": "ValueFlows:Proposal", "purpose": "request"}, Kind.NEED),
        ({"type": "ValueFlows:Offer"}, Kind.OFFER),
        ({"type": "maid:Request"}, Kind.NEED),
        ({"type": "https://mutual-aid.app/ns/core#Offer"}, Kind.OFFER),
        ({"lavoir:kind": "need"}, Kind.NEED),
        ({"lavoir:kind": "idea"}, None),
        ({"purpose": "sale"}, None),
        ({"purpose": {"a": ["b"]}}, None),
        ({}, None),
    ],
)
def test_what_it_is_may_be_said_in_many_ways(properties, kind):
    reading = read(note(**properties))
    assert (reading.draft.kind if reading is not None else None) is kind


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        ("3", 3),
        (3, 3),
        (3.0, 3),
        ("3.0", 3),
        ({"@value": "3"}, 3),
        ("0", None),
        ("-3", None),
        ("1.5", None),
        ("1e400", None),
        ("9" * 400, None),
        (10**30, None),
        (float("inf"), None),
        (True, None),
        ([], None),
        ("drei", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("spelling", ["hasNumericalValue", "om2:hasNumericalValue", "vf:hasNumericalValue"])
def test_a_number_is_a_number_or_nothing(number, wanted, spelling):
    intent = {"resourceQuantity": {"hasUnit": "one", spelling: number}}
    assert read(note(purpose="request", publishes=intent)).draft.wanted == wanted


def test_a_missing_unit_based_means_the_whole_and_a_true_one_the_unit():
    def wanted(**facts):
        intent = {
            "resourceQuantity": {"hasNumericalValue": "2"},
            "availableQuantity": {"hasNumericalValue": "6"},
        }
        return read(note(purpose="offer", publishes=intent, **facts)).draft.wanted

    assert (wanted(), wanted(unitBased=True), wanted(unitBased=False)) == (6, 6, 6)


def test_finished_wins():
    intent = {"finished": True, "availableQuantity": "4"}
    reading = read(note(purpose="request", publishes=intent, **{"lavoir:status": "open"}))
    assert reading.state is State.CLOSED


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
_NAMES = st.sampled_from(
    """
    publishes unitBased reciprocal hasEnd endTime location source flohmarkt:data lavoir:kind lavoir:wanted
    lavoir:slots lavoir:status lavoir:mode lavoir:nights lavoir:moment lavoir:link lavoir:unit
    hasReciprocityCondition
    """.split()
)
_INTENT = st.dictionaries(
    st.sampled_from(
        "id action resourceQuantity availableQuantity effortQuantity hasBeginning hasEnd due finished"
        " resourceClassifiedAs publishes".split()
    ),
    _JSON,
)


@pytest.mark.slow
@given(st.dictionaries(_NAMES, _JSON | _INTENT | st.lists(_INTENT, max_size=2)))
def test_whatever_stands_in_its_properties_it_is_read_within_bounds(properties):
    reading = read(note(purpose="request", **properties))
    assert reading is not None
    draft = reading.draft
    assert draft.wanted is None or 0 < draft.wanted <= 1_000_000
    assert len(draft.title) <= 200
    assert len(draft.unit) <= 40
    assert len(draft.area) <= 80
    assert len(draft.link) <= 500
    assert len(draft.slots) == len(reading.slots_promised) <= 50
    assert reading.promised >= 0
