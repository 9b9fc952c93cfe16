"""What is here of another hub is hidden for a pause, shown again, and gone when the agreement is over."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.actors.actions import establish
from hub.actors.models import Actor, Role
from hub.app import use_slices
from hub.db import dialect, rows, transaction
from hub.exchange.models import Proposal
from hub.exchange.pledges import pledge
from hub.fediverse.models import AgreementState, Neighbour
from hub.moderation.actions import hide
from hub.neighbours import actions, copies
from hub.network import hosts
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope
from hub.publications.search import KEY
from hub.village.models import Village
from tests import factories
from tests.others import announcement, create, note, somebody
from tests.unit.hub.exchange.conftest import PAUL, hands
from tests.unit.hub.exchange.next_door import hear, hung, their_need
from tests.unit.hub.neighbours.around import follow, hub, village_of
from tests.unit.hub.projects.conftest import village as village


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


@pytest_asyncio.fixture
async def val(village):
    return await hub()


async def came(neighbour, *, author=None, **facts):
    """A need of there, as it came in."""
    author = author or await village_of(neighbour)
    await hear(create(author, their_need(author, **facts)))
    return await Publication.filter(author=author).order_by("-id").first()


async def is_over(neighbour):
    await Neighbour.filter(id=neighbour.id).update(state=AgreementState.ENDED)
    await copies.remove_of(neighbour.host)
    while await factories.do_jobs(copies.remove_of):
        pass


async def is_left(publication):
    return await Publication.exists(id=publication.id, deleted_at=None)


async def found_by_words():
    return {row["key"] for row in await rows(f"SELECT {KEY[dialect()]} AS key FROM search")}


async def test_a_pause_hides_what_came_from_there_and_what_agents_hid_stays_hidden(val):
    one, other = await came(val), await came(val)
    elsewhere = await came(await hub("mont.example"))
    await hide(other, by=None)
    val.state, val.changed_at = AgreementState.PAUSED, datetime.now(UTC)
    await val.save()
    async with transaction():
        await copies.hide(val)
    shown = Publication.filter(hidden_at=None, kind=Kind.NEED)
    assert await shown.values_list("id", flat=True) == [elsewhere.id]
    async with transaction():
        await copies.show(await Neighbour.get(id=val.id))
    assert set(await shown.values_list("id", flat=True)) == {one.id, elsewhere.id}


async def test_when_it_is_over_its_copies_go_with_words_search_and_rows(val, monkeypatch):
    monkeypatch.setattr(copies, "AT_ONCE", 2)
    theirs = [await came(val) for _ in range(5)]
    other = await came(await hub("mont.example"))
    await Actor.exclude(host="").update(icon_url="https://val.example/icon.png")
    await is_over(val)
    with_faces = await Actor.filter(kind="Organization").exclude(icon_url=None).exclude(host="")
    assert [one.host for one in with_faces] == ["mont.example"]
    assert not await Publication.filter(id__in=[one.id for one in theirs]).exists()
    assert await Proposal.all().count() == 1
    assert await found_by_words() == {other.id}


async def test_what_a_pause_hid_and_stays_after_the_end_shows_again(val):
    await follow(await Actor.of_role(Role.VILLAGE), await village_of(val))
    one = await came(val)
    await actions.pause(val)
    await actions.end(val)
    await factories.do_jobs(copies.remove_of)
    assert (await Publication.get(id=one.id)).hidden_at is None


async def test_what_a_pause_hid_is_hidden_by_a_block_and_shows_with_its_end(val):
    region = await hub("drome.example", is_region=True)
    one = await came(val)
    service = await village_of(region, "drome", kind="Service")
    await Reaction.create(actor=service, publication=one, deed=Deed.ANNOUNCE, uri="https://drome.example/1")
    await actions.pause(val)
    await hosts.block({val.host: ""})
    await factories.do_jobs(copies.remove_of)
    assert (await Publication.get(id=one.id)).hidden_at is not None
    await hosts.release(val.host)
    assert (await Publication.get(id=one.id)).hidden_at is None


async def test_a_block_removes_what_came_by_the_agreement(val):
    one = await came(val)
    await hosts.block({val.host: ""})
    await factories.do_jobs(copies.remove_of)
    assert not await is_left(one)


@pytest.mark.parametrize(("role", "stays"), [(Role.VILLAGE, True), (Role.RELAY, False)])
async def test_what_one_of_ours_passed_on_stays_but_not_what_the_relay_did(village, role, stays):
    ours = await Actor.of_role(role) or await establish(role, name="relay", display_name="Relay")
    stranger = await somebody("val", "roc.example", kind="Organization")
    followed = await follow(await Actor.of_role(Role.VILLAGE), stranger)
    one = await came(None, author=stranger)
    await followed.delete()
    await Publication.all().update(received_at=datetime.now(UTC) - timedelta(days=2))
    await Reaction.create(actor=ours, publication=one, deed=Deed.ANNOUNCE, uri="https://bourg.example/1")
    await copies.sweep()
    assert await is_left(one) is stays
    await Village.all().update(is_region=True)
    await copies.sweep()
    assert not await is_left(one)


async def test_nothing_goes_while_it_is_agreed_or_paused(val):
    one = await came(val)
    for state in (AgreementState.AGREED, AgreementState.PAUSED):
        await Neighbour.filter(id=val.id).update(state=state)
        await copies.remove_of(val.host)
        await copies.sweep()
        assert await is_left(one)


async def test_it_comes_again_where_it_is_agreed_on_again(val):
    author = await village_of(val)
    need = their_need(author)
    await hear(create(author, need))
    await is_over(val)
    await Neighbour.filter(id=val.id).update(state=AgreementState.AGREED)
    await hear({**create(author, need), "id": f"{author.uri}/again"})
    assert await hung(need) is not None


async def test_whoever_offered_is_told_and_the_pledge_is_over(val):
    one = await came(val)
    await pledge(await Proposal.get(publication=one).select_related("publication__author"), hands(), PAUL)
    await is_over(val)
    kept = await Publication.get(id=one.id)
    assert kept.deleted_at is not None
    assert kept.title == kept.html == ""
    assert (await Proposal.get(publication=one).prefetch_related("pledges")).pledges[0].state == "declined"


async def test_what_somebody_here_follows_anyway_stays_as_far_as_everybody_may_read_it(val):
    author = await village_of(val)
    await follow(await Actor.of_role(Role.VILLAGE), author)
    public, among = await came(val), await came(val)
    await Publication.filter(id=among.id).update(scope=Scope.NEIGHBOURS)
    await is_over(val)
    assert await is_left(public)
    assert not await is_left(among)


async def test_what_a_region_that_we_follow_passes_on_stays_and_goes_with_it(val):
    region = await hub("drome.example", is_region=True)
    one = await came(val)
    service = await village_of(region, "drome", kind="Service")
    await Reaction.create(actor=service, publication=one, deed=Deed.ANNOUNCE, uri="https://drome.example/1")
    await is_over(val)
    assert await is_left(one)
    await Neighbour.filter(id=region.id).update(state=AgreementState.ENDED)
    await copies.sweep()
    assert not await is_left(one)


async def test_what_answers_us_or_is_written_to_us_stays(val):
    author, news = await village_of(val), await announcement(await Actor.of_role(Role.VILLAGE))
    answer = note(author, inReplyTo=news.uri)
    letter = note(author, to=[(await Actor.of_role(Role.VILLAGE)).uri], cc=[])
    await hear(create(author, answer), create(author, letter))
    await is_over(val)
    for each in (answer, letter):
        assert await Publication.exists(uri=each["id"], deleted_at=None)


async def test_each_night_what_is_left_without_an_agreement_goes(val, village):
    over = await came(val)
    await Neighbour.filter(id=val.id).update(state=AgreementState.ENDED)
    mine = await Actor.of_role(Role.VILLAGE)
    stranger = await somebody("val", "roc.example", kind="Organization")
    followed = await follow(mine, stranger)
    public, among, fresh, offered = [await came(None, author=stranger) for _ in range(4)]
    await Publication.filter(id=among.id).update(scope=Scope.NEIGHBOURS)
    await Publication.exclude(id=fresh.id).update(received_at=datetime.now(UTC) - timedelta(days=2))
    await pledge(await Proposal.get(publication=offered).select_related("publication__author"), hands(), PAUL)
    await copies.sweep()
    assert [await is_left(one) for one in (over, public, among)] == [False, True, False]
    await followed.delete()
    await copies.sweep()
    assert [await is_left(one) for one in (public, fresh, offered)] == [False, True, True]
