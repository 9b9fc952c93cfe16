"""The words of ActivityStreams and its neighbours: types, media types, contexts.

The contexts are written out in each document, so that nobody has to fetch one of ours and no
key of ours is left without a meaning.
"""

from functools import lru_cache
from typing import Any

Json = dict[str, Any]

ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
CONTROLLED_IDENTIFIERS = "https://www.w3.org/ns/cid/v1"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v1"
VALUEFLOWS = "https://w3id.org/valueflows/ont/vf#"
LAVOIR = "https://w3id.org/lavoir#"

PUBLIC = f"{ACTIVITY_STREAMS}#Public"
PUBLIC_SPELLINGS = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_JSON = "application/activity+json"
LD_JSON = f'application/ld+json; profile="{ACTIVITY_STREAMS}"'
JRD_JSON = "application/jrd+json"
XRD_XML = "application/xrd+xml"
NODEINFO_JSON = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"'

ACTOR_TYPES = frozenset({"Application", "Group", "Organization", "Person", "Service"})
ACTIVITY_TYPES = frozenset(
    "Accept Add Announce Arrive Block Create Delete Dislike EmojiReact FeatureRequest Flag Follow Ignore "
    "Invite Join Leave Like Listen Lock Move Offer QuoteRequest Read Reject Remove TentativeAccept "
    "TentativeReject Travel Undo Update View".split()
)
COLLECTION_TYPES = frozenset({"Collection", "OrderedCollection"})
PAGE_TYPES = frozenset({"CollectionPage", "OrderedCollectionPage"})
TOMBSTONE = "Tombstone"
OBJECT_TYPES = frozenset(
    "Album Article Audio ChatMessage Document Event Image Note Page Place Profile Question "
    "QuoteAuthorization Relationship Video".split()
)
VALUEFLOWS_TYPES = frozenset("Agreement Commitment EconomicEvent Intent Plan Process Proposal".split())
KNOWN_TYPES = (
    ACTOR_TYPES
    | ACTIVITY_TYPES
    | COLLECTION_TYPES
    | PAGE_TYPES
    | {TOMBSTONE}
    | OBJECT_TYPES
    | VALUEFLOWS_TYPES
)

# Bonfire writes `ValueFlows:` and the old IRI. `ValueFlows:Offer` and `maid:Offer` are things, not the
# activity Offer, so a prefix is taken off only in front of a name of its own vocabulary.
_PREFIXES = (
    ("as:", KNOWN_TYPES - VALUEFLOWS_TYPES),
    (f"{ACTIVITY_STREAMS}#", KNOWN_TYPES - VALUEFLOWS_TYPES),
    ("vf:", VALUEFLOWS_TYPES),
    ("ValueFlows:", VALUEFLOWS_TYPES),
    (VALUEFLOWS, VALUEFLOWS_TYPES),
    ("https://w3id.org/valueflows#", VALUEFLOWS_TYPES),
)


@lru_cache(maxsize=1_024)
def type_name(written: str) -> str:
    """The plain name of a type: `as:Note` and the full IRI are `Note`; a foreign name stays as it is."""
    for prefix, names in _PREFIXES:
        if written.startswith(prefix) and written.removeprefix(prefix) in names:
            return written.removeprefix(prefix)
    return written


def _link(term: str) -> dict[str, str]:
    return {"@id": term, "@type": "@id"}


_VALUEFLOWS_TERMS: Json = {
    "vf": VALUEFLOWS,
    "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    "Proposal": "vf:Proposal",
    "Intent": "vf:Intent",
    "Agreement": "vf:Agreement",
    "Commitment": "vf:Commitment",
    "Plan": "vf:Plan",
    "Process": "vf:Process",
    "EconomicEvent": "vf:EconomicEvent",
    "purpose": "vf:purpose",
    "publishes": "vf:publishes",
    "reciprocal": "vf:reciprocal",
    "unitBased": "vf:unitBased",
    "action": "vf:action",
    "provider": _link("vf:provider"),
    "receiver": _link("vf:receiver"),
    "resourceConformsTo": _link("vf:resourceConformsTo"),
    "resourceClassifiedAs": "vf:resourceClassifiedAs",
    "resourceQuantity": "vf:resourceQuantity",
    "effortQuantity": "vf:effortQuantity",
    "availableQuantity": "vf:availableQuantity",
    "minimumQuantity": "vf:minimumQuantity",
    "hasUnit": "om2:hasUnit",
    "hasNumericalValue": "om2:hasNumericalValue",
    "hasBeginning": "vf:hasBeginning",
    "hasEnd": "vf:hasEnd",
    "due": "vf:due",
    "finished": "vf:finished",
    "eligibleLocation": "vf:eligibleLocation",
    "plannedWithin": _link("vf:plannedWithin"),
    "planIncludes": "vf:planIncludes",
    "hasInput": "vf:hasInput",
    "hasOutput": "vf:hasOutput",
    "stipulates": "vf:stipulates",
    "stipulatesReciprocal": "vf:stipulatesReciprocal",
    "satisfies": _link("vf:satisfies"),
    "fulfills": _link("vf:fulfills"),
    "realizationOf": _link("vf:realizationOf"),
}

_EVENT_TERMS: Json = {
    "ev": "https://w3id.org/fep/8a8e/",
    "organizers": "ev:organizers",
    "timezone": "ev:timezone",
    "joinMode": "ev:joinMode",
    "externalParticipationUrl": "ev:externalParticipationUrl",
    "eventStatus": {"@id": "ev:eventStatus", "@type": "@vocab"},
    "EventScheduled": "ev:EventScheduled",
    "EventCancelled": "ev:EventCancelled",
    "VirtualLocation": "ev:VirtualLocation",
    "attendees": _link("ev:attendees"),
    "category": {"@id": "ev:category", "@container": "@list"},
    "upcomingEvents": _link("ev:upcomingEvents"),
    "schema": "http://schema.org/",
    "address": "schema:address",
    "PostalAddress": "schema:PostalAddress",
    "streetAddress": "schema:streetAddress",
    "postalCode": "schema:postalCode",
    "addressLocality": "schema:addressLocality",
    "addressCountry": "schema:addressCountry",
    "maximumAttendeeCapacity": "schema:maximumAttendeeCapacity",
    "remainingAttendeeCapacity": "schema:remainingAttendeeCapacity",
    "mz": "https://joinmobilizon.org/ns#",
    "participantCount": "mz:participantCount",
    "participationMessage": "mz:participationMessage",
    "isOnline": "mz:isOnline",
    "sameAs": _link("schema:sameAs"),
    "ical": "http://www.w3.org/2002/12/cal/ical#",
    "status": "ical:status",
}

_MICROBLOG_TERMS: Json = {
    "toot": "http://joinmastodon.org/ns#",
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "votersCount": "toot:votersCount",
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "featured": _link("toot:featured"),
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "movedTo": _link("as:movedTo"),
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": _link("gts:interactionPolicy"),
    "canQuote": _link("gts:canQuote"),
    "automaticApproval": _link("gts:automaticApproval"),
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "interactingObject": _link("gts:interactingObject"),
    "interactionTarget": _link("gts:interactionTarget"),
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@list"},
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
}

# Our own words, which are written out in full in every document: `"lavoir:kind"`.
OWN_TERMS: dict[str, str] = {
    "ballot": "URL of the page where those vote whose vote counts.",
    "beneficiary": "Who gets a gift of money, under its legal name.",
    "brief": "True where only title, category and place are told: the rest is for those who answer.",
    "budget": "Amount that is to be spent in all: hasUnit and hasNumericalValue.",
    "call": "Whom a project looks for, in words.",
    "contact": "How to reach somebody; told to the other side of an agreement and to nobody else.",
    "coverage": "Place that an actor speaks for, with its radius.",
    "experience": "What a project taught: context, steps, pitfalls, cost, months, people, project, credit.",
    "funded": "Amount that has been found so far: hasUnit and hasNumericalValue.",
    "join": "Join that a private note is about: what a hub knows already, in words for other software.",
    "kind": "One of need, offer, project, experience, idea, consultation, budget, event.",
    "link": "Where a gift of money is made, on a site of its own.",
    "members": "How many take part in a project, as a number in text.",
    "mode": "One of gift, loan, exchange, shared-costs, paid, timebank.",
    "moment": "One of morning, afternoon, evening, hours: when on the day of hasBeginning.",
    "nights": "True where what is wanted is wanted for each night between the dates.",
    "open": "Collection of all that is open at a hub, for who agreed with it: whole documents.",
    "option": "Link relation: what can be chosen in a Question.",
    "pledge": "Offer that a private note is about: what a hub knows already, in words for other software.",
    "people": "How many come by one Join, where it is more than one.",
    "place": "Where exactly to come; told to the other side of an agreement and to nobody else.",
    "project": "Actor or document of the project that this belongs to.",
    "proposals": "Collection of the needs and offers of an actor that are open.",
    "region": "True where a hub shows villages, and is none.",
    "sends": "Kinds of things that a hub sends to the other one: need, offer, event, project, experience.",
    "slots": "Times that are filled each by itself: hasBeginning, hasEnd, lavoir:wanted, availableQuantity.",
    "stage": "How far a project is: observed, explored, decided, running, done, kept-alive or ended.",
    "status": "One of open, matched, fulfilled, expired, withdrawn; for projects planned, running, done.",
    "thanks": "Words of thanks to who helped.",
    "through": "Server actors of the regions that an Announce came by, the last one first.",
    "unit": "What is counted, in words.",
    "wanted": "How much is asked for in all, as a number in text.",
    "within": "Only what is at most so many km from the other hub is sent to it.",
}

TERMS: Json = {**_VALUEFLOWS_TERMS, **_EVENT_TERMS, **_MICROBLOG_TERMS, "lavoir": LAVOIR}

# Of everything that may carry a proof. Of data-integrity the first version, which Mitra, Streams and Fedify
# name: Epicyon refuses a message for a context that it does not know. Actors carry no proof; their keys need
# two other contexts. What tells of a changed actor has both, else who reads JSON-LD would see no proof.
CONTEXT: list[str | Json] = [ACTIVITY_STREAMS, DATA_INTEGRITY, TERMS]
ACTOR_CONTEXT: list[str | Json] = [ACTIVITY_STREAMS, SECURITY, CONTROLLED_IDENTIFIERS, TERMS]
ACTOR_UPDATE_CONTEXT: list[str | Json] = [*ACTOR_CONTEXT[:-1], DATA_INTEGRITY, TERMS]


def own_vocabulary() -> Json:
    """What our own words mean, as JSON-LD."""
    schema = "http://www.w3.org/2000/01/rdf-schema#"
    return {
        "@context": {"lavoir": LAVOIR, "rdfs": schema, "isDefinedBy": _link("rdfs:isDefinedBy")},
        "@graph": [
            {
                "@id": f"lavoir:{name}",
                "rdfs:label": name,
                "rdfs:comment": meaning,
                "isDefinedBy": LAVOIR,
            }
            for name, meaning in OWN_TERMS.items()
        ],
    }
