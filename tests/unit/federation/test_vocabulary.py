from federation.vocabulary import ACTOR_CONTEXT, CONTEXT, TERMS, type_name
from tests.unit.federation.recorded import all_recorded, recorded


def test_our_contexts_hold_every_term_of_the_wire_format() -> None:
    for name in all_recorded():
        if name.startswith("lavoir/"):
            *named, terms = recorded(name)["@context"]
            ours = ACTOR_CONTEXT if len(named) == 3 else CONTEXT
            assert ours == [*named, TERMS]
            assert terms.items() <= TERMS.items()


def test_only_a_prefix_of_its_own_vocabulary_is_taken_off() -> None:
    assert type_name("as:Note") == "Note"
    assert type_name("https://www.w3.org/ns/activitystreams#Create") == "Create"
    assert type_name("https://w3id.org/valueflows#Intent") == "Intent"
    for foreign in ("maid:Offer", "ValueFlows:Offer", "vf:Note", "as:Proposal", "lavoir:Note", ""):
        assert type_name(foreign) == foreign
