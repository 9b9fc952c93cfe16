"""A neighbour whose site signs with other keys than before: the town hall is told, whoever it is now."""

from datetime import UTC, datetime, timedelta

import pytest

from federation.signatures import PublicKey
from federation.signatures.keys import generate_ed25519, generate_rsa
from hub.app import PEOPLE, use_slices
from hub.fediverse.local import HubLocal
from hub.fediverse.models import AgreementState
from hub.members.actions import add_member
from hub.members.models import Role
from hub.notifications.models import Notice
from hub.notifications.people import use_people
from tests.unit.hub.neighbours.around import hub
from tests.unit.hub.projects.conftest import village as village

RSA = generate_rsa().public_key()


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()
    use_people(PEOPLE)


async def nobody():
    return None


async def sign(uri, key, *, name="main-key"):
    """As the gate does it, once a signature by this key has held."""
    document = {"id": uri, "type": "Application", "preferredUsername": "server", "inbox": f"{uri}/inbox"}
    await HubLocal(nobody).remember_key(PublicKey(f"{uri}#{name}", uri, key), document)


async def told():
    return await Notice.filter(kind="neighbour-keys").order_by("id")


async def test_fed_07_other_keys_of_a_neighbour_are_told_to_the_town_hall_once_a_day():
    await add_member("Marie", mail="marie@example.fr", role=Role.ADMINISTRATOR, trusted=True)
    await add_member("Paul", mail="paul@example.fr", trusted=True)
    neighbour = await hub()
    uri = neighbour.actor.uri
    await sign(uri, RSA)
    await sign(uri, RSA)
    await sign(uri, generate_ed25519().public_key(), name="ed25519-key")  # one more is not another
    assert await told() == []
    await sign(uri, generate_rsa().public_key())
    await sign(uri, RSA)
    (notice,) = await told()
    assert notice.path == f"/neighbours/{neighbour.id}"
    assert notice.values == {"village": "Val", "host": "val.example"}
    await Notice.all().update(made_at=datetime.now(UTC) - timedelta(days=2))
    await sign(f"https://{neighbour.host}/a/val", RSA)  # of its site, another actor
    await sign(f"https://{neighbour.host}/a/val", generate_rsa().public_key())
    assert len(await told()) == 2


async def test_of_whom_nothing_was_agreed_nobody_is_told():
    await add_member("Marie", mail="marie@example.fr", role=Role.ADMINISTRATOR, trusted=True)
    await hub("over.example", state=AgreementState.ENDED, followed=False)
    for uri in ("https://over.example/actor", "https://social.example/users/ana"):
        await sign(uri, RSA)
        await sign(uri, generate_rsa().public_key())
    assert await told() == []
