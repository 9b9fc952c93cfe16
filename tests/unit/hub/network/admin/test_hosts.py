"""What a decision about another server does, here and now."""

import re

import pytest

from hub.actors.hosts import is_refused, policies_changed, use_federation
from hub.actors.models import Host, Policy
from hub.errors import NotFound
from hub.fediverse.models import Delivery, Follow
from hub.network import hosts
from hub.publications.models import Kind, Publication, Scope
from tests.others import agree_with
from tests.unit.hub.network.admin.conftest import NOW, follows, post, someone, waiting


async def test_a_block_ends_follows_both_ways_and_what_was_to_be_sent(village):
    bad, good = await someone("bad.example"), await someone("good.example")
    for one in (bad, good):
        await follows(one, village)
        await follows(village, one, accepted=False)
    await waiting(village, "bad.example", "good.example")
    await Host.all().update(next_at=NOW)
    await hosts.block({"bad.example": "Advertising"})
    left = await Follow.all().prefetch_related("follower", "followed")
    assert {each.follower.host or each.followed.host for each in left} == {"good.example"}
    assert await Delivery.all().values_list("host", flat=True) == ["good.example"]
    row = await Host.get(name="bad.example")
    assert (row.policy, row.note, row.next_at) == (Policy.BLOCKED, "Advertising", None)
    assert row.decided_at is not None
    assert (await Host.get(name="good.example")).next_at is not None
    assert await is_refused("bad.example")
    assert not await is_refused("good.example")


@pytest.mark.parametrize(
    "host", ["bad.example", "social.bad.example", "bad.example:8443", "a.b.bad.example:99"]
)
async def test_a_block_holds_for_every_name_below_and_every_port(village, host):
    await follows(await someone(host), village)
    await hosts.block({"bad.example": ""})
    assert await is_refused(host)
    assert not await Follow.exists()


@pytest.mark.parametrize("host", ["notbad.example", "bad.example.org", "example", "xbad.example"])
async def test_a_block_holds_for_no_other_name(village, host):
    await follows(await someone(host), village)
    await hosts.block({"bad.example": ""})
    assert not await is_refused(host)
    assert await Follow.exists()


async def test_what_came_from_there_is_off_the_pages_and_off_the_count_of_answers(village):
    news = await post(village, 1, replies=2)
    bad, good = await someone("bad.example"), await someone("good.example")
    answers = [await post(one, 2, in_reply_to=news.uri, root=news) for one in (bad, good)]
    await hosts.block({"bad.example": ""})
    hidden = [each.hidden_at is not None for each in await Publication.filter(root=news).order_by("id")]
    assert hidden == [True, False]
    assert (await Publication.get(id=news.id)).replies == 1
    await hosts.release("bad.example")
    assert await Publication.filter(hidden_at=None).count() == 1 + len(answers)
    assert (await Publication.get(id=news.id)).replies == 2
    assert not await is_refused("bad.example")


async def test_undoing_a_block_shows_neither_what_an_agent_hid_nor_what_another_block_covers(village):
    bad = await someone("social.bad.example")
    await post(bad, 1, hidden_at=NOW)
    await post(bad, 2)
    await hosts.block({"social.bad.example": ""})
    await hosts.block({"bad.example": ""})
    await hosts.release("social.bad.example")
    assert await Publication.filter(hidden_at=None).count() == 0
    await hosts.block({"social.bad.example": ""})
    await hosts.release("bad.example")
    await hosts.release("social.bad.example")
    assert [each.hidden_at == NOW for each in await Publication.all().order_by("id")] == [True, False]


async def test_a_second_block_changes_the_words_and_nothing_else(village):
    await post(await someone("bad.example"), 1)
    await hosts.block({"bad.example": "One"})
    before = await Host.get(name="bad.example")
    await hosts.block({"bad.example": "Two"})
    after = await Host.get(name="bad.example")
    assert (after.note, after.decided_at) == ("Two", before.decided_at)
    await hosts.release("bad.example")
    assert not await Publication.exclude(hidden_at=None).exists()


async def test_a_server_that_was_never_met_is_forgotten_with_its_block(village):
    await someone("met.example")
    await hosts.block({"never.example": "", "met.example": ""})
    await hosts.release("never.example")
    await hosts.release("met.example")
    assert await Host.all().values_list("name", "policy") == [("met.example", Policy.NONE)]


async def test_a_block_holds_for_who_has_an_agreement_too(village):
    await agree_with(await someone("vaubelle.example"))
    use_federation("neighbours")
    policies_changed()
    assert not await is_refused("vaubelle.example")
    await hosts.block({"vaubelle.example": ""})
    assert await is_refused("vaubelle.example")


async def test_what_was_for_neighbours_does_not_show_again_with_the_end_of_a_block(village):
    vaubelle = await agree_with(await someone("vaubelle.example"))
    author = await someone("vaubelle.example", "marie")
    public = await post(author, 1, kind=Kind.NEED)
    await post(author, 2, kind=Kind.NEED, scope=Scope.NEIGHBOURS)
    answer = await post(author, 3, scope=Scope.NEIGHBOURS)
    await hosts.block({vaubelle.host: ""})
    await hosts.release(vaubelle.host)
    shown = Publication.filter(hidden_at=None).order_by("id")
    assert await shown.values_list("id", flat=True) == [public.id, answer.id]


async def test_try_now_makes_all_that_waits_due(village):
    await someone("slow.example")
    await waiting(village, "slow.example")
    far = NOW.replace(year=2099)
    await Delivery.all().update(not_before=far)
    await Host.all().update(next_at=far, failing_since=NOW, asked_at=NOW)
    await hosts.try_now("slow.example")
    assert (await Host.get(name="slow.example")).next_at < far
    assert (await Delivery.get()).not_before is None
    with pytest.raises(NotFound):
        await hosts.try_now("nobody.example")


async def test_try_now_wakes_nobody_where_nothing_waits(village):
    await someone("slow.example")
    await hosts.try_now("slow.example")
    assert (await Host.get(name="slow.example")).next_at is None


async def test_a_thousand_names_are_blocked_at_once(village):
    await follows(await someone("social.n999.example"), village)
    await hosts.block({f"n{number}.example": "" for number in range(1000)})
    assert await Host.filter(policy=Policy.BLOCKED).count() == 1000
    assert not await Follow.exists()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Mastodon.Example. ", "mastodon.example"),
        ("*.bad.example", "bad.example"),
        ("été.example", "xn--t-9fab.example"),
        ("bad.example:8443", "bad.example:8443"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_a_name_is_read_as_people_write_it(text, name):
    assert hosts.read_name(text) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", hosts.NOT_A_NAME),
        ("two words", hosts.NOT_A_NAME),
        ("https://bad.example/", hosts.NOT_A_NAME),
        ("@rosa@bad.example", hosts.NOT_A_NAME),
        ("bad..example", hosts.NOT_A_NAME),
        ("a" * 64 + ".example", hosts.NOT_A_NAME),
        ("\u2603\ufffd", hosts.NOT_A_NAME),
        ("com", hosts.TOO_WIDE),
        ("localhost", hosts.TOO_WIDE),
        ("lavande.example", hosts.OURS),
        ("LAVANDE.example:8443", hosts.OURS),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_what_is_no_name_or_ones_own_is_refused_with_a_sentence(village, text, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        hosts.read_name(text)
