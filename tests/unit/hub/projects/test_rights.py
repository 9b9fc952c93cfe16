"""Who may do what in a project."""

import pytest

from hub.members.models import Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.actions import new_key
from hub.participants.models import Person
from hub.projects import membership
from hub.projects.models import ContributorDraft, Project
from hub.projects.rights import rights_of
from hub.web.viewer import Viewer
from tests import factories
from tests.unit.hub.projects.conftest import PAUL, project


@pytest.fixture
async def comptoir(village):
    return await project()


def viewer(member, **facts):
    return Viewer(member_id=member.id, session_id=1, name=member.name, trusted=True, **facts)


async def may(comptoir, viewer, key=""):
    rights = await rights_of(comptoir, viewer, key)
    return rights.is_inside, rights.carries, rights.improves


async def test_visitors_and_other_members_only_read(comptoir):
    assert await may(comptoir, None) == (False, False, False)
    assert await may(comptoir, viewer(await factories.member("Rosa"))) == (False, False, False)


async def test_agents_may_all(comptoir):
    marie = await factories.member("Marie", role=Role.AGENT)
    assert await may(comptoir, viewer(marie, is_agent=True)) == (True, True, True)


async def test_members_improve_and_carriers_look_after_it(comptoir):
    rosa = await factories.member("Rosa")
    hers = await membership.join(comptoir, ContributorDraft(), Person(name="Rosa", member_id=rosa.id))
    assert await may(comptoir, viewer(rosa)) == (True, False, True)
    await membership.make_carrier(hers, "rosa@example.fr")
    assert await may(comptoir, viewer(rosa)) == (True, True, True)
    await membership.leave(hers)
    assert await may(comptoir, viewer(rosa)) == (False, False, False)


async def test_who_waits_for_a_yes_is_not_inside(comptoir):
    await Project.filter(id=comptoir.id).update(approves=True)
    rosa = await factories.member("Rosa")
    await membership.join(comptoir, ContributorDraft(), Person(name="Rosa", member_id=rosa.id))
    assert await may(comptoir, viewer(rosa)) == (False, False, False)


async def test_who_speaks_for_an_organisation_that_carries_it_does_too(comptoir):
    club = await Organisation.create(
        handle="club", name="Club des Tilleuls", name_key="club", kind=OrganisationKind.ASSOCIATION
    )
    jeanne, rosa = await factories.member("Jeanne"), await factories.member("Rosa")
    for member in (jeanne, rosa):
        await Spokesperson.create(member=member, organisation=club)
    hers = await membership.join(
        comptoir, ContributorDraft(organisation_id=club.id), Person(name="Jeanne", member_id=jeanne.id)
    )
    await membership.make_carrier(hers, "club@example.fr")
    assert await may(comptoir, viewer(rosa)) == (True, True, True)
    assert [one.title for one in await membership.projects_of(rosa.id)] == ["Le Comptoir du lavoir"]


async def test_a_link_opens_what_its_holder_is_in(comptoir):
    his = await membership.join(comptoir, ContributorDraft(), PAUL)
    key = await new_key(his.participant_id)
    assert await may(comptoir, None, key) == (True, False, False)
    assert await may(comptoir, None, "another") == (False, False, False)
