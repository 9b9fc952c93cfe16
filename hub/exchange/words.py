"""When, where, how many: needs and offers in words, in the language of the moment."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import dates

from hub.exchange.models import Mode, Moment, Proposal, Slot, State
from hub.publications.models import Kind
from hub.text import N_, NO_BREAK, capital, current_locale, day_name, gettext, ngettext

STATE_NAMES = {
    State.REVIEW: N_("To be read"),
    State.OPEN: N_("Open"),
    State.UNDER_WAY: N_("Under way"),
    State.COVERED: N_("Covered"),
    State.THANKED: N_("Thanked"),
    State.CLOSED: N_("Closed"),
    State.EXPIRED: N_("Expired"),
    State.REFUSED: N_("Set aside"),
}
# Look of the state's pill, and its icon.
STATE_LOOKS = {
    State.REVIEW: ("late", "clock"),
    State.OPEN: ("go", "open"),
    State.UNDER_WAY: ("go", "half"),
    State.COVERED: ("ok", "done"),
    State.THANKED: ("ok", "heart"),
    State.CLOSED: ("", "stop"),
    State.EXPIRED: ("", "clock"),
    State.REFUSED: ("", "stop"),
}
MODE_NAMES = {
    Mode.GIFT: N_("Free, nothing in return"),
    Mode.LOAN: N_("A loan, to be given back"),
    Mode.EXCHANGE: N_("In exchange for something"),
    Mode.SHARED_COSTS: N_("Costs are shared"),
}
MOMENT_NAMES = {
    Moment.ANY: N_("Any time"),
    Moment.MORNING: N_("In the morning"),
    Moment.AFTERNOON: N_("In the afternoon"),
    Moment.EVENING: N_("In the evening"),
}
_MOMENTS = {
    Moment.MORNING: N_("%(day)s, in the morning"),
    Moment.AFTERNOON: N_("%(day)s, in the afternoon"),
    Moment.EVENING: N_("%(day)s, in the evening"),
}


def when_words(proposal: Proposal, timezone: str) -> str:
    """`Samedi 18 avril, le matin`; empty where nobody said when."""
    zone = ZoneInfo(timezone)
    starts = proposal.starts_at.astimezone(zone) if proposal.starts_at else None
    ends = proposal.ends_at.astimezone(zone) if proposal.ends_at else None
    if proposal.nights and starts and ends:
        return gettext("From %(first)s to %(last)s") % {
            "first": day_name(starts.date()),
            "last": day_name(ends.date()),
        }
    if starts is None:
        return gettext("Before %(day)s") % {"day": day_name(ends.date())} if ends else ""
    return capital(_day_and_moment(starts, ends, proposal.moment))


def slot_words(slot: Slot, timezone: str) -> str:
    zone = ZoneInfo(timezone)
    return capital(_hours(slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)))


def _day_and_moment(starts: datetime, ends: datetime | None, moment: Moment) -> str:
    day = day_name(starts.date())
    if moment is Moment.HOURS and ends is not None:
        return _hours(starts, ends)
    return gettext(_MOMENTS[moment]) % {"day": day} if moment in _MOMENTS else day


def _hours(starts: datetime, ends: datetime) -> str:
    return gettext("%(day)s, from %(start)s to %(end)s") % {
        "day": day_name(starts.date()),
        "start": clock(starts),
        "end": clock(ends),
    }


def clock(at: datetime) -> str:
    """`9 h 30`, or `9:30`."""
    if current_locale() == "fr":
        return f"{at.hour} h" if at.minute == 0 else f"{at.hour}{NO_BREAK}h{NO_BREAK}{at.minute:02}"
    return dates.format_time(at, "H:mm", locale=current_locale())


def where_words(proposal: Proposal) -> str:
    """A hamlet or quarter, never an address."""
    return gettext("From afar, from anywhere") if proposal.at_distance else proposal.area


def count_words(proposal: Proposal) -> str:
    """`2 sur 5 personnes`: how many were found of how many."""
    counted = proposal.promised if proposal.wanted is None else proposal.wanted
    facts = {"count": proposal.promised, "wanted": proposal.wanted, "unit": proposal.unit_of(counted)}
    if proposal.nights or proposal.link:
        return ""
    if proposal.wanted is None:
        return gettext("%(count)s %(unit)s so far") % facts
    if proposal.publication.kind is Kind.OFFER:
        told = ngettext(
            "%(left)s of %(wanted)s %(unit)s left", "%(left)s of %(wanted)s %(unit)s left", proposal.wanted
        )
        return told % {**facts, "left": proposal.missing}
    return gettext("%(count)s of %(wanted)s %(unit)s found") % facts


def nights_between(first: date, last: date) -> list[date]:
    """Each night from the evening of `first` to the evening before `last` + 1: both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
