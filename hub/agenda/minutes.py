"""What was said and decided at an event; of a project it becomes a part of its story."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from markupsafe import Markup

from hub.agenda.actions import own
from hub.agenda.models import Event, Resolution, Standing
from hub.agenda.publishing import send_changes
from hub.db import transaction
from hub.errors import Conflict
from hub.publications.markup import html_of
from hub.text import N_

NOT_YET = N_("This has not begun yet. Write down what was said once it has.")
IS_OFF = N_("This was cancelled: nothing was said there that one could write down.")
SOMEBODY_WAS_FASTER = N_(
    "Somebody else changed these words a moment ago. What you wrote is here: compare it with the page, and"
    " send it again."
)
MOST_DECISIONS = 20


class Overtaken(Conflict):
    """Somebody else wrote since these words were read."""


@dataclass(frozen=True, kw_only=True)
class MinutesDraft:
    """What somebody noted, checked; `came`: how many people were there, where somebody counted."""

    text: str
    decisions: tuple[str, ...] = ()
    next_step: str = ""
    came: int | None = None


@dataclass(frozen=True, kw_only=True)
class Minutes:
    """As everybody reads them who sees the event; `html` is clean."""

    html: Markup
    decisions: tuple[str, ...]
    next_step: str
    came: int | None
    at: datetime


async def record_minutes(event: Event, draft: MinutesDraft, seen: str | None = None) -> None:
    """Published at once, and again with each change. Raises Conflict where there was no event, or not yet.

    `seen`: the version that its writer has read, where somebody else may write at the same time; raises
    Overtaken where it is another by now.
    """
    async with transaction():
        ours = await own(event)
        check_was_held(ours)
        if seen is not None and seen != await version_of(ours):
            raise Overtaken(SOMEBODY_WAS_FASTER)
        ours.minutes, ours.next_step, ours.came = draft.text, draft.next_step, draft.came
        ours.minutes_at = ours.minutes_at or datetime.now(UTC)
        await ours.save(update_fields=["minutes", "next_step", "came", "minutes_at"])
        await _decide(ours, draft.decisions)
        await send_changes(ours)


def was_held(event: Event) -> bool:
    """It took place, or has begun."""
    return event.standing is Standing.PLANNED and event.starts_at <= datetime.now(UTC)


def check_was_held(event: Event) -> None:
    """Raises Conflict before it has begun, and where it was cancelled."""
    if not was_held(event):
        raise Conflict(IS_OFF if event.standing is Standing.CANCELLED else NOT_YET)


async def minutes_of(event: Event) -> Minutes | None:
    """None until somebody wrote them."""
    if event.minutes_at is None:
        return None
    return Minutes(
        html=Markup(html_of(event.minutes)),
        decisions=await decisions_of(event),
        next_step=event.next_step,
        came=event.came,
        at=event.minutes_at,
    )


async def version_of(event: Event) -> str:
    """Another with each change of what is written there; empty until somebody wrote."""
    if event.minutes_at is None:
        return ""
    words = (event.minutes, event.next_step, event.came, *await decisions_of(event))
    return sha256(repr(words).encode()).hexdigest()[:16]


async def decisions_of(event: Event) -> tuple[str, ...]:
    """In the order in which they were written."""
    found = await Resolution.filter(event_id=event.id).order_by("id").values_list("text", flat=True)
    return tuple(str(text) for text in found)


async def _decide(event: Event, decisions: tuple[str, ...]) -> None:
    """Those that stand there already keep the moment at which they were written down."""
    known = await decisions_of(event)
    if known == decisions:
        return
    await Resolution.filter(event_id=event.id).delete()
    for text in decisions:
        await Resolution.create(event=event, project_id=event.project_id, text=text, decided_on=_day(event))


def _day(event: Event) -> date:
    return event.starts_at.astimezone(ZoneInfo(event.timezone)).date()
