"""How many reports and decisions there were, month by month; numbers, and nothing of anybody."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from hub.moderation.models import Case, Complaint, Decision, Outcome

MONTHS = 24


@dataclass
class Month:
    """`hours`: from the first report to the decision, the middle one; None where nothing was decided."""

    first: datetime
    people: int = 0
    servers: int = 0
    decided: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    contested: int = 0
    overturned: int = 0
    hours: int | None = None


async def months(timezone: str) -> list[Month]:
    """The newest first; those in which nothing happened are left out."""
    since = datetime.now(UTC) - timedelta(days=31 * MONTHS)
    calendar = _Calendar(ZoneInfo(timezone))
    for at, host in await Complaint.filter(made_at__gt=since).values_list("made_at", "host"):
        month = calendar.month_of(at)
        month.servers, month.people = month.servers + bool(host), month.people + (not host)
    for case in await Case.filter(contested_at__gt=since).only("id", "contested_at"):
        assert case.contested_at is not None
        calendar.month_of(case.contested_at).contested += 1
    first = await _count_first(calendar, since)
    for decision in await Decision.filter(at__gt=since, second=True):
        overturned = first.get(decision.case_id, decision.outcome) is not decision.outcome
        calendar.month_of(decision.at).overturned += overturned
    return sorted(calendar.months.values(), key=lambda month: month.first, reverse=True)


class _Calendar:
    """The months in which something happened, as the village counts them."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.months: dict[datetime, Month] = {}

    def month_of(self, at: datetime) -> Month:
        first = at.astimezone(self.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return self.months.setdefault(first, Month(first))


async def _count_first(calendar: _Calendar, since: datetime) -> dict[int, Outcome]:
    """Each first decision in its month, and how long it took; its outcome, by case."""
    found = await Decision.filter(at__gt=since, second=False).select_related("case")
    waits: dict[datetime, list[float]] = defaultdict(list)
    for decision in found:
        month = calendar.month_of(decision.at)
        month.decided[decision.outcome] += 1
        waits[month.first].append((decision.at - decision.case.opened_at).total_seconds())
    for first, seconds in waits.items():
        calendar.months[first].hours = round(median(seconds) / 3600)
    return {decision.case_id: decision.outcome for decision in found}
