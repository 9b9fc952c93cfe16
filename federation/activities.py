"""Activities that go out, as the plain dicts that are signed and sent.

What is about one document has its id under the document (`/create`, `/update/3`), so that it can be asked
for and never has to be remembered. `uri` is the id where there is no such document.
"""

from collections.abc import Sequence
from datetime import datetime

from federation.documents import Activity, thing_id
from federation.outgoing import tombstone, wire_time
from federation.vocabulary import ACTOR_TYPES, ACTOR_UPDATE_CONTEXT, CONTEXT, PUBLIC, Json


def create(document: Json) -> Json:
    return {
        "@context": document["@context"],
        "id": f"{document['id']}/create",
        "type": "Create",
        "actor": document["attributedTo"],
        "published": document["published"],
        "to": document["to"],
        "cc": document["cc"],
        "object": _embedded(document),
    }


def update(document: Json, *, number: int, at: datetime) -> Json:
    """`number` counts the updates of this document. An actor updates itself, for everybody."""
    is_actor = document["type"] in ACTOR_TYPES
    return {
        "@context": ACTOR_UPDATE_CONTEXT if is_actor else document["@context"],
        "id": f"{document['id']}/update/{number}",
        "type": "Update",
        "actor": document["id"] if is_actor else document["attributedTo"],
        "published": wire_time(at),
        "to": [PUBLIC] if is_actor else document["to"],
        "cc": [document["followers"]] if is_actor else document["cc"],
        "object": _embedded(document),
    }


def delete(document: Json, *, at: datetime) -> Json:
    """To all who may have it. An actor is named, not embedded: that is what Mastodon takes for its end."""
    uri = document["id"]
    if document["type"] in ACTOR_TYPES:
        actor, to, cc, gone = uri, [PUBLIC], [document["followers"]], uri
    else:
        actor, to, cc = document["attributedTo"], document["to"], document["cc"]
        gone = _embedded(tombstone(uri, former_type=document["type"], deleted_at=at))
    return {
        "@context": CONTEXT,
        "id": f"{uri}/delete",
        "type": "Delete",
        "actor": actor,
        "published": wire_time(at),
        "to": to,
        "cc": cc,
        "object": gone,
    }


def follow(uri: str, *, actor: str, target: str) -> Json:
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Follow",
        "actor": actor,
        "to": [target],
        "object": target,
    }


def accept(asked: Activity, *, uri: str, actor: str, result: str | Json | None = None) -> Json:
    """Say yes to what was asked; `result` is the stamp of a quote, the agreement of an offer."""
    answer = _answer("Accept", asked, uri=uri, actor=actor)
    return answer if result is None else {**answer, "result": result}


def reject(asked: Activity, *, uri: str, actor: str, content: str = "") -> Json:
    """`content` is a plain sentence for the one who asked."""
    answer = _answer("Reject", asked, uri=uri, actor=actor)
    return {**answer, "content": content} if content else answer


def tentative_accept(asked: Activity, *, uri: str, actor: str, until: datetime, content: str = "") -> Json:
    """Say that the answer comes later, until when; `content` is a plain sentence for the one who asked."""
    answer = {**_answer("TentativeAccept", asked, uri=uri, actor=actor), "endTime": wire_time(until)}
    return {**answer, "content": content} if content else answer


def ignore(asked: Activity, *, uri: str, actor: str) -> Json:
    """Say that nobody here decides about it, as of an event to which one simply comes (FEP-8a8e)."""
    return _answer("Ignore", asked, uri=uri, actor=actor)


def join(uri: str, *, actor: str, to: str, target: str, at: datetime) -> Json:
    """Ask to take part in an event or a group; `to` is who decides."""
    return _joining("Join", uri, actor=actor, to=to, target=target, at=at)


def leave(uri: str, *, actor: str, to: str, target: str, at: datetime) -> Json:
    """Take part no more; whoever joined several times leaves once."""
    return _joining("Leave", uri, actor=actor, to=to, target=target, at=at)


def offer(uri: str, *, actor: str, to: str, agreement: Json, content: str, at: datetime) -> Json:
    """Say that one can help (FEP-0837); `content` is a plain sentence for the author of the need."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Offer",
        "actor": actor,
        "published": wire_time(at),
        "to": [to],
        "content": content,
        "object": agreement,
    }


def undo(activity: Json) -> Json:
    """Take back an activity of ours; embedded, because Mastodon needs that for Like and Accept."""
    undone: Json = {
        "@context": activity["@context"],
        "id": f"{activity['id']}/undo",
        "type": "Undo",
        "actor": activity["actor"],
        "object": _embedded(activity),
    }
    return {**undone, **{name: activity[name] for name in ("to", "cc") if name in activity}}


def announce(thing: str | Json, *, uri: str, actor: str, followers: str, author: str, at: datetime) -> Json:
    """Pass on a document by its id, or (FEP-1b12, for Lemmy and its kin) a whole activity.

    Public in `to`, else Mastodon takes it for a private message; never a document itself: readers ask its
    origin.
    """
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Announce",
        "actor": actor,
        "published": wire_time(at),
        "to": [PUBLIC],
        "cc": list(dict.fromkeys([followers, author])),
        "object": thing if isinstance(thing, str) else _embedded(thing),
    }


def like(uri: str, *, actor: str, target: str, author: str) -> Json:
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Like",
        "actor": actor,
        "to": [author],
        "object": target,
    }


def flag(uri: str, *, actor: str, account: str, documents: Sequence[str] = (), content: str = "") -> Json:
    """Report an account to its server, in the name of ours: who complained is not told."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Flag",
        "actor": actor,
        "to": [account],
        "content": content,
        "object": [account, *documents],
    }


def move(uri: str, *, actor: str, target: str, followers: str) -> Json:
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Move",
        "actor": actor,
        "to": [followers],
        "object": actor,
        "target": target,
    }


def block(uri: str, *, actor: str, target: str) -> Json:
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Block",
        "actor": actor,
        "to": [target],
        "object": target,
    }


def add(uri: str, *, actor: str, item: str, collection: str, followers: str) -> Json:
    """Into a collection of one's own, as pinned posts."""
    return _collected("Add", uri, actor=actor, item=item, collection=collection, followers=followers)


def remove(uri: str, *, actor: str, item: str, collection: str, followers: str) -> Json:
    return _collected("Remove", uri, actor=actor, item=item, collection=collection, followers=followers)


def _collected(kind: str, uri: str, *, actor: str, item: str, collection: str, followers: str) -> Json:
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": kind,
        "actor": actor,
        "to": [PUBLIC],
        "cc": [followers],
        "object": item,
        "target": collection,
    }


def _joining(kind: str, uri: str, *, actor: str, to: str, target: str, at: datetime) -> Json:
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": kind,
        "actor": actor,
        "published": wire_time(at),
        "to": [to],
        "object": target,
    }


def _answer(kind: str, asked: Activity, *, uri: str, actor: str) -> Json:
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": kind,
        "actor": actor,
        "to": [asked.actor],
        "object": _named(asked),
    }


def _named(asked: Activity) -> str | Json:
    """A Follow is embedded, with the id that it came with: some servers know it by nothing else."""
    if asked.type != "Follow":
        return asked.id
    return {"id": asked.id, "type": "Follow", "actor": asked.actor, "object": thing_id(asked.object)}


def _embedded(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "@context"}
