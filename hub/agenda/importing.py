"""The calendar of an organisation joins the agenda: what it would do, then all of it or nothing; each day.

A date is recognised by its UID; what stands in the agenda already by another way is left alone. The calendar
has the last word about day, place and words; who comes, and what was added here, stays.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from tortoise.expressions import Q

from hub import limits
from hub.agenda import actions, calendar_sources
from hub.agenda.calendar_sources import Entry, Reading
from hub.agenda.making import FACTS, Maker, draft_of, make_event
from hub.agenda.models import Calendar, Event, EventDraft, JoinMode, Standing
from hub.agenda.publishing import send_out
from hub.agenda.series import SENT_AHEAD
from hub.db import transaction
from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange.models import Voice
from hub.exchange.speaking import author_for
from hub.jobs import enqueue
from hub.organisations.models import Organisation, words_key
from hub.participants.actions import participant_of
from hub.participants.models import Participant, Person
from hub.publications.documents import new_code
from hub.publications.models import Scope
from hub.text import N_, gettext, speaking
from hub.village.models import Village

TOO_MANY_CALENDARS = N_("Five calendars are read here already. Stop reading one of them first.")
KNOWN_ADDRESS = N_("This address is read here already.")
EMPTY = N_("The calendar is empty now. Its dates stay here until we know more.")
NO_LONGER_THERE = N_("It is no longer in the calendar of those who invite.")
NOT_AGREED = timedelta(days=1)  # then what was only looked at goes


class Outcome(StrEnum):
    """What becomes of a date."""

    ADDED = "added"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    GONE = "gone"  # not in the calendar any more
    HERE = "here"  # stands in the agenda by another way
    SAME = "same"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a date of the calendar would do to the agenda; `entry` is None for what is gone from it."""

    outcome: Outcome
    entry: Entry | None = None
    event: Event | None = None

    @property
    def title(self) -> str:
        if self.entry is not None:
            return self.entry.title
        return self.event.publication.title if self.event is not None else ""

    @property
    def starts_at(self) -> datetime:
        moment = self.entry or self.event
        assert moment is not None, "a change is about something"
        return moment.starts_at


async def look_at(
    organisation: Organisation, reading: Reading, person: Person, *, url: str, scope: Scope, category: str
) -> Calendar:
    """Keep what was read until somebody agrees. Raises InvalidInput where there are too many already."""
    async with transaction():
        if url:
            await _check_room(organisation.id, url)
        return await Calendar.create(
            organisation=organisation,
            name=reading.name or organisation.name,
            url=url,
            owner=await participant_of(person, reach=False),
            scope=scope,
            category=category,
            waiting=reading.as_json(),
        )


async def _check_room(organisation_id: int | None, url: str) -> None:
    """Raises InvalidInput at `url` where it is read already, or too many are."""
    theirs = Calendar.filter(organisation_id=organisation_id, read_at__isnull=False, stopped_at=None)
    living = await theirs.exclude(url="")
    if any(one.url == url for one in living):
        raise InvalidInput({"url": KNOWN_ADDRESS})
    if len(living) >= limits.CALENDARS_PER_ORGANISATION:
        raise InvalidInput({"url": TOO_MANY_CALENDARS})


async def agree(calendar: Calendar) -> None:
    """Take over what was shown. A second time nothing happens. Raises InvalidInput as look_at()."""
    async with transaction():
        ours = await _locked(calendar)
        if ours.waiting is None:
            return
        if ours.url:  # others may have been agreed to since, or at the same time
            await Organisation.select_for_update(no_key=True).get_or_none(id=ours.organisation_id)
            await _check_room(ours.organisation_id, ours.url)
        reading = Reading.of_json(ours.waiting)
        ours.waiting, ours.read_at = None, datetime.now(UTC)
        await ours.save(update_fields=["waiting", "read_at"])
        await _take_over(ours, reading)


async def stop(calendar: Calendar, *, remove: bool = False) -> None:
    """Read it no more; `remove`: its dates to come are taken down with it, else they stay."""
    async with transaction():
        ours = await _locked(calendar)
        if ours.stopped_at is not None:
            return
        ours.stopped_at, ours.waiting = datetime.now(UTC), None
        await ours.save(update_fields=["stopped_at", "waiting"])
        ahead = Event.filter(
            calendar_id=ours.id, starts_at__gt=datetime.now(UTC), publication__deleted_at=None
        )
        for event in await ahead if remove else ():
            await actions.delete_event(event)


async def read_again(calendar_id: int) -> None:
    """Job: what its address says now; a failure is written down for its people, and tried again tomorrow."""
    calendar, village = await Calendar.get_or_none(id=calendar_id), await Village.current()
    if calendar is None or village is None or not _is_read(calendar):
        return
    try:
        reading = await calendar_sources.read_address(calendar.url, timezone=village.timezone)
    except InvalidInput as problem:
        await Calendar.filter(id=calendar_id).update(problem=problem.by_field["url"])
        return
    async with transaction():
        ours = await _locked(calendar)
        if not _is_read(ours):
            return
        ours.read_at, ours.problem = datetime.now(UTC), ""
        if not reading.known and await Event.filter(calendar_id=ours.id).exists():
            ours.problem = EMPTY
        else:
            await _take_over(ours, reading)
        await ours.save(update_fields=["read_at", "problem"])


def _is_read(calendar: Calendar) -> bool:
    return bool(calendar.url) and calendar.read_at is not None and calendar.stopped_at is None


async def read_all() -> None:
    """Have every calendar with an address read again; and forget what nobody agreed to."""
    async with transaction():
        read = Calendar.filter(read_at__isnull=False, stopped_at=None).exclude(url="")
        for calendar_id in await read.order_by("id").values_list("id", flat=True):
            await enqueue(read_again, calendar_id=calendar_id)
    old = datetime.now(UTC) - NOT_AGREED
    async with transaction():
        forgotten = Calendar.filter(read_at=None, made_at__lt=old)
        owners = await forgotten.values_list("owner_id", flat=True)
        await forgotten.delete()
        await Participant.filter(id__in=owners).delete()


async def compare(calendar: Calendar, reading: Reading) -> list[Change]:
    """What taking it over would do now, in the order of its dates."""
    known = await _known(calendar, [entry.uid for entry in reading.entries])
    by_other_ways = await _by_other_ways(reading.entries)
    changes = []
    for entry in reading.entries:
        event = known.get(entry.uid)
        if event is not None:
            changes.append(Change(outcome=_outcome(entry, event), entry=entry, event=event))
        elif entry.uid in by_other_ways or (entry.starts_at, words_key(entry.title)) in by_other_ways:
            changes.append(Change(outcome=Outcome.HERE, entry=entry))
        elif not entry.cancelled:
            changes.append(Change(outcome=Outcome.ADDED, entry=entry))
    gone = await _gone(calendar, reading)
    return [*changes, *(Change(outcome=Outcome.GONE, event=event) for event in gone)]


def _outcome(entry: Entry, event: Event) -> Outcome:
    """What was taken down or called off here, or is over, stays as it is."""
    if event.publication.deleted_at is not None or event.standing is not Standing.PLANNED:
        return Outcome.SAME
    if entry.cancelled:
        return Outcome.CANCELLED
    said = facts_of(entry)
    publication = event.publication
    here = {name: getattr(event, name) for name in FACTS if name in said}
    here |= {"title": publication.title, "text": publication.source}
    return Outcome.SAME if here == said else Outcome.CHANGED


def facts_of(entry: Entry) -> dict[str, Any]:
    """What the calendar decides: the fields of a draft."""
    place, _, address = (part.strip() for part in entry.place.partition(","))
    online = entry.place if entry.place.startswith(("https://", "http://")) else ""
    further = entry.url if entry.url not in entry.text else ""
    return {
        "title": entry.title,
        "text": "\n\n".join(part for part in (entry.text, further) if part),
        "starts_at": entry.starts_at,
        "ends_at": entry.ends_at,
        "all_day": entry.all_day,
        "timezone": entry.timezone,
        "place": "" if online else place[:160],
        "address": "" if online else address[:300],
        "online_url": online[:500],
    }


async def _known(calendar: Calendar, uids: Iterable[str]) -> dict[str, Event]:
    """Dates that came from a calendar of this organisation before, this one or another."""
    theirs = Event.filter(calendar__organisation_id=calendar.organisation_id, uid__in=list(uids))
    return {str(one.uid): one for one in await theirs.select_related("publication").order_by("id")}


async def _by_other_ways(entries: Sequence[Entry]) -> set[object]:
    """URIs, and moment with title, of what stands in the agenda."""
    if not entries:
        return set()
    by_uri = Q(publication__uri__in=[entry.uid for entry in entries])
    at_the_time = Q(starts_at__in=[entry.starts_at for entry in entries])
    shown = Event.filter(by_uri | at_the_time, publication__deleted_at=None, publication__hidden_at=None)
    found = await shown.select_related("publication")
    known: set[object] = {event.publication.uri for event in found}
    return known | {(event.starts_at, words_key(event.publication.title)) for event in found}


async def _gone(calendar: Calendar, reading: Reading) -> list[Event]:
    """Dates to come that the calendar had and has no more; where it has too many, of those that we see.

    What is there and cannot be understood today stays.
    """
    if not calendar.url or calendar.read_at is None:
        return []
    known, unread = {entry.uid for entry in reading.entries}, set(reading.unread)
    planned = [one for one in await _ahead(calendar) if one.standing is Standing.PLANNED]
    gone = [one for one in planned if one.uid not in known and not _uids_of(one) & unread]
    if reading.further and reading.entries:
        gone = [one for one in gone if one.starts_at <= reading.entries[-1].starts_at]
    return gone


def _uids_of(event: Event) -> set[str]:
    """Its own, and that of what it is a round of."""
    uid = event.uid or ""
    return {uid, uid.rpartition("/")[0]}


async def _ahead(calendar: Calendar) -> list[Event]:
    """Its dates to come."""
    ahead = Event.filter(calendar_id=calendar.id, starts_at__gt=datetime.now(UTC))
    shown = ahead.filter(publication__deleted_at=None).select_related("publication")
    return await shown.order_by("starts_at", "id")


async def _take_over(calendar: Calendar, reading: Reading) -> None:
    """In the caller's transaction."""
    village = await Village.current()
    assert village is not None, "the village is set up"
    await calendar.fetch_related("owner", "organisation")
    with speaking(village.locale):
        for change in await compare(calendar, reading):
            if change.event is not None:
                await _change(change.event, change)
            elif change.outcome is Outcome.ADDED and change.entry is not None:
                await _add(calendar, change.entry, language=village.locale)


async def _change(event: Event, change: Change) -> None:
    if change.outcome is Outcome.CANCELLED:
        await actions.cancel(event)
    elif change.outcome is Outcome.GONE:
        await _be_gone(event)
    elif change.outcome is Outcome.CHANGED and change.entry is not None:
        draft = replace(await draft_of(event), **facts_of(change.entry))
        with suppress(Conflict):  # it is over by now
            await actions.change_event(event, draft)


async def _be_gone(event: Event) -> None:
    """Who wants to come is told; where nobody does, it simply goes."""
    if await actions.holders(event):
        await actions.cancel(event, gettext(NO_LONGER_THERE))
    else:
        await actions.delete_event(event)


async def _add(calendar: Calendar, entry: Entry, *, language: str) -> None:
    """Others are told of what is near; of the rest two weeks before (hub.agenda.series)."""
    assert calendar.owner is not None, "somebody added it"
    draft = EventDraft(
        scope=calendar.scope,
        category=calendar.category,
        join_mode=JoinMode.NONE,
        language=language,
        **facts_of(entry),
    )
    by = Maker(
        owner=calendar.owner,
        author=await author_for(calendar.organisation),
        voice=Voice.ORGANISATION if calendar.organisation is not None else Voice.TOWN_HALL,
        organisation=calendar.organisation,
    )
    event = await make_event(draft, by, code=new_code(), trusted=True)
    event.calendar, event.uid = calendar, entry.uid
    event.sent_at = datetime.now(UTC) if event.starts_at <= datetime.now(UTC) + SENT_AHEAD else None
    await event.save(update_fields=["calendar_id", "uid", "sent_at"])
    await send_out(event)


async def _locked(calendar: Calendar) -> Calendar:
    """The row as it is now, until the transaction ends. Raises NotFound."""
    found = await Calendar.select_for_update().get_or_none(id=calendar.id)
    if found is None:
        raise NotFound
    return found
