"""The village's news: the list, the page of each announcement with its answers, and what agents do there."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.queryset import QuerySet

import hub.fediverse.actions as fediverse
from hub import limits
from hub.actors.models import Actor
from hub.actors.peers import is_on
from hub.announcements import actions, forms
from hub.db import transaction
from hub.errors import InvalidInput, NotFound
from hub.fediverse import network
from hub.journal import record
from hub.media.forms import Uploader, known_photos, no_photos, take_photos
from hub.media.photos import photos_of
from hub.members.viewer import member_of
from hub.participants.ageing import start_of
from hub.publications.documents import new_code, parse_code
from hub.publications.markup import hashtags_of
from hub.publications.models import Kind, Publication, Scope
from hub.publications.showing import around, reader_of
from hub.publications.visibility import Reader, may_know_gone, may_see, visible_to
from hub.text import N_
from hub.web.alternate import asks_for_document, point_to_document
from hub.web.fields import local_path, page_number, parse_id, plain_text
from hub.web.page_cache import remembered
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Handler, Page
from hub.web.visit import visitor_network

PER_PAGE = 20
ANSWERS_PER_PAGE = 50

said = {
    "announcement-published": N_("It is published."),
    "announcement-changed": N_("It is changed, also for those who have it already."),
    "announcement-deleted": N_("It is deleted. Other servers are asked to delete it, too."),
    "announcement-pinned": N_("It stays at the top from now on."),
    "announcement-unpinned": N_("It no longer stays at the top."),
    "answer-sent": N_("The answer is sent."),
    "answer-hidden": N_("It no longer shows on our pages."),
    "answer-shown": N_("It shows again."),
    "liked": N_("They will hear that you like it."),
    "unliked": N_("The like is taken back."),
    "boosted": N_("It is passed on to those who follow the village."),
    "unboosted": N_("It is no longer passed on."),
}


def news(reader: Reader) -> QuerySet[Publication]:
    """The announcements that this reader may see, the newest first."""
    seen = Publication.filter(visible_to(reader), kind=Kind.ANNOUNCEMENT)
    return seen.select_related("author").order_by("-published_at", "-id")


async def list_news(request: Request) -> Response:
    page, tag = page_number(request.query_params), plain_text(request.query_params.get("tag", ""))[:100]
    listed, zone = news(reader_of(request.state.viewer)), ZoneInfo(request.state.site.timezone)
    years, year = await _years(listed, zone), _year(request.query_params.get("year", ""))
    if tag:
        listed = listed.filter(source__icontains=f"#{tag}")
    if year is not None:
        begins, ends = (start_of(date(each, 1, 1), zone) for each in (year, year + 1))
        listed = listed.filter(published_at__gte=begins, published_at__lt=ends)
    shown = await listed.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    return render(
        request,
        "announcements/news.html",
        announcements=shown[:PER_PAGE],
        more=len(shown) > PER_PAGE,
        page=page,
        tag=tag,
        years=years,
        year=year,
        federated=is_on(),
    )


async def _years(listed: QuerySet[Publication], zone: ZoneInfo) -> Sequence[int]:
    """From the newest to the oldest: after ten years nobody presses “next” so often."""
    newest, oldest = await listed.first(), await listed.order_by("published_at").first()
    if newest is None or oldest is None:
        return []
    last, first = (each.published_at.astimezone(zone).year for each in (newest, oldest))
    return range(last, first - 1, -1)


def _year(text: str) -> int | None:
    return int(text) if re.fullmatch("[12][0-9]{3}", text) else None


async def show(request: Request) -> Response:
    publication = await _find(request)
    if publication is None:
        return render(request, "announcements/gone.html", status=410)
    if not publication.author.is_local:
        return await _show_from_elsewhere(request, publication)
    public = publication.scope is Scope.PUBLIC and is_on()
    if public and asks_for_document(request):
        return RedirectResponse(publication.uri, 303, headers={"vary": "Accept"})
    response = await _show_ours(request, publication, public)
    return point_to_document(response, publication.uri) if public else response


async def _show_ours(request: Request, publication: Publication, public: bool) -> Response:
    page, reader = page_number(request.query_params), reader_of(request.state.viewer)
    listed = Publication.filter(visible_to(reader), root_id=publication.id).select_related("author")
    listed = listed.order_by("published_at", "id")
    answers = await listed.offset((page - 1) * ANSWERS_PER_PAGE).limit(ANSWERS_PER_PAGE + 1)
    shown = answers[:ANSWERS_PER_PAGE]
    return render(
        request,
        "announcements/show.html",
        publication=publication,
        hashtags=hashtags_of(publication.source),
        photos=await photos_of(publication.id),
        public=public,
        origin=request.state.config.origin,
        answered=await _answered(publication),
        answers=shown,
        around=await around(shown, ours=await Actor.village() if reader.agent else None),
        page=page,
        more=len(answers) > ANSWERS_PER_PAGE,
    )


async def _answered(publication: Publication) -> Publication | None:
    """What an answer of ours is below."""
    if publication.in_reply_to is None:
        return None
    return await Publication.filter(uri=publication.in_reply_to).select_related("author").first()


async def _show_from_elsewhere(request: Request, publication: Publication) -> Response:
    """For agents alone: others' posts are read where they were written."""
    below = Publication.filter(visible_to(reader_of(request.state.viewer)), in_reply_to=publication.uri)
    answers = await below.select_related("author").order_by("published_at", "id").limit(ANSWERS_PER_PAGE)
    return render(
        request,
        "announcements/from_elsewhere.html",
        publication=publication,
        answers=answers,
        around=await around([publication, *answers], ours=await Actor.village()),
    )


async def _find(request: Request) -> Publication | None:
    """The publication of this address; None if one may know that it is gone. Raises NotFound."""
    publication, reader = (
        await Publication.of_code(request.path_params["code"]),
        reader_of(request.state.viewer),
    )
    if publication is None or not (publication.author.is_local or reader.agent):
        raise NotFound
    if may_see(publication, reader):
        return publication
    if may_know_gone(publication, reader):
        return None
    raise NotFound


async def _ours(request: Request) -> Publication:
    """The announcement of this address, for those who may change it."""
    publication = await _find(request)
    if publication is None or not _is_news(publication):
        raise NotFound
    return publication


def _is_news(publication: Publication) -> bool:
    """Ours, and an announcement or an answer; needs and offers have pages of their own."""
    return publication.author.is_local and publication.kind in (Kind.ANNOUNCEMENT, Kind.ANSWER)


async def new(request: Request) -> Response:
    words = {name: request.query_params.get(name, "")[: limits.TEXT_LENGTH] for name in ("title", "text")}
    values = {**words, "code": new_code(), "scope": Scope.PUBLIC.value}
    return _form(request, None, values=values, photos=no_photos())


def _form(
    request: Request, publication: Publication | None, problem: InvalidInput | None = None, **context: Any
) -> Response:
    return render(
        request,
        "announcements/edit.html",
        status=422 if problem else 200,
        publication=publication,
        federated=is_on(),
        errors=problem.by_field if problem else {},
        **context,
    )


async def publish(request: Request) -> Response:
    form, code = request.state.form, parse_code(request.state.form)
    before = await Publication.of_code(code) if code else None
    photos = await take_photos(form, _uploader(request, before))
    try:
        draft = forms.parse_announcement(form, language=request.state.site.locale, photos=photos)
    except InvalidInput as problem:
        return _form(request, None, problem, values=form, photos=photos)
    publication = await actions.publish_announcement(await Actor.village(), draft, code=code)
    return see_other(f"/{publication.code}", said="announcement-published")


def _uploader(request: Request, publication: Publication | None) -> Uploader:
    return Uploader(
        address=visitor_network(request),
        member_id=request.state.viewer.member_id,
        publication_id=None if publication is None else publication.id,
    )


async def edit(request: Request) -> Response:
    publication = await _ours(request)
    values = {"title": publication.title, "text": publication.source}
    return _form(request, publication, values=values, photos=await known_photos(publication.id))


async def change(request: Request) -> Response:
    publication, form = await _ours(request), request.state.form
    photos = await take_photos(form, _uploader(request, publication))
    try:
        if publication.kind is Kind.ANSWER:
            draft = actions.AnnouncementDraft(title="", text=forms.parse_answer(form))
        else:
            draft = forms.parse_announcement(form, language=request.state.site.locale, photos=photos)
    except InvalidInput as problem:
        return _form(request, publication, problem, values=form, photos=photos)
    await actions.edit_announcement(publication, draft)
    return see_other(f"/{publication.code}", said="announcement-changed")


async def ask_deletion(request: Request) -> Response:
    return render(request, "announcements/delete.html", publication=await _ours(request))


async def delete(request: Request) -> Response:
    publication = await _find(request)
    if publication is not None and _is_news(publication):
        await actions.delete_announcement(publication)
    return see_other("/news", said="announcement-deleted")


async def ask_answer(request: Request) -> Response:
    return await _answer_form(request)


async def _answer_form(request: Request, problem: InvalidInput | None = None) -> Response:
    form = request.state.form if problem else request.query_params
    publication, answered = await _about(request, form)
    return render(
        request,
        "announcements/answer.html",
        status=422 if problem else 200,
        publication=publication,
        answered=answered,
        author=await Actor.village(),
        around=await around([answered]),
        values=form if problem else {"code": new_code()},
        errors=problem.by_field if problem else {},
    )


async def answer(request: Request) -> Response:
    form = request.state.form
    try:
        text = forms.parse_answer(form)
    except InvalidInput as problem:
        return await _answer_form(request, problem)
    publication, answered = await _about(request, form)
    await actions.answer(
        answered,
        text,
        author=await Actor.village(),
        code=parse_code(form),
        language=request.state.site.locale,
    )
    return see_other(f"/{publication.code}", said="answer-sent")


async def _about(request: Request, form: Any) -> tuple[Publication, Publication]:
    """The publication of this address, and what a button there is about: itself, or an answer below it."""
    publication = await _find(request)
    if publication is None:
        raise NotFound
    number = parse_id(form, "answer")
    if number is None:
        return publication, publication
    below = await Publication.filter(id=number, deleted_at=None).select_related("author").first()
    if below is None or (below.root_id != publication.id and below.in_reply_to != publication.uri):
        raise NotFound
    return publication, below


Deed = Callable[[Publication], Awaitable[object]]


def _by_the_village(act: Callable[[Actor, Publication], Awaitable[None]]) -> Deed:
    async def do(publication: Publication) -> None:
        async with transaction():
            await act(await Actor.village(), publication)

    return do


def deed(name: str, do: Deed, said: str, *, ours: bool = False, noted: str = "") -> Page:
    """A button of agents: on what is ours, or on what others wrote; then back to where it was pressed.

    `noted`: the name of the act in the journal.
    """

    async def press(request: Request) -> Response:
        publication, about = await _about(request, request.state.form)
        if about.author.is_local is not ours or (ours and not _is_news(about)):
            raise NotFound
        async with transaction():
            await do(about)
            if noted:
                by = await member_of(request)
                await record(noted, about.uri, by=by)
        network.served_changed()
        return see_other(local_path(request.state.form.get("back"), f"/{publication.code}"), said=said)

    handler: Handler = press
    handler.__name__ = name
    return Page(f"/{{code:code}}/{name}", handler, access=Access.AGENT, methods=["POST"])


shows = dict.fromkeys((Kind.ANNOUNCEMENT, Kind.ANSWER, Kind.MESSAGE, Kind.POST), remembered(show))

HERE = "/{code:code}"
routes = [
    Page("/news", remembered(list_news), access=Access.VISITOR),
    Page("/new/announcement", new, access=Access.AGENT),
    Page("/new/announcement", publish, access=Access.AGENT, methods=["POST"], uploads=True),
    Page(f"{HERE}/edit", edit, access=Access.AGENT),
    Page(f"{HERE}/edit", change, access=Access.AGENT, methods=["POST"], uploads=True),
    Page(f"{HERE}/delete", ask_deletion, access=Access.AGENT),
    Page(f"{HERE}/delete", delete, access=Access.AGENT, methods=["POST"]),
    Page(f"{HERE}/answer", ask_answer, access=Access.AGENT),
    Page(f"{HERE}/answer", answer, access=Access.AGENT, methods=["POST"]),
    deed("pin", actions.pin, "announcement-pinned", ours=True),
    deed("unpin", actions.unpin, "announcement-unpinned", ours=True),
    deed("hide", actions.hide, "answer-hidden", noted="hidden"),
    deed("show", actions.show_again, "answer-shown", noted="shown"),
    deed("like", _by_the_village(fediverse.like), "liked"),
    deed("unlike", _by_the_village(fediverse.unlike), "unliked"),
    deed("boost", _by_the_village(fediverse.boost), "boosted"),
    deed("unboost", _by_the_village(fediverse.unboost), "unboosted"),
]
