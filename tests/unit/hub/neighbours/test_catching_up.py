"""What is open at another hub is read page by page, believed as far as it is its own, and looked after."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.actors.models import Actor, Host, Role
from hub.app import use_slices
from hub.exchange.models import Proposal, State
from hub.fediverse.models import AgreementState, Follow, Neighbour
from hub.jobs import Job
from hub.neighbours import catching_up
from hub.neighbours.catching_up import begin, catch_up, catch_up_with_all
from hub.publications.models import Publication
from tests import factories
from tests.evilpeer import NEIGHBOUR
from tests.others import activity, note
from tests.unit.hub.exchange.next_door import hear, newer, their_need
from tests.unit.hub.neighbours.around import Val, follow
from tests.unit.hub.neighbours.around import peer as peer
from tests.unit.hub.projects.conftest import village as village


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


@pytest_asyncio.fixture
async def val(peer):
    return await Val.at(peer)


async def hanging():
    found = Proposal.filter(publication__deleted_at=None).exclude(publication__author__host="")
    return set(await found.values_list("publication__uri", flat=True))


async def test_all_that_is_open_there_hangs_here_and_once(val):
    needs = [their_need(val.author) for _ in range(5)]
    val.lists(needs[:2], needs[2:4], needs[4:])
    before = datetime.now(UTC)
    for _ in range(2):
        await val.is_read()
        assert await hanging() == {need["id"] for need in needs}
        assert await Proposal.all().count() == 5
    assert val.row.caught_up_at > before
    assert not await Job.filter(name__startswith="neighbours.").exists()


async def test_newer_words_are_taken_and_what_is_settled_there_is_settled_here(val):
    need = their_need(val.author)
    val.lists([need])
    await val.is_read()
    val.lists([newer(need, 5, finished=True, **{"lavoir:status": "fulfilled"})])
    await val.is_read()
    assert (await Proposal.get(publication__uri=need["id"])).state is State.THANKED


async def test_what_it_lists_no_longer_is_asked_for_where_it_lives(val):
    gone, buried, there, away = (their_need(val.author) for _ in range(4))
    val.lists([gone, buried, there, away])
    await val.is_read()
    val.lists([])
    val.answers(gone["id"], 410)
    val.serve(buried["id"], {"id": buried["id"], "type": "Tombstone"})
    val.serve(there["id"], newer(there, 5, **{"lavoir:status": "withdrawn"}))
    val.answers(away["id"], 503)
    await val.is_read()
    assert await hanging() == {there["id"], away["id"]}
    assert (await Proposal.get(publication__uri=there["id"])).state is State.CLOSED
    assert (await Proposal.get(publication__uri=away["id"])).state is State.OPEN


async def test_a_hub_speaks_for_its_own_things_only(val, peer):
    other = await Val.at(peer, NEIGHBOUR)
    theirs, real = their_need(other.author), their_need(other.author)
    other.serve(real["id"], real)
    forged = their_need(val.author, attributedTo=other.author.uri)
    of_others = their_need(other.author, id=f"{val.open}/1")
    val.lists([theirs, forged, of_others, real["id"], 7, None, {"type": "Note"}, note(val.author)])
    await val.is_read()
    assert await hanging() == set()
    assert val.row.caught_up_at is not None


async def test_pages_elsewhere_and_pages_in_a_circle_are_not_read(val, peer):
    other = await Val.at(peer, NEIGHBOUR)
    other.lists([their_need(other.author)])
    val.lists([their_need(val.author)], following=f"{other.open}?after=0")
    await val.is_read()
    assert other.asked(f"{other.open}?after=0") == 0
    assert val.row.caught_up_at is None
    val.lists([], following=f"{val.open}?after=0")
    await val.is_read()
    assert val.row.caught_up_at is not None


async def test_a_list_without_end_is_read_so_far_and_says_nothing_of_the_rest(val, monkeypatch):
    monkeypatch.setattr(catching_up, "MOST_PAGES", 30)
    kept = their_need(val.author)
    val.lists([kept])
    await val.is_read()
    for number in range(60):
        uri, following = (f"{val.open}?after={one}" for one in (number, number + 1))
        page = {"id": uri, "type": "OrderedCollectionPage", "orderedItems": [], "next": following}
        val.serve(uri, page)
    await val.is_read()
    assert val.asked(f"{val.open}?after=29") == 1
    assert val.asked(f"{val.open}?after=30") == 0
    assert val.asked(kept["id"]) == 0
    assert await hanging() == {kept["id"]}


async def test_where_much_is_not_listed_any_two_readings_ask_about_others(val, monkeypatch):
    monkeypatch.setattr(catching_up, "MOST_CHECKED", 2)
    needs = [their_need(val.author) for _ in range(6)]
    val.lists(needs)
    await val.is_read()
    val.lists([])
    asked = set()
    for _ in range(60):
        await val.is_read()
        asked = {need["id"] for need in needs if val.asked(need["id"])}
        if len(asked) == len(needs):
            break
    assert len(asked) == len(needs)


async def test_of_who_floods_us_nothing_more_is_kept_but_what_is_here_is_looked_after(val, monkeypatch):
    monkeypatch.setattr(catching_up, "MOST_COPIES", 3)
    needs = [their_need(val.author) for _ in range(5)]
    val.lists(needs[:2], needs[2:])
    await val.is_read()
    assert await hanging() == {need["id"] for need in needs[:3]}
    val.lists([needs[4], newer(needs[1], 5, name="Besoin : Autre chose")])
    val.answers(needs[0]["id"], 410)
    val.serve(needs[2]["id"], needs[2])
    await val.is_read()
    assert await hanging() == {need["id"] for need in needs[1:3]}
    assert (await Publication.get(uri=needs[1]["id"])).title == "Autre chose"


async def test_only_what_hubs_exchange_is_kept(val):
    await follow(await Actor.of_role(Role.VILLAGE), val.author)
    val.lists([note(val.author) for _ in range(3)])
    await val.is_read()
    assert not await Publication.filter(author=val.author).exists()


async def test_one_reading_at_a_time_however_often_it_is_begun(val):
    val.lists([their_need(val.author)])
    for _ in range(5):
        await begin(val.row.id)
    [first] = await Job.filter(name="neighbours.catch_up")
    two_hours = timedelta(hours=2)
    await Neighbour.filter(id=val.row.id).update(reading_since=datetime.now(UTC) - two_hours)
    await begin(val.row.id)  # that one seems to be lost, and is not
    await catch_up(**json.loads(first.arguments))
    assert val.peer.requests == []
    assert await Job.filter(name="neighbours.catch_up").count() == 2
    await factories.do_jobs(catch_up)
    assert val.asked(f"{val.open}?after=0") == 1


async def test_a_long_reading_goes_on_while_others_want_to_begin(val):
    val.lists(*([their_need(val.author)] for _ in range(15)))
    await begin(val.row.id)
    await factories.do_jobs(catch_up)
    assert len(await hanging()) == 10
    await begin(val.row.id)
    await catch_up_with_all()
    assert await factories.do_jobs(catch_up) == 1
    assert len(await hanging()) == 15
    assert val.asked(f"{val.open}?after=0") == 1


async def test_a_reading_that_was_cut_off_left_something_out(val, monkeypatch):
    val.lists([], [])
    await val.is_read()
    whole = val.row.complete_since
    assert whole < val.row.caught_up_at
    monkeypatch.setattr(catching_up, "MOST_PAGES", 1)
    await val.is_read()
    assert val.row.complete_since == whole


async def test_who_says_that_it_is_over_is_believed_and_its_copies_go(val):
    val.lists([their_need(val.author)])
    await val.is_read()
    val.answers(val.open, 410)
    await val.is_read()
    assert val.row.state is AgreementState.ENDED
    assert await hanging() == set()
    assert not await Publication.filter(author=val.author).exists()


@pytest.mark.parametrize("code", [404, 500])
async def test_whoever_cannot_answer_loses_nothing(val, code):
    val.lists([their_need(val.author)])
    await val.is_read()
    val.answers(val.open, code)
    await val.is_read()
    assert val.row.state is AgreementState.AGREED
    assert len(await hanging()) == 1


@pytest.mark.parametrize("state", [one for one in AgreementState if one is not AgreementState.AGREED])
async def test_only_where_it_is_agreed_anything_is_asked(val, state):
    await Neighbour.filter(id=val.row.id).update(state=state)
    await val.is_read()
    assert val.peer.requests == []


async def test_a_region_that_only_follows_us_is_not_read(peer):
    region = await Val.at(peer, is_region=True, followed=False)
    await region.is_read()
    assert peer.requests == []


async def test_an_accept_of_what_was_read_already_has_us_read_nothing(val):
    ours = await Follow.get(followed=val.row.actor)
    accept = activity("Accept", val.row.actor, ours.uri)
    await hear(accept)
    assert await Job.filter(name="neighbours.catch_up").delete() == 1
    await Neighbour.filter(id=val.row.id).update(caught_up_at=datetime.now(UTC), reading_since=None)
    await hear(activity("Accept", val.row.actor, ours.uri))
    assert not await Job.filter(name="neighbours.catch_up").exists()


async def test_a_region_that_only_follows_us_is_not_begun_with(peer):
    await Val.at(peer, is_region=True, followed=False)
    await catch_up_with_all()
    assert not await Job.filter(name="neighbours.catch_up").exists()


async def test_each_is_read_once_a_day_and_again_after_an_outage(val):
    now = datetime.now(UTC)
    hour, day = timedelta(hours=1, minutes=1), timedelta(days=1, minutes=1)

    async def is_begun(caught_up, begun=None, revived=None):
        await Neighbour.filter(id=val.row.id).update(caught_up_at=caught_up, reading_since=begun)
        await Host.filter(name=val.row.host).update(revived_at=revived)
        await catch_up_with_all()
        return bool(await Job.filter(name="neighbours.catch_up").delete())

    assert await is_begun(None)
    assert await is_begun(now - day)
    assert not await is_begun(now - hour)
    assert not await is_begun(now - day, begun=now)
    assert await is_begun(now - day, begun=now - hour)
    assert await is_begun(now - hour, revived=now)
    assert await is_begun(now - day, begun=now - timedelta(minutes=5), revived=now)
    await Neighbour.filter(id=val.row.id).update(state=AgreementState.PAUSED)
    assert not await is_begun(None)
