"""What the town hall does leaves a row, a document, and one activity for those who may have it."""

import json

import pytest

from federation.vocabulary import PUBLIC
from hub.actors.hosts import use_federation
from hub.announcements import actions
from hub.announcements.actions import AnnouncementDraft
from hub.errors import Conflict, NotFound
from hub.fediverse.models import Activity, Delivery, Follow
from hub.publications.models import Kind, Publication, Scope
from tests.unit.hub.announcements.conftest import ana

DRAFT = AnnouncementDraft(title="Water cut", text="On **Tuesday**.\n\n#water", language="en")


async def sent(kind: str) -> list[dict]:
    return [json.loads(each.body) for each in await Activity.filter(type=kind).order_by("id")]


@pytest.fixture
async def follower(village):
    one = await ana()
    await Follow.create(uri="x", follower=one, followed=village, accepted_at=village.created_at)
    return one


async def test_an_announcement_is_a_public_note_for_the_followers(village, follower):
    news = await actions.publish_announcement(village, DRAFT)
    (create,) = await sent("Create")
    document = create["object"]
    assert document["id"] == news.uri
    assert document["url"] == f"http://localhost:8000/{news.code}"
    assert document["content"].startswith("<p><strong>Water cut</strong></p><p>On <strong>Tuesday</strong>.")
    assert "summary" not in document
    assert document["to"] == [PUBLIC]
    assert [tag["name"] for tag in document["tag"]] == ["#water"]
    assert list(document["contentMap"]) == ["en"]
    assert (await Publication.get()).document == document
    assert await Delivery.all().values_list("inbox", flat=True) == [follower.inbox]


async def test_what_is_for_the_village_alone_leaves_no_document(village, follower):
    hush = AnnouncementDraft(title="Feast", text="Hush", scope=Scope.VILLAGE)
    news = await actions.publish_announcement(village, hush)
    await actions.edit_announcement(news, AnnouncementDraft(title="Feast", text="Louder"))
    await actions.pin(news)
    await actions.delete_announcement(news)
    row = await Publication.get()
    assert (row.document, row.source, row.html) == (None, "", "")
    assert await Activity.all().count() == 0


async def test_an_edit_is_newer_by_whole_seconds_and_says_so_once(village, follower):
    news = await actions.publish_announcement(village, DRAFT)
    for text in ("One", "One", "Two"):
        await actions.edit_announcement(news, AnnouncementDraft(title="Water cut", text=text))
    updates = await sent("Update")
    assert [each["id"] for each in updates] == [f"{news.uri}/update/1", f"{news.uri}/update/2"]
    times = [each["object"]["updated"] for each in updates]
    assert news.published_at.strftime("%Y-%m-%dT%H:%M:%SZ") < times[0] < times[1]
    assert updates[1]["object"]["published"] == updates[0]["object"]["published"]


async def test_the_deleted_keeps_its_address_and_nothing_else(village, follower):
    news = await actions.publish_announcement(village, DRAFT)
    await actions.delete_announcement(news)
    with pytest.raises(NotFound):
        await actions.delete_announcement(news)
    (delete,) = await sent("Delete")
    assert delete["object"]["type"] == "Tombstone"
    row = await Publication.get()
    assert (row.uri, row.code, row.title, row.source, row.html) == (news.uri, news.code, "", "", "")


async def test_a_private_message_is_answered_in_private(village, follower, say):
    asked = await say("<p>Psst</p>", kind=Kind.MESSAGE, scope=Scope.DIRECT)
    asked.author = follower
    answer = await actions.answer(asked, "Come and see us.", author=village)
    (create,) = await sent("Create")
    assert (create["to"], create["cc"]) == ([follower.uri], [])
    assert create["object"]["inReplyTo"] == asked.uri
    assert "name" not in create["object"]
    assert answer.scope is Scope.DIRECT
    await actions.delete_announcement(answer)
    (delete,) = await sent("Delete")
    assert delete["to"] == [follower.uri]
    assert await Delivery.filter(activity__type="Delete").count() == 1


async def test_an_answer_to_an_answer_joins_its_thread_and_names_its_author(village, follower, say):
    news = await actions.publish_announcement(village, DRAFT)
    hello = await say("<p>Hello</p>", below=news)
    hello.author = follower
    answer = await actions.answer(hello, "Welcome.", author=village)
    assert (answer.root_id, answer.in_reply_to) == (news.id, hello.uri)
    assert answer.document["tag"] == [
        {"type": "Mention", "name": "@ana@social.example", "href": follower.uri}
    ]
    assert follower.uri in answer.document["cc"]


async def test_nobody_answers_what_never_left_the_village(village):
    hush = AnnouncementDraft(title="Feast", text="Hush", scope=Scope.VILLAGE)
    news = await actions.publish_announcement(village, hush)
    with pytest.raises(Conflict):
        await actions.answer(news, "More", author=village)


async def test_five_pins_are_enough(village):
    for number in range(6):
        news = await actions.publish_announcement(village, AnnouncementDraft(title=f"{number}", text="x"))
        if number < 5:
            await actions.pin(news)
            await actions.pin(news)
    with pytest.raises(Conflict):
        await actions.pin(news)
    adds = await sent("Add")
    assert len(adds) == 5
    assert adds[0]["target"] == village.featured_uri


async def test_where_nothing_is_exchanged_the_news_stay_here(village, follower):
    use_federation("off")
    try:
        await actions.publish_announcement(village, DRAFT)
        assert await Delivery.all().count() == 0
    finally:
        use_federation("open")
