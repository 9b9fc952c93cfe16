"""When a mail goes out: the rhythm of its reader, the quiet of the night, the end of the week."""

from datetime import UTC, datetime

import pytest

from hub.notifications.rhythm import Rhythm, last_issue, time_to_send

PARIS = "Europe/Paris"


def at(words: str) -> datetime:
    """`2026-04-16 10:30`, UTC."""
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


def sent(asked: str, rhythm: Rhythm = Rhythm.AT_ONCE, **facts: object) -> datetime | None:
    return time_to_send(at(asked), rhythm, timezone=PARIS, **facts)  # type: ignore[arg-type]


def test_by_day_it_goes_at_once() -> None:
    assert sent("2026-04-16 10:30") == at("2026-04-16 10:30")


@pytest.mark.parametrize(
    ("asked", "morning"),
    [
        ("2026-04-16 19:00", "2026-04-17 06:00"),  # 21:00 in summer
        ("2026-04-16 23:30", "2026-04-17 06:00"),  # half past one
        ("2026-04-16 05:59", "2026-04-16 06:00"),
        ("2026-01-16 20:00", "2026-01-17 07:00"),  # in winter
        ("2026-03-28 22:00", "2026-03-29 06:00"),  # the night that is an hour shorter
    ],
)
@pytest.mark.parametrize("urgent", [True, False])
def test_the_night_is_quiet_and_nothing_is_lost(asked: str, morning: str, urgent: bool) -> None:
    assert sent(asked, urgent=urgent) == at(morning)


def test_the_minute_before_the_night_is_day() -> None:
    assert sent("2026-04-16 18:59") == at("2026-04-16 18:59")


def test_what_the_morning_would_bring_too_late_goes_in_the_evening() -> None:
    midnight = at("2026-04-16 22:00")
    assert sent("2026-04-16 20:30", urgent=True, before=midnight) == at("2026-04-16 20:30")
    assert sent("2026-04-16 20:30", urgent=True, before=at("2026-04-20 22:00")) == at("2026-04-17 06:00")


def test_daily_is_the_next_morning() -> None:
    assert sent("2026-04-16 10:30", Rhythm.DAILY) == at("2026-04-17 06:00")
    assert sent("2026-04-16 03:00", Rhythm.DAILY) == at("2026-04-16 06:00")


@pytest.mark.parametrize("asked", ["2026-04-13 10:30", "2026-04-16 22:30", "2026-04-17 06:30"])
def test_weekly_is_friday_an_hour_after_the_digest(asked: str) -> None:
    assert sent(asked, Rhythm.WEEKLY) == at("2026-04-17 07:00")


def test_what_comes_on_friday_at_noon_waits_a_week() -> None:
    assert sent("2026-04-17 10:00", Rhythm.WEEKLY) == at("2026-04-24 07:00")


def test_what_is_urgent_does_not_wait_for_friday_but_never_is_never() -> None:
    assert sent("2026-04-13 10:30", Rhythm.WEEKLY, urgent=True) == at("2026-04-13 10:30")
    assert sent("2026-04-13 10:30", Rhythm.NEVER, urgent=True) is None


def test_another_village_has_another_night() -> None:
    reunion = time_to_send(at("2026-04-16 17:30"), Rhythm.AT_ONCE, timezone="Indian/Reunion")
    assert reunion == at("2026-04-17 04:00")


@pytest.mark.parametrize(
    ("now", "issue"),
    [
        ("2026-04-17 06:00", "2026-04-17 06:00"),
        ("2026-04-17 05:59", "2026-04-10 06:00"),
        ("2026-04-23 23:00", "2026-04-17 06:00"),
    ],
)
def test_the_digest_is_of_the_last_friday(now: str, issue: str) -> None:
    assert last_issue(at(now), Rhythm.WEEKLY, timezone=PARIS) == at(issue)


def test_monthly_is_the_first_friday() -> None:
    assert last_issue(at("2026-04-30 12:00"), Rhythm.MONTHLY, timezone=PARIS) == at("2026-04-03 06:00")
    assert last_issue(at("2026-05-01 05:00"), Rhythm.MONTHLY, timezone=PARIS) == at("2026-04-03 06:00")
    assert last_issue(at("2026-05-01 06:00"), Rhythm.MONTHLY, timezone=PARIS) == at("2026-05-01 06:00")


def test_who_wants_none_gets_none() -> None:
    assert last_issue(at("2026-05-01 06:00"), Rhythm.NEVER, timezone=PARIS) is None
