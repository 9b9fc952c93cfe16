"""The page of an event: what, when, where, who comes, and how to."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.actors.models import Actor
from hub.agenda import (
    calendar_pages,
    change_pages,
    coming,
    coming_pages,
    import_pages,
    method_pages,
    minutes_pages,
    new_pages,
    team_pages,
)
from hub.agenda.minutes import minutes_of, was_held
from hub.agenda.rights import is_team, may_change
from hub.agenda.showing import Sheet, find, looks, meant_by, sheet_of
from hub.errors import NotFound
from hub.exchange.cards import Here
from hub.exchange.showing import is_out
from hub.media.photos import photos_of
from hub.publications.markup import hashtags_of
from hub.publications.models import Kind, Publication
from hub.publications.showing import around, reader_of
from hub.publications.visibility import visible_to
from hub.text import N_
from hub.web.alternate import asks_for_document, point_to_document
from hub.web.fields import page_number, parse_id
from hub.web.page_cache import can_fill_in, remembered_without_form
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Handler, Page

ANSWERS_PER_PAGE = 50


async def show(request: Request) -> Response:
    event = await find(request)
    if event is None:
        return render(request, "agenda/gone.html", status=410)
    public = is_out(event.publication)
    if public and asks_for_document(request):
        return RedirectResponse(event.publication.uri, 303, headers={"vary": "Accept"})
    site = request.state.site
    here = Here(timezone=site.timezone, point=site.point)
    sheet = await sheet_of(event, here, reader_of(request.state.viewer))
    facts = await _facts(request, sheet)
    facts |= await _answers(request, sheet, is_team=facts["is_team"])
    response = render(request, "agenda/show.html", public=public, **facts)
    return point_to_document(response, event.publication.uri) if public else response


async def _facts(request: Request, sheet: Sheet) -> dict[str, Any]:
    event, viewer = sheet.event, request.state.viewer
    return {
        **await coming_pages.coming_facts(request, event),
        "sheet": sheet,
        "event": event,
        "publication": event.publication,
        "minutes": await minutes_of(event),
        "was_held": was_held(event),
        "photos": await photos_of(event.publication_id),
        "hashtags": hashtags_of(event.publication.source),
        "origin": request.state.config.origin,
        "may_change": await may_change(event, viewer),
        "is_team": await is_team(event, viewer),
        "can_fill_in": can_fill_in(request),
    }


async def _answers(request: Request, sheet: Sheet, *, is_team: bool) -> dict[str, Any]:
    """What others said below it on the open network; what came of each is for the team: it is who comes."""
    page, reader = page_number(request.query_params), reader_of(request.state.viewer)
    listed = Publication.filter(visible_to(reader), root_id=sheet.event.publication_id)
    ordered = listed.select_related("author").order_by("published_at", "id")
    found = await ordered.offset((page - 1) * ANSWERS_PER_PAGE).limit(ANSWERS_PER_PAGE + 1)
    shown = found[:ANSWERS_PER_PAGE]
    return {
        "answers": shown,
        "around": await around(shown, ours=await Actor.village() if reader.agent else None),
        "meant": await meant_by(shown) if is_team else {},
        "looks": looks,
        "page": page,
        "more": len(found) > ANSWERS_PER_PAGE,
    }


async def count(request: Request) -> Response:
    """An answer from the open network says "I am coming": its writer is asked whether they do."""
    event, viewer = await find(request), request.state.viewer
    if event is None or not await may_change(event, viewer):
        raise NotFound
    answer = Publication.filter(visible_to(reader_of(viewer)), root_id=event.publication_id)
    reply = await answer.select_related("author").get_or_none(id=parse_id(request.state.form, "answer") or 0)
    if reply is None or reply.author.is_local:
        raise NotFound
    await coming.count_as_coming(event, reply, by_team=True)
    return see_other(f"/{event.publication.code}", said="coming-counted")


shows: dict[Kind, Handler] = {Kind.EVENT: remembered_without_form(show)}

said: dict[str, str] = {
    "coming-counted": N_("They are asked in private to confirm. It counts as soon as they have said yes."),
    **new_pages.said,
    **change_pages.said,
    **coming_pages.said,
    **team_pages.said,
    **minutes_pages.said,
    **method_pages.said,
    **calendar_pages.said,
    **import_pages.said,
}

routes: list[Page] = [
    Page("/{code:code}/count", count, access=Access.MEMBER, methods=["POST"], name="count_coming"),
    *new_pages.routes,
    *change_pages.routes,
    *coming_pages.routes,
    *team_pages.routes,
    *method_pages.routes,
    *minutes_pages.routes,
    *calendar_pages.routes,
    *import_pages.routes,
]
