"""What the page of an event shows beside who comes: its other dates, its project, what came of answers."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request

from hub.agenda.actions import is_open
from hub.agenda.cards import EventCard, card_of
from hub.agenda.models import Attendance, Event, Method, Presence, Standing
from hub.agenda.words import RHYTHM_NAMES, STANDING_NAMES, summary_words, when_words
from hub.errors import NotFound
from hub.exchange.cards import Here
from hub.exchange.models import words_in
from hub.publications.models import Kind, Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import Reader, may_know_gone, may_see, visible_to
from hub.text import N_, NO_BREAK, current_locale, gettext

OTHER_DATES = 8


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """An event with what its page says of it; `dates`: others of its series that are still to come."""

    event: Event
    card: EventCard
    timezone: str
    dates: list[Event]
    project: Publication | None
    method: Method | None
    now: datetime

    @property
    def is_ours(self) -> bool:
        return self.event.owner_id is not None

    @property
    def is_ahead(self) -> bool:
        """Still to come, or going on."""
        return is_open(self.event, self.now)

    @property
    def when(self) -> str:
        return when_words(self.event, self.timezone)

    @property
    def pill(self) -> tuple[str, str, str]:
        """Look, icon and word of where it stands."""
        if self.event.standing in (Standing.CANCELLED, Standing.REFUSED):
            return "late", "stop", gettext(STANDING_NAMES[self.event.standing])
        if not self.is_ahead:
            return "", "done", gettext("It has been")
        if self.event.standing is Standing.REVIEW:
            return "late", "clock", gettext(STANDING_NAMES[Standing.REVIEW])
        if self.event.starts_at <= self.now:
            return "go", "half", gettext("Now")
        return "go", "open", gettext("To come")

    @property
    def rhythm(self) -> str:
        series = self.event.series
        return gettext(RHYTHM_NAMES[series.rhythm]) if series is not None and self.event.series_id else ""

    @property
    def method_name(self) -> str:
        return words_in(self.method.names, current_locale()) if self.method is not None else ""

    def date_words(self, event: Event) -> str:
        return when_words(event, self.timezone)

    def pass_on(self, url: str, phone: str) -> str:
        """Words to copy into any application, or to read aloud."""
        facts = [self.event.publication.title, summary_words(self.event, self.timezone)]
        phone = phone.replace(" ", NO_BREAK)
        way = gettext("%(url)s or %(phone)s") % {"url": url, "phone": phone} if phone else url
        return " ".join(f"{fact.rstrip('.')}." for fact in facts if fact) + f" {way}"


async def find(request: Request) -> Event | None:
    """The event of this address; None if one may know that it is gone. Raises NotFound."""
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.kind is not Kind.EVENT:
        raise NotFound
    reader = reader_of(request.state.viewer)
    if may_see(publication, reader):
        return await event_of(publication)
    if may_know_gone(publication, reader) and publication.hidden_at is None:
        return None
    raise NotFound


async def find_any(request: Request) -> Event:
    """The same for who looks after it, also before the others see it; rights are the caller's business."""
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.kind is not Kind.EVENT or publication.deleted_at is not None:
        raise NotFound
    return await event_of(publication)


async def event_of(publication: Publication) -> Event:
    """With its owner, organisation and series."""
    found = Event.filter(publication_id=publication.id).select_related("owner", "organisation", "series")
    event = await found.first()
    if event is None:
        raise NotFound
    event.publication = publication
    return event


async def sheet_of(event: Event, here: Here, reader: Reader) -> Sheet:
    now = here.now or datetime.now(UTC)
    return Sheet(
        event=event,
        card=card_of(event, here),
        timezone=here.timezone,
        dates=await _dates(event, reader, now),
        project=await _project(event, reader),
        method=await Method.get_or_none(key=event.method) if event.method else None,
        now=now,
    )


async def _dates(event: Event, reader: Reader, now: datetime) -> list[Event]:
    if event.series_id is None:
        return []
    seen = await Publication.filter(visible_to(reader), event__series_id=event.series_id).values_list(
        "id", flat=True
    )
    others = Event.filter(series_id=event.series_id, publication_id__in=seen, ends_at__gt=now)
    shown = others.exclude(id=event.id).select_related("publication").order_by("starts_at")
    return await shown.limit(OTHER_DATES)


async def _project(event: Event, reader: Reader) -> Publication | None:
    """As far as this reader may know that it is one."""
    if event.project_id is None:
        return None
    found = await Publication.get_or_none(id=event.project_id)
    return found if found is not None and may_see(found, reader) else None


async def meant_by(answers: list[Publication]) -> dict[int, Attendance]:
    """For the team: what came of each answer that was counted, the attendance by the answer's number."""
    numbers = [each.id for each in answers]
    found = await Attendance.filter(reply_id__in=numbers).select_related("participant") if numbers else []
    return {each.reply_id: each for each in found if each.reply_id is not None}


# Look of the pill, its icon and words.
COUNTED = {
    Presence.ASKED: ("", "clock", N_("Waits for their yes")),
    Presence.COMING: ("ok", "done", N_("Coming")),
    Presence.WAITING: ("go", "clock", N_("On the waiting list")),
}


def looks(attendance: Attendance) -> tuple[str, str, str] | None:
    """Look, icon and words of an answer that counts; None where it does not any more."""
    return COUNTED.get(attendance.presence)
