"""How well an offer suits a need, and why, as facts that pages say in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from zoneinfo import ZoneInfo

from hub.exchange.categories import CATEGORIES
from hub.exchange.models import Proposal
from hub.matching.meaning import Meaning, meaning
from hub.matching.thesaurus import thesaurus
from hub.places.distance import Point, distance_km, point_of
from hub.publications.search import fold, plain_words

RADIUS_KM = 40.0  # farther away nobody is asked
LEAST = 0.22  # below it nothing is suggested
BESIDE = 0.4  # of the best offer for a need: below it others are not suggested beside it
SURE = 0.45  # from here on more than every second one suits: worth a message to somebody
NEAR = 0.5  # what a topic says of one that is half the same
OFFER_LENGTH = 0.8  # power: an offer of many things suits each of them a little less, not as much less
SAME_CATEGORY = 1.3
FAR = 0.5  # what is lost at the end of the radius
UNKNOWN_PLACE = 0.85
SAME_DAY = 1.1
OTHER_DAY = 0.4
OTHER_WEEKDAY = 0.9
ENOUGH = 1.05
MOST_WORDS = 3
TELLING = 0.25  # of what the best word says: others that say as much are named too

_ANY = frozenset({"", "other"})
Reasons = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What is compared of a need or an offer."""

    meaning: Meaning
    category: str = ""
    point: Point | None = None
    at_distance: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    days: frozenset[int] = frozenset()
    number: int | None = None
    unit: str = ""


@dataclass(frozen=True)
class Score:
    """`value`: from 0 on, about 1 where they are about the same and near.

    `reasons`, only those that hold: `category` (its key), `words` (of the need), `km`, `day` (ISO date),
    `weekdays` (0 is Monday), `number` (that is offered, enough for the need).
    """

    value: float
    reasons: Reasons = field(default_factory=dict)


def profile(proposal: Proposal, timezone: str) -> Profile:
    """Its publication must be loaded. Of what is told in brief, title and place are all there is."""
    publication = proposal.publication
    text = publication.source or plain_words(publication.html)
    details = "" if proposal.brief else " ".join(str(answer) for answer in proposal.details.values())
    meant = meaning(publication.title, f"{text} {details}", publication.language or "fr")
    zone = ZoneInfo(timezone)
    starts = proposal.starts_at.astimezone(zone) if proposal.starts_at else None
    return Profile(
        meaning=meant,
        category=proposal.category,
        point=point_of(proposal),
        at_distance=proposal.at_distance,
        starts_at=starts,
        ends_at=proposal.ends_at.astimezone(zone) if proposal.ends_at else None,
        days=frozenset({starts.weekday()}) if starts else meant.days,
        number=proposal.missing,
        unit=proposal.unit,
    )


def score(need: Profile, offer: Profile) -> Score:
    """What the two texts have in common, more or less by category, place, day and number."""
    value, words = likeness(need.meaning, offer.meaning)
    reasons: Reasons = {}
    if value > 0.0:
        for factor, why in (
            _by_category(need, offer),
            _by_place(need, offer),
            _by_day(need, offer),
            _by_number(need, offer),
        ):
            value *= factor
            reasons |= why
    return Score(value, reasons | {"words": words})


def likeness(need: Meaning, offer: Meaning) -> tuple[float, list[str]]:
    """How much two texts are about the same, and the words of the need that say so."""
    asked, offered = _weighed(need), _weighed(offer)
    shared = {term: much * _answered(term, offered) for term, much in asked.items()}
    best = sorted((term for term, much in shared.items() if much > 0), key=lambda term: -shared[term])
    if not best:
        return 0.0, []
    length = _length(asked) * _length(offered) ** OFFER_LENGTH
    telling = [need.words[term] for term in best if shared[term] >= TELLING * shared[best[0]]]
    return sum(shared.values()) / length, _without_parts(dict.fromkeys(telling))[:MOST_WORDS]


def _without_parts(words: Iterable[str]) -> list[str]:
    """Neither a word beside a phrase that has it, nor one twice."""
    found: list[str] = []
    for word in words:
        if not any(fold(word) in fold(other) or fold(other) in fold(word) for other in found):
            found.append(word)
    return found


def _weighed(said: Meaning) -> dict[str, float]:
    topics = thesaurus().topics
    return {term: much * (topics[term].broad if term in topics else 1.0) for term, much in said.terms.items()}


def _answered(term: str, offered: Mapping[str, float]) -> float:
    """By the same, or else by what is half the same."""
    near = max((offered.get(one, 0.0) for one in thesaurus().near.get(term, ())), default=0.0)
    return max(offered.get(term, 0.0), NEAR * near)


def _length(terms: Mapping[str, float]) -> float:
    return sqrt(sum(much * much for much in terms.values()))


def _by_category(need: Profile, offer: Profile) -> tuple[float, Reasons]:
    """Where the need has none, what its words are about."""
    if need.category not in _ANY:
        same = need.category == offer.category
        return (SAME_CATEGORY, {"category": need.category}) if same else (1.0, {})
    guessed = categories(need.meaning)
    return 1.0 + (SAME_CATEGORY - 1.0) * guessed.get(offer.category, 0.0), {}


def categories(said: Meaning) -> dict[str, float]:
    """How much the topics of a text are of each category; they add up to 1."""
    found: dict[str, float] = dict.fromkeys(CATEGORIES, 0.0)
    for term, much in said.terms.items():
        topic = thesaurus().topics.get(term)
        if topic is not None and topic.category:
            found[topic.category] += much * topic.broad
    total = sum(found.values())
    return {key: much / total for key, much in found.items() if much} if total else {}


def _by_place(need: Profile, offer: Profile) -> tuple[float, Reasons]:
    if need.at_distance or offer.at_distance:
        return 1.0, {}
    if need.point is None or offer.point is None:
        return UNKNOWN_PLACE, {}
    km = distance_km(need.point, offer.point)
    if km > RADIUS_KM:
        return 0.0, {}
    return 1.0 - FAR * km / RADIUS_KM, {"km": round(km)}


def _by_day(need: Profile, offer: Profile) -> tuple[float, Reasons]:
    if need.starts_at is not None and offer.starts_at is not None:
        ends, until = need.ends_at or need.starts_at, offer.ends_at or offer.starts_at
        if ends.date() < offer.starts_at.date() or until.date() < need.starts_at.date():
            return OTHER_DAY, {}
        return SAME_DAY, {"day": max(need.starts_at, offer.starts_at).date().isoformat()}
    if not need.days or not offer.days:
        return 1.0, {}
    both = need.days & offer.days
    return (SAME_DAY, {"weekdays": sorted(both)}) if both else (OTHER_WEEKDAY, {})


def _by_number(need: Profile, offer: Profile) -> tuple[float, Reasons]:
    """Whether there are as many as are missing, of what is counted alike."""
    if not need.number or not offer.number or need.number < 2 or need.unit != offer.unit:
        return 1.0, {}
    return (ENOUGH, {"number": offer.number}) if offer.number >= need.number else (1.0, {})
