"""Likes, announces, reports, quotes: counted once each, answered by rule, and nothing private told."""

from datetime import UTC, datetime

import pytest

from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.db import transaction
from hub.fediverse import actions
from hub.fediverse.inbox import REPORT_CHARS, REPORTS_PER_HOUR
from hub.fediverse.models import Follow, Report
from hub.jobs import Job
from hub.publications.models import Deed, Publication, Reaction, Scope, Stamp
from tests import factories
from tests.others import activity, announcement, create, hear, note, sent, somebody


@pytest.fixture(autouse=True)
async def village(database):
    use_origin("https://bourg.example")
    await factories.village(handle="bourg", name="Bourg")
    yield await Actor.of_role(Role.VILLAGE)
    use_origin("http://localhost:8000")


@pytest.fixture
async def ana(village):
    return await somebody("ana")


@pytest.fixture
async def news(village):
    return await announcement(village)


async def counted(news):
    now = await Publication.get(id=news.id)
    return now.likes, now.shares


async def follow(village, actor):
    async with transaction():
        ours = await actions.follow(village, actor)
    await Follow.filter(id=ours.id).update(accepted_at=datetime.now(UTC))


@pytest.mark.parametrize(("kind", "counts"), [("Like", (1, 0)), ("Announce", (0, 1))])
async def test_one_of_each_for_each_actor(ana, news, kind, counts):
    """INB-23"""
    first, second = activity(kind, ana, news), activity(kind, ana, news)
    await hear(first, second, first)
    assert await counted(news) == counts
    bob = await somebody("bob")
    await hear(activity("Undo", bob, first), activity("Undo", bob, {**first, "actor": bob.uri}))
    assert await counted(news) == counts
    await hear(activity("Undo", ana, first), activity("Undo", ana, first), first)
    assert await counted(news) == (0, 0)


async def test_an_undo_finds_its_like_by_what_it_was_of(ana, news):
    forgotten = activity("Like", ana, news)
    await hear(activity("Like", ana, news), activity("Undo", ana, forgotten))
    assert await counted(news) == (0, 0)
    assert not await Reaction.exists()


async def test_an_undo_that_comes_first_holds(ana, news):
    liked = activity("Like", ana, news)
    await hear(activity("Undo", ana, liked), liked)
    assert await counted(news) == (0, 0)


@pytest.mark.parametrize("kind", ["Like", "Announce"])
async def test_what_somebody_cannot_see_they_neither_like_nor_pass_on(village, ana, kind):
    """INB-22"""
    hidden = await announcement(village, scope=Scope.VILLAGE)
    for_neighbours = await announcement(village, scope=Scope.NEIGHBOURS)
    deleted = await announcement(village, deleted_at=datetime.now(UTC))
    things = [hidden, for_neighbours, deleted, village, "https://bourg.example/o/nothing"]
    await hear(*(activity(kind, ana, thing) for thing in things))
    assert not await Reaction.exists()
    assert not await Job.exists()


async def test_what_is_liked_elsewhere_is_no_business_of_ours(village, ana):
    post = note(ana, cc=[village.uri])
    await hear(create(ana, post), activity("Like", await somebody("bob"), post["id"]))
    assert not await Reaction.exists()


async def test_an_announced_thing_is_fetched_only_for_those_who_follow_the_announcer(village, ana):
    """INB-22"""
    thing = "https://other.example/notes/1"
    await hear(activity("Announce", ana, thing))
    assert not await Job.exists()
    await follow(village, ana)
    embedded = {"id": thing, "type": "Note", "content": "faux", "attributedTo": "https://other.example/bob"}
    await hear(activity("Announce", ana, embedded), activity("Announce", ana, ana.uri))
    job = await Job.get(name="fediverse.fetch_object")
    assert thing in job.arguments
    assert not await Publication.exists(uri=thing)


async def test_whom_we_follow_may_announce_what_we_have(village, ana):
    bob = await somebody("bob")
    post = note(bob, cc=[village.uri])
    await hear(create(bob, post), activity("Announce", ana, post["id"]))
    assert not await Reaction.exists()
    await follow(village, ana)
    await hear(activity("Announce", ana, post["id"]))
    assert (await Reaction.get()).deed is Deed.ANNOUNCE


async def test_a_report_is_kept_as_text_about_things_of_ours(village, ana, news):
    """INB-21"""
    hidden = await announcement(village, scope=Scope.VILLAGE)
    objects = [village.uri, news.uri, hidden.uri, "https://other.example/1", "https://bourg.example/o/x"]
    words = "<b>Trop</b>\nfort" + "!" * 20_000
    await hear(
        activity("Flag", ana, objects, content=words), activity("Flag", ana, ["https://other.example/1"])
    )
    report = await Report.get()
    assert report.objects == [village.uri, news.uri]
    assert report.content.startswith("Trop\nfort!")
    assert len(report.content) <= REPORT_CHARS
    assert (report.host, report.actor) == ("social.example", ana.uri)
    assert await sent() == []


async def test_one_host_reports_so_much_in_an_hour(village, ana):
    """ADM-05"""
    flags = [activity("Flag", ana, [village.uri]) for _ in range(REPORTS_PER_HOUR + 3)]
    await hear(*flags)
    assert await Report.all().count() == REPORTS_PER_HOUR
    await hear(activity("Flag", await somebody("eva", "other.example"), [village.uri]))
    assert await Report.all().count() == REPORTS_PER_HOUR + 1


def request(actor, news, **quoting):
    instrument = note(actor, **quoting)
    return activity("QuoteRequest", actor, news, instrument=instrument)


async def test_what_everybody_may_read_everybody_may_quote(ana, news):
    asked = request(ana, news)
    await hear(asked, asked)
    stamp = await Stamp.get()
    first, second = await sent("Accept")
    assert first["object"] == asked["id"]
    assert first["result"] == second["result"] == stamp.uri
    assert stamp.quoting == asked["instrument"]["id"]


async def test_what_asks_around_among_everybody_may_be_quoted_as_its_document_says(ana, news):
    await Publication.filter(id=news.id).update(scope=Scope.VILLAGE, told_to=Scope.PUBLIC)
    await hear(request(ana, news))
    assert [answer["type"] for answer in await sent()] == ["Accept"]


async def test_a_stamp_that_was_taken_back_is_not_given_again(ana, news):
    asked = request(ana, news)
    await hear(asked)
    await Stamp.all().update(revoked_at=datetime.now(UTC))
    await hear(asked)
    assert [answer["type"] for answer in await sent()] == ["Accept", "Reject"]


async def test_of_what_somebody_cannot_see_they_hear_nothing(village, ana):
    hidden = await announcement(village, scope=Scope.VILLAGE)
    bob = await somebody("bob", "other.example")
    news = await announcement(village)
    await hear(request(ana, hidden), request(ana, "https://bourg.example/o/nothing"))
    await hear(activity("QuoteRequest", ana, news, instrument=f"{bob.uri}/1"))
    assert await sent() == []


async def test_who_wants_to_be_found_may_be_featured(village, ana):
    asked = activity("FeatureRequest", ana, village, instrument=f"{ana.uri}/collections/1")
    del asked["actor"]
    await hear(asked, signer=ana.uri)
    server = await Actor.of_role(Role.SERVER)
    await hear(activity("FeatureRequest", ana, server, instrument=f"{ana.uri}/collections/1"))
    (answer,) = await sent()
    assert (answer["type"], answer["object"]) == ("Accept", asked["id"])
