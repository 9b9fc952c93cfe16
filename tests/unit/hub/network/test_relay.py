"""The relay: other servers subscribe, get what everybody may read, and are refused by people here."""

from datetime import UTC, datetime

import pytest

from federation.vocabulary import PUBLIC
from hub import limits
from hub.actors.models import Actor, Role
from hub.announcements.actions import (
    AnnouncementDraft,
    delete_announcement,
    edit_announcement,
    publish_announcement,
)
from hub.app import HANDLERS
from hub.db import transaction
from hub.fediverse import serving
from hub.fediverse.models import Activity, Delivery, Follow
from hub.fediverse.receiving import handle_batch
from hub.fediverse.relaying import relay as pass_on
from hub.fediverse.relaying import relay_no_more
from hub.journal import Entry
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.others import activity, announcement, receive, sent, somebody
from tests.unit.hub.village.visitors import Visitors, words
from tests.unit.hub.village.visitors import visitors as visitors

INBOX = "http://localhost:8000/relay/inbox"
PAGE = "/admin/network/relay"


@pytest.fixture(autouse=True)
async def village(visitors: Visitors) -> Actor:
    await factories.village(locale="en")
    found = await Actor.of_role(Role.VILLAGE)
    assert found is not None
    return found


@pytest.fixture
async def relay(village: Actor) -> Actor:
    found = await Actor.of_role(Role.RELAY)
    assert found is not None
    return found


@pytest.fixture
async def server(village: Actor) -> Actor:
    """Of a Mastodon: the actor with which its administrator subscribes."""
    return await somebody("server", "social.example", kind="Application")


async def hear(*messages, inbox=INBOX):
    for message in messages:
        await receive(message, inbox=inbox)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


async def say(village, title="Coupure d'eau", scope=Scope.PUBLIC):
    draft = AnnouncementDraft(title=title, text="Jeudi.", scope=scope, language="fr")
    return await publish_announcement(village, draft)


async def announced():
    """What the relay passed on."""
    relay = await Actor.of_role(Role.RELAY)
    return [one["object"] for one in await sent("Announce") if one["actor"] == relay.uri]


async def reached(kind):
    """Inboxes to which activities of this type are on their way."""
    return [one.inbox for one in await Delivery.filter(activity__type=kind).order_by("id")]


async def test_the_relay_is_an_actor_whose_inbox_is_what_an_administrator_enters(relay):
    served = await serving.serve("http://localhost:8000/relay", None)
    assert (served.document["type"], served.document["inbox"]) == ("Service", INBOX)
    assert "http://localhost:8000/relay/inbox" in served.document["summary"]


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public"])
async def test_who_follows_the_public_at_its_inbox_subscribes_and_gets_what_is_new(
    village, relay, server, public
):
    before = await say(village, "Avant")
    asked = activity("Follow", server, public)
    await hear(asked)
    (answer,) = await sent("Accept")
    assert (answer["actor"], answer["object"]["id"]) == (relay.uri, asked["id"])
    assert answer["object"]["object"] == PUBLIC  # spelled in full
    news = await say(village)
    assert await announced() == [news.uri]
    assert await reached("Announce") == [server.inbox]
    (told,) = [one for one in await sent("Announce") if one["actor"] == relay.uri]
    assert PUBLIC in told["to"]
    assert (await serving.serve(told["id"], None)).document["object"] == news.uri
    assert (await Publication.get(id=news.id)).shares == 0
    assert before.uri not in await announced()


async def test_subscribers_hear_of_edits_and_of_the_end(village, server):
    await hear(activity("Follow", server, PUBLIC))
    news = await say(village)
    await edit_announcement(news, AnnouncementDraft(title="Coupure", text="Vendredi.", language="fr"))
    await delete_announcement(news)
    assert await reached("Update") == await reached("Delete") == [server.inbox]
    assert await announced() == [news.uri]


async def test_what_is_not_for_everybody_stays_where_it_is(village, server):
    await hear(activity("Follow", server, PUBLIC))
    for scope in (Scope.VILLAGE, Scope.NEIGHBOURS):
        await say(village, scope=scope)
    assert await announced() == []


async def test_without_subscribers_nothing_is_announced(village):
    await say(village)
    assert await announced() == []


async def test_at_another_inbox_the_public_is_nobody_to_follow(server):
    await hear(activity("Follow", server, PUBLIC), inbox="http://localhost:8000/inbox")
    assert not await Follow.exists()
    assert await sent() == []


async def test_others_follow_the_relay_itself(relay, server):
    await hear(activity("Follow", server, relay), inbox="http://localhost:8000/inbox")
    assert await Follow.filter(followed=relay, accepted_at__not_isnull=True).exists()
    (answer,) = await sent("Accept")
    assert answer["object"]["object"] == relay.uri  # what they asked, told back


async def test_a_subscription_ends_by_its_id_or_by_what_it_was_for_also_where_it_comes_later(server):
    asked = activity("Follow", server, PUBLIC)
    await hear(asked, activity("Undo", server, asked["id"]))
    assert not await Follow.exists()
    forgotten = activity("Follow", server, PUBLIC)
    await hear(activity("Follow", server, PUBLIC), activity("Undo", server, forgotten))
    assert not await Follow.exists()
    late = activity("Follow", server, PUBLIC)
    await hear(activity("Undo", server, late), late)
    assert not await Follow.exists()


async def test_nobody_ends_the_subscription_of_another(server):
    asked = activity("Follow", server, PUBLIC)
    other = await somebody("mallory", "evil.example")
    await hear(asked, activity("Undo", other, asked), activity("Undo", other, asked["id"]))
    assert await Follow.filter(follower=server).exists()


async def test_an_administrator_refuses_one_for_good_and_forgives(visitors, village, server):
    administrator = await visitors.administrator()
    await hear(activity("Follow", server, PUBLIC))
    row = await Follow.get(follower=server)
    assert "social.example" in words(await administrator.get(PAGE))
    answer = await administrator.post(f"{PAGE}/{row.id}/refuse")
    assert answer.headers["location"] == f"{PAGE}?said=relay-refused"
    asked = activity("Follow", await somebody("other", "social.example"), PUBLIC)
    await hear(activity("Undo", server, row.uri), asked, activity("Follow", server, PUBLIC))
    assert [one["type"] for one in await sent("Reject")] == ["Reject"] * 3
    assert await Follow.all().count() == 1
    await say(village)
    assert await announced() == []
    await administrator.post(f"{PAGE}/{row.id}/forgive")
    await hear(activity("Follow", server, PUBLIC))
    assert (await Follow.get(follower=server)).accepted_at is not None
    assert await Entry.filter(about="social.example").order_by("id").values_list("act", flat=True) == [
        "relay-refused",
        "relay-forgiven",
    ]


async def test_where_somebody_says_yes_first_a_server_waits(visitors, village, server):
    administrator = await visitors.administrator()
    await administrator.post(PAGE, asks="yes")
    await hear(activity("Follow", server, PUBLIC))
    await say(village)
    assert await announced() == []
    assert "1 server asks for the relay" in words(await administrator.get("/admin/network"))
    row = await Follow.get(follower=server)
    await administrator.post(f"{PAGE}/{row.id}/accept")
    news = await say(village)
    assert await announced() == [news.uri]
    agents_page = f"/admin/network/followers/{row.id}/remove"
    assert (await administrator.post(agents_page)).status_code == 404


async def test_one_host_fills_the_relay_with_no_more_than_a_few(server, monkeypatch):
    others = [await somebody(f"bot{number}", "social.example") for number in range(4)]
    await hear(*(activity("Follow", other, PUBLIC) for other in others))
    assert await Follow.all().count() == limits.SUBSCRIBERS_PER_HOST
    assert len(await sent("Reject")) == 1
    await hear(activity("Follow", others[0], PUBLIC))
    assert len(await sent("Accept")) == limits.SUBSCRIBERS_PER_HOST + 1
    monkeypatch.setattr(limits, "SUBSCRIBERS", limits.SUBSCRIBERS_PER_HOST)
    await hear(activity("Follow", await somebody("server", "late.example"), PUBLIC))
    assert not await Follow.filter(follower__host="late.example").exists()


async def test_what_a_region_shows_of_others_is_announced_once_and_taken_back(village, relay, server):
    """By its id; its author hears nothing of it, and nobody counts it."""
    await hear(activity("Follow", server, PUBLIC))
    ana = await somebody("ana", "village.example")
    theirs = await Publication.create(
        uri="https://village.example/o/1",
        author=ana,
        kind=Kind.NEED,
        type="Note",
        scope=Scope.PUBLIC,
        published_at=datetime.now(UTC),
    )
    for _ in range(2):
        async with transaction():
            await pass_on(theirs)
    assert await announced() == [theirs.uri]
    assert (await Publication.get(id=theirs.id)).shares == 0
    for _ in range(2):
        async with transaction():
            await relay_no_more(theirs)
    (undone,) = await sent("Undo")
    assert (undone["actor"], undone["object"]["object"]) == (relay.uri, theirs.uri)
    assert await reached("Announce") == await reached("Undo") == [server.inbox]


async def test_what_is_hidden_is_not_passed_on(village, server):
    await hear(activity("Follow", server, PUBLIC))
    hidden = await announcement(village, hidden_at=datetime.now(UTC))
    async with transaction():
        await pass_on(hidden)
    assert await announced() == []


async def test_who_is_blocked_gets_nothing_more(visitors, village, server):
    administrator = await visitors.administrator()
    await hear(activity("Follow", server, PUBLIC))
    await administrator.post("/admin/network/hosts", name="social.example", policy="blocked")
    await say(village)
    assert await reached("Announce") == []
    assert not await Follow.exists()
    assert await Activity.exists(type="Accept")
