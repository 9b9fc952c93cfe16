"""What is part of a project points to it, and its group passes it on, once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.agenda.actions import publish_event
from hub.agenda.models import EventDraft, Resolution
from hub.app import use_slices
from hub.db import transaction
from hub.exchange import actions as exchange
from hub.exchange.models import Proposal, ProposalDraft
from hub.exchange.publishing import send_changes as send_need
from hub.participants.models import Person
from hub.projects.actions import delete_project
from hub.projects.models import Project
from hub.projects.publishing import renew_plans
from hub.publications.models import Kind, Publication, Scope
from tests.others import sent
from tests.unit.hub.projects.conftest import project

ROSA = Person(name="Rosa", mail="rosa@example.fr")


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


async def need(four=None, *, scope=Scope.PUBLIC):
    draft = ProposalDraft(
        kind=Kind.NEED,
        title="Peindre la salle",
        text="Deux murs.",
        category="works",
        wanted=3,
        scope=scope,
        expires_at=datetime.now(UTC) + timedelta(days=20),
        project_id=None if four is None else four.publication_id,
    )
    return await exchange.publish_proposal(draft, ROSA, trusted=True)


async def workshop(four, *, days=7):
    starts_at = datetime.now(UTC) + timedelta(days=days)
    draft = EventDraft(
        title="Atelier peinture",
        text="On repeint.",
        scope=Scope.PUBLIC,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        place="Ancienne école",
        project_id=four.publication_id,
    )
    return await publish_event(draft, ROSA, trusted=True)


async def announced_by(group):
    return [one["object"] for one in await sent("Announce") if one["actor"] == group.uri]


async def test_a_need_of_a_project_points_to_it_and_its_group_passes_it_on(village):
    four = await project()
    made = await need(four)
    [created] = [one for one in await sent("Create") if one["object"]["id"] == made.publication.uri]
    document = created["object"]
    assert document["publishes"]["plannedWithin"] == four.publication.uri
    assert document["lavoir:project"] == four.actor.uri
    assert document["audience"] == four.actor.uri
    assert document["cc"][1] == four.actor.uri
    assert len([uri for uri in document["cc"] if "/a/besoins" in uri]) == 1
    assert await announced_by(four.actor) == [four.publication.uri, made.publication.uri]


async def test_a_workshop_of_a_project_points_to_it_and_its_group_passes_it_on(village):
    four = await project()
    made = await workshop(four)
    document = (await Publication.get(id=made.publication_id)).document
    assert document["plannedWithin"] == four.publication.uri
    assert (document["lavoir:project"], document["audience"]) == (four.actor.uri, four.actor.uri)
    assert await announced_by(four.actor) == [four.publication.uri, made.publication.uri]


async def test_what_joins_a_project_later_is_passed_on_then_and_once(village):
    four, made = await project(), await need()
    assert await announced_by(four.actor) == [four.publication.uri]
    for _ in range(2):
        async with transaction():
            row = await Proposal.get(id=made.id).select_related("publication__author")
            row.project_id = four.publication_id
            await row.save()
            await send_need(row)
    assert await announced_by(four.actor) == [four.publication.uri, made.publication.uri]


async def test_what_is_for_neighbours_is_passed_on_by_nobody(village):
    four = await project()
    await need(four, scope=Scope.NEIGHBOURS)
    assert await announced_by(four.actor) == [four.publication.uri]


async def test_the_plan_names_the_workshops_to_come_and_is_renewed_by_itself(village):
    four = await project()
    made = await workshop(four)
    await renew_plans()
    await renew_plans()
    [told] = [one for one in await sent("Update") if one["object"]["id"] == four.publication.uri]
    assert [one["name"] for one in told["object"]["planIncludes"]] == ["Atelier peinture"]
    made.ends_at = datetime.now(UTC) - timedelta(hours=1)
    await made.save(update_fields=["ends_at"])
    await renew_plans()
    stored = await Publication.get(id=four.publication_id)
    assert stored.document["planIncludes"] == []


async def test_needs_of_a_project_that_is_deleted_stay_without_it(village):
    four = await project()
    made = await need(four)
    await delete_project(four)
    async with transaction():
        row = await Proposal.get(id=made.id).select_related("publication__author")
        await send_need(row)
    document = (await Publication.get(id=made.publication_id)).document
    assert "plannedWithin" not in document["publishes"]
    assert "lavoir:project" not in document
    assert await Project.all().count() == 1


async def test_what_was_decided_leaves_with_the_project_and_minutes_stay_with_their_event(village):
    four = await project()
    held = await workshop(four)
    for each in (held, None):
        await Resolution.create(
            event=each, project=four.publication, text="On repeint.", decided_on=date(2025, 3, 1)
        )
    await delete_project(four)
    assert [(one.event_id, one.project_id) for one in await Resolution.all()] == [(held.id, None)]
