"""The composition root: the only module that knows every slice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Router
from starlette.types import ASGIApp

import hub.db
import hub.feed.pages
import hub.members.account_pages
import hub.members.export
import hub.members.factor_pages
import hub.members.jobs
import hub.members.pages
import hub.members.people_pages
import hub.members.viewer
import hub.notifications.mail
import hub.organisations.export
import hub.organisations.home
import hub.organisations.jobs
import hub.organisations.pages
import hub.setup.pages
import hub.village.pages
import hub.web.health
import hub.web.source
from hub import health
from hub.config import Config
from hub.jobs import Function, Periodic, forget_failed
from hub.members.models import Member
from hub.village.models import SignUp, Village, Visibility
from hub.web import failures
from hub.web.edge import BodyLimit, RequestId, SecurityHeaders
from hub.web.static_files import Static
from hub.web.viewer import Site
from hub.web.visit import Csrf, Visit

JOBS: list[Function | Periodic] = [
    *hub.members.jobs.jobs,
    *hub.organisations.jobs.jobs,
    Periodic(forget_failed, every=timedelta(days=1)),
]

PAGES = [
    *hub.feed.pages.routes,
    *hub.members.factor_pages.routes,  # before /sign-in/{token}
    *hub.members.pages.routes,
    *hub.members.account_pages.routes,
    *hub.members.people_pages.routes,
    *hub.organisations.pages.routes,
    *hub.village.pages.routes,
    *hub.setup.pages.routes,
]

SAID = {
    **hub.members.pages.said,
    **hub.members.account_pages.said,
    **hub.members.people_pages.said,
    **hub.members.factor_pages.said,
    **hub.organisations.pages.said,
    **hub.village.pages.said,
}

EXPORTS: dict[str, Callable[[int], Awaitable[object]]] = {
    "account": hub.members.export.export,
    "organisations": hub.organisations.export.export,
}


def build_app(config: Config) -> ASGIApp:
    """The whole site. The database must be open before the first request."""
    hub.notifications.mail.use_config(config)
    visit = Middleware(Visit, config=config, find_site=find_site, find_viewer=hub.members.viewer.find_viewer)
    pages = Router(PAGES, redirect_slashes=False)  # redirects would go to whatever host a request names
    app = Starlette(
        routes=[
            Mount("/static", Static()),
            *hub.web.health.routes,
            *hub.web.source.routes,
            Mount("", pages, middleware=[visit, Middleware(Csrf, config=config)]),
        ],
        exception_handlers=dict(failures.HANDLERS),
    )
    app.router.redirect_slashes = False
    app.state.pages = PAGES
    app.state.said = SAID
    app.state.exports = EXPORTS
    app.state.mine = hub.organisations.home.mine
    app.state.waiting = waiting
    app.state.remember_locale = remember_locale
    app.state.find_problem = health.find_problem
    # Around Starlette, so that its own error answers also get the headers.
    return RequestId(SecurityHeaders(BodyLimit(app), secure=config.secure))


async def find_site() -> Site:
    """What every page shows of the village."""
    village = await Village.current()
    if village is None:
        return Site()
    return Site(
        set_up=True,
        open_to_visitors=village.visibility is Visibility.PUBLIC,
        open_sign_up=village.sign_up is SignUp.OPEN,
        name=village.name,
        locale=village.locale,
        timezone=village.timezone,
        colours=village.colours.value,
        conformity=village.conformity.value,
        address=village.address,
        hours=village.hours,
        phone=village.phone,
        mail=village.mail,
    )


async def waiting() -> list[tuple[str, str]]:
    """What waits for an agent: a sentence, and the page where to do it."""
    return [*await hub.members.people_pages.waiting(), *await hub.organisations.home.waiting()]


async def remember_locale(member_id: int, locale: str) -> None:
    """A member's choice of language follows them to their other browsers."""
    await Member.filter(id=member_id).update(locale=locale)
