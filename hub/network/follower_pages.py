"""Who follows the village and its associations from elsewhere, and the keys."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q
from tortoise.functions import Count
from tortoise.queryset import QuerySet

import hub.fediverse.actions as fediverse
from hub.actors.models import Actor, Role, SigningKey
from hub.db import transaction
from hub.errors import NotFound
from hub.fediverse.models import Follow
from hub.media.actions import picture_addresses
from hub.network import standing
from hub.publications.showing import Around
from hub.text import N_, ngettext
from hub.web.fields import page_number, plain_text
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PER_PAGE = 50
_ELSEWHERE = [Role.SERVER, Role.RELAY]  # who follows these is decided on other pages
ORDER = [Role.VILLAGE, Role.ORGANISATION, Role.PROJECT, Role.BOARD]

said = {
    "follower-accepted": N_("Accepted: they are told, and get what is published from now on."),
    "follower-removed": N_("Done: they do not follow, and are told."),
    "approval-changed": N_("Saved. The followers are told."),
    "keys-made": N_("New keys are in use. The followers are told."),
}


async def followers(request: Request) -> Response:
    """Who waits for an answer, and how many follow each actor of ours."""
    waiting = await standing.requests().select_related("follower", "followed").order_by("id").limit(PER_PAGE)
    counts = dict(
        await standing.followers()
        .annotate(people=Count("id"))
        .group_by("followed_id")
        .values_list("followed_id", "people")
    )
    return render(
        request,
        "network/admin_followers.html",
        waiting=waiting,
        around=await _around(waiting),
        ours=sorted(await _ours(), key=lambda actor: (ORDER.index(actor.role), actor.display_name)),
        counts=counts,
    )


async def followers_of(request: Request) -> Response:
    ours = await _actor(request)
    words, page = plain_text(request.query_params.get("q", ""))[:80], page_number(request.query_params)
    query = Follow.filter(followed=ours, accepted_at__not_isnull=True).exclude(follower__host="")
    if words:
        by = Q(follower__handle__icontains=words) | Q(follower__display_name__icontains=words)
        query = query.filter(by | Q(follower__host__icontains=words))
    found = (
        await query.select_related("follower")
        .order_by("-id")
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE + 1)
    )
    return render(
        request,
        "network/admin_followers_of.html",
        actor=ours,
        found=found[:PER_PAGE],
        around=await _around(found[:PER_PAGE]),
        words=words,
        page=page,
        more=len(found) > PER_PAGE,
    )


async def change_approval(request: Request) -> Response:
    """Whether somebody here says yes to each new follower."""
    approves = request.state.form.get("approves") == "yes"
    async with transaction():
        ours = await Actor.select_for_update().get(id=(await _actor(request)).id)
        if ours.approves_followers != approves:
            ours.approves_followers = approves
            await ours.save(update_fields=["approves_followers"])
            await fediverse.update_actor(ours)
    return see_other(f"/admin/network/followers/{ours.name}", said="approval-changed")


def _ours() -> QuerySet[Actor]:
    return Actor.filter(host="", deleted_at=None).exclude(role__in=_ELSEWHERE)


async def _actor(request: Request) -> Actor:
    ours = await _ours().get_or_none(name=request.path_params["handle"][:128])
    if ours is None:
        raise NotFound
    return ours


async def _around(follows: list[Follow]) -> Around:
    return Around(await picture_addresses(each.follower.icon_url for each in follows))


def _answer(
    act: Callable[[Follow], Awaitable[None]], sentence: str
) -> Callable[[Request], Awaitable[Response]]:
    """One click about one follower; a second click finds nobody."""

    async def answer(request: Request) -> Response:
        async with transaction():
            follow = await Follow.select_for_update().get_or_none(id=request.path_params["follow_id"])
            if follow is None:
                raise NotFound
            await follow.fetch_related("follower", "followed")
            if not follow.followed.is_local or follow.followed.role in _ELSEWHERE:
                raise NotFound
            waited = follow.accepted_at is None
            await act(follow)
        place = "" if waited else f"/{follow.followed.name}"
        return see_other(f"/admin/network/followers{place}", said=sentence)

    answer.__name__ = act.__name__
    return answer


async def keys(request: Request) -> Response:
    village = await Actor.village()
    newest = await SigningKey.filter(actor=village, retired_at=None).order_by("-id").first()
    return render(request, "network/admin_keys.html", actor=village, newest=newest)


async def make_keys(request: Request) -> Response:
    async with transaction():
        await fediverse.rotate_keys(await Actor.village())
    return see_other("/admin/network/keys", said="keys-made")


async def waiting() -> list[tuple[str, str]]:
    """Requests that nobody has answered: a sentence, and the page."""
    count = await standing.requests().count()
    if not count:
        return []
    sentence = ngettext("%(count)s request to follow", "%(count)s requests to follow", count)
    return [(sentence % {"count": count}, "/admin/network/followers")]


FOLLOW = "/admin/network/followers/{follow_id:id}"
OURS = "/admin/network/followers/{handle}"

routes = [
    Page("/admin/network/followers", followers, access=Access.AGENT),
    Page(
        f"{FOLLOW}/accept",
        _answer(fediverse.accept_follow, "follower-accepted"),
        access=Access.AGENT,
        methods=["POST"],
    ),
    Page(
        f"{FOLLOW}/remove",
        _answer(fediverse.reject_follow, "follower-removed"),
        access=Access.AGENT,
        methods=["POST"],
    ),
    Page(OURS, followers_of, access=Access.AGENT),
    Page(f"{OURS}/approval", change_approval, access=Access.ADMINISTRATOR, methods=["POST"]),
    Page("/admin/network/keys", keys, access=Access.ADMINISTRATOR, confirmed=True),
    Page("/admin/network/keys", make_keys, access=Access.ADMINISTRATOR, confirmed=True, methods=["POST"]),
]
