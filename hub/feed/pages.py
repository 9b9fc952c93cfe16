"""Home, the boards, the search: what happens in the village, for everyone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from hub.announcements.pages import news
from hub.exchange.cards import Here, cards_by_id
from hub.exchange.categories import CATEGORIES
from hub.feed import atom, board, home, searching
from hub.feed.choices import KILOMETRES, MINUTES, Choice
from hub.organisations.models import Organisation
from hub.projects.list_pages import latest
from hub.publications.models import Kind
from hub.publications.showing import reader_of
from hub.text import N_
from hub.web.fields import page_number, plain_text
from hub.web.templates import render
from hub.web.viewer import Access, Handler, Page, Site

MOST_DONE = 3
HEADINGS = {
    None: N_("The board of needs and offers"),
    Kind.NEED: N_("What people need"),
    Kind.OFFER: N_("What people offer"),
}
PATHS = {None: "/board", Kind.NEED: "/needs", Kind.OFFER: "/offers"}


def here_of(site: Site) -> Here:
    return Here(timezone=site.timezone, point=site.point, now=datetime.now(UTC))


async def show_home(request: Request) -> Response:
    site, reader = request.state.site, reader_of(request.state.viewer)
    return render(
        request,
        "feed/home.html",
        organisations=await Organisation.all().order_by("-added_at").limit(6),
        announcements=await news(reader).limit(3),
        board=await home.look(reader, here_of(site)),
        week=await home.this_week(reader, here_of(site)),
        projects=await latest(reader, here_of(site), most=home.SHOWN),
        origin=request.state.config.origin,
    )


def show_board(kind: Kind | None, name: str) -> Handler:
    """The board of one kind, or of both."""

    async def show(request: Request) -> Response:
        choice = Choice.of(request.query_params, kind=kind)
        return render(
            request,
            "feed/board.html",
            choice=choice,
            path=PATHS[kind if choice.kind is kind else None],
            heading=HEADINGS[choice.kind],
            categories=CATEGORIES,
            minutes=MINUTES,
            kilometres=KILOMETRES,
            per_page=board.PER_PAGE,
            **await _board(request, choice),
        )

    show.__name__ = name
    return show


async def _board(request: Request, choice: Choice) -> dict[str, Any]:
    """What hangs there, as the template wants it."""
    site, viewer = request.state.site, request.state.viewer
    here, reader = here_of(site), reader_of(viewer)
    found = board.conditions(choice, reader, here)
    day = datetime.now(ZoneInfo(site.timezone)).date()
    order = board.shuffled(day, viewer.member_id if viewer else 0)
    skip = (choice.page - 1) * board.PER_PAGE
    ids = await board.found_ids(found, board.ORDERS.get(choice.state, order), limit=board.PER_PAGE, skip=skip)
    version = await board.version()
    places = await board.places(choice, reader, here, at=version)
    total = _number(places)
    done_ids: list[int] = []
    hidden = 0
    if choice.narrows:
        everything = Choice(kind=choice.kind, state=choice.state)
        hidden = _number(await board.places(everything, reader, here, at=version)) - total
    elif not choice.state and choice.page == 1:
        done_ids = await board.lately_done_ids(Choice(kind=choice.kind), reader, here, limit=MOST_DONE)
    cards = await cards_by_id([*ids, *done_ids], reader, here)
    return {
        "cards": [cards[each] for each in ids if each in cards],
        "done": [cards[each] for each in done_ids if each in cards],
        "places": places[: board.MOST_PLACES],
        "needs": sum(place.needs for place in places),
        "offers": sum(place.offers for place in places),
        "hidden": hidden,
        "left": max(0, total - skip - len(ids)),
    }


def _number(places: Sequence[board.Place]) -> int:
    return sum(place.needs + place.offers for place in places)


async def search(request: Request) -> Response:
    text = plain_text(request.query_params.get("q", ""))[:80]
    page = page_number(request.query_params)
    reader, here = reader_of(request.state.viewer), here_of(request.state.site)
    results = await searching.look_for(text, reader, here, page=page)
    return render(request, "feed/search.html", text=text, page=page, results=results)


routes = [
    Page("/", show_home, access=Access.VISITOR, name="home"),
    Page("/board", show_board(None, "board"), access=Access.VISITOR),
    Page("/needs", show_board(Kind.NEED, "needs"), access=Access.VISITOR),
    Page("/offers", show_board(Kind.OFFER, "offers"), access=Access.VISITOR),
    Page("/search", search, access=Access.VISITOR),
    *atom.routes,
]
