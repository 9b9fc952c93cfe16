"""What pages say of who comes: places left, roles, who brings what, and the place of whoever looks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from hub.agenda.actions import is_open
from hub.agenda.models import (
    HOLDING,
    Attendance,
    Contribution,
    Event,
    JoinMode,
    Presence,
    Shift,
    Standing,
)
from hub.agenda.words import STANDING_NAMES, count_words, shift_words, when_words, where_words
from hub.exchange.showing import TOGETHER
from hub.text import N_, gettext, typeset

ARCHES = 12  # one for each place; above, words alone
OPENS_BEFORE = timedelta(hours=2)  # the door, and the button "I am there"
SHUTS_AFTER = timedelta(hours=12)

PRESENCE_NAMES = {
    Presence.ASKED: N_("Waits for their yes"),
    Presence.COMING: N_("You have a place"),
    Presence.WAITING: N_("On the waiting list"),
    Presence.LEFT: N_("Taken back"),
    Presence.DECLINED: N_("Not this time"),
}
# Look of the pill, and its icon.
PRESENCE_LOOKS = {
    Presence.ASKED: ("", "clock"),
    Presence.COMING: ("ok", "done"),
    Presence.WAITING: ("go", "clock"),
    Presence.LEFT: ("", "stop"),
    Presence.DECLINED: ("", "stop"),
}


@dataclass(frozen=True, kw_only=True)
class Coming:
    """An event with what its page says of who comes; `mine`: the places of whoever looks."""

    event: Event
    timezone: str
    now: datetime
    shifts: Sequence[Shift] = ()
    contributions: Sequence[Contribution] = ()
    mine: Sequence[Attendance] = field(default=())

    @property
    def is_ours(self) -> bool:
        return self.event.owner_id is not None

    @property
    def takes(self) -> bool:
        """Whether one can say here that one comes."""
        planned = self.event.standing is Standing.PLANNED and is_open(self.event, self.now)
        return planned and self.event.join_mode is JoinMode.FREE

    @property
    def is_open(self) -> bool:
        return is_open(self.event, self.now)

    @property
    def is_full(self) -> bool:
        """Whoever says now that they come waits."""
        return self.event.free_places == 0

    @property
    def is_at_the_door(self) -> bool:
        """Whether it begins in a moment, goes on, or has just ended."""
        held = self.event.standing is Standing.PLANNED
        return held and self.event.starts_at - OPENS_BEFORE <= self.now <= self.event.ends_at + SHUTS_AFTER

    @property
    def when(self) -> str:
        return typeset(when_words(self.event, self.timezone))

    @property
    def where(self) -> str:
        return where_words(self.event)

    @property
    def count(self) -> str:
        return count_words(self.event)

    @property
    def arches(self) -> list[bool]:
        """One for each place, True where somebody comes; none above twelve."""
        if not 1 < (self.event.capacity or 0) <= ARCHES:
            return []
        return [number < self.event.coming for number in range(self.event.capacity or 0)]

    @property
    def choices(self) -> list[tuple[int, str]]:
        """How many come, in words."""
        return list(enumerate((gettext(one) for one in TOGETHER), start=1))

    def shift_words(self, shift: Shift) -> str:
        return typeset(shift_words(shift, self.timezone))

    def pill(self, attendance: Attendance) -> tuple[str, str, str]:
        """Look, icon and words; of another hub's event its server has the last word."""
        if self.event.standing is Standing.CANCELLED:
            return "late", "stop", gettext(STANDING_NAMES[Standing.CANCELLED])
        look, sign = PRESENCE_LOOKS[attendance.presence]
        if attendance.presence is Presence.WAITING and not self.is_ours:
            return look, sign, gettext("Asked for")
        return look, sign, gettext(PRESENCE_NAMES[attendance.presence])

    def brings(self, attendance: Attendance) -> list[str]:
        return [line.what for line in self.contributions if line.brought_by_id == attendance.participant_id]

    def private_place(self, attendance: Attendance) -> str:
        """For who has the shift, from the day before until its end."""
        shift = attendance.shift if isinstance(attendance.shift, Shift) else None
        if shift is None or attendance.presence is not Presence.COMING or not self.is_open:
            return ""
        starts, ends = shift.starts_at or self.event.starts_at, shift.ends_at or self.event.ends_at
        zone = ZoneInfo(self.timezone)
        first = datetime.combine(starts.astimezone(zone).date() - timedelta(days=1), time(0), zone)
        return shift.private_place if first <= self.now <= ends else ""

    def is_private_later(self, attendance: Attendance) -> bool:
        """There is a place that they will learn, the day before."""
        shift = attendance.shift if isinstance(attendance.shift, Shift) else None
        has_one = shift is not None and bool(shift.private_place)
        return has_one and self.is_open and not self.private_place(attendance)


async def coming_of(event: Event, who: Q | None, timezone: str) -> Coming:
    """`who`: a condition on attendances, those of whoever looks; None: nobody in particular."""
    mine: list[Attendance] = []
    if who is not None:
        theirs = Attendance.filter(who, event_id=event.id, presence__in=list(HOLDING))
        mine = await theirs.select_related("participant", "shift").order_by("id")
    return Coming(
        event=event,
        timezone=timezone,
        now=datetime.now(UTC),
        shifts=await Shift.filter(event_id=event.id).order_by("position", "id"),
        contributions=await Contribution.filter(event_id=event.id).order_by("id"),
        mine=mine,
    )


async def comings_of(attendances: Iterable[Attendance], timezone: str) -> list[tuple[Attendance, Coming]]:
    """Of each, with its event loaded, what a list shows of it; asks as often for many as for one."""
    listed = list(attendances)
    events = [one.event_id for one in listed]
    lines = await Contribution.filter(event_id__in=events).order_by("id") if events else []
    now = datetime.now(UTC)
    return [
        (
            one,
            Coming(
                event=one.event,
                timezone=timezone,
                now=now,
                contributions=[line for line in lines if line.event_id == one.event_id],
                mine=(one,),
            ),
        )
        for one in listed
    ]
