"""Who looks at a page and takes part: a member, or a guest, who is at home on another server."""

from typing import Any

from starlette.requests import Request
from tortoise.expressions import Q

from hub.actors.models import Actor
from hub.participants.models import Person
from hub.web.viewer import Viewer

Somebody = Viewer | Actor


def somebody(request: Request) -> Somebody | None:
    """None: a visitor whom nobody knows."""
    who: Somebody | None = request.state.viewer or request.state.guest
    return who


def person_here(request: Request) -> Person | None:
    """The same, as those who act know them."""
    who = somebody(request)
    return None if who is None else known_person(who, request.state.locale)


def is_them(who: Somebody, path: str = "") -> Q:
    """A condition on participants; `path` leads to them from other rows, like `participant__`."""
    if isinstance(who, Actor):
        name, number = "actor_id", who.id
    else:
        name, number = "member_id", who.member_id
    condition: dict[str, Any] = {f"{path}{name}": number}
    return Q(**condition)


def known_person(who: Somebody, locale: str) -> Person:
    """As whom they fill in a form: nobody asks them for name and contact."""
    if isinstance(who, Actor):
        return Person(name=(who.display_name or who.name)[:160], actor_id=who.id, locale=locale)
    return Person(name=who.name, member_id=who.member_id, locale=locale)
