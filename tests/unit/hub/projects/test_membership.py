"""Who is in a project: it always has somebody whom one can ask."""

import pytest

from hub.actors.models import Role
from hub.errors import Conflict
from hub.participants.models import Participant, Person
from hub.projects import actions, membership
from hub.projects.invitations import answer
from hub.projects.membership import join, leave, make_carrier, people_of
from hub.projects.models import (
    Answer,
    Contributor,
    ContributorDraft,
    Invited,
    Part,
    Project,
    ProjectDraft,
    Sort,
)
from tests import factories
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


async def test_who_was_removed_comes_back_only_with_a_yes_of_a_carrier(village):
    comptoir = await project()
    rosa = Person(name="Rosa", member_id=(await factories.member("Rosa")).id)
    await membership.decline(await join(comptoir, ContributorDraft(), rosa))
    again = await join(comptoir, ContributorDraft(), rosa)
    assert again.part is Part.ASKED
    await leave(again)
    assert (await join(comptoir, ContributorDraft(), rosa)).part is Part.ASKED
    assert (await Project.get(id=comptoir.id)).members == 1


async def invited_to(comptoir, **facts):
    lucie = await Participant.create(name="Lucie", mail="lucie@example.fr", **facts)
    return await Invited.create(project=comptoir, participant=lucie, sort=Sort.RESIDENT, name="Lucie")


async def parts(comptoir):
    return [one.part for one in await Contributor.filter(project_id=comptoir.id).order_by("id")][1:]


async def test_an_old_invitation_does_not_undo_that_somebody_was_removed(village):
    comptoir = await project()
    lucie = await invited_to(comptoir)
    await answer(lucie, Answer.YES)
    [_, member] = await people_of(comptoir)
    await membership.decline(member)
    for said in (Answer.MAYBE, Answer.YES, Answer.MAYBE, Answer.YES):
        await answer(lucie, said)
    assert await parts(comptoir) == [Part.DECLINED, Part.ASKED]


async def test_who_waits_for_a_yes_and_was_invited_needs_no_other(village):
    comptoir = await project(approves=True)
    rosa = await factories.member("Rosa")
    await join(comptoir, ContributorDraft(), Person(name="Rosa", member_id=rosa.id))
    assert await parts(comptoir) == [Part.ASKED]
    await answer(await invited_to(comptoir, member=rosa), Answer.YES)
    assert await parts(comptoir) == [Part.MEMBER]


async def test_who_says_no_after_yes_leaves(village):
    comptoir = await project()
    lucie = await invited_to(comptoir)
    await answer(lucie, Answer.YES)
    assert await parts(comptoir) == [Part.MEMBER]
    await answer(lucie, Answer.NO)
    assert await parts(comptoir) == [Part.LEFT]
    assert (await Project.get(id=comptoir.id)).members == 1
    await answer(lucie, Answer.YES)
    assert await parts(comptoir) == [Part.LEFT, Part.MEMBER]


async def test_what_was_refused_is_not_shown_by_a_page_that_was_not_loaded_anew(village):
    comptoir = await project(trusted=False)
    await actions.refuse(comptoir, "Non.", by="Marie")
    await actions.approve(comptoir, by="Odile")
    kept = await Project.get(id=comptoir.id).select_related("publication")
    assert (kept.is_reviewed, kept.publication.hidden_at is None) == (False, False)


async def test_who_improves_the_words_leaves_no_other_copy_of_their_contact(village):
    comptoir = await project()
    rosa = await factories.member("Rosa")
    draft = ProjectDraft(title="Le Comptoir", text="Avec un four.", contact="x")
    await actions.rewrite(comptoir, draft, Person(name="Rosa", member_id=rosa.id))
    written = await Participant.get(member_id=rosa.id)
    assert (written.name, written.mail, written.phone) == ("Rosa", None, None)
