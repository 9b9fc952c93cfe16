"""To follow and answer from elsewhere, to follow others from here, and what those say whom we follow."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from tortoise.expressions import Q, Subquery

import hub.fediverse.actions as fediverse
from federation.errors import FederationError
from hub import limits
from hub.actors.models import Actor, Role
from hub.actors.peers import is_on
from hub.db import transaction
from hub.errors import InvalidInput, NotFound
from hub.fediverse.models import Follow
from hub.network.home_server import Home, interaction_page, sentence_of
from hub.network.looking_up import look_up, look_up_actor
from hub.publications.models import Kind, Publication, Reaction, Scope
from hub.publications.showing import around, give_codes, reader_of
from hub.publications.visibility import may_see
from hub.text import N_, ngettext
from hub.web.edge import CONTENT_POLICY
from hub.web.fields import Form, parse_id
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page
from hub.web.visit import visitor_network

SHOWN = 30
ANSWERED_WITHIN = timedelta(days=7)

said = {
    "follow-asked": N_("They are asked. What they publish shows here once they have said yes."),
    "unfollowed": N_("The village no longer follows them."),
}

NOTHING_THERE = N_("There is nobody and nothing at this address.")


@dataclass(frozen=True)
class Subject:
    """What somebody from elsewhere wants to follow or answer; `page` is ours."""

    uri: str
    name: str
    handle: str
    page: str
    is_actor: bool


async def _actor_here(request: Request) -> Actor:
    """The actor of this address, if others may follow it."""
    actor = await Actor.here(request.path_params["handle"].lower())
    if actor is None or actor.deleted_at is not None or actor.hidden:
        raise NotFound
    if actor.role in (Role.SERVER, Role.RELAY):
        raise NotFound
    return actor


async def _subject(request: Request) -> Subject:
    if not is_on():
        raise NotFound
    if "handle" in request.path_params:
        actor = await _actor_here(request)
        return Subject(actor.uri, actor.display_name, actor.full_handle, f"/@{actor.name}", True)
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or not _is_out(publication) or not may_see(publication, reader_of(None)):
        raise NotFound
    author = publication.author
    return Subject(
        publication.uri,
        publication.title or author.display_name,
        author.full_handle,
        f"/{publication.code}",
        False,
    )


def _is_out(publication: Publication) -> bool:
    return publication.author.is_local and publication.scope is Scope.PUBLIC


async def ask_home(request: Request) -> Response:
    return _dialogue(request, await _subject(request))


def _dialogue(request: Request, subject: Subject, problem: InvalidInput | None = None) -> Response:
    response = render(
        request,
        "network/dialogue.html",
        status=422 if problem else 200,
        subject=subject,
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )
    # The form is ours, and its answer leads to a server that only the visitor knows.
    schemes = "https: http:" if request.state.config.peer_networks else "https:"
    policy = CONTENT_POLICY.replace("form-action 'self'", f"form-action 'self' {schemes}")
    response.headers["content-security-policy"] = policy
    return response


async def go_home(request: Request) -> Response:
    subject = await _subject(request)
    await limits.spend(limits.LOOK_UPS_PER_ADDRESS, visitor_network(request))
    try:
        form = Form(request.state.form)
        address = form.text("address", max_length=300)
        form.check()
        home = Home.of(address)
        if home.host == request.state.config.host:
            return see_other(f"/authorize_interaction?uri={quote(subject.uri, safe='')}")
        return RedirectResponse(await interaction_page(home, subject.uri), 303)
    except InvalidInput as problem:
        return _dialogue(request, subject, problem)


async def authorize_interaction(request: Request) -> Response:
    """Where other servers send people who are at home here: the town hall acts, in the village's name."""
    uri = request.query_params.get("uri", "").strip()[:2048]
    viewer = request.state.viewer
    if viewer is None:
        back = f"/authorize_interaction?uri={quote(uri, safe='')}"
        return see_other(f"/sign-in?next={quote(back, safe='')}")
    if not uri:
        raise NotFound
    if not viewer.is_agent:
        return render(request, "network/for_the_town_hall.html", uri=uri)
    await limits.spend(limits.LOOK_UPS_PER_MEMBER, str(viewer.member_id))
    try:
        found = await look_up(uri) if is_on() else None
    except FederationError as error:
        return _network_problem(request, uri, sentence_of(error))
    if found is None:
        return _network_problem(request, uri, NOTHING_THERE)
    if isinstance(found, Actor):
        return see_other(f"/@{found.name}") if found.is_local else await _show_actor(request, found)
    await give_codes([found])
    return see_other(f"/{found.code}")


def _network_problem(request: Request, uri: str, sentence: str) -> Response:
    return render(request, "network/not_found.html", status=404, uri=uri, sentence=sentence)


async def _show_actor(request: Request, actor: Actor) -> Response:
    village = await Actor.village()
    return render(
        request,
        "network/actor.html",
        actor=actor,
        follow=await Follow.get_or_none(follower=village, followed=actor),
        around=await around([Publication(author=actor)]),
    )


async def show_network(request: Request) -> Response:
    return await _network(request)


async def _network(request: Request, problem: InvalidInput | None = None) -> Response:
    village = await Actor.village()
    follows = await Follow.filter(follower=village).select_related("followed").order_by("-asked_at")
    messages, posts = await _messages(), await _posts(village)
    await give_codes([each for each in [*messages, *posts] if each.root_id is None])
    return render(
        request,
        "network/network.html",
        status=422 if problem else 200,
        village=village,
        follows=follows,
        messages=messages,
        posts_followed=posts,
        around=await around(
            [*messages, *posts, *(Publication(author=each.followed) for each in follows)], ours=village
        ),
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def _messages() -> list[Publication]:
    """What others wrote to us: below something of ours, or with our name in it."""
    said_to_us = Publication.filter(_from_elsewhere(), kind__in=[Kind.ANSWER, Kind.MESSAGE])
    return await said_to_us.select_related("author", "root").order_by("-received_at", "-id").limit(SHOWN)


async def _posts(village: Actor) -> list[Publication]:
    followed = Follow.filter(follower=village).exclude(accepted_at=None).values("followed_id")
    posts = Publication.filter(_from_elsewhere(), kind=Kind.POST, author_id__in=Subquery(followed))
    return await posts.select_related("author").order_by("-published_at", "-id").limit(SHOWN)


def _from_elsewhere() -> Q:
    return Q(deleted_at=None) & ~Q(author__host="")


async def follow(request: Request) -> Response:
    form = Form(request.state.form)
    handle = form.text("handle", max_length=300)
    try:
        form.check()
        await limits.spend(limits.LOOK_UPS_PER_MEMBER, str(request.state.viewer.member_id))
        target = await look_up_actor(handle)
    except InvalidInput as problem:
        return await _network(request, problem)
    except FederationError as error:
        return await _network(request, InvalidInput({"handle": sentence_of(error)}))
    async with transaction():
        await fediverse.follow(await Actor.village(), target)
    return see_other("/network", said="follow-asked")


async def unfollow(request: Request) -> Response:
    number = parse_id(request.state.form, "actor")
    followed = await Follow.filter(follower=await Actor.village(), followed_id=number or 0).first()
    if followed is not None:
        async with transaction():
            await fediverse.unfollow(followed)
    return see_other("/network", said="unfollowed")


async def waiting() -> list[tuple[str, str]]:
    """What others wrote to us this week and nobody here has answered or liked: a sentence, and the page."""
    village = await Actor.of_role(Role.VILLAGE)
    if village is None:
        return []
    since = datetime.now(UTC) - ANSWERED_WITHIN
    answered = Publication.filter(author_id=village.id).exclude(in_reply_to=None).values("in_reply_to")
    liked = Reaction.filter(actor_id=village.id).values("publication_id")
    open_ones = Publication.filter(
        _from_elsewhere(), kind__in=[Kind.ANSWER, Kind.MESSAGE], received_at__gt=since, hidden_at=None
    )
    count = await open_ones.exclude(uri__in=Subquery(answered)).exclude(id__in=Subquery(liked)).count()
    if not count:
        return []
    sentence = ngettext(
        "%(count)s message from the open network has no answer yet",
        "%(count)s messages from the open network have no answer yet",
        count,
    )
    return [(sentence % {"count": count}, "/network")]


POST = ["POST"]
routes = [
    Page("/@{handle}/follow", ask_home, access=Access.VISITOR),
    Page("/@{handle}/follow", go_home, access=Access.VISITOR, methods=POST),
    Page("/{code:code}/interact", ask_home, access=Access.VISITOR),
    Page("/{code:code}/interact", go_home, access=Access.VISITOR, methods=POST),
    Page("/authorize_interaction", authorize_interaction, access=Access.ALWAYS),
    Page("/network", show_network, access=Access.AGENT),
    Page("/network/follow", follow, access=Access.AGENT, methods=POST),
    Page("/network/unfollow", unfollow, access=Access.AGENT, methods=POST),
]
