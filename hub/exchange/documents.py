"""Needs and offers as documents: a Note that everybody can read, with the properties of FEP-0837 beside it.

All that a person must know stands in the content; the rest is the machine's copy of it.
"""

from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from federation.outgoing import Hashtag, Picture, wire_time
from federation.vocabulary import Json
from hub.actors.minting import origin
from hub.actors.models import Actor
from hub.exchange.categories import CATEGORIES, classified_as
from hub.exchange.models import Mode, Proposal, Slot, State, Template, words_in
from hub.exchange.words import MODE_NAMES, count_words, slot_words, when_words, where_words
from hub.publications.documents import link_html, note_document
from hub.publications.groups import GROUP
from hub.publications.markup import hashtags_of, html_of
from hub.publications.models import Kind
from hub.text import N_, current_locale, gettext, speaking
from hub.village.models import Village

STATUS = {
    State.OPEN: "open",
    State.UNDER_WAY: "open",
    State.COVERED: "matched",
    State.THANKED: "fulfilled",
    State.EXPIRED: "expired",
    State.CLOSED: "withdrawn",
    State.REFUSED: "withdrawn",
    State.REVIEW: "open",
}
PICTURES = 4  # Mastodon shows no more
PURPOSE = {Kind.NEED: "request", Kind.OFFER: "offer"}
KIND_TAGS = {Kind.NEED: {"fr": "besoin", "en": "need"}, Kind.OFFER: {"fr": "offre", "en": "offer"}}
_TITLES = {Kind.NEED: N_("Need: %(title)s"), Kind.OFFER: N_("Offer: %(title)s")}
_LAST_WORDS = {
    State.COVERED: N_("✅ Covered, thank you! Nobody else is needed for now."),
    State.THANKED: N_("✅ Done, thank you!"),
    State.EXPIRED: N_("This is over: its time has passed."),
    State.CLOSED: N_("This is no longer wanted."),
}
_ASK = {
    Kind.NEED: N_("To help, answer “I can help”, or go to %(link)s"),
    Kind.OFFER: N_("To take it up, answer, or go to %(link)s"),
}


_GIVE = N_("To give to %(beneficiary)s, go to %(link)s")
_MORE = N_("Who answers learns more: what, when and how many are told to them.")
_UNFINISHED = (State.OPEN, State.UNDER_WAY, State.COVERED, State.REVIEW)
_NIGHTS = N_("%(wanted)s %(unit)s for each night")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the document says beside the proposal itself."""

    village: Village
    board: Actor | None = None
    group: Actor | None = None  # of its project
    slots: tuple[Slot, ...] = ()
    template: Template | None = None
    pictures: tuple[Picture, ...] = ()


def proposal_document(proposal: Proposal, around: Surroundings) -> Json:
    """The document of a need or an offer of ours; publication and author must be loaded."""
    publication = proposal.publication
    locale = publication.language or around.village.locale
    if proposal.brief:
        return _brief_document(proposal, around, locale)
    with speaking(locale):
        title = gettext(_TITLES[publication.kind]) % {"title": publication.title}
        html = content_html(proposal, around)
    groups = [group.uri for group in (around.group, around.board) if group is not None]
    note = note_document(
        publication,
        title=title,
        html=html,
        hashtags=hashtags(proposal, locale),
        group=groups[0] if groups else None,
        boards=groups[1:],
        pictures=around.pictures[:PICTURES],
    )
    return {**note, "source": _source(publication.source), **_marketplace(proposal, around)}


def _brief_document(proposal: Proposal, around: Surroundings, locale: str) -> Json:
    """Of what asks around: its title, what it is about and where, as its author agreed, and no more."""
    publication = proposal.publication
    with speaking(locale):
        title = gettext(_TITLES[publication.kind]) % {"title": publication.title}
        facts = [where_words(proposal), gettext(_MORE) if proposal.takes_pledges else ""]
        last = gettext(_LAST_WORDS[proposal.state]) if proposal.state in _LAST_WORDS else ""
        parts = [last, "<br>".join(escape(fact, quote=False) for fact in facts if fact)]
        html = "".join(f"<p>{part}</p>" for part in parts if part) + _how_to_answer(proposal)
    note = note_document(publication, title=title, html=html, hashtags=_own_hashtags(proposal, locale))
    told: Json = {
        "purpose": PURPOSE[publication.kind],
        "unitBased": True,
        "publishes": _brief_intent(proposal),
        "hasBeginning": wire_time(publication.published_at),
        "hasEnd": wire_time(proposal.expires_at),
        "endTime": wire_time(proposal.expires_at),
        "lavoir:kind": publication.kind.value,
        "lavoir:status": STATUS[proposal.state],
        "lavoir:brief": True,
        **_place(proposal, around.village),
    }
    return {**note, **told}


def _brief_intent(proposal: Proposal) -> Json:
    ours = "receiver" if proposal.publication.kind is Kind.NEED else "provider"
    return {
        "id": proposal.intent_uri,
        "type": "Intent",
        "action": _action(proposal),
        ours: proposal.publication.author.uri,
        "resourceClassifiedAs": classified_as(proposal.category),
        "finished": proposal.state not in _UNFINISHED,
    }


def content_html(proposal: Proposal, around: Surroundings) -> str:
    """Everything in words, in the language of the moment: who reads only this knows enough to help."""
    timezone = around.village.timezone
    facts = [
        when_words(proposal, timezone),
        *(slot_words(slot, timezone) for slot in around.slots),
        "" if proposal.link else where_words(proposal),
        count_words(proposal) if proposal.takes_pledges else "",
        _each_night(proposal),
        gettext(MODE_NAMES[proposal.mode]) if proposal.mode is not Mode.GIFT else "",
        *_answers(proposal, around.template),
    ]
    parts = [
        f"<p>{escape(gettext(_LAST_WORDS[proposal.state]), quote=False)}</p>"
        if proposal.state in _LAST_WORDS
        else "",
        html_of(proposal.publication.source),
        "<p>" + "<br>".join(escape(fact, quote=False) for fact in facts if fact) + "</p>"
        if any(facts)
        else "",
        _how_to_answer(proposal),
    ]
    return "".join(parts)


def hashtags(proposal: Proposal, locale: str) -> tuple[Hashtag, ...]:
    """Kind and category, then what its author wrote."""
    written = tuple(tag.name for tag in hashtags_of(proposal.publication.source))
    return _own_hashtags(proposal, locale, written)


def _own_hashtags(proposal: Proposal, locale: str, written: tuple[str, ...] = ()) -> tuple[Hashtag, ...]:
    kind = proposal.publication.kind
    board = "needs" if kind is Kind.NEED else "offers"
    names = [words_in(KIND_TAGS[kind], locale)]
    if proposal.category in CATEGORIES:
        names.append(words_in(CATEGORIES[proposal.category].hashtag, locale))
    return tuple(
        Hashtag(name, f"{origin()}/{board}?q={quote(f'#{name}')}")
        for name in dict.fromkeys([*names, *written])
    )


def intent_uri(publication_uri: str) -> str:
    """What a pledge says that it satisfies."""
    return f"{publication_uri}#primary"


def _answers(proposal: Proposal, template: Template | None) -> list[str]:
    if template is None:
        return []
    asked = {one["name"]: words_in(one["label"], current_locale()) for one in template.questions}
    return [f"{asked[name]} {words}" for name, words in proposal.details.items() if name in asked and words]


def _each_night(proposal: Proposal) -> str:
    if not proposal.nights or proposal.wanted is None or not proposal.takes_pledges:
        return ""
    return gettext(_NIGHTS) % {"wanted": proposal.wanted, "unit": proposal.unit}


def _how_to_answer(proposal: Proposal) -> str:
    if not proposal.takes_pledges and not proposal.link:
        return ""
    url = proposal.publication.url
    link = link_html(url)
    sentence = _GIVE if proposal.link else _ASK[proposal.publication.kind]
    facts = {"link": link, "beneficiary": escape(proposal.beneficiary, quote=False)}
    return f"<p>{gettext(sentence) % facts}</p>"


def _source(text: str) -> Json:
    """What was typed, for hubs: around it they say when and where in the language of their reader."""
    return {"content": text, "mediaType": "text/markdown"}


def _marketplace(proposal: Proposal, around: Surroundings) -> Json:
    """FEP-0837 and ours. Always of units: the FEP contradicts itself on what a missing `unitBased` means."""
    publication = proposal.publication
    found: Json = {
        "purpose": PURPOSE[publication.kind],
        "unitBased": True,
        "publishes": _intent(proposal, around.group),
        "hasBeginning": wire_time(publication.published_at),
        "hasEnd": wire_time(proposal.expires_at),
        "endTime": wire_time(proposal.expires_at),
        "lavoir:kind": publication.kind.value,
        "lavoir:status": STATUS[proposal.state],
        "lavoir:mode": proposal.mode.value,
        **_place(proposal, around.village),
    }
    further: Json = {
        "lavoir:wanted": None if proposal.wanted is None else str(proposal.wanted),
        "lavoir:unit": proposal.unit,
        "lavoir:nights": proposal.nights,
        "lavoir:moment": proposal.moment.value,
        "lavoir:slots": [_slot(proposal, slot) for slot in around.slots],
        "lavoir:beneficiary": proposal.beneficiary,
        "lavoir:link": proposal.link,
        GROUP: around.group.uri if around.group is not None else None,
    }
    return found | {name: value for name, value in further.items() if value}


def _slot(proposal: Proposal, slot: Slot) -> Json:
    return {
        "id": f"{proposal.publication.uri}#slot-{slot.id}",
        "type": "Intent",
        "hasBeginning": wire_time(slot.starts_at),
        "hasEnd": wire_time(slot.ends_at),
        "lavoir:wanted": str(slot.wanted),
        "availableQuantity": quantity(slot.missing),
    }


def _intent(proposal: Proposal, group: Actor | None) -> Json:
    author = proposal.publication.author.uri
    ours = "receiver" if proposal.publication.kind is Kind.NEED else "provider"
    intent: Json = {
        "id": proposal.intent_uri,
        "type": "Intent",
        "action": _action(proposal),
        ours: author,
        "resourceClassifiedAs": classified_as(proposal.category),
        "resourceQuantity": quantity(1),
        "finished": proposal.state not in _UNFINISHED,
    }
    if group is not None:
        intent["plannedWithin"] = group.extra[GROUP]
    if proposal.missing is not None:
        intent["availableQuantity"] = quantity(proposal.missing)
    if proposal.minutes:
        intent["effortQuantity"] = {"hasUnit": "minute", "hasNumericalValue": str(proposal.minutes)}
    times = {"hasBeginning": proposal.starts_at, "hasEnd": proposal.ends_at}
    times["due"] = proposal.starts_at or proposal.ends_at
    return intent | {name: wire_time(at) for name, at in times.items() if at is not None}


def _action(proposal: Proposal) -> str:
    if proposal.mode is Mode.LOAN:
        return "transferCustody"
    return "transfer" if proposal.category in ("things", "money", "making") else "deliverService"


def quantity(number: int) -> Json:
    """A count, as FEP-0837 writes it: the number is text."""
    return {"hasUnit": "one", "hasNumericalValue": str(number)}


def _place(proposal: Proposal, village: Village) -> Json:
    """Where it is, as exactly as the board says it, and whom it is for."""
    if proposal.at_distance:
        return {}
    name = ", ".join(part for part in (proposal.area, village.name) if part)
    place: Json = {"type": "Place", "name": name}
    latitude = proposal.latitude if proposal.latitude is not None else village.latitude
    longitude = proposal.longitude if proposal.longitude is not None else village.longitude
    if latitude is not None and longitude is not None:
        place |= {"latitude": round(float(latitude), 2), "longitude": round(float(longitude), 2)}
    return {"location": place}
