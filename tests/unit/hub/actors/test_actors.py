"""Actors of ours have one identity and keys of their own; those of others are what their servers say."""

from datetime import UTC, datetime, timedelta

import pytest

from federation.documents import parse_actor
from federation.signatures.keys import actor_keys
from hub.actors.actions import establish, meet, remember
from hub.actors.documents import actor_document
from hub.actors.hosts import is_refused, policies_changed, use_federation
from hub.actors.keys import key_pair, pair_of, rotate
from hub.actors.minting import new_ulid, use_origin
from hub.actors.models import Actor, Host, Policy, Role, SigningKey
from hub.db import transaction
from tests import factories

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
ORIGIN = "https://bourg.example"


@pytest.fixture(autouse=True)
def our_origin(database):
    use_origin(ORIGIN)
    yield
    use_origin("http://localhost:8000")
    use_federation("open")


def described(**more):
    uri = "https://social.example/users/ana"
    return parse_actor(
        {
            "id": uri,
            "type": "Person",
            "preferredUsername": "ana",
            "name": "Ana <b>B</b>",
            "summary": "<p>Hello<script>x</script></p>",
            "inbox": f"{uri}/inbox",
            "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": "https://social.example/inbox"},
            **more,
        },
        now=NOW,
    )


async def test_a_village_has_its_own_actor_the_server_s_and_those_of_its_boards():
    await factories.village()
    actors = {actor.name: actor for actor in await Actor.all()}
    assert actors.keys() == {
        "saint-martin",
        "server",
        "relay",
        "besoins",
        "offres",
        "projets",
        "agenda",
        "idees",
        "consultations",
    }
    assert actors["saint-martin"].uri == f"{ORIGIN}/a/saint-martin"
    assert actors["saint-martin"].full_handle == "@saint-martin@bourg.example"
    assert actors["server"].uri == f"{ORIGIN}/actor"
    assert actors["relay"].uri == f"{ORIGIN}/relay"


async def test_the_document_of_each_role_has_its_type_keys_and_collections():
    await factories.village()
    for role, kind in (
        (Role.VILLAGE, "Organization"),
        (Role.SERVER, "Application"),
        (Role.BOARD, "Group"),
        (Role.RELAY, "Service"),
    ):
        actor = await Actor.filter(role=role).first()
        document = await actor_document(actor)
        assert document["type"] == kind
        assert {key.id for key in actor_keys(document)} == {
            f"{actor.uri}#main-key",
            f"{actor.uri}#ed25519-key",
        }
        assert document["inbox"] == f"{actor.uri}/inbox"
        assert document["featured"] == f"{actor.uri}/featured"
    village = await actor_document(await Actor.of_role(Role.VILLAGE))
    assert village["discoverable"] is village["indexable"] is True
    assert village["location"]["latitude"] == 44.58


async def test_keys_are_made_once_and_changed_only_on_purpose():
    actor = await establish(Role.VILLAGE, name="bourg", display_name="Bourg")
    first = await key_pair(actor)
    assert (await key_pair(actor)).rsa_pem == first.rsa_pem
    async with transaction():
        old = await rotate(actor)
    assert pair_of(old, actor.uri).rsa_pem == first.rsa_pem
    assert (await key_pair(actor)).rsa_pem != first.rsa_pem
    assert await SigningKey.filter(actor=actor, retired_at=None).count() == 1


async def test_a_rotation_that_is_rolled_back_changes_no_key():
    actor = await establish(Role.VILLAGE, name="bourg", display_name="Bourg")
    first = await key_pair(actor)
    with pytest.raises(RuntimeError):
        async with transaction():
            await rotate(actor)
            raise RuntimeError
    assert (await key_pair(actor)).rsa_pem == first.rsa_pem


async def test_another_server_s_actor_is_cleaned_and_updated_but_never_by_older_news():
    actor = await remember(described(), at=NOW)
    assert (actor.host, actor.handle) == ("social.example", None)
    assert "script" not in actor.summary
    await remember(described(name="Ana C"), at=NOW + timedelta(hours=1))
    await remember(described(name="Ana A"), at=NOW - timedelta(hours=1))
    assert (await Actor.get(id=actor.id)).display_name == "Ana C"
    assert await Host.exists(name="social.example")


async def test_a_new_name_has_to_be_confirmed_again():
    actor = await remember(described(), at=NOW)
    await Actor.filter(id=actor.id).update(handle="ana@social.example")
    await remember(described(name="Other words"), at=NOW + timedelta(hours=1))
    assert (await Actor.get(id=actor.id)).handle == "ana@social.example"
    await remember(described(preferredUsername="maire"), at=NOW + timedelta(hours=2))
    assert (await Actor.get(id=actor.id)).handle is None


async def test_no_other_server_describes_an_actor_of_ours():
    await establish(Role.VILLAGE, name="bourg", display_name="Bourg")
    with pytest.raises(ValueError, match="ours"):
        await remember(described(id=f"{ORIGIN}/a/bourg", inbox=f"{ORIGIN}/a/bourg/inbox"), at=NOW)


@pytest.mark.parametrize(
    ("mode", "policy", "host", "refused"),
    [
        ("open", Policy.NONE, "social.example", False),
        ("open", Policy.BLOCKED, "social.example", True),
        ("open", Policy.BLOCKED, "deep.below.social.example", True),
        ("open", Policy.BLOCKED, "social.example:8443", True),
        ("open", Policy.BLOCKED, "antisocial.example", False),
        ("neighbours", Policy.NONE, "social.example", True),
        ("neighbours", Policy.ALLOWED, "social.example", True),  # agreements let in, and nothing else
        ("neighbours", Policy.BLOCKED, "social.example", True),
    ],
)
async def test_what_is_decided_of_a_host_holds_for_all_below_it(mode, policy, host, refused):
    use_federation(mode)
    await meet("social.example", at=NOW)
    await Host.filter(name="social.example").update(policy=policy)
    policies_changed()
    assert await is_refused(host) is refused


def test_ulids_are_distinct_lower_case_and_sorted_by_time():
    made = [new_ulid() for _ in range(100)]
    assert len(set(made)) == 100
    assert all(len(ulid) == 26 and ulid == ulid.lower() for ulid in made)
