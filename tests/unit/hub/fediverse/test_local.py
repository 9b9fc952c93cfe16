"""What came in is stored once and for all before anybody is told so."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from federation.documents import parse_activity
from federation.local import Received as Arrived
from hub.actors.actions import meet
from hub.actors.models import Actor, Host
from hub.db.together import Together
from hub.fediverse import local
from hub.fediverse.local import HubLocal, store
from hub.fediverse.models import Received, Seen

ANA = "https://social.example/users/ana"
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def arrived(number=1, **more):
    raw = {"id": f"{ANA}/likes/{number}", "type": "Like", "actor": ANA, "object": "https://bourg.example/o/1"}
    activity = parse_activity({**raw, **more}, now=NOW)
    return Arrived(activity, "https://bourg.example/inbox", ANA)


async def nobody():
    return None


async def test_the_same_id_is_stored_once_however_often_and_together_it_comes(database):
    intake = Together(store)
    await asyncio.gather(*(intake.do(arrived(number % 3)) for number in range(30)))
    await intake.do(arrived(1, content="other words"))
    assert await Received.all().count() == await Seen.all().count() == 3
    assert "other words" not in (await Received.get(uri=arrived(1).activity.id)).body


async def test_who_waits_hears_of_a_database_that_fails_and_the_next_one_is_stored(database):
    intake = Together(store)
    too_long = Arrived(arrived().activity, "https://bourg.example/inbox", "not a uri")
    with pytest.raises(Exception, match="URI"):
        await intake.do(too_long)
    await intake.do(arrived(2))
    assert await Received.all().count() == 1


async def test_a_message_wakes_the_receiver_only_after_it_is_stored(database):
    counts = []

    def count():
        counts.append("told")

    local.arrivals.add(count)
    try:
        await Together(store).do(arrived())
        await Together(store).do(arrived())
    finally:
        local.arrivals.discard(count)
    assert counts == ["told"]


async def test_a_valid_message_revives_its_host_and_what_waits_for_it(database):
    await meet("social.example", at=NOW)
    before, later = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 1))
    await Host.filter(name="social.example").update(
        failing_since=before, failures=9, asked_at=before, next_at=later
    )
    await Together(store).do(arrived())
    host = await Host.get(name="social.example")
    assert (host.failing_since, host.failures) == (None, 0)
    assert host.revived_at is not None
    assert host.next_at < later
    assert host.heard_at is not None


async def test_a_host_that_failed_for_a_moment_has_not_come_back(database):
    await meet("social.example", at=NOW)
    await Host.filter(name="social.example").update(failing_since=datetime.now(UTC), failures=1)
    await Together(store).do(arrived())
    host = await Host.get(name="social.example")
    assert (host.failing_since, host.failures, host.revived_at) == (None, 0, None)


async def test_a_last_word_that_nobody_signed_is_nobodys_and_takes_no_id(database):
    """Else anybody could end an actor of a host that has a deleted one, or keep the true Delete away."""
    await meet("social.example", at=NOW)
    await Host.filter(name="social.example").update(failing_since=NOW, failures=9)
    hub, unconfirmed = HubLocal(nobody), replace(arrived(type="Delete", object=ANA), confirmed=False)
    await hub.accept(unconfirmed)
    await hub.accept(replace(unconfirmed, inbox="https://bourg.example/a/bourg/inbox"))
    assert await Received.all().values_list("signer", flat=True) == [""]
    assert (await Host.get(name="social.example")).failures == 9
    await hub.accept(arrived(type="Delete", object=ANA))
    assert set(await Received.all().values_list("signer", flat=True)) == {"", ANA}


async def test_a_key_may_be_asked_for_once_in_five_minutes(database):
    hub, key = HubLocal(nobody), f"{ANA}#main-key"
    assert await hub.may_fetch_key(key, now=NOW)
    assert not await hub.may_fetch_key(key, now=NOW + timedelta(minutes=4))
    assert await hub.may_fetch_key(key, now=NOW + timedelta(minutes=6))


async def test_of_those_who_ask_for_a_key_at_the_same_moment_one_may(database):
    hub, key = HubLocal(nobody), f"{ANA}#main-key"
    other = await asyncio.gather(hub.may_fetch_key(f"{key}-2", now=NOW), *(ask(hub, key) for _ in range(5)))
    assert sorted(other) == [False] * 4 + [True] * 2


async def ask(hub, key):
    return await hub.may_fetch_key(key, now=NOW)


async def test_sig_20_who_was_met_just_now_may_have_new_keys_and_after_these_has_to_wait(database):
    from federation.signatures import PublicKey
    from federation.signatures.keys import generate_rsa

    hub, key = HubLocal(nobody), f"{ANA}#main-key"
    owner = {"id": ANA, "type": "Person", "preferredUsername": "ana", "inbox": f"{ANA}/inbox"}
    for may_ask in (True, True, False):
        assert await hub.may_fetch_key(key, now=NOW) is may_ask
        await hub.remember_key(PublicKey(key, ANA, generate_rsa().public_key()), owner)


async def test_keys_that_are_found_at_the_same_moment_are_all_remembered(database):
    from federation.signatures import PublicKey
    from federation.signatures.keys import generate_ed25519, generate_rsa

    hub, found = HubLocal(nobody), generate_rsa().public_key()
    people = [f"https://social.example/users/{name}" for name in ("ana", "bea", "ana", "cleo")]
    keys = [PublicKey(f"{uri}#main-key", uri, found) for uri in people]
    keys.append(PublicKey(f"{ANA}#other", ANA, generate_ed25519().public_key()))
    await asyncio.gather(*(hub.remember_key(key, owner_of(key)) for key in keys))
    again = HubLocal(nobody)
    assert [(await again.known_key(key.id)).key for key in keys] == [key.key for key in keys]
    assert await Actor.all().count() == 3


def owner_of(key):
    name = key.owner.rpartition("/")[2]
    return {"id": key.owner, "type": "Person", "preferredUsername": name, "inbox": f"{key.owner}/inbox"}


async def test_a_key_is_remembered_with_its_actor(database):
    from federation.signatures import PublicKey
    from federation.signatures.keys import generate_rsa, load_public_pem, public_pem

    hub, pem = HubLocal(nobody), public_pem(generate_rsa().public_key())
    key = PublicKey(f"{ANA}#main-key", ANA, load_public_pem(pem))
    owner = {"id": ANA, "type": "Person", "preferredUsername": "ana", "inbox": f"{ANA}/inbox"}
    assert await hub.known_key(key.id) is None
    assert not await hub.knows_actor(ANA)
    await hub.remember_key(key, owner)
    again = HubLocal(nobody)
    assert public_pem((await again.known_key(key.id)).key) == pem
    assert await again.knows_actor(ANA)
