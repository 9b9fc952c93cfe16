"""Who is in a project: it always has somebody whom one can ask."""

import pytest

from hub.actors.models import Role
from hub.errors import Conflict
from hub.projects.membership import join, leave, make_carrier, people_of
from hub.projects.models import ContributorDraft, Part, Project
from tests.unit.hub.projects.conftest import PAUL, project


async def test_who_begins_carries_and_others_join(village):
    comptoir = await project()
    await join(comptoir, ContributorDraft(), PAUL)
    people = await people_of(comptoir)
    assert [(one.participant.name, one.part) for one in people] == [
        ("Inès Cordier", Part.CARRIER),
        ("Paul", Part.MEMBER),
    ]
    assert (await Project.get(id=comptoir.id)).members == 2


async def test_the_last_carrier_hands_over_before_leaving(village):
    comptoir = await project()
    [ines] = await people_of(comptoir)
    paul = await join(comptoir, ContributorDraft(), PAUL)
    with pytest.raises(Conflict):
        await leave(ines)
    await make_carrier(paul, "paul@example.fr")
    await leave(ines)
    assert [one.participant.name for one in await people_of(comptoir)] == ["Paul"]


async def test_a_project_has_a_group_that_others_can_follow(village):
    comptoir = await project()
    assert comptoir.actor.role is Role.PROJECT
    assert comptoir.publication.document["lavoir:project"] == comptoir.actor.uri
