"""The agenda: list and month, filters, and calendars that other programs read."""

import asyncio
import calendar
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from hub.agenda import finding, subscribing
from hub.agenda.cards import EventCard, Line, cards_of, lines_of
from hub.agenda.choices import Choice
from hub.agenda.ical import MEDIA_TYPE, Feed, calendar_of
from hub.agenda.models import Attendance, CalendarKey, Event
from hub.cache import Cache
from hub.errors import NotFound
from hub.exchange.cards import Here
from hub.exchange.categories import CATEGORIES
from hub.publications.models import Kind, Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import Reader, may_see
from hub.text import N_, capital, gettext, in_form, month_name, speaking
from hub.village.models import Village
from hub.web.queries import left_after
from hub.web.revalidating import Version, fresh, unchanged
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

said: dict[str, str] = {
    "calendar-revoked": N_("The address opens nothing any more. You can make another one whenever you like."),
}

NAME = N_("Agenda of %(village)s")
MONTHS_SHOWN = 18  # that links lead to, before and after this one: no program follows them for ever


async def agenda(request: Request) -> Response:
    today = datetime.now(ZoneInfo(request.state.site.timezone)).date()
    choice = Choice.of(request.query_params, today)
    facts = await (_list(request, choice, today) if choice.month is None else _month(request, choice, today))
    return render(
        request,
        "agenda/agenda.html" if choice.month is None else "agenda/month.html",
        choice=choice,
        categories=CATEGORIES,
        this_month=today.replace(day=1),
        feed=f"/agenda.ics{choice.address(month=None).removeprefix('/agenda')}",
        **facts,
    )


async def _list(request: Request, choice: Choice, today: date) -> dict[str, Any]:
    """What is to come, the soonest first."""
    here, reader = Here.of(request.state.site), reader_of(request.state.viewer)
    ids = await finding.to_come(choice, reader, here)
    cards = await cards_of(ids, reader, here)
    if choice.page == 1 and len(ids) < finding.PER_PAGE:
        count = finding.Count(listed=len(cards), off=sum(card.is_off for card in cards))
    else:
        count = await finding.count_to_come(choice, reader, here)
    whole = await finding.count_to_come(Choice(), reader, here) if choice.narrows else count
    return {
        "groups": _by_month(cards, today),
        "count": count,
        "most": finding.MOST,
        "hidden": whole.planned - count.planned if whole.listed <= finding.MOST else 0,
        "left": left_after(
            choice.page, len(ids), total=count.listed, per_page=finding.PER_PAGE, most=finding.MOST
        ),
        "per_page": finding.PER_PAGE,
    }


def _by_month(cards: Sequence[EventCard], today: date) -> list[tuple[str, list[EventCard]]]:
    """Under the name of the month; what has begun on another day comes first."""
    found: dict[str, list[EventCard]] = {}
    for card in cards:
        name = month_name(card.day) if card.day >= today else gettext("Going on now")
        found.setdefault(capital(name), []).append(card)
    return list(found.items())


async def _month(request: Request, choice: Choice, today: date) -> dict[str, Any]:
    """Its weeks from Monday to Sunday, with what takes place on each day."""
    assert choice.month is not None
    here, reader, month = Here.of(request.state.site), reader_of(request.state.viewer), choice.month
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    days = (weeks[0][0], weeks[-1][-1])
    ids = await finding.in_days(choice, reader, here, days=days)
    lines = await lines_of(ids, reader, here)
    after = finding.next_month(month)
    away = (month.year - today.year) * 12 + month.month - today.month
    return {
        "weeks": weeks,
        "more": len(ids) == finding.MOST_IN_MONTH,
        "by_day": _by_day(lines, *days),
        "weekdays": [in_form("EEEE", day) for day in weeks[0]],
        "month_name": month_name(month),
        "before": finding.month_before(month) if away > -MONTHS_SHOWN else None,
        "after": after if away < MONTHS_SHOWN else None,
        "number": sum(line.days[0] < after and line.days[1] >= month and not line.is_off for line in lines),
    }


def _by_day(lines: Sequence[Line], first: date, last: date) -> dict[date, list[Line]]:
    """Each on all its days between these two."""
    found: dict[date, list[Line]] = {}
    for line in lines:
        day, until = max(line.days[0], first), min(line.days[1], last)
        while day <= until:
            found.setdefault(day, []).append(line)
            day += timedelta(days=1)
    return found


async def village_calendar(request: Request) -> Response:
    """What is from here; or what the filters of the address say."""
    site = request.state.site
    choice = Choice.of(request.query_params, date.today())  # noqa: DTZ011 (no month is asked for)
    if not choice.narrows:
        choice = Choice(within=0)
    reader = reader_of(request.state.viewer)
    events = await _events(await finding.of_calendar(choice, reader, Here.of(request.state.site)), reader)
    with speaking(site.locale):
        feed = Feed(name=_name(site.name), path="/agenda", events=events, timezone=site.timezone)
        return await _answer(request, feed)


async def calendar_of_publication(request: Request) -> Response:
    """One event; of a project all its events."""
    reader = reader_of(request.state.viewer)
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or not may_see(publication, reader):
        raise NotFound
    events = await _events(await _ids_of(publication, reader), reader)
    if not events and publication.kind is Kind.EVENT:
        raise NotFound
    path, site = f"/{publication.code}", request.state.site
    with speaking(publication.language or site.locale):
        feed = Feed(name=publication.title, path=path, events=events, timezone=site.timezone)
        return await _answer(request, feed, file=publication.code or "")


async def _ids_of(publication: Publication, reader: Reader) -> list[int]:
    if publication.kind is Kind.PROJECT:
        return await finding.of_project(publication.id, reader)
    if publication.kind is Kind.EVENT:
        return [event.id for event in await Event.filter(publication_id=publication.id).only("id")]
    raise NotFound


async def _events(ids: Sequence[int], reader: Reader) -> list[Event]:
    """With their publications, the soonest first."""
    found = Event.filter(id__in=list(ids)).select_related("publication").order_by("starts_at", "id")
    return [one for one in await found if may_see(one.publication, reader)] if ids else []


def _name(village: str) -> str:
    return gettext(NAME) % {"village": village}


async def _answer(request: Request, feed: Feed, *, file: str = "agenda", private: bool = False) -> Response:
    """Programs ask every few hours, and mostly have it already; a long one is written beside other work."""
    private = private or request.state.viewer is not None
    shared = request.state.site.open_to_visitors and not private
    version = Version(feed.facts, feed.changed_at, shared)
    if version.is_known(request):
        return unchanged(version)
    body = _written.get(version.tag) or _written.put(version.tag, await asyncio.to_thread(calendar_of, feed))
    response = fresh(version, body, media_type=MEDIA_TYPE)
    response.headers["content-disposition"] = f'inline; filename="{file}.ics"'
    response.headers["x-robots-tag"] = "noindex"
    return response


_written: Cache[str, bytes] = Cache(seconds=600, most=20)  # by their tag, which says all that is in them


async def my_calendar(request: Request) -> Response:
    return await _my_calendar(request, "")


async def _my_calendar(request: Request, token: str) -> Response:
    """`token` is shown once: nobody but its owner has it from then on."""
    key = await CalendarKey.get_or_none(member_id=request.state.viewer.member_id)
    origin = request.state.config.origin
    base = f"{origin}/calendar/{token}" if token else ""
    return render(request, "agenda/my_calendar.html", key=key, address=base, host=origin.partition("://")[2])


async def make_address(request: Request) -> Response:
    """Not a redirect: the address stands in no history and in no log, only in this answer."""
    return await _my_calendar(request, await subscribing.make_key(request.state.viewer.member_id))


async def revoke_address(request: Request) -> Response:
    await subscribing.revoke_key(request.state.viewer.member_id)
    return see_other("/me/calendar", said="calendar-revoked")


async def private_calendar(request: Request) -> Response:
    """What stands in the village's agenda for members, and where its owner takes part."""
    return await _private(request, only_mine=False)


async def private_calendar_of_mine(request: Request) -> Response:
    return await _private(request, only_mine=True)


async def _private(request: Request, *, only_mine: bool) -> Response:
    member = await subscribing.member_of_key(request.path_params["token"])
    village = await Village.current()
    if member is None or village is None:
        raise NotFound
    reader, mine = Reader(member=True), await subscribing.taking_part(member.id)
    here = Here.of(request.state.site)
    ids = [] if only_mine else await finding.of_calendar(Choice(within=0), reader, here)
    with speaking(member.locale or village.locale):
        feed = await _private_feed(village, reader, ids=ids, mine=mine)
        return await _answer(request, feed, private=True)


async def _private_feed(
    village: Village, reader: Reader, *, ids: list[int], mine: dict[int, Attendance]
) -> Feed:
    lately = datetime.now(UTC) - finding.KEPT
    events = await _events([*ids, *mine], reader)
    return Feed(
        name=_name(village.name),
        path="/agenda",
        events=[event for event in events if event.ends_at > lately],
        timezone=village.timezone,
        mine=mine,
    )


routes: list[Page] = [
    Page("/agenda", agenda, access=Access.VISITOR),
    Page("/agenda.ics", village_calendar, access=Access.VISITOR),
    Page("/{code:code}.ics", calendar_of_publication, access=Access.VISITOR),
    Page("/me/calendar", my_calendar, access=Access.MEMBER),
    Page("/me/calendar", make_address, access=Access.MEMBER, methods=["POST"], name="make_address"),
    Page("/me/calendar/revoke", revoke_address, access=Access.MEMBER, methods=["POST"]),
    Page("/calendar/{token}.ics", private_calendar, access=Access.ALWAYS),
    Page("/calendar/{token}/mine.ics", private_calendar_of_mine, access=Access.ALWAYS),
]
