"""When, where, how many: events in words, in the language of the moment."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hub.agenda.models import Event, Rhythm, Shift, Standing
from hub.exchange.words import clock
from hub.text import N_, capital, day_name, gettext, ngettext

STANDING_NAMES = {
    Standing.REVIEW: N_("To be read"),
    Standing.PLANNED: N_("Planned"),
    Standing.CANCELLED: N_("Cancelled"),
    Standing.REFUSED: N_("Set aside"),
}

RHYTHM_NAMES = {
    Rhythm.WEEKLY: N_("Every week"),
    Rhythm.FORTNIGHTLY: N_("Every second week"),
    Rhythm.MONTHLY: N_("Every month, on the same weekday"),
}


def when_words(event: Event, timezone: str) -> str:
    """`Samedi 18 avril, de 9 h à 12 h`; over several days from one to the other."""
    return capital(when_within(event, timezone))


def when_within(event: Event, timezone: str) -> str:
    """The same within a sentence, where a language may begin a day's name with a small letter."""
    zone = zone_of(event, timezone)
    starts, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    return span_words(starts, ends, all_day=event.all_day)


def zone_of(event: Event, timezone: str) -> ZoneInfo:
    """Of the reader; whole days are everywhere those of where it takes place."""
    return ZoneInfo(event.timezone if event.all_day else timezone)


def span_words(starts: datetime, ends: datetime, *, all_day: bool = False) -> str:
    """Both in the time zone of zone_of(); of whole days the end is the midnight after."""
    last = ends - timedelta(days=1) if all_day else ends
    if starts.date() == last.date():
        day = day_name(starts.date())
        if all_day:
            return day
        if starts == ends:  # others do not always say until when
            return gettext("%(day)s, at %(start)s") % {"day": day, "start": clock(starts)}
        return gettext("%(day)s, from %(start)s to %(end)s") % {
            "day": day,
            "start": clock(starts),
            "end": clock(ends),
        }
    if all_day:
        return gettext("From %(first)s to %(last)s") % {
            "first": day_name(starts.date()),
            "last": day_name(last.date()),
        }
    return gettext("From %(first)s, %(start)s, to %(last)s, %(end)s") % {
        "first": day_name(starts.date()),
        "start": clock(starts),
        "last": day_name(ends.date()),
        "end": clock(ends),
    }


def where_words(event: Event) -> str:
    """`Salle des fêtes, 1 place Neuve`, or that it is held online."""
    if event.place or event.address:
        return ", ".join(part for part in (event.place, event.address) if part)
    return gettext("Online") if event.online_url else ""


def summary_words(event: Event, timezone: str) -> str:
    """`Samedi 12 décembre, de 14 h à 16 h, salle des fêtes`: what Mastodon shows of it, beside its title."""
    return ", ".join(part for part in (when_words(event, timezone), where_words(event)) if part)


def shift_words(shift: Shift, timezone: str) -> str:
    """`Buvette, samedi 18 avril, de 14 h à 16 h`."""
    if shift.starts_at is None or shift.ends_at is None:
        return shift.name
    zone = ZoneInfo(timezone)
    return f"{shift.name}, {span_words(shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone))}"


def count_words(event: Event) -> str:
    """`12 personnes viennent, il reste 8 places`."""
    coming = ngettext("%(count)s person is coming", "%(count)s people are coming", event.coming)
    words = coming % {"count": event.coming} if event.coming else gettext("Nobody has signed up yet")
    free = event.free_places
    if free is None:
        return words
    left = ngettext("%(count)s place is left", "%(count)s places are left", free) % {"count": free}
    return f"{words}, {left if free else gettext('full')}"
