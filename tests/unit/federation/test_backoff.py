"""When a post is tried again, and how a host that was away is met."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from federation.backoff import HostState, batch, gives_up, next_try
from federation.limits import GIVE_UP, LONGEST_RETRY, LONGEST_WISH, RAMP

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_delay_is_never_nothing_and_never_too_long(attempts: int, jitter: float) -> None:
    delay = next_try(attempts, jitter=jitter, now=NOW) - NOW
    assert timedelta(seconds=30) <= delay <= LONGEST_RETRY * 1.25


@given(st.integers(1, 100))
def test_each_failure_waits_at_least_as_long_as_the_one_before(attempts: int) -> None:
    assert next_try(attempts + 1, jitter=0, now=NOW) >= next_try(attempts, jitter=0, now=NOW)


@given(st.floats(0, 1))
def test_flt_11_a_post_is_tried_for_seven_days_and_more(jitter: float) -> None:
    at, attempts = NOW, 0
    while not gives_up(NOW, now=at):
        attempts += 1
        at = next_try(attempts, jitter=jitter, now=at)
    assert at - NOW > timedelta(days=7)
    assert timedelta(days=7) <= GIVE_UP
    assert attempts < 60


def test_flt_16_the_wish_to_wait_counts_within_reason() -> None:
    later = NOW + timedelta(hours=2)
    assert next_try(1, jitter=0, now=NOW, retry_after=later) == later
    assert next_try(1, jitter=0, now=NOW, retry_after=NOW + timedelta(days=3650)) == NOW + LONGEST_WISH
    sooner = next_try(1, jitter=0, now=NOW, retry_after=NOW - timedelta(days=1))
    assert sooner == next_try(1, jitter=0, now=NOW)


def test_a_host_that_was_started_anew_was_not_away() -> None:
    seconds, minutes, week = timedelta(seconds=5), timedelta(minutes=10), timedelta(days=7)
    away = [HostState(failing_since=NOW - since).away(NOW) for since in (seconds, minutes, week)]
    assert away == [False, True, True]
    assert not HostState().away(NOW)


def test_ld_05_a_host_that_came_back_is_met_slowly() -> None:
    back = HostState(revived_at=NOW)
    assert [batch(back, now=NOW + RAMP * step, full=50) for step in range(8)] == [1, 2, 4, 8, 16, 32, 50, 50]
    assert batch(HostState(failing_since=NOW), now=NOW, full=50) == 1
    assert batch(HostState(), now=NOW, full=50) == 50
