"""A need or an offer as a card on the board: what a person must know before they open it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from hub.exchange.models import LIVING, Proposal, Slot, State
from hub.exchange.speaking import is_elsewhere, speaker
from hub.exchange.words import STATE_LOOKS, STATE_NAMES, count_words, when_words, where_words
from hub.places.distance import Point, km_between, point_of
from hub.publications.models import Kind
from hub.publications.visibility import Reader, may_see
from hub.text import N_, capital, day_name, gettext, ngettext
from hub.web.viewer import Site

ARCHES = 12  # places up to here are arches, more are a bar
KINDS = {Kind.NEED: N_("Need"), Kind.OFFER: N_("Offer")}


@dataclass(frozen=True, kw_only=True)
class Card:
    """Words in the language of the moment; `kind` is also its class and its icon.

    `pill`: look, icon and word of the state; `lead` and `rest` are the two parts of the count; `arches`:
    how many places, of which `full` are taken; `promised` and `delivered` of the bar are percentages.
    `place`: area, whether it is from afar, whether it is here.
    """

    kind: str
    tab: str
    pill: tuple[str, str, str]
    title: str
    href: str
    language: str
    when: str
    where: str
    where_icon: str
    who: str
    who_icon: str
    lead: str = ""
    rest: str = ""
    arches: int = 0
    full: int = 0
    bar: bool = False
    promised: float = 0
    delivered: float = 0
    note: str = ""
    place: tuple[str, bool, bool] = ("", False, True)


@dataclass(frozen=True, kw_only=True)
class Here:
    """Where and when the board is read: the village's time zone and place."""

    timezone: str
    point: Point | None = None
    now: datetime | None = None

    @classmethod
    def of(cls, site: Site) -> Self:
        """As somebody reads it at this moment."""
        return cls(timezone=site.timezone, point=site.point, now=datetime.now(UTC))


def card_of(proposal: Proposal, here: Here, *, slots: Sequence[Slot] = ()) -> Card:
    """Its publication with author, owner and organisation must be loaded, nothing need be saved."""
    publication = proposal.publication
    where, where_icon = _where(proposal, here)
    who, who_icon = speaker(proposal)
    lead, rest = _count(proposal)
    return Card(
        kind=publication.kind.value,
        tab=gettext(KINDS[publication.kind]),
        pill=_pill(proposal, here, slots),
        title=publication.title,
        href=f"/{publication.code}",
        language=publication.language or "",
        when=_when(proposal, here, slots),
        where=where,
        where_icon=where_icon,
        who=who,
        who_icon=who_icon,
        lead=lead,
        rest=rest,
        note=_note(proposal),
        place=place_of(proposal),
        **_places(proposal),
    )


async def cards_by_id(ids: Sequence[int], reader: Reader, here: Here) -> dict[int, Card]:
    if not ids:
        return {}
    slots = await slots_of(ids)
    return {one.id: card_of(one, here, slots=slots.get(one.id, ())) for one in await proposals(ids, reader)}


async def slots_of(ids: Sequence[int]) -> dict[int, list[Slot]]:
    """Their times, of those that have several."""
    slots: dict[int, list[Slot]] = {}
    for slot in await Slot.filter(proposal_id__in=ids).order_by("starts_at", "id"):
        slots.setdefault(slot.proposal_id, []).append(slot)
    return slots


async def proposals(ids: Sequence[int], reader: Reader) -> list[Proposal]:
    """With what a card shows, and no more: to be read, never to be saved.

    What was found a moment ago may be hidden by now: it is asked once more who may see it.
    """
    found = Proposal.filter(id__in=ids).select_related("publication__author", "owner", "organisation")
    return [one for one in await found.only(*_OF_CARD) if may_see(one.publication, reader)]


_OF_CARD = (
    "id voice state wanted unit promised delivered starts_at ends_at moment nights at_distance area latitude"
    " longitude link thanks owner_id organisation_id publication_id publication__id publication__kind"
    " publication__code publication__title publication__language publication__author_id"
    " publication__scope publication__hidden_at publication__deleted_at"
    " publication__author__id publication__author__name publication__author__display_name"
    " publication__author__host owner__id owner__name organisation__id organisation__name organisation__kind"
).split()


def place_of(proposal: Proposal) -> tuple[str, bool, bool]:
    """Its line in the list of places: what is from afar is in none."""
    if proposal.at_distance:
        return "", True, True
    return proposal.area, False, not is_elsewhere(proposal)


def due_at(proposal: Proposal, now: datetime, slots: Sequence[Slot] = ()) -> datetime | None:
    """By when somebody should have said yes: its next beginning, or else its end."""
    moments = [proposal.starts_at, *(slot.starts_at for slot in slots), proposal.ends_at]
    return min((at for at in moments if at is not None and at > now), default=None)


def _pill(proposal: Proposal, here: Here, slots: Sequence[Slot]) -> tuple[str, str, str]:
    if proposal.publication.hidden_at is not None:  # agents alone get this far
        return "", "stop", gettext("Hidden")
    now = here.now or datetime.now(UTC)
    due = due_at(proposal, now, slots)
    if proposal.state in LIVING and proposal.publication.kind is Kind.NEED and due is not None:
        zone = ZoneInfo(here.timezone)
        days = (due.astimezone(zone).date() - now.astimezone(zone).date()).days
        if days < 2:
            return "late", "clock", gettext("Tomorrow") if days else gettext("Today")
    if proposal.nights and proposal.state is State.COVERED:
        return "ok", "done", gettext("Full")
    look, icon = STATE_LOOKS[proposal.state]
    return look, icon, gettext(STATE_NAMES[proposal.state])


def _when(proposal: Proposal, here: Here, slots: Sequence[Slot]) -> str:
    """One time in full; of several the first day, and how many there are."""
    if not slots:
        return when_words(proposal, here.timezone)
    day = day_name(min(slot.starts_at for slot in slots).astimezone(ZoneInfo(here.timezone)).date())
    words = ngettext("%(day)s, %(count)s time", "%(day)s, %(count)s times", len(slots))
    return words % {"day": capital(day), "count": len(slots)}


def _where(proposal: Proposal, here: Here) -> tuple[str, str]:
    if proposal.at_distance:
        return where_words(proposal), "share"
    if is_elsewhere(proposal):
        return _elsewhere(proposal, here.point), "village"
    return proposal.area, "place"


def _elsewhere(proposal: Proposal, here: Point | None) -> str:
    area = proposal.area or proposal.publication.author.host
    km = km_between(here, point_of(proposal))
    return gettext("%(place)s, %(km)s km away") % {"place": area, "km": km} if km else area


def _count(proposal: Proposal) -> tuple[str, str]:
    """`2 sur 5` and `personnes trouvées`."""
    if proposal.wanted is None and not proposal.promised:
        return "", ""
    words = count_words(proposal)
    missing = proposal.missing if proposal.publication.kind is Kind.OFFER else proposal.promised
    lead = gettext("%(count)s of %(wanted)s") % {"count": missing, "wanted": proposal.wanted}
    if not words.startswith(lead):
        lead = ""
    rest = words.removeprefix(lead).strip()
    if proposal.delivered and proposal.wanted and proposal.wanted > ARCHES:
        rest = gettext("%(words)s, %(count)s already here") % {"words": rest, "count": proposal.delivered}
    return lead, rest


def _places(proposal: Proposal) -> dict[str, Any]:
    """Arches or bar; neither where nothing is counted."""
    wanted = proposal.wanted
    if not wanted or proposal.nights or proposal.link or proposal.publication.kind is Kind.OFFER:
        return {}
    if wanted <= ARCHES:
        return {"arches": wanted, "full": min(wanted, proposal.promised)}
    shares = {"promised": proposal.promised, "delivered": proposal.delivered}
    return {"bar": True, **{name: round(min(100, 100 * count / wanted)) for name, count in shares.items()}}


def _note(proposal: Proposal) -> str:
    """One more sentence, where the count says nothing."""
    if proposal.link:
        return gettext("A gift of money, made on another site")
    if proposal.nights and proposal.state in LIVING:
        return gettext("The address is given once both sides have said yes.")
    return ""
