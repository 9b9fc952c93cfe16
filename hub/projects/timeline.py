"""The story of a project in its order: stages, what its carriers tell, events with minutes, decisions.

Somebody who was away reads it in five minutes: what is done, where it stands, what comes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from hub.agenda.models import Event, Resolution, Standing
from hub.agenda.words import summary_words, zone_of
from hub.projects.models import Chapter, Project
from hub.projects.words import STAGE_NAMES
from hub.publications.markup import html_of
from hub.publications.visibility import Reader, may_see
from hub.text import N_, first_of_month, gettext, in_form, ngettext

MOST = 300  # of each sort
EXCERPT = 400  # characters of minutes; the rest is one link away

DONE, NOW, NEXT = "done", "now", "next"
WORKSHOP, MEETING, DECISION = N_("Workshop"), N_("Event"), N_("Decision")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A point of it. `look`: done, now or next; `kind`: in words, what it is; `href`: its own page."""

    on: date
    title: str
    look: str = DONE
    kind: str = ""
    html: str = ""
    note: str = ""
    href: str = ""
    link: str = ""
    decisions: Sequence[str] = ()
    next_step: str = ""
    last: date | None = None  # of several
    chapter: Chapter | None = None
    more: bool = False  # the words go on at `href`

    @property
    def when(self) -> str:
        """`22 janvier 2026`; of several from the next one to the last."""
        if self.last is None or self.last == self.on:
            return long_day(self.on)
        facts = {"first": long_day(self.on), "last": long_day(self.last)}
        return gettext("From %(first)s to %(last)s") % facts


@dataclass(frozen=True, kw_only=True)
class Story:
    """`events` are those to come, the next one first."""

    entries: Sequence[Entry]
    events: Sequence[Event] = field(default=())


async def story_of(
    project: Project, reader: Reader, *, timezone: str, now: datetime, whole: bool = False
) -> Story:
    """Three questions to the database, however long it is. `whole`: with all that the minutes say."""
    chapters = await Chapter.filter(project_id=project.id).order_by("-on", "-id").limit(MOST)
    events = await _events(project, reader)
    decisions = await Resolution.filter(project_id=project.publication_id).order_by("-id").limit(MOST)
    moment = _Moment(timezone=timezone, now=now, most=None if whole else EXCERPT)
    entries = [
        *(_of_chapter(one) for one in chapters),
        *_of_events(events, decisions, moment),
        *(_of_decision(one) for one in decisions if one.event_id is None),
    ]
    ahead = [one for one in events if one.ends_at > now and one.standing is Standing.PLANNED]
    return Story(
        entries=_in_order(entries, project),
        events=sorted(ahead, key=lambda one: (one.starts_at, one.id)),
    )


async def _events(project: Project, reader: Reader) -> list[Event]:
    """The latest that this reader may see; what was cancelled is no part of the story."""
    of_it = Event.filter(project_id=project.publication_id, standing=Standing.PLANNED)
    found = of_it.order_by("-starts_at", "-id").limit(MOST)
    listed = await found.select_related("publication__author", "organisation", "owner")
    return [one for one in listed if may_see(one.publication, reader)]


@dataclass(frozen=True, kw_only=True)
class _Moment:
    timezone: str
    now: datetime
    most: int | None  # characters of minutes

    def day(self, event: Event) -> date:
        return event.starts_at.astimezone(zone_of(event, self.timezone)).date()


def _of_chapter(chapter: Chapter) -> Entry:
    kind = gettext(STAGE_NAMES.get(chapter.stage, ""))
    return Entry(
        on=chapter.on,
        title=chapter.title,
        look=NEXT if chapter.planned else DONE,
        kind="" if kind == chapter.title else kind,
        html=_html_of(chapter.text),
        link=chapter.link,
        chapter=chapter,
    )


def _of_events(events: Iterable[Event], decisions: Iterable[Resolution], moment: _Moment) -> list[Entry]:
    """Each one that left minutes or decisions, or stands alone; those of a series that did not, together."""
    decided: dict[int, list[str]] = {}
    for one in sorted(decisions, key=lambda each: each.id):
        decided.setdefault(one.event_id or 0, []).append(one.text)
    together: dict[int, list[Event]] = {}
    entries = []
    for event in events:
        told = event.minutes_at is not None or event.id in decided
        if event.series_id is not None and not told:
            together.setdefault(event.series_id, []).append(event)
        else:
            entries.append(_of_event(event, decided.get(event.id, []), moment))
    return [*entries, *(_of_series(one, moment) for one in together.values())]


def _of_event(event: Event, decisions: list[str], moment: _Moment) -> Entry:
    past = event.ends_at <= moment.now
    minutes = event.minutes if event.minutes_at is not None else ""
    return Entry(
        on=moment.day(event),
        title=event.publication.title,
        look=DONE if past else NEXT,
        kind=gettext(WORKSHOP if event.is_workshop else MEETING),
        html=_html_of(shortened(minutes, moment.most)),
        note=_came(event) if past else f"{summary_words(event, moment.timezone)}.",
        href=f"/{event.publication.code}",
        decisions=decisions,
        next_step=event.next_step if event.minutes_at is not None else "",
        more=moment.most is not None and len(minutes) > moment.most,
    )


def _of_series(events: list[Event], moment: _Moment) -> Entry:
    """Eleven Saturdays in one line; it is done with the last of them."""
    in_order = sorted(events, key=lambda one: one.starts_at)
    over = [one for one in in_order if one.ends_at <= moment.now]
    nearest = in_order[min(len(over), len(in_order) - 1)]
    if len(in_order) == 1:
        return _of_event(nearest, [], moment)
    times = ngettext(
        "%(count)s time, %(done)s of them done.", "%(count)s times, %(done)s of them done.", len(in_order)
    )
    return Entry(
        on=moment.day(nearest),
        title=nearest.publication.title,
        look=DONE if len(over) == len(in_order) else NEXT,
        kind=gettext(WORKSHOP if nearest.is_workshop else MEETING),
        note=times % {"count": len(in_order), "done": len(over)},
        href=f"/{nearest.publication.code}",
        last=moment.day(in_order[-1]),
    )


def _of_decision(decision: Resolution) -> Entry:
    return Entry(on=decision.decided_on, title=decision.text, kind=gettext(DECISION))


def _came(event: Event) -> str:
    if not event.came:
        return ""
    return ngettext("%(count)s person was there.", "%(count)s people were there.", event.came) % {
        "count": event.came
    }


@lru_cache(maxsize=1_000)
def _html_of(text: str) -> str:
    """The same few texts are shown again and again."""
    return html_of(text) if text else ""


def long_day(day: date) -> str:
    """`22 janvier 2026`, and `1er avril 2026` as it is said in French."""
    return first_of_month(in_form("d MMMM y", day), day)


def shortened(text: str, most: int | None) -> str:
    """The first lines of what is long, cut between two words."""
    if most is None or len(text) <= most:
        return text
    return text[:most].rsplit(None, 1)[0].rstrip(" .,;:") + "…"


def _in_order(entries: list[Entry], project: Project) -> list[Entry]:
    """What is done by its day, then where it stands, then what comes by its day."""

    def by_day(entry: Entry) -> tuple[date, int]:
        return entry.on, entry.chapter.id if entry.chapter is not None else 0

    done = sorted((one for one in entries if one.look == DONE), key=by_day)
    ahead = sorted((one for one in entries if one.look == NEXT), key=by_day)
    standing = _where_it_stands(done, project)
    if standing is None:
        return [*done, *ahead]
    return [*(one for one in done if one is not standing), replace(standing, look=NOW), *ahead]


def _where_it_stands(done: list[Entry], project: Project) -> Entry | None:
    """The last stage that it reached; of what is closed none."""
    if not project.is_active:
        return None
    reached = [one for one in done if one.chapter is not None and one.chapter.stage is project.stage]
    return reached[-1] if reached else None
