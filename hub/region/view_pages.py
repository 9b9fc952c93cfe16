"""The network at a glance: villages on circles, numbers, what waits for long; and each village by itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import NotFound
from hub.exchange.cards import Here
from hub.exchange.categories import CATEGORIES
from hub.publications.models import Kind
from hub.publications.showing import reader_of
from hub.region import figures, of_village, view
from hub.region.map import Drawing, Spot, draw
from hub.text import gettext, ngettext
from hub.web.fields import page_number
from hub.web.templates import render
from hub.web.viewer import Access, Page

PER_PAGE = 40  # villages with a number on the map
PER_PAGE_SILENT = 12
ALWAYS, MOST = 2, 4  # figures: needs and offers also where there are none


async def show_region(request: Request) -> Response:
    site, here = request.state.site, Here.of(request.state.site)
    network, page = await view.network(site, start(request)), page_number(request.query_params)
    shown = network.villages[(page - 1) * PER_PAGE : page * PER_PAGE]
    if not shown and page > 1:
        raise NotFound
    return render(
        request,
        "region/region.html",
        network=network,
        villages=shown,
        drawing=drawing(network, shown, [Kind.NEED]),
        page=page,
        left=max(0, len(network.villages) - page * PER_PAGE),
        subjects=subjects(network),
        figures=numbers(network.count, await _done(network, here)),
        silent=await view.silent(replace(here, point=network.middle)),
        now=datetime.now(UTC),
    )


def start(request: Request) -> str:
    """Key of the village that distances are measured from."""
    return request.query_params.get("from", "")[:255]


def drawing(network: view.Network, numbered: Sequence[view.Village], kinds: Sequence[Kind]) -> Drawing | None:
    """`numbered`: those whose numbers are written; None: nobody knows where anything is."""
    if network.middle is None:
        return None
    labelled = {each.key for each in numbered}
    spots = [
        Spot(
            point=each.point,
            label=str(each.number) if each.key in labelled else "",
            full=any(each.count.of(kind) for kind in kinds),
            is_middle=each is network.start,
        )
        for each in network.villages
        if each.point is not None
    ]
    return draw(network.middle, tuple(spots)) if spots else None


def subjects(network: view.Network) -> list[tuple[str, str, int, int]]:
    """Key and name of each subject of which something hangs, needs and offers; the most asked first."""
    count = network.count
    found = [
        (key, each.name, count.in_category(Kind.NEED, key), count.in_category(Kind.OFFER, key))
        for key, each in CATEGORIES.items()
    ]
    return sorted((one for one in found if one[2] or one[3]), key=lambda one: (-one[2], -one[3]))


async def _done(network: view.Network, here: Here) -> figures.Done:
    """Since the first of this month; with whom, only where this is a village."""
    local = (here.now or datetime.now(UTC)).astimezone(ZoneInfo(here.timezone))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    neighbours = [each.host for each in network.villages if each.host]
    is_region = not any(each.is_here for each in network.villages)
    return await figures.done(first, [] if is_region else neighbours)


def numbers(count: figures.Count, done: figures.Done) -> list[tuple[str, str]]:
    """Four of them, with what they say; one that is nothing makes room for the next."""
    listed = [
        (count.needs, ngettext("open need", "open needs", count.needs)),
        (count.offers, ngettext("offer", "offers", count.offers)),
        _covered(done),
        (done.wait and wait_words(done.wait), gettext("until somebody says yes, half of the time")),
        (count.events, ngettext("date to come", "dates to come", count.events)),
        (count.projects, ngettext("project under way", "projects under way", count.projects)),
    ]
    return [(str(number), words) for at, (number, words) in enumerate(listed) if number or at < ALWAYS][:MOST]


def _covered(done: figures.Done) -> tuple[int, str]:
    """By neighbours, where that is known and happened."""
    if number := done.by_neighbours:
        words = ngettext(
            "need covered by a neighbour, this month", "needs covered by a neighbour, this month", number
        )
        return number, words
    return done.covered, ngettext("need covered, this month", "needs covered, this month", done.covered)


def wait_words(wait: timedelta) -> str:
    """`36 heures`, `3 jours`."""
    hours = round(wait / timedelta(hours=1))
    if hours < 1:
        return gettext("less than an hour")
    if hours < 48:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    days = round(wait / timedelta(days=1))
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


async def show_silent(request: Request) -> Response:
    page, here = page_number(request.query_params), Here.of(request.state.site)
    cards = await view.silent(here, most=PER_PAGE_SILENT + 1, skip=(page - 1) * PER_PAGE_SILENT)
    return render(
        request,
        "region/silent.html",
        cards=cards[:PER_PAGE_SILENT],
        more=len(cards) > PER_PAGE_SILENT,
        page=page,
    )


async def show_homes(request: Request) -> Response:
    """A network has no board: where do you live?"""
    network = await view.network(request.state.site)
    wanted = request.query_params.get("new", "")
    return render(
        request,
        "region/at_home.html",
        villages=sorted(network.villages, key=lambda each: each.name),
        new=wanted if wanted in (Kind.NEED.value, Kind.OFFER.value) else Kind.NEED.value,
    )


async def show_village(request: Request) -> Response:
    site, reader = request.state.site, reader_of(request.state.viewer)
    village = await view.village(site, request.path_params["host"])
    if village is None:
        raise NotFound
    return render(
        request,
        "region/village.html",
        village=village,
        now=datetime.now(UTC),
        **await of_village.look(village.host, reader, Here.of(site)),
    )


routes = [
    Page("/region", show_region, access=Access.VISITOR),
    Page("/region/silent", show_silent, access=Access.VISITOR),
    Page("/region/at-home", show_homes, access=Access.VISITOR),
    Page("/region/{host}", show_village, access=Access.VISITOR),
]
