"""Actors of other servers, and what they say: as rows, in the form in which the gate stores it."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from federation.vocabulary import PUBLIC, Json
from hub.actors.actions import meet
from hub.actors.minting import object_uri, origin
from hub.actors.models import Actor, Role
from hub.fediverse.models import Activity, AgreementState, Follow, Neighbour, Received
from hub.fediverse.receiving import handle_batch
from hub.publications.documents import new_code, note_document
from hub.publications.models import Kind, Publication, Scope

_numbers = itertools.count(1)


async def somebody(name: str = "ana", host: str = "social.example", **facts: Any) -> Actor:
    """A person elsewhere, whom we know."""
    uri = f"https://{host}/users/{name}"
    await meet(host, at=datetime.now(UTC))
    usual: dict[str, Any] = {
        "uri": uri,
        "host": host,
        "name": name,
        "kind": "Person",
        "inbox": f"{uri}/inbox",
        "followers_uri": f"{uri}/followers",
        "featured_uri": f"{uri}/featured",
        "fetched_at": datetime.now(UTC),
    }
    return await Actor.create(**{**usual, **facts})


async def agree_with(server: Actor, **facts: Any) -> Neighbour:
    """An agreement with the hub of this server actor: each side follows the other; or what `facts` say."""
    ours, at = await Actor.of_role(Role.SERVER), datetime.now(UTC)
    for one, other in ((ours, server), (server, ours)) if ours is not None else ():
        await Follow.create(uri=f"{one.uri}/f", follower=one, followed=other, accepted_at=at)
    usual: dict[str, Any] = {
        "state": AgreementState.AGREED,
        "sends": "need,offer,event,project,experience",
        "agreed_at": at,
    }
    return await Neighbour.create(actor=server, host=server.host, **{**usual, **facts})


async def announcement(author: Actor, *, scope: Scope = Scope.PUBLIC, **facts: Any) -> Publication:
    """Something that an actor of ours published."""
    code = new_code()
    publication = await Publication.create(
        uri=object_uri(),
        code=code,
        url=f"{origin()}/{code}",
        author=author,
        kind=Kind.ANNOUNCEMENT,
        type="Note",
        scope=scope,
        html="<p>La fontaine coule de nouveau.</p>",
        published_at=datetime.now(UTC),
        language="fr",
        **facts,
    )
    if scope in (Scope.PUBLIC, Scope.NEIGHBOURS):
        publication.document = note_document(publication)
        await publication.save()
    return publication


def new_uri(actor: Actor, kind: str = "statuses") -> str:
    return f"{actor.uri}/{kind}/{next(_numbers)}"


def note(author: Actor, text: str = "<p>Bravo !</p>", **properties: Any) -> Json:
    """A public note, unless `properties` say otherwise; None takes a property away."""
    usual: Json = {
        "id": new_uri(author),
        "type": "Note",
        "attributedTo": author.uri,
        "content": text,
        "published": "2026-11-20T10:00:00Z",
        "to": [PUBLIC],
        "cc": [author.followers_uri],
    }
    return {name: value for name, value in {**usual, **properties}.items() if value is not None}


def activity(kind: str, actor: Actor, thing: Any, **properties: Any) -> Json:
    """`thing` is its object: a URI, a document, an actor."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": new_uri(actor, kind.lower()),
        "type": kind,
        "actor": actor.uri,
        "object": thing.uri if isinstance(thing, Actor | Publication) else thing,
        **properties,
    }


def create(author: Actor, thing: Json) -> Json:
    audience = {name: thing[name] for name in ("to", "cc") if name in thing}
    return activity("Create", author, thing, **audience)


async def receive(*messages: Json, signer: str | None = None, inbox: str | None = None) -> None:
    """As the gate stores them, without asking whether they came before."""
    now = datetime.now(UTC)
    await Received.bulk_create(
        Received(
            uri=message["id"],
            signer=signer or message["actor"],
            inbox=inbox or f"{origin()}/inbox",
            body=json.dumps(message),
            received_at=now,
        )
        for message in messages
    )


async def handle() -> None:
    """Until nothing is due."""
    while await handle_batch(now=datetime.now(UTC)):
        pass


async def hear(*messages: Json, signer: str | None = None) -> None:
    """Each comes in and is handled before the next."""
    for message in messages:
        await receive(message, signer=signer)
        await handle()


async def sent(kind: str | None = None) -> list[Json]:
    """What went out so far, as it was stored, the oldest first."""
    stored = Activity.filter(type=kind) if kind is not None else Activity.all()
    return [json.loads(one.body) for one in await stored.order_by("id")]
