"""Others join and leave a project of ours, and write to its group; nothing counts twice."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from hub.actors.models import Actor, Role
from hub.announcements.actions import (
    AnnouncementDraft,
    edit_announcement,
    hide,
    publish_announcement,
)
from hub.app import HANDLERS, use_slices
from hub.db import transaction
from hub.fediverse import actions as fediverse
from hub.fediverse.models import Follow
from hub.fediverse.receiving import handle_batch
from hub.fediverse.serving import serve
from hub.projects import membership
from hub.projects.actions import approve, close, delete_project, rewrite
from hub.projects.groups import EACH_ELSEWHERE, followers_of, posts_of, take_back_hidden
from hub.projects.models import (
    Closing,
    Contributor,
    Part,
    Project,
    ProjectDraft,
    Remains,
    Stage,
)
from hub.publications.hiding import move
from hub.publications.models import Publication, Scope
from hub.publications.visibility import ANYBODY
from tests.others import activity, create, note, receive, sent, somebody
from tests.unit.hub.projects.conftest import INES, project


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


@pytest_asyncio.fixture
async def zoe(village):
    """A person on the open network."""
    return await somebody("zoe", display_name="Zoé")


@pytest_asyncio.fixture
async def val(village):
    """The village next door, whose actor ours follows."""
    actor = await somebody("val", "val.example", kind="Organization", display_name="Val")
    await follow(actor)
    return actor


async def follow(actor):
    async with transaction():
        ours = await fediverse.follow(await Actor.of_role(Role.VILLAGE), actor)
    await Follow.filter(id=ours.id).update(accepted_at=datetime.now(UTC))


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


async def fresh(row):
    return await Project.get(id=row.id).select_related("publication__author", "actor")


async def parts(row):
    listed = await Contributor.filter(project_id=row.id).order_by("id").select_related("participant")
    return [(one.participant.name, one.part) for one in listed if one.participant.actor_id is not None]


def a_join(actor, what, **facts):
    return activity("Join", actor, what.uri if isinstance(what, Actor) else what.publication.uri, **facts)


# ------------------------------------------------------------ the group


async def test_the_group_is_an_actor_that_names_its_project_and_who_moderates_it(village):
    four = await project()
    group = (await serve(four.actor.uri, None)).document
    assert (group["type"], group["name"]) == ("Group", "Le Comptoir du lavoir")
    assert group["lavoir:project"] == four.publication.uri
    assert group["attributedTo"] == f"{four.actor.uri}/moderators"
    assert group["manuallyApprovesFollowers"] is False
    ours = await Actor.of_role(Role.VILLAGE)
    assert (await serve(group["attributedTo"], None)).document["orderedItems"] == [ours.uri]


async def test_nobody_hears_of_the_group_before_the_project_was_read(village, zoe):
    four = await project(trusted=False)
    assert await serve(four.actor.uri, None) is None
    nothing = activity("Join", zoe, "https://bourg.example/a/nothing")
    await hear(activity("Follow", zoe, four.actor.uri), a_join(zoe, four.actor), a_join(zoe, four), nothing)
    answers = await sent()
    assert {one["type"] for one in answers} == {"Reject"}
    assert len({one["content"] for one in answers}) == 1  # as of what does not exist
    assert await parts(four) == []
    await approve(four, by="Claire")
    assert (await serve(four.actor.uri, None)).document["name"] == "Le Comptoir du lavoir"


async def test_what_is_for_neighbours_alone_has_no_group(village):
    assert (await project(scope=Scope.NEIGHBOURS)).actor is None


async def test_the_group_bears_the_new_name_of_its_project_and_tells_who_follows_it(village, zoe):
    four = await project()
    await hear(activity("Follow", zoe, four.actor.uri))
    await rewrite(four, ProjectDraft(title="Le Comptoir", text="Une épicerie.", contact="x"), INES)
    told = [one for one in await sent("Update") if one["actor"] == four.actor.uri]
    assert [one["object"]["name"] for one in told] == ["Le Comptoir"]
    await rewrite(four, ProjectDraft(title="Le Comptoir", text="Une épicerie et un four.", contact="x"), INES)
    assert len([one for one in await sent("Update") if one["actor"] == four.actor.uri]) == 1


async def test_who_follows_is_let_in_at_once_and_is_no_member(village, zoe):
    four = await project()
    await hear(activity("Follow", zoe, four.actor.uri))
    [accepted] = await sent("Accept")
    assert accepted["actor"] == four.actor.uri
    assert await followers_of(four.actor) == 1
    assert await parts(four) == []


# ------------------------------------------------------------ join and leave


@pytest.mark.parametrize("by_group", [True, False])
async def test_a_join_by_the_group_or_by_the_project_makes_a_member_and_is_accepted(village, zoe, by_group):
    four = await project()
    asked = a_join(zoe, four.actor if by_group else four)
    await hear(asked, asked)
    assert await parts(four) == [("Zoé", Part.MEMBER)]
    [accepted] = await sent("Accept")
    assert (accepted["actor"], accepted["object"], accepted["to"]) == (four.actor.uri, asked["id"], [zoe.uri])
    assert (await fresh(four)).members == 2


async def test_who_asks_again_is_answered_again_and_counted_once(village, zoe):
    four = await project()
    first, second = a_join(zoe, four), a_join(zoe, four)
    await hear(first, second)
    assert await parts(four) == [("Zoé", Part.MEMBER)]
    assert [one["object"] for one in await sent("Accept")] == [first["id"], second["id"]]


async def test_where_carriers_decide_one_waits_for_their_yes(village, zoe):
    four = await project(approves=True)
    asked = a_join(zoe, four)
    await hear(asked)
    assert await parts(four) == [("Zoé", Part.ASKED)]
    assert await sent("Accept") == []
    contributor = await Contributor.get(uri=asked["id"])
    await membership.admit(contributor)
    await membership.make_carrier(contributor, "zoe@social.example")
    await membership.step_back(contributor)
    assert [one["object"] for one in await sent("Accept")] == [asked["id"]]


async def test_a_no_travels_with_its_reason(village, zoe):
    four = await project(approves=True)
    asked = a_join(zoe, four)
    await hear(asked)
    await membership.decline(await Contributor.get(uri=asked["id"]), "Nous sommes assez.")
    [rejected] = await sent("Reject")
    assert (rejected["object"], rejected["content"]) == (asked["id"], "Nous sommes assez.")
    assert rejected["actor"] == four.actor.uri


async def test_a_closed_project_says_no_once_and_why(village, zoe):
    four = await project()
    await close(four, Closing(stage=Stage.DONE, remains=Remains.NOTHING), by="Inès")
    asked = a_join(zoe, four)
    await hear(asked, asked)
    [rejected] = await sent("Reject")
    assert rejected["content"] == "Ce projet est déjà terminé."
    assert await parts(four) == []


async def test_who_leaves_is_out_and_may_come_back(village, zoe):
    four = await project()
    await hear(a_join(zoe, four), activity("Leave", zoe, four.actor.uri))
    assert await parts(four) == [("Zoé", Part.LEFT)]
    assert (await fresh(four)).members == 1
    await hear(a_join(zoe, four))
    assert await parts(four) == [("Zoé", Part.LEFT), ("Zoé", Part.MEMBER)]


@pytest.mark.parametrize("embedded", [True, False])
async def test_a_join_is_taken_back_by_its_id(village, zoe, embedded):
    four = await project()
    asked = a_join(zoe, four)
    undone = activity("Undo", zoe, asked if embedded else asked["id"])
    await hear(asked, undone, undone, asked)
    assert await parts(four) == [("Zoé", Part.LEFT)]


async def test_a_join_that_was_only_answered_again_is_taken_back_by_who_joined_what(village, zoe):
    four = await project()
    first, second = a_join(zoe, four), a_join(zoe, four)
    await hear(first, second, activity("Undo", zoe, second))
    assert await parts(four) == [("Zoé", Part.LEFT)]


async def test_what_comes_in_the_wrong_order_ends_the_same(village, zoe):
    four = await project()
    asked = a_join(zoe, four, published="2026-11-21T09:00:00Z")
    await hear(activity("Undo", zoe, asked), asked)
    assert await parts(four) == []
    asked = a_join(zoe, four, published="2026-11-21T10:00:00Z")
    await hear(activity("Leave", zoe, four.publication.uri, published="2026-11-21T10:00:05Z"), asked)
    assert await parts(four) == []
    await hear(a_join(zoe, four, published="2026-11-21T11:00:00Z"))
    assert await parts(four) == [("Zoé", Part.MEMBER)]


async def test_nobody_takes_back_or_leaves_for_somebody_else(village, zoe):
    four, eve = await project(), await somebody("eve")
    asked = a_join(zoe, four)
    await hear(asked, activity("Undo", eve, asked), activity("Undo", eve, asked["id"]))
    await hear(activity("Leave", eve, four.publication.uri))
    assert await parts(four) == [("Zoé", Part.MEMBER)]


async def test_of_the_last_carrier_who_leaves_from_elsewhere_the_town_hall_takes_over(village, zoe):
    four = await project()
    asked = a_join(zoe, four)
    await hear(asked)
    await membership.make_carrier(await Contributor.get(uri=asked["id"]), "zoe@social.example")
    ines = await Contributor.get(project_id=four.id, participant__name=INES.name)
    await membership.leave(ines)
    await hear(activity("Leave", zoe, four.actor.uri))
    carriers = await Contributor.filter(project_id=four.id, part=Part.CARRIER).select_related("participant")
    assert [one.participant.name for one in carriers] == ["La mairie"]
    assert carriers[0].contact


async def test_an_actor_that_is_gone_is_in_nothing_and_its_posts_are_passed_on_no_more(village, zoe):
    four = await project()
    await hear(a_join(zoe, four), create(zoe, written_to(four.actor, zoe)))
    await hear(activity("Delete", zoe, zoe.uri))
    assert await parts(four) == [("Zoé", Part.LEFT)]
    [announced] = [one for one in await sent("Announce") if one["object"].startswith(zoe.uri)]
    assert [one["object"]["id"] for one in await sent("Undo")] == [announced["id"]]


# ------------------------------------------------------------ what is written to the group


def written_to(group, author, text="<p>Je prête ma bétonnière.</p>", **facts):
    tag = {"type": "Mention", "href": group.uri, "name": group.full_handle}
    return note(author, text, cc=[author.followers_uri, group.uri], tag=[tag], **facts)


async def announced(group):
    return [one["object"] for one in await sent("Announce") if one["actor"] == group.uri]


async def test_a_public_post_that_names_the_group_is_passed_on_once(village, zoe):
    four = await project()
    post = written_to(four.actor, zoe)
    first = create(zoe, post)
    await hear(
        first, first, create(zoe, post), activity("Update", zoe, {**post, "updated": "2026-11-22T10:00:00Z"})
    )
    assert await announced(four.actor) == [four.publication.uri, post["id"]]
    [one] = [each for each in await sent("Announce") if each["object"] == post["id"]]
    assert "https://www.w3.org/ns/activitystreams#Public" in one["to"]


async def test_a_post_that_has_the_group_as_its_audience_is_passed_on(village, zoe):
    four = await project()
    post = note(zoe, audience=four.actor.uri)
    await hear(create(zoe, post))
    assert await announced(four.actor) == [four.publication.uri, post["id"]]


async def test_answers_and_what_is_not_for_everybody_are_not_passed_on(village, zoe):
    four = await project()
    answer = written_to(four.actor, zoe, inReplyTo=four.publication.uri)
    elsewhere = written_to(four.actor, zoe, inReplyTo="https://other.example/notes/1")
    private = {**written_to(four.actor, zoe), "to": [four.actor.uri], "cc": []}
    followers = {**written_to(four.actor, zoe), "to": [zoe.followers_uri], "cc": [four.actor.uri]}
    unlisted = written_to(four.actor, zoe, to=[zoe.followers_uri])
    unlisted["cc"] = ["https://www.w3.org/ns/activitystreams#Public", four.actor.uri]
    for post in (answer, elsewhere, private, followers, unlisted):
        await hear(create(zoe, post))
    assert await announced(four.actor) == [four.publication.uri]


async def test_of_who_is_silenced_nothing_is_passed_on(village):
    four, eve = await project(), await somebody("eve", silenced_at=datetime.now(UTC))
    await hear(create(eve, written_to(four.actor, eve)))
    assert await announced(four.actor) == [four.publication.uri]
    await hear(a_join(eve, four))
    assert await parts(four) == []


async def test_a_post_that_is_deleted_is_taken_back_and_stays_away(village, zoe):
    four = await project()
    post = written_to(four.actor, zoe)
    sent_first = create(zoe, post)
    gone = activity("Delete", zoe, {"id": post["id"], "type": "Tombstone"})
    await hear(sent_first, gone, gone, create(zoe, post))
    assert (await announced(four.actor)).count(post["id"]) == 1
    [undone] = await sent("Undo")
    assert (undone["actor"], undone["object"]["object"]) == (four.actor.uri, post["id"])
    other = written_to(four.actor, zoe)
    await hear(activity("Delete", zoe, {"id": other["id"], "type": "Tombstone"}), create(zoe, other))
    assert other["id"] not in await announced(four.actor)


async def test_what_others_pass_on_to_the_group_is_not_passed_on(village, zoe):
    four = await project()
    post = written_to(four.actor, zoe)
    await hear(create(zoe, post))
    group = await somebody("groupe", "other.example", kind="Group")
    [one] = [each for each in await sent("Announce") if each["object"] == post["id"]]
    for thing in (one["id"], one, post["id"], four.publication.uri):
        await hear(activity("Announce", group, thing, to=[four.actor.uri], cc=[]))
    assert await announced(four.actor) == [four.publication.uri, post["id"]]


async def test_an_edit_that_names_the_group_later_is_passed_on_then(village, val):
    four = await project()
    post = note(val)
    await hear(create(val, post))
    assert await announced(four.actor) == [four.publication.uri]
    edited = {**written_to(four.actor, val), "id": post["id"], "updated": "2026-11-22T10:00:00Z"}
    await hear(activity("Update", val, edited))
    assert await announced(four.actor) == [four.publication.uri, post["id"]]


async def test_one_server_does_not_flood_who_follows_the_group(village, zoe):
    four = await project()
    for _ in range(EACH_ELSEWHERE + 3):
        await hear(create(zoe, written_to(four.actor, zoe)))
    assert len(await announced(four.actor)) == 1 + EACH_ELSEWHERE


async def test_a_project_that_is_deleted_takes_its_group_with_it(village, zoe):
    four = await project()
    await hear(activity("Follow", zoe, four.actor.uri), a_join(zoe, four))
    await delete_project(four)
    gone = await Actor.get(id=four.actor.id)
    assert gone.deleted_at is not None
    await hear(a_join(zoe, four), a_join(zoe, four.actor), create(zoe, written_to(four.actor, zoe)))
    assert [part for _, part in await parts(four)] == [Part.MEMBER]
    assert await announced(four.actor) == [four.publication.uri]


async def test_a_project_that_was_hidden_has_no_group_until_it_is_shown_again(village, zoe):
    four = await project()
    shown = Publication.filter(id=four.publication_id)
    async with transaction():
        await move(shown, hidden_at=datetime.now(UTC))
    assert await serve(four.actor.uri, None) is None
    await hear(a_join(zoe, four), a_join(zoe, four.actor), create(zoe, written_to(four.actor, zoe)))
    assert await parts(four) == []
    assert await announced(four.actor) == [four.publication.uri]
    async with transaction():
        await move(shown, hidden_at=None)
    await hear(a_join(zoe, four.actor))
    assert await parts(four) == [("Zoé", Part.MEMBER)]


async def test_what_an_agent_hides_is_not_passed_on_any_longer(village, zoe):
    four = await project()
    post = written_to(four.actor, zoe)
    await hear(create(zoe, post))
    await take_back_hidden()
    assert await sent("Undo") == []
    await hide(await Publication.get(uri=post["id"]))
    await take_back_hidden()
    await take_back_hidden()
    assert [one["object"]["object"] for one in await sent("Undo")] == [post["id"]]


@pytest.mark.parametrize("handle", ["@{name}", "@{name}@bourg.example", "@{upper}"])
async def test_an_announcement_that_names_the_group_is_passed_on_once(village, handle):
    four, author = await project(), await Actor.of_role(Role.VILLAGE)
    name = handle.format(name=four.actor.name, upper=four.actor.name.upper())
    news = await publish_announcement(author, AnnouncementDraft(title="Merci", text=f"Le {name} avance."))
    await edit_announcement(news, AnnouncementDraft(title="Merci", text=f"Le {name} avance bien."))
    assert await announced(four.actor) == [four.publication.uri, news.uri]
    assert four.actor.uri in news.document["cc"]
    assert [one.id for one in await posts_of(four, ANYBODY)] == [news.id]


async def test_other_handles_and_news_for_the_village_alone_are_passed_on_by_no_group(village):
    four, author = await project(), await Actor.of_role(Role.VILLAGE)
    name = four.actor.name
    for text in (f"@{name}@social.example", f"x@{name}", f"https://a.example/@{name}", "@nobody"):
        await publish_announcement(author, AnnouncementDraft(title="Merci", text=text))
    inside = AnnouncementDraft(title="Merci", text=f"@{name}", scope=Scope.VILLAGE)
    await publish_announcement(author, inside)
    assert await announced(four.actor) == [four.publication.uri]


async def test_of_one_server_only_those_who_are_in_it_count(village, zoe, val, monkeypatch):
    monkeypatch.setattr(membership, "EACH_ELSEWHERE", 1)
    four = await project()
    for _ in range(2):
        await hear(a_join(zoe, four))
        await hear(activity("Leave", zoe, four.publication.uri))
    await hear(a_join(zoe, four))
    assert [part for _, part in await parts(four)] == [Part.LEFT, Part.LEFT, Part.MEMBER]
    await hear(a_join(await somebody("noe", display_name="Noé"), four))
    assert ("Noé", Part.MEMBER) not in await parts(four)


async def test_who_was_removed_waits_for_a_yes_also_under_another_name(village, zoe):
    four = await project()
    await hear(asked := a_join(zoe, four))
    await membership.decline(await Contributor.get(uri=asked["id"]))
    await Actor.filter(id=zoe.id).update(display_name="Zoé B.")
    await hear(a_join(zoe, four))
    assert await parts(four) == [("Zoé", Part.DECLINED), ("Zoé B.", Part.ASKED)]
