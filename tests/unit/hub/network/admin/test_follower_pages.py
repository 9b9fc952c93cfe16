"""Followers, reports and keys, seen and decided by people of the town hall."""

import json

import pytest

from hub.actors.models import Actor, Role, SigningKey
from hub.fediverse.models import Activity, Delivery, Follow
from hub.media.models import Picture
from hub.network import follower_pages
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft
from hub.text import speaking
from tests import factories
from tests.unit.hub.network.admin.conftest import follows, someone
from tests.unit.hub.village.visitors import page, words

PAGE = "/admin/network/followers"


async def sent() -> list[tuple[str, str]]:
    """Type and destination of what is on its way."""
    deliveries = await Delivery.all().prefetch_related("activity").order_by("id")
    return [(each.activity.type, each.host) for each in deliveries]


async def test_who_asks_to_follow_is_accepted_with_one_click(agent, town):
    follow = await follows(await someone("a.example", display_name="Rosa <i>"), town, accepted=False)
    shown = words(await agent.get(PAGE))
    assert "Rosa <i> @rosa@a.example wants to follow Saint-Martin" in shown
    answer = await agent.post(f"{PAGE}/{follow.id}/accept")
    assert answer.headers["location"] == f"{PAGE}?said=follower-accepted"
    assert (await Follow.get()).accepted_at is not None
    assert await sent() == [("Accept", "a.example")]
    assert "Who asks to follow" not in words(await agent.get(PAGE))


async def test_who_asks_to_follow_is_refused_with_one_click(agent, town):
    follow = await follows(await someone("a.example"), town, accepted=False)
    await agent.post(f"{PAGE}/{follow.id}/remove")
    assert not await Follow.exists()
    assert await sent() == [("Reject", "a.example")]
    assert (await agent.post(f"{PAGE}/{follow.id}/remove")).status_code == 404


async def test_a_follower_is_removed_and_told(agent, town):
    follow = await follows(await someone("a.example"), town)
    await follows(await someone("b.example", "luc"), town)
    answer = await agent.post(f"{PAGE}/{follow.id}/remove")
    assert answer.headers["location"] == f"{PAGE}/saint-martin?said=follower-removed"
    assert await Follow.all().count() == 1
    assert await sent() == [("Reject", "a.example")]


async def test_only_follows_of_ours_are_ours_to_answer(agent, town):
    follow = await follows(town, await someone("a.example"))
    for act in ("accept", "remove"):
        assert (await agent.post(f"{PAGE}/{follow.id}/{act}")).status_code == 404
        assert (await agent.post(f"{PAGE}/999999999/{act}")).status_code == 404
    assert await Follow.exists()


async def test_followers_of_each_of_ours_are_counted_found_and_have_a_face(agent, town):
    await list_organisation(OrganisationDraft(name="Foyer"))
    foyer = await Actor.get(name="foyer")
    rosa = await someone("a.example", icon_url="https://a.example/rosa.png")
    await Picture.create(url=rosa.icon_url, file="0" * 32)
    for follower in (rosa, await someone("b.example", "luc", display_name="Luc")):
        await follows(follower, foyer)
    await follows(rosa, town)
    rows = page(await agent.get(PAGE)).select("tbody tr")
    counts = {row.th.get_text(strip=True): row.select("td")[0].get_text() for row in rows}
    assert (counts["Foyer"], counts["Saint-Martin"]) == ("2", "1")
    everybody = await agent.get(f"{PAGE}/foyer")
    assert [each["src"] for each in page(everybody).select("img.face")] == [f"/media/{'0' * 32}.webp"]
    for search in ("luc", "B.EXAMPLE"):
        found = words(await agent.get(f"{PAGE}/foyer?q={search}"))
        assert "@luc@b.example" in found
        assert "@rosa@a.example" not in found
    assert "Nobody is found" in words(await agent.get(f"{PAGE}/foyer?q=nobody"))
    for nobody in ("nobody", "server", "x" * 300):
        assert (await agent.get(f"{PAGE}/{nobody}")).status_code == 404


async def test_whether_followers_wait_is_decided_by_an_administrator_and_told(agent, mayor, town):
    await follows(await someone("a.example"), town)
    assert (await agent.post(f"{PAGE}/saint-martin/approval", approves="yes")).status_code == 404
    for _ in range(2):
        await mayor.post(f"{PAGE}/saint-martin/approval", approves="yes")
    assert (await Actor.get(id=town.id)).approves_followers
    assert await sent() == [("Update", "a.example")]
    told = json.loads((await Activity.get(type="Update")).body)
    assert told["object"]["manuallyApprovesFollowers"] is True
    assert "are asked to wait" in words(await mayor.get(PAGE))
    await mayor.post(f"{PAGE}/saint-martin/approval", approves="no")
    assert not (await Actor.get(id=town.id)).approves_followers


async def test_new_keys_are_made_and_the_followers_told_with_the_old_ones(mayor, town):
    await follows(await someone("a.example"), town)
    assert "not yet" in words(await mayor.get("/admin/network/keys"))
    for _ in range(2):
        answer = await mayor.post("/admin/network/keys")
        assert answer.headers["location"] == "/admin/network/keys?said=keys-made"
    retired, newest = (
        await SigningKey.filter(retired_at__not_isnull=True),
        await SigningKey.get(retired_at=None),
    )
    assert [each.signing_key_id for each in await Delivery.all().order_by("id")] == [
        each.id for each in retired
    ]
    assert len({key.rsa_pem for key in (*retired, newest)}) == 3


async def test_residents_see_none_of_this(visitors, town):
    resident = await visitors.browser(await factories.member("Rosa"))
    for path in (PAGE, f"{PAGE}/saint-martin"):
        assert (await resident.get(path)).status_code == 404
    assert (await (await visitors.browser()).get(PAGE)).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", [Role.BOARD, Role.VILLAGE])
async def test_a_request_to_any_of_ours_waits_for_an_agent(agent, town, role):
    ours = await Actor.filter(role=role).first()
    await follows(await someone("a.example"), ours, accepted=False)
    with speaking("en"):
        assert ("1 request to follow", PAGE) in await follower_pages.waiting()
