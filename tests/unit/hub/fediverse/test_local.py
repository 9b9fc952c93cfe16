"""What came in is stored once and for all before anybody is told so."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from federation.documents import parse_activity
from federation.local import Received as Arrived
from hub.actors.actions import meet
from hub.actors.models import Host
from hub.fediverse import local
from hub.fediverse.local import HubLocal, Intake
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
    intake = Intake()
    await asyncio.gather(*(intake.store(arrived(number % 3)) for number in range(30)))
    await intake.store(arrived(1, content="other words"))
    assert await Received.all().count() == await Seen.all().count() == 3
    assert "other words" not in (await Received.get(uri=arrived(1).activity.id)).body


async def test_who_waits_hears_of_a_database_that_fails_and_the_next_one_is_stored(database):
    intake = Intake()
    too_long = Arrived(arrived().activity, "https://bourg.example/inbox", "not a uri")
    with pytest.raises(Exception, match="URI"):
        await intake.store(too_long)
    await intake.store(arrived(2))
    assert await Received.all().count() == 1


async def test_a_message_wakes_the_receiver_only_after_it_is_stored(database):
    counts = []

    def count():
        counts.append("told")

    local.arrivals.add(count)
    try:
        await Intake().store(arrived())
        await Intake().store(arrived())
    finally:
        local.arrivals.discard(count)
    assert counts == ["told"]


async def test_a_valid_message_revives_its_host_and_what_waits_for_it(database):
    await meet("social.example", at=NOW)
    later = datetime.now(UTC) + timedelta(days=1)
    await Host.filter(name="social.example").update(
        failing_since=NOW, failures=9, asked_at=NOW, next_at=later
    )
    await Intake().store(arrived())
    host = await Host.get(name="social.example")
    assert (host.failing_since, host.failures) == (None, 0)
    assert host.revived_at is not None
    assert host.next_at < later
    assert host.heard_at is not None


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


async def test_sig_20_who_was_met_just_now_may_have_new_keys_and_after_these_has_to_wait(database):
    from federation.signatures import PublicKey
    from federation.signatures.keys import generate_rsa

    hub, key = HubLocal(nobody), f"{ANA}#main-key"
    owner = {"id": ANA, "type": "Person", "preferredUsername": "ana", "inbox": f"{ANA}/inbox"}
    for may_ask in (True, True, False):
        assert await hub.may_fetch_key(key, now=NOW) is may_ask
        await hub.remember_key(PublicKey(key, ANA, generate_rsa().public_key()), owner)


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
