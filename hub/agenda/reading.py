"""Events as others write them: Mobilizon, Gancio, the Event Bridge of WordPress, PieFed, FEP-8a8e, hubs.

Liberal about shape, strict about size (wire-format.md 3.10). Nothing raises: what cannot be understood is
left out, and what is no event is None.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from federation import properties
from federation.documents import Document
from federation.vocabulary import PUBLIC, Json
from hub.agenda.models import EventDraft, JoinMode, Standing
from hub.cleaning import plain_text
from hub.exchange.categories import category_of
from hub.exchange.reading import amount, degrees, first_mapping, last_word
from hub.publications.models import Scope

TITLE_CHARS = 200
TEXT_CHARS = 20_000
PLACE_CHARS = 160
ADDRESS_CHARS = 300
URL_CHARS = 500
LOCATIONS = 5
ATTACHMENTS = 20
ONLINE = "Website"  # of Mobilizon, for the link to look in from afar
CATEGORIES = 10
LONGEST = timedelta(days=366)
TIMEZONE = "Europe/Paris"  # where none is said

_OFF = frozenset({"cancelled", "eventcancelled", "eventpostponed"})
_JOIN_MODES = {"free": JoinMode.FREE, "restricted": JoinMode.FREE, "external": JoinMode.EXTERNAL}
# Of Mobilizon and FEP-8a8e, as far as they are any of ours.
_CATEGORIES = {
    "BOOK_CLUBS": "learning",
    "CLIMATE_ENVIRONMENT": "garden",
    "CRAFTS": "making",
    "DIY_MAKER_SPACES": "making",
    "FAMILY_EDUCATION": "children",
    "FOOD_DRINK": "food",
    "LANGUAGE_CULTURE": "learning",
    "LEARNING": "learning",
    "PETS": "garden",
    "SCIENCE_TECH": "learning",
    "WORKSHOPS": "learning",
    "WORKSHOPS_SKILL_SHARING": "learning",
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a document says of an event; `coming` as its own server counts. Where nobody says until when, it
    ends as it begins. Coordinates are rounded to a village.
    """

    draft: EventDraft
    standing: Standing
    coming: int
    latitude: float | None
    longitude: float | None
    is_from_hub: bool


def recognises(document: Document) -> bool:
    """Whether it is one: without a beginning it has no place in an agenda."""
    return "Event" in document.types and _moment(document.raw, "startTime") is not None


def read(document: Document) -> Reading | None:
    raw, starts_at = document.raw, _moment(document.raw, "startTime")
    title = _title(document)
    if not recognises(document) or starts_at is None or not title:
        return None
    place, online = _place(raw), _online(raw)
    latitude, longitude = degrees(place.get("latitude"), place.get("longitude"))
    capacity = amount(raw.get("maximumAttendeeCapacity")) or None  # Mobilizon: 0 is no limit
    mode, join_url = _join_mode(document)
    ends_at, all_day = _end(raw, starts_at)
    draft = EventDraft(
        title=title,
        text=_text(document),
        language=document.language or "fr",
        scope=Scope.PUBLIC if PUBLIC in (*document.to, *document.cc) else Scope.NEIGHBOURS,
        category=_category(raw),
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day,
        timezone=_zone(raw) or TIMEZONE,
        place=properties.text(place.get("name"), PLACE_CHARS),
        address=_address(place),
        online_url=online or (_page(document) if raw.get("isOnline") is True and not place else ""),
        join_mode=mode,
        join_url=join_url,
        capacity=capacity,
    )
    return Reading(
        draft=draft,
        standing=_standing(raw),
        coming=_coming(raw, capacity),
        latitude=latitude,
        longitude=longitude,
        is_from_hub=_is_from_hub(raw),
    )


def _is_from_hub(raw: Json) -> bool:
    return raw.get("lavoir:kind") == "event"


def _title(document: Document) -> str:
    return (document.name or plain_text(document.content or document.summary))[:TITLE_CHARS].strip()


def _text(document: Document) -> str:
    """What was typed, where a hub sends it along; else the words of what it shows."""
    source = document.raw.get("source")
    if _is_from_hub(document.raw) and isinstance(source, dict) and isinstance(source.get("content"), str):
        return str(source["content"])[:TEXT_CHARS]
    return plain_text(document.content)[:TEXT_CHARS]


def _standing(raw: Json) -> Standing:
    """What is put off does not take place when it says; FEP-8a8e, and iCalendar under either spelling."""
    said = (last_word(raw.get(name)) for name in ("eventStatus", "status", "ical:status"))
    return Standing.CANCELLED if any(word in _OFF for word in said) else Standing.PLANNED


# ------------------------------------------------------------ when


def _end(raw: Json, starts_at: datetime) -> tuple[datetime, bool]:
    """And whether it is of whole days: from midnight to midnight where it takes place."""
    ends_at, zone = _moment(raw, "endTime"), _zone(raw) or TIMEZONE
    if ends_at is None or not starts_at <= ends_at <= starts_at + LONGEST:
        ends_at = None
    if _is_day(raw.get("startTime")) and (ends_at is None or _is_day(raw.get("endTime"))):
        return _day_after(ends_at or starts_at, ZoneInfo(zone)), True
    if ends_at is None:
        return starts_at, False
    midnights = [at.astimezone(ZoneInfo(zone)).time() == datetime.min.time() for at in (starts_at, ends_at)]
    return ends_at, all(midnights) and ends_at > starts_at


def _moment(raw: Json, name: str) -> datetime | None:
    """Without an offset it is meant where the event is; so is a day."""
    written, zone = raw.get(name), _zone(raw)
    if zone is None and _is_day(written):
        zone = TIMEZONE
    found = properties.moment(written)
    if found is None or not isinstance(written, str) or zone is None:
        return found
    is_local = datetime.fromisoformat(written.strip()).tzinfo is None
    return properties.moment(found.replace(tzinfo=ZoneInfo(zone)).isoformat()) if is_local else found


def _day_after(midnight: datetime, zone: ZoneInfo) -> datetime:
    """On the clock there: some days have 23 hours."""
    return (midnight.astimezone(zone) + timedelta(days=1)).astimezone(UTC)


def _is_day(value: object) -> bool:
    return isinstance(value, str) and len(value.strip()) == len("2026-12-12")


_known_zones = cache(available_timezones)  # each time the system is asked, it reads hundreds of files


def _zone(raw: Json) -> str | None:
    written = raw.get("timezone")
    return written if isinstance(written, str) and written in _known_zones() else None


# ------------------------------------------------------------ where


def _place(raw: Json) -> Json:
    """The first of several that is on the earth; of a bare text its words."""
    location = raw.get("location")
    if isinstance(location, str):
        return {"name": location}
    places = properties.mappings(location, LOCATIONS)
    return next((one for one in places if "VirtualLocation" not in properties.types(one)), {})


def _online(raw: Json) -> str:
    places = properties.mappings(raw.get("location"), LOCATIONS)
    online = next((one for one in places if "VirtualLocation" in properties.types(one)), {})
    linked = properties.mappings(raw.get("attachment"), ATTACHMENTS)
    website = next((one for one in linked if one.get("name") == ONLINE and "href" in one), {})
    return (properties.web_url(online.get("url", website.get("href"))) or "")[:URL_CHARS]


def _address(place: Json) -> str:
    """In one line; the country is known."""
    written = place if "streetAddress" in place else place.get("address")
    if isinstance(written, str):
        return properties.text(written, ADDRESS_CHARS)
    parts = first_mapping(written)
    street, code, town = (
        properties.text(parts.get(name), ADDRESS_CHARS)
        for name in ("streetAddress", "postalCode", "addressLocality")
    )
    return ", ".join(part for part in (street, f"{code} {town}".strip()) if part)[:ADDRESS_CHARS]


# ------------------------------------------------------------ who and what


def _join_mode(document: Document) -> tuple[JoinMode, str]:
    """How one says that one comes. Who does not say has no list (Gancio)."""
    raw = document.raw
    elsewhere = (properties.web_url(raw.get("externalParticipationUrl")) or "")[:URL_CHARS]
    mode = _JOIN_MODES.get(last_word(raw.get("joinMode")), JoinMode.NONE)
    if mode is JoinMode.NONE and elsewhere:
        mode = JoinMode.EXTERNAL
    return mode, elsewhere or (_page(document) if mode is JoinMode.EXTERNAL else "")


def _page(document: Document) -> str:
    address = document.url or document.id
    return address if len(address) <= URL_CHARS else ""


def _coming(raw: Json, capacity: int | None) -> int:
    counted, left = amount(raw.get("participantCount")), amount(raw.get("remainingAttendeeCapacity"))
    if counted is None and capacity is not None and left is not None:
        counted = max(0, capacity - left)
    return counted or 0


def _category(raw: Json) -> str:
    names = [one for one in properties.listed(raw.get("category"), CATEGORIES) if isinstance(one, str)]
    found = next(filter(None, map(category_of, names)), "")
    if found or _is_from_hub(raw):
        return found
    return next((_CATEGORIES[one] for one in names if one in _CATEGORIES), "")
