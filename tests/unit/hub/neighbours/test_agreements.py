"""Agreements with other hubs: who may make one, and what each side hears."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.models import KnownKey
from hub.errors import Conflict, InvalidInput
from hub.fediverse.models import AgreementState, Delivery, Follow, Neighbour
from hub.fediverse.neighbours import is_neighbour
from hub.jobs import Job
from hub.journal import Entry
from hub.neighbours import actions, agreeing, meeting
from hub.network import hosts
from hub.notifications.models import Notice
from tests import factories
from tests.evilpeer import NEIGHBOUR
from tests.factories import do_jobs
from tests.others import activity, sent, somebody
from tests.unit.hub.neighbours.agreements import (
    SOME,
    accept,
    asked_by_us,
    fresh,
    hear,
    hear_proposal,
    host_of,
    the_answers,
    val,
)
from tests.unit.hub.neighbours.agreements import server as server
from tests.unit.hub.neighbours.agreements import slices as slices
from tests.unit.hub.neighbours.around import peer as peer
from tests.unit.hub.projects.conftest import village as village

# ------------------------------------------------------------ we propose


async def test_a_proposal_is_a_follow_with_what_we_would_send_and_why(peer, server):
    uri = val(peer)
    neighbour = await actions.propose(f"https://{host_of(uri)}/besoins?page=2", SOME)
    assert (neighbour.state, neighbour.name, neighbour.latitude) == (
        AgreementState.ASKED,
        "Val-des-Prés",
        44.7,
    )
    (asked,) = await the_answers("Follow")
    assert (asked["object"], asked["to"]) == (uri, [uri])
    assert (asked["lavoir:sends"], asked["lavoir:within"]) == (["need", "event"], 25)
    assert asked["content"] == SOME.why
    assert await Delivery.filter(inbox=f"{uri}/inbox").count() == 1
    assert not await is_neighbour(neighbour.host)
    assert await Entry.filter(act="neighbour-proposed", about=neighbour.host).exists()


async def test_their_yes_makes_it_an_agreement_and_what_is_open_there_is_read(village):
    neighbour, theirs, follow = await asked_by_us()
    await factories.member("Claire", role="administrator")
    await hear(
        accept(theirs, follow, **{"lavoir:sends": ["offer", "nonsense"], "content": "<p>Avec joie</p>"})
    )
    agreed = await fresh(neighbour)
    assert (agreed.state, agreed.receives, agreed.their_why) == (AgreementState.AGREED, "offer", "Avec joie")
    assert await is_neighbour("val.example")
    assert await Job.filter(name__endswith="catch_up").count() == 1
    assert await Notice.filter(kind="neighbour").count() == 1


async def test_then_they_follow_us_and_our_yes_comes_by_itself(village, server):
    neighbour, theirs, follow = await asked_by_us(sends="need", within=25)
    asked = activity("Follow", theirs, server, **{"lavoir:sends": ["need"], "lavoir:within": 10})
    await hear(accept(theirs, follow), asked)
    (answer,) = await the_answers("Accept")
    assert (answer["object"]["id"], answer["lavoir:sends"], answer["lavoir:within"]) == (
        asked["id"],
        ["need"],
        25,
    )
    assert ((await fresh(neighbour)).receives, (await fresh(neighbour)).their_within) == ("need", 10)
    assert await Follow.filter(follower=theirs, followed=server, accepted_at__not_isnull=True).exists()
    assert await the_answers("Follow") == []


async def test_who_proposes_at_the_same_time_says_yes_by_it(village, server):
    neighbour, theirs, follow = await asked_by_us()
    await hear(activity("Follow", theirs, server))
    assert [len(await the_answers(kind)) for kind in ("Accept", "Follow")] == [
        1,
        1,
    ]  # ours may have been lost
    assert (await fresh(neighbour)).state is AgreementState.ASKED
    again = await Follow.get(id=follow.id)
    await hear(accept(theirs, again))
    assert (await fresh(neighbour)).state is AgreementState.AGREED


async def test_who_proposed_already_is_answered_with_yes(peer, server):
    uri = val(peer)
    await hear_proposal(uri, server)
    neighbour = await actions.propose(host_of(uri), SOME)
    assert neighbour.state is AgreementState.AGREED
    assert [len(await the_answers(kind)) for kind in ("Accept", "Follow")] == [1, 1]


async def test_nobody_else_can_say_yes_for_them(village):
    neighbour, theirs, follow = await asked_by_us()
    eve = await somebody("eve", "evil.example")
    said = accept(theirs, follow)
    await hear({**said, "id": f"{eve.uri}/1", "actor": eve.uri})
    same_host = await somebody("eve", "val.example")
    await hear({**said, "id": f"{same_host.uri}/1", "actor": same_host.uri})
    assert (await fresh(neighbour)).state is AgreementState.ASKED


async def test_their_no_is_read_with_its_reason(village):
    neighbour, theirs, follow = await asked_by_us()
    await hear({**accept(theirs, follow), "type": "Reject", "content": "Nous sommes <b>trop petits</b>."})
    refused = await fresh(neighbour)
    assert (refused.state, refused.their_why, refused.by_us) == (
        AgreementState.REFUSED,
        "Nous sommes trop petits.",
        False,
    )
    assert not await Follow.exists(followed=theirs)
    await hear(accept(theirs, follow))  # too late
    assert (await fresh(neighbour)).state is AgreementState.REFUSED


async def test_they_may_ask_for_time(village):
    neighbour, theirs, follow = await asked_by_us()
    await hear({**accept(theirs, follow), "type": "TentativeAccept", "endTime": "2026-12-24T12:00:00Z"})
    put_off = await fresh(neighbour)
    assert (put_off.state, put_off.answer_by.date().isoformat()) == (AgreementState.ASKED, "2026-12-24")


async def test_who_puts_us_off_again_and_again_is_told_of_a_few_times(village):
    await factories.member("Claire", role="administrator")
    neighbour, theirs, follow = await asked_by_us()
    later = {**accept(theirs, follow), "type": "TentativeAccept", "endTime": "2026-12-24T12:00:00Z"}
    for number in range(3):
        await hear({**later, "id": f"{theirs.uri}/later/{number}"})
    assert await Notice.filter(kind="neighbour").count() == 1
    for number in range(5):
        await hear({**later, "id": f"{theirs.uri}/words/{number}", "content": f"Non {number}"})
    assert await Notice.filter(kind="neighbour").count() == 2
    assert (await fresh(neighbour)).their_why == "Non 4"


async def test_a_proposal_is_taken_back_before_the_answer(village):
    neighbour, theirs, follow = await asked_by_us()
    await actions.withdraw(neighbour)
    (undone,) = await the_answers("Undo")
    assert undone["object"]["id"] == follow.uri
    await hear(accept(theirs, follow))
    assert (await fresh(neighbour)).state is AgreementState.ENDED


async def test_who_asks_too_and_was_answered_with_yes_is_told_when_we_take_ours_back(village, server):
    neighbour, theirs, _ = await asked_by_us()
    asked = activity("Follow", theirs, server)
    await hear(asked)
    await actions.withdraw(neighbour)
    (no,) = await the_answers("Reject")
    assert no["object"]["id"] == asked["id"]
    assert not await Follow.exists()


# ------------------------------------------------------------ what cannot be


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"implements": None}, meeting.NO_HUB),
        ({"type": "Person"}, meeting.NO_HUB),
        ({"lavoir:open": None}, meeting.OLDER),
        ({"id": "https://peer.example/users/ana"}, meeting.NO_HUB),
        ({"inbox": "https://evil.example/inbox"}, meeting.NO_HUB),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_what_is_no_hub_or_an_old_one_is_said_and_nothing_is_half_agreed(peer, facts, problem):
    uri = val(peer, **facts)
    with pytest.raises(InvalidInput) as error:
        await actions.propose(host_of(uri))
    assert error.value.by_field == {"address": problem}
    assert not await Neighbour.exists()
    assert not await Follow.exists()
    assert await sent() == []


async def test_nobody_at_home_oneself_and_nonsense_are_said(peer, village):
    for address, problem in {
        "127.0.0.1:9": meeting.NO_ANSWER,
        "https://bourg.example/": meeting.OURSELVES,
        "bourg.example": meeting.OURSELVES,
        "nicht so": meeting.NOT_AN_ADDRESS,
        "": meeting.NOT_AN_ADDRESS,
    }.items():
        with pytest.raises(InvalidInput) as error:
            await actions.propose(address)
        assert error.value.by_field == {"address": problem}, address
    assert not await Neighbour.exists()


async def test_who_is_blocked_or_agreed_with_already_is_not_asked(peer):
    uri = val(peer)
    await actions.propose(host_of(uri))
    with pytest.raises(InvalidInput, match="asked this village already"):
        await actions.propose(host_of(uri))
    await Neighbour.all().update(state=AgreementState.PAUSED)
    with pytest.raises(InvalidInput, match="exchange with this village already"):
        await actions.propose(host_of(uri))
    await hosts.block({host_of(uri): "Advertising"})
    with pytest.raises(InvalidInput) as error:
        await actions.propose(host_of(uri))
    assert error.value.by_field == {"address": meeting.BLOCKED}


async def test_a_hub_with_other_keys_than_before_is_asked_by_telephone_first(peer):
    from federation.signatures.keys import generate_rsa, public_pem

    old, new = (public_pem(generate_rsa().public_key()) for _ in range(2))
    uri = str(peer.uri("/actor"))
    val(peer, publicKey={"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": new})
    await KnownKey.create(id=f"{uri}#main-key", owner=uri, pem=old, seen_at=datetime.now(UTC))
    with pytest.raises(InvalidInput) as error:
        await actions.propose(host_of(uri))
    assert error.value.by_field == {"address": meeting.KEYS_CHANGED}
    assert not await Neighbour.exists()
    assert (await actions.propose(host_of(uri), trusts_new_keys=True)).state is AgreementState.ASKED
    assert not await KnownKey.exists()


# ------------------------------------------------------------ they propose


async def test_a_proposal_waits_for_an_administrator_with_what_they_would_send(peer, server):
    await factories.member("Claire", role="administrator")
    uri = val(peer)
    terms = {"lavoir:sends": ["need", "offer"], "lavoir:within": 30, "content": "Nous sommes voisins."}
    await hear_proposal(uri, server, **terms)
    waits = await Neighbour.get()
    assert (waits.state, waits.receives, waits.their_within) == (AgreementState.ASKS, "need,offer", 30)
    assert (waits.their_why, waits.name) == ("Nous sommes voisins.", "Val-des-Prés")
    assert not await Follow.filter(accepted_at__not_isnull=True).exists()
    assert await sent() == []
    assert await Notice.filter(kind="neighbour").count() == 1
    await hear_proposal(uri, server, **terms)  # asked again: nobody is told twice
    assert await Notice.filter(kind="neighbour").count() == 1


async def test_a_follow_that_was_accepted_once_hides_no_proposal(peer, server):
    await factories.member("Claire", role="administrator")
    uri = val(peer)
    actor = await somebody("server", host_of(uri), uri=uri, kind="Application", inbox=f"{uri}/inbox")
    await Follow.create(
        uri=f"{uri}/follows/old", follower=actor, followed=server, accepted_at=datetime.now(UTC)
    )
    await hear_proposal(uri, server)
    assert (await Neighbour.get()).state is AgreementState.ASKS
    assert await Notice.filter(kind="neighbour").count() == 1
    assert (await Follow.get()).accepted_at is None
    await actions.accept(await Neighbour.get(), SOME)
    assert len(await the_answers("Accept")) == 1


async def test_who_asks_anew_has_no_agreement_until_the_answer(peer, server):
    uri = val(peer)
    await hear_proposal(uri, server)
    await actions.accept(await Neighbour.get())
    await actions.end(await Neighbour.get())
    assert (await Neighbour.get()).agreed_at is not None
    await hear_proposal(uri, server)
    assert (await Neighbour.get()).agreed_at is None
    await actions.refuse(await Neighbour.get(), "Plus maintenant")
    await Neighbour.all().update(agreed_at=datetime.now(UTC))
    await actions.propose(host_of(uri))
    assert (await Neighbour.get()).agreed_at is None


async def test_accepting_says_yes_and_follows_back(peer, server):
    uri = val(peer)
    await hear_proposal(uri, server)
    await actions.accept(await Neighbour.get(), SOME)
    (yes,), (ours,) = await the_answers("Accept"), await the_answers("Follow")
    assert (yes["lavoir:sends"], ours["lavoir:sends"]) == (["need", "event"], ["need", "event"])
    assert ours["object"] == uri
    assert (await Neighbour.get()).state is AgreementState.AGREED
    with pytest.raises(Conflict):
        await actions.accept(await Neighbour.get(), SOME)


async def test_a_region_is_not_followed_back(peer, server):
    uri = val(peer, **{"lavoir:region": True})
    await hear_proposal(uri, server)
    assert (await Neighbour.get()).is_region
    await actions.accept(await Neighbour.get())
    assert len(await the_answers("Accept")) == 1
    assert await the_answers("Follow") == []
    assert not await Job.filter(name__endswith="catch_up").exists()  # nor read: it has nothing of its own
    assert not await is_neighbour(host_of(uri))


async def test_a_no_has_a_reason_and_holds_for_a_month(peer, server):
    uri = val(peer)
    actor = await hear_proposal(uri, server)
    await actions.refuse(await Neighbour.get(), "Nous ne sommes pas prêts.")
    (no,) = await the_answers("Reject")
    assert no["content"] == "Nous ne sommes pas prêts."
    await hear(activity("Follow", actor, server))
    assert [one["content"] for one in await the_answers("Reject")] == ["Nous ne sommes pas prêts."] * 2
    assert not await Job.filter(name__endswith="meet_proposer").exists()
    await Neighbour.all().update(changed_at=datetime.now(UTC) - timedelta(days=40))
    await hear_proposal(uri, server)
    assert (await Neighbour.get()).state is AgreementState.ASKS


async def test_time_is_asked_for_until_a_day(peer, server):
    uri = val(peer)
    await hear_proposal(uri, server)
    until = datetime(2027, 1, 15, 12, tzinfo=UTC)
    await actions.ask_for_time(await Neighbour.get(), until, "Le conseil se réunit en janvier.")
    (later,) = await the_answers("TentativeAccept")
    assert (later["endTime"], later["content"]) == (
        "2027-01-15T12:00:00Z",
        "Le conseil se réunit en janvier.",
    )
    assert (await Neighbour.get()).state is AgreementState.ASKS


async def test_whom_we_ask_while_we_look_who_they_are_is_answered_at_once(peer, server):
    uri = val(peer)
    actor = await somebody("server", host_of(uri), uri=uri, kind="Application", inbox=f"{uri}/inbox")
    asked = activity("Follow", actor, server)
    await hear(asked)
    await actions.propose(host_of(uri), SOME)
    await do_jobs(agreeing.meet_proposer)
    (yes,) = await the_answers("Accept")
    assert yes["object"]["id"] == asked["id"]
    assert await Follow.filter(follower=actor, accepted_at__not_isnull=True).exists()


async def test_who_is_no_hub_is_told_no(peer, server):
    uri = val(peer, implements=None)
    await hear_proposal(uri, server)
    ana = await somebody("ana")
    await hear(activity("Follow", ana, server))  # FED-08: the server actor is no profile
    assert [one["to"] for one in await the_answers("Reject")] == [[uri], [ana.uri]]
    assert not await Neighbour.exists()
    assert not await Follow.exists()


async def test_a_proposal_that_was_taken_back_meanwhile_does_not_wait(peer, server):
    uri = val(peer)
    actor = await somebody("server", host_of(uri), uri=uri, kind="Application", inbox=f"{uri}/inbox")
    asked = activity("Follow", actor, server)
    await hear(asked, activity("Undo", actor, asked))
    await do_jobs(agreeing.meet_proposer)
    assert not await Neighbour.exists()
    await hear(activity("Undo", actor, asked), asked)
    await do_jobs(agreeing.meet_proposer)
    assert not await Neighbour.exists()


async def test_only_so_many_proposals_wait_at_once(peer, server, monkeypatch):
    monkeypatch.setattr("hub.limits.PROPOSALS_WAITING", 1)
    await hear_proposal(val(peer), server)
    await hear_proposal(val(peer, host=NEIGHBOUR), server)
    assert await Neighbour.all().count() == 1
    assert len(await the_answers("Reject")) == 1
