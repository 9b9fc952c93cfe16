"""What others write: kept where it concerns us, in their own newest words, and never more than they said."""

from datetime import UTC, datetime, timedelta

import pytest

from federation.vocabulary import PUBLIC
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.db import transaction
from hub.fediverse import actions
from hub.fediverse.models import Follow
from hub.jobs import Job
from hub.media.models import Picture
from hub.publications.models import Gone, Kind, Publication, Scope
from tests import factories
from tests.others import activity, agree_with, announcement, create, hear, note, somebody

EARLIER, LATER = "2026-11-21T10:00:00Z", "2026-11-22T10:00:00Z"


@pytest.fixture(autouse=True)
async def village(database):
    use_origin("https://bourg.example")
    await factories.village(handle="bourg", name="Bourg")
    yield await Actor.of_role(Role.VILLAGE)
    use_origin("http://localhost:8000")


@pytest.fixture
async def ana(village):
    return await somebody("ana", icon_url="https://social.example/ana.png")


@pytest.fixture
async def news(village):
    return await announcement(village)


async def follow(village, actor):
    async with transaction():
        ours = await actions.follow(village, actor)
    await Follow.filter(id=ours.id).update(accepted_at=datetime.now(UTC))


async def stored(thing):
    return await Publication.get_or_none(uri=thing["id"]).select_related("author")


async def answers(news):
    return (await Publication.get(id=news.id)).replies


async def test_an_answer_is_kept_below_what_it_answers(ana, news):
    answer = note(
        ana,
        "<p onclick=x>Bravo<script>x</script> !</p>",
        inReplyTo=news.uri,
        url="https://social.example/@ana/1",
    )
    await hear(create(ana, answer))
    kept = await stored(answer)
    assert (kept.kind, kept.scope, kept.root_id, kept.html) == (
        Kind.ANSWER,
        Scope.PUBLIC,
        news.id,
        "<p>Bravo !</p>",
    )
    assert kept.url == "https://social.example/@ana/1"
    assert await answers(news) == 1
    assert (await Picture.get()).url == ana.icon_url
    assert await Job.exists(name="fediverse.confirm_handle")


async def test_what_concerns_nobody_here_is_not_kept(ana, news):
    """INB-24, INB-26"""
    secret = note(ana, to=["https://other.example/bob"], cc=None, inReplyTo=news.uri)
    await hear(
        create(ana, note(ana)),
        create(ana, note(ana, inReplyTo="https://other.example/1")),
        create(ana, secret),
    )
    assert await Publication.all().count() == 1


async def test_who_names_one_of_ours_is_kept_in_its_scope(village, ana):
    direct = note(ana, to=[village.uri], cc=None)
    for_friends = note(ana, to=[ana.followers_uri], cc=[village.uri])
    quiet = note(ana, to=[ana.followers_uri], cc=["as:Public", village.uri])
    tagged = note(ana, tag=[{"type": "Mention", "href": village.uri}])
    unaddressed = note(ana, to=None, cc=None)
    await hear(*(create(ana, thing) for thing in (direct, for_friends, quiet, tagged)))
    await hear(activity("Create", ana, unaddressed, to=[village.uri]))
    kept = [await stored(thing) for thing in (direct, for_friends, quiet, tagged, unaddressed)]
    assert [one.kind for one in kept] == [Kind.MESSAGE] * 5
    assert [one.scope for one in kept] == [
        Scope.DIRECT,
        Scope.FOLLOWERS,
        Scope.PUBLIC,
        Scope.PUBLIC,
        Scope.DIRECT,
    ]


async def test_what_somebody_writes_whom_we_follow_is_kept(village, ana):
    await follow(village, ana)
    public, for_friends = note(ana), note(ana, to=[ana.followers_uri], cc=None)
    for_one = note(ana, to=["https://other.example/bob"], cc=None)
    await hear(*(create(ana, thing) for thing in (public, for_friends, for_one)))
    assert (await stored(public)).kind is Kind.POST
    assert (await stored(for_friends)).scope is Scope.FOLLOWERS
    assert await stored(for_one) is None


@pytest.mark.parametrize("scope", [Scope.VILLAGE, Scope.NEIGHBOURS])
async def test_nobody_answers_what_they_cannot_see(village, ana, scope):
    hidden = await announcement(village, scope=scope)
    answer = note(ana, inReplyTo=hidden.uri)
    await hear(create(ana, answer))
    assert await stored(answer) is None
    message = note(ana, inReplyTo=hidden.uri, cc=[village.uri])
    await hear(create(ana, message))
    assert ((await stored(message)).kind, (await stored(message)).root_id) == (Kind.MESSAGE, None)
    assert await answers(hidden) == 0


async def test_a_neighbour_answers_what_is_for_neighbours(village, ana):
    await agree_with(await somebody("server"))
    answer = note(ana, inReplyTo=(await announcement(village, scope=Scope.NEIGHBOURS)).uri)
    await hear(create(ana, answer))
    assert (await stored(answer)).kind is Kind.ANSWER


async def test_an_answer_may_come_before_what_it_answers(village, ana, news):
    first = note(ana, inReplyTo=news.uri)
    second = note(ana, inReplyTo=first["id"], cc=[village.uri])
    third = note(ana, inReplyTo=second["id"], cc=[village.uri])
    await hear(create(ana, third), create(ana, second))
    assert (await stored(second)).kind is Kind.MESSAGE
    await hear(create(ana, first))
    assert [(await stored(one)).root_id for one in (first, second, third)] == [news.id] * 3
    assert (await stored(third)).kind is Kind.ANSWER


async def test_only_the_author_s_newer_words_replace_the_old(ana, news):
    """INB-05, INB-07, INB-09"""
    bob = await somebody("bob")
    answer = note(ana, inReplyTo=news.uri)
    newest = {**answer, "content": "<p>neuf</p>", "updated": LATER}
    older = {**answer, "content": "<p>vieux</p>", "updated": EARLIER}
    forged = {**newest, "content": "<p>faux</p>", "updated": "2026-11-23T10:00:00Z", "attributedTo": None}
    await hear(create(ana, answer), activity("Update", ana, newest), activity("Update", ana, older))
    await hear(activity("Update", bob, forged), activity("Update", ana, {**newest, "content": "x"}))
    await hear(create(ana, {**newest, "content": "<p>encore</p>"}))
    kept = await stored(answer)
    assert kept.html == "<p>neuf</p>"
    assert kept.updated_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    changed = {**newest, "updated": "2026-11-23T10:00:00Z", "inReplyTo": None, "type": "Article"}
    await hear(activity("Update", ana, {**changed, "published": LATER, "to": [news.uri], "cc": []}))
    kept = await stored(answer)
    assert (kept.in_reply_to, kept.type, kept.scope) == (news.uri, "Note", Scope.PUBLIC)
    assert kept.published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


async def test_an_update_of_what_never_came_is_its_first_word(ana, news):
    answer = note(ana, "<p>neuf</p>", inReplyTo=news.uri, updated=LATER)
    await hear(
        activity("Update", ana, answer), create(ana, {**answer, "content": "<p>vieux</p>", "updated": None})
    )
    assert (await stored(answer)).html == "<p>neuf</p>"
    assert await answers(news) == 1


async def test_a_date_to_come_is_now(ana, news):
    """INB-30"""
    answer = note(ana, inReplyTo=news.uri, published="2099-01-01T00:00:00Z")
    await hear(create(ana, answer))
    assert (await stored(answer)).published_at <= datetime.now(UTC)
    await hear(activity("Update", ana, {**answer, "content": "<p>b</p>", "updated": "9999-01-01T00:00:00Z"}))
    assert ((await stored(answer)).updated_at or datetime.now(UTC)) <= datetime.now(UTC)


async def test_nothing_of_ours_is_written_by_others(village, ana, news):
    """ORG-05: not even past the gate"""
    bait = note(ana, id=news.uri, attributedTo=None, to=[village.uri], updated=LATER)
    await hear(create(ana, bait), activity("Update", ana, bait), activity("Delete", ana, news.uri))
    ours = await Publication.get(id=news.id)
    assert (ours.html, ours.deleted_at, ours.author_id) == (news.html, None, village.id)


async def test_what_is_known_never_gets_another_author_or_audience(village, ana):
    """ORG-24"""
    mallory = await somebody("mallory")
    secret = note(ana, to=[village.uri], cc=None)
    await hear(create(ana, secret))
    await hear(
        create(mallory, {**secret, "attributedTo": None, "to": [PUBLIC]}),
        create(ana, {**secret, "to": [PUBLIC]}),
    )
    kept = await stored(secret)
    assert (kept.author.name, kept.scope) == ("ana", Scope.DIRECT)


async def test_what_is_deleted_is_empty_and_never_comes_back(ana, news):
    """INB-11"""
    answer = note(ana, inReplyTo=news.uri)
    await hear(create(ana, answer), activity("Delete", ana, {"id": answer["id"], "type": "Tombstone"}))
    await hear(create(ana, answer), activity("Update", ana, {**answer, "updated": LATER}))
    kept = await stored(answer)
    assert kept.deleted_at is not None
    assert (kept.html, kept.title, kept.summary) == ("", "", "")
    assert await answers(news) == 0


async def test_a_delete_that_comes_first_holds(ana, news):
    """INB-11"""
    answer = note(ana, inReplyTo=news.uri)
    await hear(activity("Delete", ana, answer["id"]), create(ana, answer), activity("Update", ana, answer))
    assert await stored(answer) is None
    assert (await Gone.get()).by == ana.uri


async def test_a_neighbour_on_the_same_host_takes_nothing_away(ana, news):
    """INB-14, GRP-04: its own server is asked first"""
    mallory = await somebody("mallory")
    answer, coming = note(ana, inReplyTo=news.uri), note(ana, inReplyTo=news.uri)
    await hear(create(ana, answer), activity("Delete", mallory, answer["id"]))
    await hear(activity("Delete", mallory, coming["id"]), create(ana, coming))
    assert (await stored(answer)).deleted_at is None
    assert (await stored(coming)).deleted_at is None
    assert await Job.exists(name="fediverse.verify_gone")


async def test_a_delete_that_somebody_passed_on_is_verified(ana, news):
    """INB-14"""
    answer = note(ana, inReplyTo=news.uri)
    await hear(create(ana, answer))
    await hear(activity("Delete", ana, answer["id"]), signer="https://relay.example/actor")
    assert (await stored(answer)).deleted_at is None
    assert await Job.exists(name="fediverse.verify_gone")


async def test_an_actor_that_goes_takes_everything_along(village, ana, news):
    bob = await somebody("bob")
    answer, of_bob = note(ana, inReplyTo=news.uri), note(bob, inReplyTo=news.uri)
    await hear(
        create(ana, answer), create(bob, of_bob), activity("Like", ana, news), activity("Announce", ana, news)
    )
    await hear(
        activity("Like", bob, news), activity("Follow", ana, village), activity("Delete", ana, ana.uri)
    )
    await hear(
        activity("Like", ana, news),
        activity("Follow", ana, village),
        create(ana, note(ana, inReplyTo=news.uri)),
    )
    ours = await Publication.get(id=news.id)
    assert (ours.replies, ours.likes, ours.shares) == (1, 1, 0)
    assert (await stored(answer)).html == ""
    assert not await Follow.exists(follower=ana)
    assert (await Actor.get(id=ana.id)).deleted_at is not None
    assert (await stored(of_bob)).deleted_at is None


async def test_a_bare_id_is_fetched_only_where_it_concerns_us(village, ana):
    thing = f"{ana.uri}/statuses/9"
    await hear(activity("Create", ana, thing, to=[PUBLIC]))
    assert not await Job.exists()
    await hear(activity("Create", ana, thing, to=[PUBLIC], cc=[village.uri]))
    assert await Job.exists(name="fediverse.fetch_object")


async def test_an_article_has_a_title_and_a_note_has_none(village, ana):
    article = note(ana, type="Article", name="Fête <b>ici</b>", cc=[village.uri])
    plain = note(ana, name="Non", cc=[village.uri])
    await hear(create(ana, article), create(ana, plain))
    assert [(await stored(one)).title for one in (article, plain)] == ["Fête <b>ici</b>", ""]


async def test_pictures_are_links_and_nothing_at_all_is_nothing(village, ana):
    picture = {
        "type": "Document",
        "url": "https://files.example/1.png",
        "mediaType": "image/png",
        "name": "La fête",
    }
    with_picture, vote = (
        note(ana, "", attachment=[picture], cc=[village.uri]),
        note(ana, "", name="Oui", cc=[village.uri]),
    )
    await hear(create(ana, with_picture), create(ana, vote))
    assert "La fête (files.example)</a>" in (await stored(with_picture)).html
    assert await stored(vote) is None


async def test_pins_are_the_author_s_own(village, ana):
    """INB-25"""
    bob = await somebody("bob")
    post = note(ana, cc=[village.uri])
    await hear(create(ana, post), activity("Add", bob, post["id"], target=ana.featured_uri))
    await hear(activity("Add", ana, post["id"], target=bob.featured_uri))
    assert (await stored(post)).pinned_at is None
    await hear(activity("Add", ana, post["id"], target=ana.featured_uri))
    assert (await stored(post)).pinned_at is not None
    await hear(activity("Remove", ana, post["id"], target=ana.featured_uri))
    assert (await stored(post)).pinned_at is None


async def test_an_actor_that_changed_is_asked_anew_once_in_a_while(ana):
    """ORG-16: what is embedded is not taken"""
    changed = {
        "id": ana.uri,
        "type": "Person",
        "preferredUsername": "ana",
        "inbox": "https://social.example/evil",
    }
    for _ in range(3):
        await hear(activity("Update", ana, changed))
    first, *others = await Job.filter(name="fediverse.refresh_actor").order_by("id")
    assert first.due_at <= datetime.now(UTC)
    assert min(job.due_at for job in others) > datetime.now(UTC) + timedelta(seconds=30)
    assert (await Actor.get(id=ana.id)).inbox == ana.inbox
