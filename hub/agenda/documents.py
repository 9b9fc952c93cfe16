"""Events as documents: FEP-8a8e and the dialect of Mobilizon, with a summary that says when and where.

Mastodon shows title, summary and link of an Event and nothing else (mastodon.md 4.2).
"""

from dataclasses import dataclass
from html import escape

from federation.outgoing import Picture, wire_time
from federation.vocabulary import Json
from hub.actors.models import Actor
from hub.agenda.models import Event, JoinMode, Standing
from hub.agenda.reading import ONLINE
from hub.agenda.words import summary_words
from hub.exchange.categories import CATEGORIES as CATEGORIES_HERE
from hub.publications.documents import note_document
from hub.publications.groups import GROUP
from hub.publications.markup import hashtags_of
from hub.text import N_, gettext, speaking
from hub.village.models import Village

# FEP-8a8e, and what iCalendar says for software that knows only that.
STATUS = {
    Standing.PLANNED: ("EventScheduled", "CONFIRMED"),
    Standing.REVIEW: ("EventScheduled", "TENTATIVE"),
    Standing.CANCELLED: ("EventCancelled", "CANCELLED"),
    Standing.REFUSED: ("EventCancelled", "CANCELLED"),
}


OFF = N_("Cancelled: %(when)s.")

# Of FEP-8a8e and Mobilizon; ours, which are finer, stand behind them.
CATEGORIES = {
    "food": "FOOD_DRINK",
    "children": "FAMILY_EDUCATION",
    "learning": "LEARNING",
    "garden": "CLIMATE_ENVIRONMENT",
    "making": "DIY_MAKER_SPACES",
}


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the document says beside the event itself."""

    village: Village
    board: Actor | None = None
    group: Actor | None = None  # of its project
    pictures: tuple[Picture, ...] = ()


def event_document(event: Event, around: Surroundings) -> Json:
    """The document of an event of ours; publication and author must be loaded."""
    publication = event.publication
    groups = [group.uri for group in (around.group, around.board) if group is not None]
    note = note_document(
        publication,
        hashtags=hashtags_of(publication.source),
        group=groups[0] if groups else None,
        boards=groups[1:],
        pictures=around.pictures,
    )
    with speaking(publication.language or around.village.locale):
        summary = escape(_summary(event), quote=False)
    status, ical = STATUS[event.standing]
    found: Json = {
        **note,
        "type": "Event",
        "summary": summary,
        "source": {"content": publication.source, "mediaType": "text/markdown"},
        "startTime": wire_time(event.starts_at),
        "endTime": wire_time(event.ends_at),
        "timezone": event.timezone,
        "organizers": {"type": "Collection", "totalItems": 1, "items": [publication.author.uri]},
        "eventStatus": status,
        "status": ical,
        "joinMode": event.join_mode.value,
        "category": _categories(event),
        "attachment": [*note["attachment"], *_links(event)],
        "lavoir:kind": publication.kind.value,
    }
    return found | {
        name: value for name, value in _further(event, around).items() if value not in (None, "", [])
    }


def _further(event: Event, around: Surroundings) -> Json:
    return {
        "location": _location(event),
        **(_counts(event) if event.join_mode is JoinMode.FREE else {}),
        "externalParticipationUrl": event.join_url,
        "isOnline": True if event.online_url and not event.place and not event.address else None,
        GROUP: around.group.uri if around.group is not None else None,
        "plannedWithin": around.group.extra[GROUP] if around.group is not None else None,
    }


def _summary(event: Event) -> str:
    """What Mastodon shows of it, and whether it is off."""
    words = summary_words(event, event.timezone)
    if event.standing is not Standing.CANCELLED:
        return words
    off = gettext(OFF) % {"when": words[:1].lower() + words[1:]}
    return f"{off} {event.reason}".strip()


def _links(event: Event) -> list[Json]:
    """Where to look in from afar, as Mobilizon has it."""
    if not event.online_url:
        return []
    return [{"type": "Link", "href": event.online_url, "mediaType": "text/html", "name": ONLINE}]


def _counts(event: Event) -> Json:
    """How many come, and never who."""
    return {
        "maximumAttendeeCapacity": event.capacity,
        "remainingAttendeeCapacity": event.free_places,
        "participantCount": event.coming,
        "attendees": f"{event.publication.uri}/attendees",
    }


def _categories(event: Event) -> list[str]:
    own = CATEGORIES_HERE.get(event.category)
    common = "WORKSHOPS_SKILL_SHARING" if event.is_workshop else CATEGORIES.get(event.category, "COMMUNITY")
    return [common] if own is None else [common, own.iri]


def _location(event: Event) -> Json | None:
    """Coordinates are of the village, as floats: Mobilizon reads no others (wire-format.md 1.4)."""
    if not event.place and not event.address:
        return {"type": "VirtualLocation", "url": event.online_url} if event.online_url else None
    place: Json = {"type": "Place", "name": event.place or event.address}
    if event.address:
        place["address"] = event.address
    if event.latitude is not None and event.longitude is not None:
        place |= {"latitude": float(event.latitude), "longitude": float(event.longitude)}
    return place
