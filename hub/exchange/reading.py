"""Needs and offers as others write them: FEP-0837 in its dialects, Bonfire, mutual-aid pods, flohmarkt.

Liberal about shape, strict about size (wire-format.md 3.10). Nothing raises: what cannot be understood is
left out, and what is no need and no offer is None.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from federation import properties
from federation.documents import Document
from federation.vocabulary import PUBLIC, VALUEFLOWS, Json
from hub.cleaning import plain_text
from hub.exchange.categories import CATEGORIES, category_of
from hub.exchange.models import Mode, Moment, ProposalDraft, SlotDraft, State
from hub.publications.models import Kind, Scope

TITLE_CHARS = 200
TEXT_CHARS = 20_000
MESSAGE_CHARS = 2_000
LINE_CHARS = 160
UNIT_CHARS = 40
MOST = 1_000_000  # of whatever is counted
MOST_MINUTES = 60 * 24 * 366
SLOTS = 50
INTENTS = 10

_OM2 = "http://www.ontology-of-units-of-measure.org/resource/om-2/"
_OLD_VALUEFLOWS = "https://w3id.org/valueflows#"
_PREFIXES = ("", "vf:", "om2:", "ValueFlows:", "maid:", VALUEFLOWS, _OLD_VALUEFLOWS, _OM2)
_MUTUAL_AID = "https://mutual-aid.app/ns/core#"

_PURPOSES = {"request": Kind.NEED, "offer": Kind.OFFER}
_KINDS = {
    "ValueFlows:Need": Kind.NEED,
    "ValueFlows:Offer": Kind.OFFER,
    f"{_OLD_VALUEFLOWS}Need": Kind.NEED,
    f"{_OLD_VALUEFLOWS}Offer": Kind.OFFER,
    "maid:Request": Kind.NEED,
    "maid:Offer": Kind.OFFER,
    f"{_MUTUAL_AID}Request": Kind.NEED,
    f"{_MUTUAL_AID}Offer": Kind.OFFER,
}
_TITLE_PREFIX = re.compile(r"(?:besoin|need|offre|offer)\s*[:：]\s*(?=\S)", re.IGNORECASE)
_MODES = {
    "gift": Mode.GIFT,
    "loan": Mode.LOAN,
    "exchange": Mode.EXCHANGE,
    "barter": Mode.EXCHANGE,
    "sale": Mode.EXCHANGE,
    "paid": Mode.EXCHANGE,
    "timebank": Mode.EXCHANGE,
    "shared-costs": Mode.SHARED_COSTS,
}
_STATES = {
    "matched": State.COVERED,
    "fulfilled": State.THANKED,
    "expired": State.EXPIRED,
    "withdrawn": State.CLOSED,
}
_FINISHED = {"fulfilled": State.THANKED, "expired": State.EXPIRED}
_MINUTES = {"second": Decimal(1) / 60, "minute": Decimal(1), "hour": Decimal(60), "day": Decimal(60 * 24)}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a document says of a need or an offer, and how far it is.

    `promised` and `slots_promised` are what is no longer missing; `intent_uri` is what a pledge satisfies,
    None where its server knows no pledges. Coordinates are rounded to a village.
    """

    draft: ProposalDraft
    state: State
    promised: int
    slots_promised: tuple[int, ...]
    intent_uri: str | None
    latitude: float | None
    longitude: float | None
    is_from_hub: bool
    is_brief: bool


def read(document: Document) -> Reading | None:
    raw, kind = document.raw, kind_of(document)
    if kind is None or (not document.name and not document.content and "flohmarkt:data" not in raw):
        return None
    intent = _intent(raw)
    counts = _Counts.of(raw, intent)
    slots = tuple(_slots(raw))
    latitude, longitude = _coordinates(raw)
    return Reading(
        draft=_draft(document, kind, intent, counts=counts, slots=[slot for slot, _ in slots]),
        state=_state(raw, intent, counts),
        promised=sum(promised for _, promised in slots) if slots else counts.promised,
        slots_promised=tuple(promised for _, promised in slots),
        intent_uri=properties.uri(intent.get("id")) if intent is not raw else None,
        latitude=latitude,
        longitude=longitude,
        is_from_hub=_is_ours(raw),
        is_brief=raw.get("lavoir:brief") is True,
    )


def kind_of(document: Document) -> Kind | None:
    """Whether it asks or offers, from the plainest sign that it gives."""
    raw = document.raw
    signs = (
        _PURPOSES.get(last_word(get(raw, "purpose"))),
        next((_KINDS[name] for name in document.types if name in _KINDS), None),
        Kind.OFFER if isinstance(raw.get("flohmarkt:data"), dict) else None,
        {"need": Kind.NEED, "offer": Kind.OFFER}.get(last_word(raw.get("lavoir:kind"))),
        _by_parties(_intent(raw)) if "Proposal" in document.types else None,
    )
    return next((kind for kind in signs if kind is not None), None)


def message_of(content: str, name: str) -> str:
    """The words of an Offer or a Join, as plain text; hubs put before them who it is."""
    text = plain_text(content)[:MESSAGE_CHARS]
    if not name or not text.startswith(name):
        return text
    return text.partition(" : ")[2].strip()


def amount(value: object) -> int | None:
    """A whole number from 0 to MOST, as a number, as text, or as a quantity of FEP-0837."""
    value = _plain(value)
    if isinstance(value, dict):
        value = _plain(get(value, "hasNumericalValue"))
    number = _decimal(value)
    if number is None or number != number.to_integral_value():
        return None
    return int(number) if 0 <= number <= MOST else None


def degrees(latitude: object, longitude: object) -> tuple[float | None, float | None]:
    """Both or none, on the earth, rounded to a village."""
    north, east = _decimal(latitude), _decimal(longitude)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None, None
    return round(float(north), 2), round(float(east), 2)


def last_word(value: object) -> str:
    """`vf:offer` and `https://…#offer` are `offer`."""
    value = _plain(value)
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    return re.split(r"[#:/]", value[-200:])[-1].lower() if isinstance(value, str) else ""


def first_mapping(value: object) -> Json:
    """The object, or the first of a list of them; empty where there is none."""
    return next(iter(properties.mappings(value, INTENTS)), {})


# ------------------------------------------------------------ its parts


@dataclass(frozen=True)
class _Counts:
    """`missing` is None where nobody said."""

    wanted: int | None
    missing: int | None
    unit: str

    @property
    def promised(self) -> int:
        return 0 if self.wanted is None or self.missing is None else max(0, self.wanted - self.missing)

    @classmethod
    def of(cls, raw: Json, intent: Json) -> "_Counts":
        """The FEP contradicts itself on a missing `unitBased`: then what is written is the whole."""
        missing = amount(get(intent, "availableQuantity"))
        wanted = amount(raw.get("lavoir:wanted"))
        if wanted is None:
            each = amount(get(intent, "resourceQuantity"))
            is_unit = _is_true(get(raw, "unitBased"))
            wanted = missing if is_unit or each is None else max(each, missing or 0)
        unit = properties.text(raw.get("lavoir:unit"), UNIT_CHARS) or _unit(intent)
        return cls(wanted or None, missing, unit)


def _draft(
    document: Document, kind: Kind, intent: Json, *, counts: _Counts, slots: list[SlotDraft]
) -> ProposalDraft:
    raw = document.raw
    starts_at, ends_at = _times(intent)
    return ProposalDraft(
        kind=kind,
        title=_title(document),
        text=_text(document),
        language=document.language or "fr",
        scope=Scope.PUBLIC if PUBLIC in (*document.to, *document.cc) else Scope.NEIGHBOURS,
        category=_category(intent),
        wanted=counts.wanted,
        unit=counts.unit,
        starts_at=starts_at,
        ends_at=ends_at,
        moment=_moment(raw),
        nights=raw.get("lavoir:nights") is True and starts_at is not None and ends_at is not None,
        minutes=_minutes(get(intent, "effortQuantity")),
        at_distance=_is_ours(raw) and "location" not in raw,
        area=_area(raw),
        mode=_mode(raw, intent),
        beneficiary=properties.text(raw.get("lavoir:beneficiary"), LINE_CHARS),
        link=(properties.web_url(raw.get("lavoir:link")) or "")[:500],
        expires_at=_expiry(raw),
        slots=tuple(slots),
    )


def _is_ours(raw: Json) -> bool:
    return isinstance(raw.get("lavoir:kind"), str)


def _title(document: Document) -> str:
    """Without the word that says what it is: our pages say it themselves."""
    data = document.raw.get("flohmarkt:data")
    name = properties.text(data.get("name"), TITLE_CHARS) if isinstance(data, dict) else ""
    title = name or document.name or plain_text(document.content)
    return _TITLE_PREFIX.sub("", title, count=1)[:TITLE_CHARS].strip()


def _text(document: Document) -> str:
    """What was typed, where a hub sends it along; else the words of what it shows."""
    source, data = document.raw.get("source"), document.raw.get("flohmarkt:data")
    if _is_ours(document.raw) and isinstance(source, dict) and isinstance(source.get("content"), str):
        return str(source["content"])[:TEXT_CHARS]
    if isinstance(data, dict) and isinstance(data.get("description"), str):
        return properties.text(data["description"], TEXT_CHARS)
    return plain_text(document.content or document.summary)[:TEXT_CHARS]


def _intent(raw: Json) -> Json:
    """What is published; Bonfire wraps it once more, or writes it into the document itself."""
    found = first_mapping(get(raw, "publishes"))
    inner = first_mapping(get(found, "publishes"))
    return inner or found or raw


def _by_parties(intent: Json) -> Kind | None:
    if get(intent, "receiver") is not None:
        return Kind.NEED
    return Kind.OFFER if get(intent, "provider") is not None else None


def _state(raw: Json, intent: Json, counts: _Counts) -> State:
    """On conflict `finished` wins (wire-format.md 3.11)."""
    status = last_word(raw.get("lavoir:status"))
    if _is_true(get(intent, "finished")):
        return _FINISHED.get(status, State.CLOSED)
    if status in _STATES:
        return _STATES[status]
    if counts.missing == 0:
        return State.COVERED
    return State.UNDER_WAY if counts.promised else State.OPEN


def _times(intent: Json) -> tuple[datetime | None, datetime | None]:
    begins, ends, point, due = (
        properties.moment(_plain(get(intent, name)))
        for name in ("hasBeginning", "hasEnd", "hasPointInTime", "due")
    )
    starts = begins or point or (due if ends is None else None)
    return starts, ends if starts is None or ends is None or ends >= starts else None


def _slots(raw: Json) -> Iterator[tuple[SlotDraft, int]]:
    for entry in properties.mappings(raw.get("lavoir:slots"), SLOTS):
        starts, ends = _times(entry)
        wanted = amount(entry.get("lavoir:wanted"))
        if starts is not None and ends is not None and wanted:
            missing = amount(get(entry, "availableQuantity"))
            promised = 0 if missing is None else max(0, wanted - missing)
            yield SlotDraft(starts_at=starts, ends_at=ends, wanted=wanted), promised


def _category(intent: Json) -> str:
    named = (
        category_of(one)
        for one in properties.listed(get(intent, "resourceClassifiedAs"), 20)
        if isinstance(one, str)
    )
    if (found := next(filter(None, named), "")) in CATEGORIES:
        return found
    return "things" if last_word(get(intent, "action")).startswith("transfer") else ""


def _mode(raw: Json, intent: Json) -> Mode:
    condition = first_mapping(get(raw, "hasReciprocityCondition"))
    words = (last_word(raw.get("lavoir:mode")), last_word(condition.get("type")))
    if (said := next((_MODES[word] for word in words if word in _MODES), None)) is not None:
        return said
    data = raw.get("flohmarkt:data")
    price = _decimal(data.get("price")) if isinstance(data, dict) else None
    if get(raw, "reciprocal") is not None or price:
        return Mode.EXCHANGE
    return Mode.LOAN if last_word(get(intent, "action")) == "transfercustody" else Mode.GIFT


def _moment(raw: Json) -> Moment:
    written = raw.get("lavoir:moment")
    return Moment(written) if isinstance(written, str) and written in set(Moment) else Moment.ANY


def _minutes(quantity: object) -> int | None:
    """How long it takes; `hour` and the like, of any number."""
    written = first_mapping(quantity)
    factor = _MINUTES.get(last_word(get(written, "hasUnit")))
    number = _decimal(_plain(get(written, "hasNumericalValue")))
    if factor is None or number is None or not 0 < number <= MOST:
        return None
    return min(MOST_MINUTES, max(1, round(number * factor)))


def _unit(intent: Json) -> str:
    quantity = first_mapping(get(intent, "availableQuantity")) or first_mapping(
        get(intent, "resourceQuantity")
    )
    unit = properties.text(_plain(get(quantity, "hasUnit")), UNIT_CHARS)
    return "" if last_word(unit) in ("one", "each", "number") else unit


def _area(raw: Json) -> str:
    place = _place(raw)
    name = place.get("name") if place else raw.get("location")
    return properties.text(name, 80)


def _place(raw: Json) -> Json:
    return first_mapping(raw.get("location"))


def _coordinates(raw: Json) -> tuple[float | None, float | None]:
    """A foreign point may be somebody's door, so it is rounded."""
    place, data = _place(raw), raw.get("flohmarkt:data")
    pair = (place.get("latitude", place.get("lat")), place.get("longitude", place.get("long")))
    if isinstance(data, dict) and isinstance(data.get("coordinates"), dict):
        pair = (data["coordinates"].get("lat"), data["coordinates"].get("lng"))
    return degrees(*pair)


def _expiry(raw: Json) -> datetime | None:
    written = (get(raw, "hasEnd"), raw.get("endTime"), get(raw, "expirationDate"))
    return next(filter(None, (properties.moment(_plain(one)) for one in written)), None)


# ------------------------------------------------------------ spellings


def get(raw: Json, name: str) -> object:
    """A property of ValueFlows under any of its spellings."""
    return next((raw[f"{prefix}{name}"] for prefix in _PREFIXES if f"{prefix}{name}" in raw), None)


def _plain(value: object) -> object:
    """Of a list the first; JSON-LD may wrap a value."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def _is_true(value: object) -> bool:
    value = _plain(value)
    return value is True or value == "true"


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 40:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None
