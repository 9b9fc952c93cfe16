"""What another region names is fetched where it is at home, and believed from there alone."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from federation.documents import parse
from hub import limits
from hub.actors.models import Actor, Role
from hub.app import use_slices
from hub.exchange.models import Proposal
from hub.fediverse.models import AgreementState, Neighbour
from hub.fediverse.serving import serve
from hub.publications.models import Deed, Publication, Reaction
from hub.region import hearing
from hub.region.hearing import fetch_passed_on
from hub.region.passing_on import settle
from hub.village.models import Village
from tests import factories
from tests.bench.plans import listening
from tests.evilpeer import NEIGHBOUR
from tests.others import activity, create, note
from tests.unit.hub.exchange.next_door import hear, newer, their_need
from tests.unit.hub.neighbours.around import Val, follow, village_of
from tests.unit.hub.neighbours.around import peer as peer
from tests.unit.hub.projects.conftest import ORIGIN
from tests.unit.hub.projects.conftest import village as village


@pytest.fixture(autouse=True)
async def drome(village):
    use_slices()
    await Village.all().update(is_region=True)


@pytest_asyncio.fixture
async def isere(peer):
    """Another region, which we follow; its actor passes on."""
    region = await Val.at(peer, is_region=True)
    region.service = await village_of(region.row, "isere", kind="Service")
    return region


@pytest_asyncio.fixture
async def roc(peer):
    """A village that has no agreement with us."""
    return await Val.at(peer, NEIGHBOUR, state=AgreementState.REFUSED, followed=False)


async def fetched():
    await factories.do_jobs(fetch_passed_on)
    await factories.do_jobs(settle)


async def hanging():
    found = Proposal.filter(publication__deleted_at=None).exclude(publication__author__host="")
    return list(await found.values_list("publication__uri", flat=True))


async def passed_on():
    said = Reaction.filter(actor__role=Role.VILLAGE, deed=Deed.ANNOUNCE).select_related("publication")
    return {one.publication.uri: one.through for one in await said}


async def test_what_a_region_names_is_fetched_at_home_and_passed_on(isere, roc):
    need = their_need(roc.author)
    roc.serve(need["id"], need)
    for _ in range(2):
        await hear(activity("Announce", isere.service, need["id"]))
        await fetched()
    assert await hanging() == [need["id"]]
    assert await passed_on() == {need["id"]: isere.row.actor.uri}
    assert roc.asked(need["id"]) == 1


async def test_what_it_embeds_is_not_believed(isere, roc):
    need = their_need(roc.author)
    roc.serve(need["id"], need)
    await hear(activity("Announce", isere.service, {**need, "name": "Besoin : De l’argent"}))
    await fetched()
    assert (await Publication.get(uri=need["id"])).title == "Scier le bois"


async def test_what_is_not_there_not_public_or_no_hub_s_business_is_not_kept(isere, roc):
    there = [
        their_need(roc.author, to=[roc.author.followers_uri], cc=[]),
        note(roc.author, "<p>Bonjour</p>"),
        their_need(roc.author, attributedTo=isere.author.uri),
    ]
    for document in there:
        roc.serve(document["id"], document)
    missing, ours = their_need(roc.author), f"{ORIGIN}/o/01jd3v8x4n0000000000000000"
    for uri in (*(one["id"] for one in there), missing["id"], ours):
        await hear(activity("Announce", isere.service, uri))
        await fetched()
    assert await hanging() == []
    assert await passed_on() == {}


async def test_of_a_village_that_is_paused_nothing_is_asked(isere, roc):
    await Neighbour.filter(id=roc.row.id).update(state=AgreementState.PAUSED)
    need = their_need(roc.author)
    roc.serve(need["id"], need)
    await hear(activity("Announce", isere.service, need["id"]))
    await fetched()
    assert roc.asked(need["id"]) == 0


async def test_no_region_has_us_ask_somebody_without_end(isere, roc, monkeypatch):
    monkeypatch.setattr(hearing, "FETCHED_PER_HOST", limits.Rate("test", 3, 600))
    for _ in range(9):
        await hear(activity("Announce", isere.service, their_need(roc.author)["id"]))
    await fetched()
    assert len([one for one in roc.peer.requests if one.host == NEIGHBOUR]) == 3


@pytest.mark.parametrize("kind", ["Group", "Organization"])
async def test_only_its_own_actor_passes_on(isere, roc, kind):
    board = await village_of(isere.row, "besoins", kind=kind)
    need = their_need(roc.author)
    roc.serve(need["id"], need)
    await hear(activity("Announce", board, need["id"]))
    await fetched()
    assert await hanging() == []


async def test_what_it_lists_is_heard_as_if_it_had_come(isere, roc):
    need, own = their_need(roc.author), their_need(isere.author)
    roc.serve(need["id"], need)
    forged = activity("Announce", roc.author, need["id"])
    isere.serve(isere.service.uri, isere.describe(isere.service))
    isere.lists([own], [activity("Announce", isere.service, need["id"]), forged])
    await isere.is_read()
    await fetched()
    assert set(await hanging()) == {need["id"], own["id"]}
    assert await passed_on() == {need["id"]: isere.row.actor.uri, own["id"]: None}
    assert not await Reaction.filter(actor__uri=roc.author.uri).exists()
    assert await Actor.of_role(Role.VILLAGE) is not None


async def test_newer_words_are_fetched_when_the_region_that_was_read_names_a_later_day(isere, roc):
    """Its village has no agreement with us, and does not tell us itself."""
    need = their_need(roc.author)
    roc.serve(need["id"], need)
    said = activity("Announce", isere.service, need["id"])
    isere.lists([said])
    await isere.is_read()
    await fetched()
    later = newer(need, 5, content="<p>Sans mon numéro.</p>")
    roc.serve(need["id"], later)
    for listed in (said, {**said, "updated": need["published"]}):
        isere.lists([listed])
        await isere.is_read()
    assert roc.asked(need["id"]) == 1
    for _ in range(2):
        isere.lists([{**said, "updated": later["updated"]}])
        await isere.is_read()
    assert (await Publication.get(uri=need["id"])).html == "<p>Sans mon numéro.</p>"
    assert roc.asked(need["id"]) == 2


async def test_a_region_says_when_what_it_passes_on_was_changed(isere, roc):
    await Neighbour.filter(id=roc.row.id).update(state=AgreementState.AGREED)
    await follow(await Actor.of_role(Role.SERVER), roc.row.actor)
    need = their_need(roc.author)
    await hear(create(roc.author, need))
    await factories.do_jobs(settle)
    later = newer(need, 5)
    await hear(activity("Update", roc.author, later))
    [listed] = (await serve(f"{ORIGIN}/actor/open?after=p999999", None)).document["orderedItems"]
    assert datetime.fromisoformat(listed["updated"]) == datetime.fromisoformat(later["updated"])


async def test_of_a_village_that_tells_us_itself_nothing_is_asked(isere, roc):
    await Neighbour.filter(id=roc.row.id).update(state=AgreementState.AGREED)
    need = their_need(roc.author)
    await follow(await Actor.of_role(Role.SERVER), roc.row.actor)
    await hear(create(roc.author, need))
    isere.lists([activity("Announce", isere.service, need["id"], updated=newer(need, 5)["updated"])])
    await isere.is_read()
    assert roc.asked(need["id"]) == 0


async def test_what_is_said_again_as_before_costs_the_same_however_much_it_is(isere, roc):
    needs = [their_need(roc.author) for _ in range(12)]
    for need in needs:
        roc.serve(need["id"], need)
    said = [activity("Announce", isere.service, need["id"]) for need in needs]
    isere.lists(said)
    await isere.is_read()
    await fetched()
    assert set(await hanging()) == {need["id"] for need in needs}
    region = await Neighbour.get(id=isere.row.id).select_related("actor")
    before, costs = datetime.now(UTC), []
    for number in (2, 12):
        with listening() as asked:
            await hearing.take_listed([parse(one, now=before) for one in said[:number]], region)
        costs.append(len(asked))
    assert costs[0] == costs[1]
    assert await Reaction.filter(actor=isere.service, at__gt=before).count() == 12
