"""Home, the boards, the search: what happens in the village, for everyone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.actors.minting import actor_uri
from hub.actors.peers import is_on
from hub.announcements.pages import news
from hub.exchange.cards import Card, Here, cards_by_id
from hub.exchange.categories import CATEGORIES
from hub.feed import atom, board, counts, home, searching
from hub.feed.choices import KILOMETRES, LIVING, MINUTES, Choice
from hub.feed.lots import Lots, lots_of
from hub.organisations.models import Organisation
from hub.projects.list_pages import latest
from hub.publications.models import Kind
from hub.publications.showing import reader_of
from hub.publications.visibility import Reader
from hub.text import N_
from hub.web.alternate import asks_for_document, point_to_document
from hub.web.fields import page_number, plain_text
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Handler, Page

MOST_DONE = 3
HEADINGS = {
    None: N_("The board of needs and offers"),
    Kind.NEED: N_("What people need"),
    Kind.OFFER: N_("What people offer"),
}
PATHS = {None: "/board", Kind.NEED: "/needs", Kind.OFFER: "/offers"}


async def show_home(request: Request) -> Response:
    """Who types the address of the site on their own server finds the village there."""
    site, reader = request.state.site, reader_of(request.state.viewer)
    uri = actor_uri(site.handle) if is_on() else ""
    if uri and asks_for_document(request):
        return RedirectResponse(uri, 303, headers={"vary": "Accept"})
    if site.is_region:
        return see_other("/region")
    response = render(
        request,
        "feed/home.html",
        uri=uri,
        organisations=await Organisation.all().order_by("-added_at").limit(6),
        announcements=await news(reader).limit(3),
        board=await home.look(reader, Here.of(site)),
        week=await home.this_week(reader, Here.of(site)),
        projects=await latest(reader, Here.of(site), most=home.SHOWN),
        origin=request.state.config.origin,
    )
    return point_to_document(response, uri) if uri else response


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
    here, reader = Here.of(site), reader_of(viewer)
    version = await board.version()
    found = await counts.counted(choice, reader, here, at=version)
    day = datetime.now(ZoneInfo(site.timezone)).date()
    lots = await lots_of(day, viewer.member_id if viewer else 0)
    ids = await _ids_of_page(choice, reader, here, found=found, lots=lots)
    done_ids: list[int] = []
    hidden = 0
    if choice.narrows:
        everything = await counts.counted(
            Choice(kind=choice.kind, state=choice.state), reader, here, at=version
        )
        hidden = 0 if found.more or everything.more else max(0, everything.total - found.total)
    elif not choice.state and choice.page == 1:
        done_ids = await board.lately_done_ids(Choice(kind=choice.kind), reader, here, limit=MOST_DONE)
    by_id = await cards_by_id([*ids, *done_ids], reader, here)
    cards = [by_id[each] for each in ids if each in by_id]
    shown = (choice.page - 1) * board.PER_PAGE + len(ids)
    return {
        "cards": cards,
        "links": _by_place(cards),
        "done": [by_id[each] for each in done_ids if each in by_id],
        "found": found,
        "most": counts.MOST,
        "places": found.places[: board.MOST_PLACES],
        "hidden": hidden,
        "left": max(board.PER_PAGE if found.more and ids else 0, found.total - shown),
    }


async def _ids_of_page(
    choice: Choice, reader: Reader, here: Here, *, found: counts.Counted, lots: Lots
) -> list[int]:
    """What was just counted is not looked for again."""
    if found.ids is not None and choice.state == LIVING:
        return board.drawn_of(found.ids, choice, lots)
    many, total = found.total > counts.MOST, 0 if found.more else found.total
    return await board.ids_of_page(choice, reader, here, lots=lots, many=many, total=total)


def _by_place(cards: Iterable[Card]) -> Mapping[tuple[tuple[str, bool, bool], str], list[Card]]:
    """And by kind."""
    found: dict[tuple[tuple[str, bool, bool], str], list[Card]] = defaultdict(list)
    for card in cards:
        found[card.place, card.kind].append(card)
    return found


async def search(request: Request) -> Response:
    text = plain_text(request.query_params.get("q", ""))[:80]
    page = page_number(request.query_params)
    reader, here = reader_of(request.state.viewer), Here.of(request.state.site)
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
