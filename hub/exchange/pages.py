"""The page of a need or an offer: what it is, who answered, and how to help."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.actors.models import Actor
from hub.errors import NotFound
from hub.exchange import mine_pages, pledge_pages
from hub.exchange.asides import asides_for
from hub.exchange.models import Pledge, Proposal
from hub.exchange.pledge_pages import LOOKS
from hub.exchange.rights import may_change
from hub.exchange.showing import (
    Sheet,
    find,
    find_known,
    find_seen,
    is_author,
    is_out,
    mine_among,
    sheet_of,
    stages,
    wishes,
)
from hub.exchange.words import MODE_NAMES, where_words
from hub.media.photos import photos_of
from hub.participants.forms import new_form_code
from hub.participants.people import somebody
from hub.publications.markup import hashtags_of
from hub.publications.models import Kind, Publication
from hub.publications.showing import around, reader_of
from hub.publications.visibility import visible_to
from hub.web.alternate import asks_for_document, point_to_document
from hub.web.fields import page_number
from hub.web.page_cache import can_fill_in, remembered_without_form
from hub.web.templates import render
from hub.web.viewer import Access, Page

ANSWERS_PER_PAGE = 50
BOARDS = {Kind.NEED: "/needs", Kind.OFFER: "/offers"}

said = {**pledge_pages.said, **mine_pages.said}


async def show(request: Request) -> Response:
    try:
        proposal = await find(request)
    except NotFound:
        return _show_brief(request, await find_known(request))
    if proposal is None:
        return render(request, "exchange/gone.html", status=410)
    public = is_out(proposal.publication)
    if public and asks_for_document(request):
        return RedirectResponse(proposal.publication.uri, 303, headers={"vary": "Accept"})
    response = render(request, "exchange/show.html", **await _facts(request, proposal), public=public)
    return point_to_document(response, proposal.publication.uri) if public else response


def _show_brief(request: Request, proposal: Proposal) -> Response:
    """For who may know no more than title and hamlet, of what asks around."""
    publication = proposal.publication
    if asks_for_document(request):
        return RedirectResponse(publication.uri, 303, headers={"vary": "Accept"})
    response = render(
        request,
        "exchange/brief.html",
        publication=publication,
        place=where_words(proposal),
        takes_pledges=proposal.takes_pledges,
    )
    return point_to_document(response, publication.uri)


async def _facts(request: Request, proposal: Proposal) -> dict[str, Any]:
    viewer, site = request.state.viewer, request.state.site
    sheet = await sheet_of(proposal, site.timezone)
    return {
        **await _answers(request, sheet),
        "sheet": sheet,
        "proposal": proposal,
        "publication": proposal.publication,
        "board": BOARDS[proposal.publication.kind],
        "photos": await photos_of(proposal.publication_id),
        "hashtags": hashtags_of(proposal.publication.source),
        "origin": request.state.config.origin,
        "mode_names": MODE_NAMES,
        **LOOKS,
        "stages": await stages(proposal),
        "wishes": await wishes(proposal),
        "mine": mine_among(sheet.pledges, somebody(request)),
        "is_author": await is_author(proposal, viewer),
        "asides": await asides_for(request, proposal, await _base(request, proposal)),
        "can_fill_in": can_fill_in(request),
        "values": {"code": new_form_code()},
    }


async def _base(request: Request, proposal: Proposal) -> str:
    """The address below which this viewer acts on it; empty for who may not."""
    viewer = request.state.viewer
    if viewer is None or not await may_change(proposal, viewer):
        return ""
    return f"/{proposal.publication.code}"


async def _answers(request: Request, sheet: Sheet) -> dict[str, Any]:
    """What others said below it on the open network, and what came of each."""
    page, reader = page_number(request.query_params), reader_of(request.state.viewer)
    listed = Publication.filter(visible_to(reader), root_id=sheet.publication.id).select_related("author")
    found = (
        await listed.order_by("published_at", "id")
        .offset((page - 1) * ANSWERS_PER_PAGE)
        .limit(ANSWERS_PER_PAGE + 1)
    )
    shown = found[:ANSWERS_PER_PAGE]
    here = {each.id for each in shown}
    meant: dict[int, Pledge] = {
        each.reply_id: each for each in sheet.pledges if each.reply_id is not None and each.reply_id in here
    }
    return {
        "answers": shown,
        "around": await around(shown, ours=await Actor.village() if reader.agent else None),
        "meant": meant,
        "promised": [each for each in sheet.committed if each.id not in {one.id for one in meant.values()}],
        "page": page,
        "more": len(found) > ANSWERS_PER_PAGE,
    }


async def leave(request: Request) -> Response:
    """A gift of money is made elsewhere: where, and to whom."""
    proposal = await find_seen(request)
    if not proposal.link:
        raise NotFound
    return render(request, "exchange/leave.html", proposal=proposal, publication=proposal.publication)


_show = remembered_without_form(show)
shows = {Kind.NEED: _show, Kind.OFFER: _show}

routes: list[Page] = [
    Page("/{code:code}/leave", leave, access=Access.VISITOR),
    *pledge_pages.routes,
    *mine_pages.routes,
]
