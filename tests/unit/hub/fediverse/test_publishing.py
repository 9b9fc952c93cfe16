"""What goes out is written beside what others do to it meanwhile, and is taken back where it went."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.agenda.actions import delete_event
from hub.agenda.models import Event, Rhythm
from hub.db import transaction
from hub.exchange.actions import delete_proposal, publish_proposal
from hub.exchange.models import ProposalDraft
from hub.fediverse import publishing
from hub.fediverse.jobs import forget_old
from hub.fediverse.models import Activity
from hub.moderation.actions import hide
from hub.projects.actions import delete_project
from hub.publications.models import Kind, Publication, Scope
from tests.others import sent
from tests.unit.hub.agenda.conftest import ROSA, event, in_days
from tests.unit.hub.projects.conftest import project
from tests.unit.hub.projects.conftest import village as village


async def need(*, trusted=True, scope=Scope.PUBLIC):
    draft = ProposalDraft(kind=Kind.NEED, title="Rentrer le bois", text="Huit stères.", scope=scope, wanted=5)
    return await publish_proposal(draft, ROSA, trusted=trusted)


KINDS = [(need, delete_proposal), (event, delete_event), (project, delete_project)]


def of_thing(activities, thing):
    """Of the thing itself: a project's group goes as well."""
    return [one for one in activities if one["id"].startswith(f"{thing.publication.uri}/")]


async def test_who_changes_something_does_not_undo_what_others_did_to_it_meanwhile(village):
    workshop = await event()
    await hide(workshop.publication, by=None)
    await Publication.filter(id=workshop.publication_id).update(likes=3, shares=2, replies=1)
    workshop.publication.title = "Atelier tricot"
    publishing.touch(workshop.publication)
    async with transaction():
        await publishing.store(workshop.publication, {"name": "Atelier tricot"})
    now = await Publication.get(id=workshop.publication_id)
    assert now.hidden_at is not None
    assert (now.likes, now.shares, now.replies) == (3, 2, 1)
    assert (now.title, now.edits, now.document) == ("Atelier tricot", 1, {"name": "Atelier tricot"})


async def test_who_takes_something_down_does_not_undo_that_it_was_hidden(village):
    workshop = await event()
    document = {**workshop.publication.document, "@context": []}
    await hide(workshop.publication, by=None)
    async with transaction():
        await publishing.take_down(workshop.publication, document)
    now = await Publication.get(id=workshop.publication_id)
    assert now.hidden_at is not None
    assert now.deleted_at is not None


async def test_of_what_is_gone_nothing_is_told_or_kept_any_more(village):
    workshop = await event()
    document = {**workshop.publication.document, "@context": []}
    await delete_event(workshop)
    gone = await Publication.get(id=workshop.publication_id).select_related("author")
    publishing.touch(gone)
    async with transaction():
        await publishing.store(gone, document)
        await publishing.send_changes(gone, document)
    assert of_thing(await sent("Update"), workshop) == []
    assert (await Publication.get(id=gone.id)).document is None


@pytest.mark.parametrize(("make", "delete"), KINDS)
async def test_what_was_hidden_is_deleted_elsewhere_once_its_owner_deletes_it(village, make, delete):
    thing = await make()
    await hide(thing.publication, by=None)
    await delete(thing)
    assert len(of_thing(await sent("Delete"), thing)) == 1


@pytest.mark.parametrize(("make", "delete"), KINDS)
async def test_what_nobody_has_read_yet_is_deleted_without_a_word_to_others(village, make, delete):
    thing = await make(trusted=False)
    await delete(thing)
    assert of_thing(await sent("Delete"), thing) == []


async def test_of_a_series_what_others_were_not_told_yet_goes_without_a_word(village):
    first = await event(repeats=Rhythm.WEEKLY, until=in_days(50).date())
    dates = Event.filter(series_id=first.series_id).select_related("publication__author", "owner")
    last = await dates.order_by("-starts_at").first()
    for one in (first, last):
        await delete_event(one)
    assert len(of_thing(await sent("Delete"), first)) == 1
    assert of_thing(await sent("Delete"), last) == []


async def test_what_neighbours_have_is_deleted_there_also_after_a_long_time(village):
    thing = await need(scope=Scope.NEIGHBOURS)
    await Activity.all().update(made_at=datetime.now(UTC) - timedelta(days=100))
    await forget_old()
    await delete_proposal(thing)
    assert len(of_thing(await sent("Delete"), thing)) == 1
    await Activity.all().update(made_at=datetime.now(UTC) - timedelta(days=100))
    await forget_old()
    assert of_thing(await sent("Create"), thing) == []
