"""An event that comes again: on which days, and the events that are made of them some weeks ahead.

Each is an event of its own, with its page, its people and its lists. Others are told of each two weeks
before, so that a year of rounds does not fill their agendas at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from hub.agenda.making import Maker, draft_of, make_event
from hub.agenda.models import Event, EventDraft, Rhythm, Series, Shift, ShiftDraft, Standing
from hub.agenda.publishing import send_out
from hub.agenda.settling import locked
from hub.db import transaction
from hub.errors import NotFound
from hub.publications.documents import new_code

MADE_AHEAD = timedelta(days=60)
SENT_AHEAD = timedelta(days=14)

# The least time from one to the next.
STEPS = {
    Rhythm.WEEKLY: timedelta(days=7),
    Rhythm.FORTNIGHTLY: timedelta(days=14),
    Rhythm.MONTHLY: timedelta(days=28),
}


def days_of(first: date, rhythm: Rhythm, until: date) -> Iterator[date]:
    """From the first to the last. Each month: on the same weekday of it; the fifth one is the last."""
    if rhythm is not Rhythm.MONTHLY:
        day = first
        while day <= until:
            yield day
            day += STEPS[rhythm]
        return
    year, month = first.year, first.month
    while (day := _in_month(first, year, month)) <= until:
        yield day
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _in_month(first: date, year: int, month: int) -> date:
    """The same weekday in the same week of another month."""
    week = (first.day - 1) // 7
    start = date(year, month, 1)
    day = start + timedelta(days=(first.weekday() - start.weekday()) % 7 + 7 * week)
    return day if day.month == month else day - timedelta(days=7)


async def begin(event: Event, draft: EventDraft) -> None:
    """Make a series of an event that was made just now; the others follow once it may be seen."""
    assert draft.repeats is not None
    assert draft.until is not None, "a rhythm comes with its end"
    zone = ZoneInfo(event.timezone)
    event.series = await Series.create(
        rhythm=draft.repeats,
        until=draft.until,
        made_until=event.starts_at.astimezone(zone).date(),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )
    await event.save(update_fields=["series_id"])


async def extend(series_id: int, now: datetime | None = None) -> None:
    """Make the events of the next weeks that are not there yet; may come twice."""
    now = now or datetime.now(UTC)
    async with transaction():
        series = await Series.select_for_update().get_or_none(id=series_id)
        model = await _model(series_id)
        if series is None or series.ended_at is not None or model is None:
            return
        zone = ZoneInfo(model.timezone)
        until = min(series.until, (now + MADE_AHEAD).astimezone(zone).date())
        first = series.starts_at.astimezone(zone).date()
        for day in days_of(first, series.rhythm, until):
            if day > series.made_until:
                await _make(model, series, day=day, now=now)
        series.made_until = max(series.made_until, until)
        await series.save(update_fields=["made_until"])


async def _model(series_id: int) -> Event | None:
    """The latest that was not changed by itself: the next ones are like it. None where nobody may see any."""
    ours = Event.filter(series_id=series_id, owner_id__not_isnull=True)
    shown = ours.filter(publication__deleted_at=None, publication__hidden_at=None)
    shown = shown.filter(standing__in=[Standing.PLANNED, Standing.CANCELLED])
    found = shown.select_related("publication__author", "owner", "organisation")
    return await found.order_by("is_exception", "-starts_at").first()


async def _make(model: Event, series: Series, *, day: date, now: datetime) -> None:
    assert model.owner is not None, "another hub's is no model"
    by = Maker(
        owner=model.owner,
        author=model.publication.author,
        voice=model.voice,
        organisation=model.organisation,
    )
    draft = _on(await draft_of(model), series, day)
    event = await make_event(draft, by, code=new_code(), trusted=True)
    event.series = series
    if event.starts_at <= now + SENT_AHEAD:
        event.sent_at = now
    await event.save(update_fields=["series_id", "sent_at"])
    await send_out(event)


def later(draft: EventDraft, days: timedelta) -> EventDraft:
    """The same so many days later, at the same hours of the clock, also where clocks were changed."""
    zone = ZoneInfo(draft.timezone)
    return replace(
        draft,
        starts_at=_later(draft.starts_at, days, zone),
        ends_at=_later(draft.ends_at, days, zone),
        shifts=tuple(_later_shift(shift, days, zone) for shift in draft.shifts),
    )


def _on(draft: EventDraft, series: Series, day: date) -> EventDraft:
    """The same on another day, at the hours of the series."""
    zone = ZoneInfo(draft.timezone)
    again = later(draft, day - _clock(draft.starts_at, zone).date())
    begins = _clock(series.starts_at, zone)
    return replace(
        again,
        starts_at=_later(series.starts_at, day - begins.date(), zone),
        ends_at=_later(series.ends_at, day - begins.date(), zone),
    )


def _later(at: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    return _moment(_clock(at, zone) + days, zone)


def _later_shift(shift: ShiftDraft, days: timedelta, zone: ZoneInfo) -> ShiftDraft:
    if shift.starts_at is None or shift.ends_at is None:
        return replace(shift, id=None)
    starts, ends = (_later(at, days, zone) for at in (shift.starts_at, shift.ends_at))
    return replace(shift, id=None, starts_at=starts, ends_at=ends)


def _clock(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall says: without a zone, so that days are always of 24 hours."""
    return at.astimezone(zone).replace(tzinfo=None)


def _moment(clock: datetime, zone: ZoneInfo) -> datetime:
    return clock.replace(tzinfo=zone).astimezone(UTC)


async def end(series_id: int) -> None:
    """No more of them are made."""
    await Series.filter(id=series_id, ended_at=None).update(ended_at=datetime.now(UTC))


async def following(event: Event, *, also_alone: bool = False) -> list[Event]:
    """This one and those after it that are still to come; `also_alone`: also what was changed by itself."""
    later = Event.filter(series_id=event.series_id, starts_at__gt=event.starts_at)
    shown = later.filter(standing=Standing.PLANNED, publication__deleted_at=None)
    alike = shown if also_alone else shown.filter(is_exception=False)
    return [event, *(await alike.select_related("publication__author").order_by("starts_at"))]


async def drafts_like(draft: EventDraft, events: Sequence[Event]) -> list[EventDraft]:
    """The draft of the first of these, for each of them on its own day."""
    zone, first = ZoneInfo(draft.timezone), events[0]
    before = _clock(first.starts_at, zone).date()
    known = await _shift_numbers(first)
    drafts = [draft]
    for event in events[1:]:
        days = _clock(event.starts_at, zone).date() - before
        theirs = dict(zip(known, await _shift_numbers(event), strict=False))
        again = later(draft, days)
        shifts = (
            replace(new, id=theirs.get(old.id or 0))
            for old, new in zip(draft.shifts, again.shifts, strict=True)
        )
        drafts.append(replace(again, shifts=tuple(shifts), photos=None))
    return drafts


async def _shift_numbers(event: Event) -> list[int]:
    return [shift.id for shift in await Shift.filter(event_id=event.id).order_by("position", "id")]


async def follow(event: Event, draft: EventDraft) -> None:
    """What will be made of the series has the day and the hours of this draft from now on.

    `event` is as it was before; in the caller's transaction.
    """
    zone = ZoneInfo(draft.timezone)
    series = await Series.select_for_update().get(id=event.series_id)
    days = _clock(draft.starts_at, zone).date() - _clock(event.starts_at, zone).date()
    starts = _clock(draft.starts_at, zone)
    anchor = datetime.combine(_clock(series.starts_at, zone).date() + days, starts.time())
    series.starts_at = _moment(anchor, zone)
    series.ends_at = _moment(anchor + (_clock(draft.ends_at, zone) - starts), zone)
    series.made_until += days
    await series.save(update_fields=["starts_at", "ends_at", "made_until"])


async def make_ahead(now: datetime | None = None) -> None:
    """Make what comes within the next weeks, of every series; what nobody wants any more ends."""
    for series in await Series.filter(ended_at=None).order_by("id"):
        if not await Event.filter(series_id=series.id, publication__deleted_at=None).exists():
            await end(series.id)
        elif series.made_until < series.until:
            await extend(series.id, now)


async def tell_ahead(now: datetime | None = None) -> None:
    """Tell others of what of a series, or of somebody's calendar, begins within two weeks.

    What has begun meanwhile is told no more.
    """
    now = now or datetime.now(UTC)
    many = Q(series_id__isnull=False) | Q(calendar_id__isnull=False)
    untold = Event.filter(many, sent_at=None, owner_id__not_isnull=True, standing=Standing.PLANNED)
    due = untold.filter(starts_at__gt=now, starts_at__lte=now + SENT_AHEAD)
    shown = due.filter(publication__deleted_at=None, publication__hidden_at=None)
    for event in await shown.order_by("starts_at", "id"):
        await _tell(event, now)


async def _tell(event: Event, now: datetime) -> None:
    async with transaction():
        try:
            ours = await locked(event)
        except NotFound:  # taken down a moment ago
            return
        told = ours.sent_at is not None or ours.publication.hidden_at is not None
        if told or ours.standing is not Standing.PLANNED:
            return
        ours.sent_at = ours.publication.published_at = now
        await ours.save(update_fields=["sent_at"])
        await send_out(ours)
