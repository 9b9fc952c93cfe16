"""A village next door, as it writes to ours."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.actors.models import Actor, Role
from hub.app import HANDLERS, use_slices
from hub.db import transaction
from hub.exchange.models import Proposal
from hub.fediverse import actions as fediverse
from hub.fediverse.models import Activity, Follow
from hub.fediverse.receiving import handle_batch
from tests.others import activity, new_uri, note, receive, somebody

SECRETS = ("rosa@example.fr", "12, chemin des Combes", "06 12 34 56 78", "paul@val.example")


@pytest.fixture(autouse=True)
def slices(templates):
    use_slices()


@pytest_asyncio.fixture
async def val(village):
    """The village next door, whose actor ours follows."""
    actor = await somebody("val", "val.example", kind="Organization", display_name="Val")
    await follow(actor)
    return actor


async def follow(actor):
    async with transaction():
        ours = await fediverse.follow(await Actor.of_role(Role.VILLAGE), actor)
    await Follow.filter(id=ours.id).update(accepted_at=datetime.now(UTC))


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


def wire(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def their_need(val, *, wanted=5, missing=None, finished=False, status="open", **facts):
    uri = facts.pop("id", None) or new_uri(val, "o")
    return note(
        val,
        "<p><strong>Besoin : Scier le bois</strong></p><p>Dix stères.</p>",
        id=uri,
        name="Besoin : Scier le bois",
        purpose="request",
        unitBased=True,
        publishes={
            "id": f"{uri}#primary",
            "type": "Intent",
            "action": "deliverService",
            "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
            "availableQuantity": {
                "hasUnit": "one",
                "hasNumericalValue": str(wanted if missing is None else missing),
            },
            "finished": finished,
        },
        **{
            "hasEnd": wire(datetime.now(UTC) + timedelta(days=20)),
            "lavoir:kind": "need",
            "lavoir:status": status,
            "lavoir:wanted": str(wanted),
            **facts,
        },
    )


def newer(document, minutes, **facts):
    return {
        **document,
        "updated": wire(datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=minutes)),
    } | facts


async def hung(document):
    return await Proposal.get(publication__uri=document["id"]).select_related("publication__author", "owner")


def an_offer(val, wood, quantity="1", *, name="Zoé", content="Je viens.", satisfies=None, **facts):
    intent = wood.intent_uri if satisfies is None else satisfies
    commitment = {"type": "Commitment", "satisfies": intent, "name": name}
    if quantity is not None:
        commitment["resourceQuantity"] = {"hasUnit": "one", "hasNumericalValue": quantity}
    agreement = {"type": "Agreement", "stipulates": commitment}
    village = f"{wood.publication.author.uri}" if wood is not None else "https://bourg.example/a/saint-martin"
    return activity("Offer", val, agreement, to=[village], content=content) | facts


def yes(val, mine, quantity="2", **facts):
    uri = f"{val.uri}/agreements/{mine.id}"
    return activity(
        "Accept",
        val,
        mine.uri,
        result={
            "id": uri,
            "type": "Agreement",
            "attributedTo": val.uri,
            "stipulates": {
                "id": f"{uri}#primary",
                "type": "Commitment",
                "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": quantity},
            },
            "lavoir:contact": "Léa, lea@val.example",
            "lavoir:place": "Scierie du bas",
        },
        **facts,
    )


async def fresh(row):
    return await type(row).get(id=row.id)


async def all_words():
    return [one.body for one in await Activity.all()]
