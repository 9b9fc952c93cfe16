"""The weekly digest; and what keeps the search whole: what is in no index joins it."""

from datetime import timedelta

from hub.agenda.models import Event
from hub.agenda.searching import index_event
from hub.db import transaction
from hub.exchange.models import Proposal
from hub.exchange.searching import index_proposal
from hub.feed import digest
from hub.jobs import Function, Periodic
from hub.projects.models import Experience, Project
from hub.projects.searching import index_experience, index_project
from hub.publications import search
from hub.publications.models import Publication

AT_ONCE = 200  # a transaction of a moment


async def index_the_rest() -> None:
    """Those from before there was an index, or that something else wrote."""
    while missing := await search.unindexed(AT_ONCE):
        async with transaction():
            await _index(missing)


async def _index(ids: list[int]) -> None:
    """With what is known of them beside their words."""
    of_board = await Proposal.filter(publication_id__in=ids).select_related("publication", "organisation")
    for proposal in of_board:
        await index_proposal(proposal)
    events = await Event.filter(publication_id__in=ids).select_related("publication", "organisation")
    for event in events:
        await index_event(event)
    projects = await Project.filter(publication_id__in=ids).select_related("publication")
    for project in projects:
        await index_project(project)
    experiences = await Experience.filter(publication_id__in=ids).select_related("publication")
    for experience in experiences:
        await index_experience(experience)
    known = {proposal.publication_id for proposal in of_board}
    known |= {event.publication_id for event in events} | {project.publication_id for project in projects}
    known |= {experience.publication_id for experience in experiences}
    rest = set(ids) - known
    for publication in await Publication.filter(id__in=rest):
        await search.index(publication)


jobs: list[Function | Periodic] = [
    digest.send_digest,
    Periodic(digest.send_digests, every=timedelta(hours=1)),
    Periodic(index_the_rest, every=timedelta(days=1)),
]
