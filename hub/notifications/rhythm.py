"""When somebody hears of something: the rhythm that they chose, and the quiet of the night."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Rhythm(StrEnum):
    """How often somebody wants a mail; see OF_NOTICES and OF_DIGEST."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    NEVER = "never"


OF_NOTICES = (Rhythm.AT_ONCE, Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.NEVER)
OF_DIGEST = (Rhythm.WEEKLY, Rhythm.MONTHLY, Rhythm.NEVER)

MORNING = time(8)  # in the village; from EVENING to MORNING no mail goes out
EVENING = time(21)
ISSUE_DAY = 4  # the digest comes on Fridays, before the weekend
AFTER_ISSUE = time(9)  # by then the digest has taken along what waited for it


def time_to_send(
    asked: datetime,
    rhythm: Rhythm,
    *,
    timezone: str,
    urgent: bool = False,
    before: datetime | None = None,
) -> datetime | None:
    """When a mail goes out for what was told at `asked`; None: never.

    What the quiet of the night would make useless (`before`) does not wait for the morning.
    """
    if rhythm is Rhythm.NEVER:
        return None
    zone = ZoneInfo(timezone)
    if urgent or rhythm is Rhythm.AT_ONCE:
        morning = _after_the_night(asked, zone)
        return asked if before is not None and morning >= before else morning
    if rhythm is Rhythm.DAILY:
        return _next(asked, MORNING, zone)
    return _next(asked, AFTER_ISSUE, zone, weekday=ISSUE_DAY)


def last_issue(now: datetime, rhythm: Rhythm, *, timezone: str) -> datetime | None:
    """When the latest digest was due: a Friday morning, the first of a month for who hears monthly."""
    if rhythm not in (Rhythm.WEEKLY, Rhythm.MONTHLY):
        return None
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    day = local.date() - timedelta(days=(local.weekday() - ISSUE_DAY) % 7)
    if local < datetime.combine(day, MORNING, zone):
        day -= timedelta(days=7)
    while rhythm is Rhythm.MONTHLY and day.day > 7:
        day -= timedelta(days=7)
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def _after_the_night(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if MORNING <= local.time() < EVENING:
        return at
    day = local.date() + timedelta(days=1 if local.time() >= EVENING else 0)
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def _next(after: datetime, clock: time, zone: ZoneInfo, *, weekday: int | None = None) -> datetime:
    """The first such moment later than `after`."""
    local = after.astimezone(zone)
    day = local.date() + timedelta(days=0 if local.time() < clock else 1)
    if weekday is not None:
        day += timedelta(days=(weekday - day.weekday()) % 7)
    return datetime.combine(day, clock, zone).astimezone(UTC)
