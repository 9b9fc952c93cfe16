"""The composition root: the only module that knows every slice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Router
from starlette.types import ASGIApp

import hub.agenda.acts
import hub.agenda.collections
import hub.agenda.export
import hub.agenda.inbox
import hub.agenda.jobs
import hub.agenda.leaving
import hub.agenda.mine
import hub.agenda.of_organisation
import hub.agenda.pages
import hub.agenda.review_pages
import hub.announcements.pages
import hub.backups
import hub.db
import hub.exchange.acts
import hub.exchange.change_pages
import hub.exchange.export
import hub.exchange.inbox
import hub.exchange.jobs
import hub.exchange.leaving
import hub.exchange.new_pages
import hub.exchange.of_organisation
import hub.exchange.pages
import hub.exchange.publishing
import hub.exchange.review_pages
import hub.exchange.searching
import hub.exchange.template_pages
import hub.fediverse.jobs
import hub.feed.jobs
import hub.feed.pages
import hub.health.noticing
import hub.health.outside
import hub.health.pages
import hub.matching.acts
import hub.matching.jobs
import hub.matching.looking
import hub.matching.pages
import hub.media.files
import hub.media.jobs
import hub.media.pages
import hub.members.account_pages
import hub.members.actions
import hub.members.export
import hub.members.factor_pages
import hub.members.jobs
import hub.members.pages
import hub.members.people_pages
import hub.members.told
import hub.members.viewer
import hub.moderation.actions
import hub.moderation.acts
import hub.moderation.export
import hub.moderation.inbox
import hub.moderation.jobs
import hub.moderation.pages
import hub.neighbours.actions
import hub.neighbours.catching_up
import hub.neighbours.copies
import hub.neighbours.describing
import hub.neighbours.export
import hub.neighbours.inbox
import hub.neighbours.jobs
import hub.neighbours.keys
import hub.neighbours.opening
import hub.neighbours.pages
import hub.network.admin_pages
import hub.network.follower_pages
import hub.network.hosts
import hub.network.pages
import hub.network.relay
import hub.notifications.call_pages
import hub.notifications.export
import hub.notifications.jobs
import hub.notifications.mail
import hub.notifications.pages
import hub.notifications.people
import hub.organisations.export
import hub.organisations.home
import hub.organisations.jobs
import hub.organisations.pages
import hub.organisations.parts
import hub.participants.actions
import hub.participants.guest_pages
import hub.participants.guests
import hub.participants.lost_links
import hub.projects.acts
import hub.projects.experiences
import hub.projects.export
import hub.projects.inbox
import hub.projects.jobs
import hub.projects.leaving
import hub.projects.membership
import hub.projects.mine
import hub.projects.pages
import hub.projects.review_pages
import hub.publications.pages
import hub.region.dump
import hub.region.hearing
import hub.region.jobs
import hub.region.pages
import hub.region.passing_on
import hub.setup.pages
import hub.village.pages
import hub.web.health
import hub.web.source
from federation.endpoints import Endpoints
from federation.nodeinfo import Presence, Software, Usage
from hub import health
from hub.actors import documents, known_keys
from hub.actors.minting import origin
from hub.actors.peers import is_on
from hub.config import Config
from hub.exchange import asides
from hub.fediverse import local, receiving, serving
from hub.fediverse.inbox import in_turn
from hub.fediverse.interests import interests
from hub.fediverse.network import Network, use_config
from hub.jobs import Function, Periodic, forget_failed
from hub.members.models import Member, Session
from hub.participants import mine
from hub.publications import addresses, groups
from hub.publications.models import Publication, Scope
from hub.stores import media_store
from hub.village.models import SignUp, Village, Visibility
from hub.web import failures
from hub.web.edge import BodyLimit, RequestId, SecurityHeaders
from hub.web.rooms import Rooms
from hub.web.static_files import Static
from hub.web.viewer import Site
from hub.web.visit import Csrf, Visit

JOBS: list[Function | Periodic] = [
    *hub.notifications.jobs.jobs,
    *hub.members.jobs.jobs,
    *hub.organisations.jobs.jobs,
    *hub.exchange.jobs.jobs,
    *hub.agenda.jobs.jobs,
    *hub.projects.jobs.jobs,
    *hub.matching.jobs.jobs,
    *hub.neighbours.jobs.jobs,
    *hub.region.jobs.jobs,
    *hub.feed.jobs.jobs,
    *hub.moderation.jobs.jobs,
    *hub.fediverse.jobs.jobs,
    *hub.participants.guests.jobs,
    *hub.participants.lost_links.jobs,
    *hub.media.jobs.jobs,
    *hub.health.noticing.jobs,
    Periodic(forget_failed, every=timedelta(days=1)),
]

# What waits for other servers, so that no mail ever waits behind it.
NETWORK_JOBS: list[Function | Periodic] = [
    *hub.agenda.jobs.network_jobs,
    *hub.projects.jobs.network_jobs,
    *hub.matching.jobs.network_jobs,
    *hub.neighbours.jobs.network_jobs,
    *hub.region.jobs.network_jobs,
    *hub.fediverse.jobs.network_jobs,
    *hub.participants.guests.network_jobs,
    *hub.media.jobs.network_jobs,
    *hub.health.outside.network_jobs,
]

# What takes minutes, and must keep no mail waiting.
LONG_JOBS: list[Function | Periodic] = [*hub.backups.jobs]

# What other servers say, by the kind of activity.
HANDLERS = in_turn(
    hub.network.relay.claims,
    hub.neighbours.inbox.claims,
    hub.region.hearing.claims,
    hub.exchange.inbox.claims,
    hub.agenda.inbox.claims,
    hub.projects.inbox.claims,
    hub.moderation.inbox.claims,
)

ALL_PAGES = [
    *hub.feed.pages.routes,
    *hub.publications.pages.routes,
    *hub.announcements.pages.routes,
    *hub.exchange.new_pages.routes,
    *hub.exchange.template_pages.routes,
    *hub.exchange.review_pages.routes,
    *hub.exchange.change_pages.routes,
    *hub.agenda.review_pages.routes,
    *hub.agenda.pages.routes,
    *hub.projects.review_pages.routes,
    *hub.projects.pages.routes,
    *hub.exchange.pages.routes,  # after /mine/events and the like: /mine/{key}
    addresses.page_by_kind(
        {
            **hub.announcements.pages.shows,
            **hub.exchange.pages.shows,
            **hub.agenda.pages.shows,
            **hub.projects.pages.shows,
        }
    ),
    *hub.matching.pages.routes,
    *hub.neighbours.pages.routes,
    *hub.region.pages.routes,
    *hub.participants.guest_pages.routes,
    *hub.moderation.pages.routes,
    *hub.network.pages.routes,
    *hub.network.admin_pages.routes,
    *hub.notifications.pages.routes,
    *hub.notifications.call_pages.routes,
    *hub.members.factor_pages.routes,  # before /sign-in/{token}
    *hub.members.pages.routes,
    *hub.members.account_pages.routes,
    *hub.members.people_pages.routes,
    *hub.organisations.pages.routes,
    *hub.health.pages.routes,
    *hub.village.pages.routes,
    *hub.setup.pages.routes,
]
PAGES = addresses.in_turn(ALL_PAGES)

SAID = {
    **hub.announcements.pages.said,
    **hub.exchange.new_pages.said,
    **hub.exchange.template_pages.said,
    **hub.exchange.review_pages.said,
    **hub.exchange.change_pages.said,
    **hub.exchange.pages.said,
    **hub.agenda.review_pages.said,
    **hub.agenda.pages.said,
    **hub.projects.review_pages.said,
    **hub.projects.pages.said,
    **hub.matching.pages.said,
    **hub.neighbours.pages.said,
    **hub.region.pages.said,
    **hub.participants.guest_pages.said,
    **hub.moderation.pages.said,
    **hub.network.pages.said,
    **hub.network.admin_pages.said,
    **hub.notifications.call_pages.said,
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
    "exchange": hub.exchange.export.export,
    "agenda": hub.agenda.export.export,
    "projects": hub.projects.export.export,
    "notices": hub.notifications.export.export,
    "reports": hub.moderation.export.export,
    "agreements": hub.neighbours.export.export,
}

# What goes with a member, in this order: their names and contacts last.
FAREWELLS = [
    hub.projects.leaving.forget_member,
    hub.agenda.leaving.forget_member,
    hub.exchange.leaving.forget_member,
    hub.moderation.actions.forget_member,
    hub.participants.actions.forget_member,
]

# What mails must know of members, and what their links can do.
PEOPLE = hub.notifications.people.People(
    find=hub.members.told.find,
    agents=hub.members.told.agents,
    stop=hub.members.told.stop,
    new_key=hub.participants.actions.new_key,
    acts={
        **hub.exchange.acts.ACTS,
        **hub.agenda.acts.ACTS,
        **hub.projects.acts.ACTS,
        **hub.moderation.acts.ACTS,
        **hub.matching.acts.ACTS,
    },
)


def build_app(config: Config, network: Network | None = None) -> ASGIApp:
    """The whole site. The database must be open before the first request.

    `network` is our place in the fediverse; without it nobody else finds us.
    """
    hub.notifications.mail.use_config(config)
    hub.backups.use_config(config)
    hub.health.outside.use_config(config)
    hub.health.noticing.watch([*JOBS, *LONG_JOBS])
    hub.notifications.people.use_people(PEOPLE)
    use_config(config)
    hub.media.files.use_store(media_store(config))
    hub.region.dump.use_folder(config.data / "open-data")
    local.arrivals.add(receiving.wake)
    hub.members.actions.farewells[:] = FAREWELLS
    hub.members.actions.known_otherwise[:] = [hub.participants.lost_links.ask_links]
    use_slices()
    endpoints = None
    if network is not None:
        endpoints = Endpoints(network.gate, network.local, origin=config.origin)
        local.changes.add(endpoints.clear)
    visit = Middleware(
        Visit,
        config=config,
        find_site=find_site,
        find_viewer=hub.members.viewer.find_viewer,
        find_guest=hub.participants.guests.find_guest,
    )
    around = [Middleware(Rooms, config=config), visit, Middleware(Csrf, config=config)]
    pages = Router(PAGES, redirect_slashes=False)  # redirects would go to whatever host a request names
    app = Starlette(
        routes=[
            *(endpoints.routes if endpoints is not None else ()),
            Mount("/static", Static()),
            *hub.media.pages.routes,
            *hub.web.health.routes,
            *hub.web.source.routes,
            *hub.notifications.pages.open_routes,
            Mount("", pages, middleware=around),
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
    app.state.jobs = [*JOBS, *LONG_JOBS]
    uploads = [page for page in PAGES if page.uploads]
    # Around Starlette, so that its own error answers also get the headers.
    return RequestId(SecurityHeaders(BodyLimit(app, uploads=uploads), secure=config.secure))


def use_slices() -> None:
    """What slices make of the things of others, and what they show on the profiles of ours."""
    interests[:] = [
        hub.exchange.inbox.interest,
        hub.agenda.inbox.interest,
        hub.projects.inbox.interest,
        hub.projects.experiences.interest,
        hub.neighbours.inbox.interest,
        hub.region.passing_on.interest,  # the last: what the others made of it is passed on
    ]
    groups.finders[:] = [hub.projects.membership.projects_of]
    groups.carriers[:] = [hub.projects.membership.carries]
    mine.sections[:] = [hub.agenda.mine.section, hub.projects.mine.section]
    hub.organisations.parts.parts[:] = [
        hub.agenda.of_organisation.next_dates,
        hub.exchange.of_organisation.on_the_board,
    ]
    hub.exchange.searching.changed[:] = [hub.matching.looking.hear]
    asides.asides[:] = [hub.matching.pages.suggestions_aside, hub.matching.pages.circle_aside]
    serving.also_featured[:] = [hub.exchange.publishing.urgent]
    serving.further_of_actors["upcoming"] = hub.agenda.collections.upcoming
    serving.for_each_host["open"] = hub.neighbours.opening.collection_of
    hub.neighbours.catching_up.takers[:] = [hub.region.hearing.take_listed]
    hub.neighbours.catching_up.readers[:] = [hub.region.passing_on.read_through]
    hub.neighbours.copies.watchers[:] = [hub.region.passing_on.watch]
    hub.network.hosts.parted[:] = [hub.neighbours.actions.be_parted]
    known_keys.replaced[:] = [hub.neighbours.keys.hear_of_new_keys]
    documents.describers[:] = [hub.neighbours.describing.describe]
    serving.further_of_things["attendees"] = hub.agenda.collections.attendees


async def find_site() -> Site:
    """What every page shows of the village."""
    village = await Village.current()
    if village is None:
        return Site()
    return Site(
        set_up=True,
        is_region=village.is_region,
        open_to_visitors=village.visibility is Visibility.PUBLIC,
        open_sign_up=village.sign_up is SignUp.OPEN,
        name=village.name,
        handle=village.handle,
        locale=village.locale,
        timezone=village.timezone,
        point=village.point,
        colours=village.colours.value,
        conformity=village.conformity.value,
        address=village.address,
        hours=village.hours,
        phone=village.phone,
        mail=village.mail,
        takes_guests=is_on(),
    )


async def presence() -> Presence | None:
    """What NodeInfo says of the village; None before it is set up."""
    village = await Village.current()
    if village is None:
        return None
    usage = Usage(
        members=await Member.filter(suspended_at=None).count(),
        active_month=await Session.count_seen_within(timedelta(days=30)),
        active_half_year=await Session.count_seen_within(timedelta(days=180)),
        posts=await Publication.filter(author__host="", deleted_at=None, scope=Scope.PUBLIC).count(),
    )
    return Presence(
        software=Software("lavoir", hub.__version__, f"{origin()}/source", f"{origin()}/about"),
        usage=usage,
        open_registrations=village.sign_up is SignUp.OPEN,
        name=village.name,
        languages=(village.locale,),
    )


async def waiting() -> list[tuple[str, str]]:
    """What waits for an agent: a sentence, and the page where to do it."""
    return [
        *await hub.notifications.call_pages.waiting(),
        *await hub.members.people_pages.waiting(),
        *await hub.exchange.review_pages.waiting(),
        *await hub.agenda.review_pages.waiting(),
        *await hub.projects.review_pages.waiting(),
        *await hub.organisations.home.waiting(),
        *await hub.network.pages.waiting(),
        *await hub.moderation.pages.waiting(),
        *await hub.network.follower_pages.waiting(),
        *await hub.neighbours.pages.waiting(),
        *await hub.health.pages.waiting(),
    ]


async def remember_locale(member_id: int, locale: str) -> None:
    """A member's choice of language follows them to their other browsers."""
    await Member.filter(id=member_id).update(locale=locale)
