"""The gate: one POST to an inbox, from bytes to something that is worth storing.

The order is the point: cheap and local checks first, the network last, no handler before the end.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from federation.client import Budget
from federation.documents import Activity, Thing, parse_activity, thing_id
from federation.errors import FetchFailed, Forbidden, InvalidDocument, NotAuthentic, Refused, Unreachable
from federation.limits import KEY_REFETCH, PROOF_LIFETIME
from federation.local import Local, Received
from federation.origin import host_of, parse_uri, same_origin
from federation.resolver import FoundKey, Resolver
from federation.signatures import (
    PublicKey,
    SignedRequest,
    UnverifiedProof,
    UnverifiedSignature,
    read_proof,
    read_signature,
)
from federation.strict_json import parse_json
from federation.vocabulary import Json

Handler = TypeVar("Handler")

# About themselves, from somebody of whom we hold nothing: there is nothing to do (DOS-18).
_OF_THEMSELVES = ("Delete", "Update")
# What these say of a thing is only its owner's to say.
_OWNERS_ONLY = ("Create", "Update", "Delete")


class Gate:
    """Where posts come in; `local` stores, `resolver` fetches keys that are not known."""

    def __init__(self, local: Local, resolver: Resolver) -> None:
        self.local = local
        self.resolver = resolver
        self._fetching: dict[str, asyncio.Future[FoundKey]] = {}

    async def receive(self, request: SignedRequest, *, now: datetime) -> Received | None:
        """Check a post and have it stored; None where there is nothing to do with it. Answer 202 to both.

        Raises InvalidDocument 400, NotAuthentic 401, Forbidden 403; Refused 202, for what is well signed and
        still not theirs to say, so that nobody tries again; and Unreachable where the sender's key cannot be
        fetched for now: answer 503, they will try again.
        """
        document = parse_json(request.body)
        sender = _sender(document)
        await self._check_sender(document, sender, request)
        if await self._is_about_a_stranger(document, sender):
            return None
        signature = read_signature(request)
        signature.check_time(now)
        if "proof" not in document and not same_origin(signature.key_id, sender):
            raise NotAuthentic("key of another origin", actor=sender, key=signature.key_id)
        await self._check_host(signature.key_id)
        budget = Budget()
        key = await self._verified_key(signature, now=now, budget=budget)
        if key.owner != sender:
            document = await self._proven(document, sender, now=now, budget=budget)
        activity = parse_activity(document, now=now, signer=sender)
        check_owner(activity)
        received = Received(activity, request.url, key.owner)
        await self.local.accept(received)
        return received

    async def _check_sender(self, document: Json, sender: str, request: SignedRequest) -> None:
        """What can be refused without a key, before anything is fetched."""
        await self._check_host(sender)
        if same_origin(sender, request.url):
            raise Refused("our own, sent back", actor=sender)
        identity = document.get("id")
        if isinstance(identity, str) and not same_origin(identity, sender):
            raise NotAuthentic("activity of another origin", id=identity, actor=sender)

    async def _check_host(self, uri: str) -> None:
        host = host_of(parse_uri(uri, plain=True))
        if await self.local.refuses(host):
            raise Forbidden("host is refused", host=host)

    async def _is_about_a_stranger(self, document: Json, sender: str) -> bool:
        kind, thing = document.get("type"), _identity(document.get("object"))
        return kind in _OF_THEMSELVES and thing == sender and not await self.local.knows_actor(sender)

    async def _verified_key(
        self, signature: UnverifiedSignature | UnverifiedProof, *, now: datetime, budget: Budget
    ) -> PublicKey:
        """The key that made the signature; one that is known and does not fit is fetched anew, once."""
        known = await self.local.known_key(signature.key_id)
        if known is not None:
            try:
                signature.verify(known, now)
            except NotAuthentic:
                if not await self.local.may_fetch_key(signature.key_id, now=now):
                    raise
            else:
                return known
        elif signature.key_id not in self._fetching and not await self.local.may_fetch_key(
            signature.key_id, now=now
        ):
            raise Unreachable("key was asked for just now", signature.key_id, retry_after=now + KEY_REFETCH)
        found = await self._fetched(signature.key_id, budget)
        signature.verify(found.key, now)
        await self.local.remember_key(found.key, found.owner)  # only now is it known to be worth a row
        return found.key

    async def _fetched(self, key_id: str, budget: Budget) -> FoundKey:
        """One fetch at a time for each key: the first posts of a new server often come together."""
        if (waiting := self._fetching.get(key_id)) is None:
            waiting = asyncio.ensure_future(self.resolver.fetch_key(key_id, budget=budget))
            self._fetching[key_id] = waiting
            waiting.add_done_callback(lambda _: self._fetching.pop(key_id, None))
        try:
            return await asyncio.shield(waiting)
        except Unreachable as error:
            raise error.again() from None
        except FetchFailed as error:
            raise NotAuthentic("key cannot be had", key=key_id, why=error.reason) from None

    async def _proven(self, document: Json, sender: str, *, now: datetime, budget: Budget) -> Json:
        """Passed on by somebody else: only a proof of its author counts, and only what it covers."""
        if "proof" not in document:
            raise Refused("signed by somebody else", actor=sender)
        try:
            proof = read_proof(document)
            if proof.owner != sender or proof.created < now - PROOF_LIFETIME:
                raise Refused("proof of somebody else, or too old", actor=sender, key=proof.key_id)
            await self._check_host(proof.key_id)
            await self._verified_key(proof, now=now, budget=budget)
        except NotAuthentic as error:
            raise Refused("proof does not hold", actor=sender, why=error.reason) from None
        return dict(proof.document)


def check_owner(activity: Activity) -> None:
    """FEP-fe34: an activity lives where its actor lives, and speaks of what its actor owns.

    A thing that is embedded must be of the same origin too; a bare URI is looked up later, at its own.
    """
    if activity.id and not same_origin(activity.id, activity.actor):
        raise Refused("activity of another origin", id=activity.id, actor=activity.actor)
    if activity.type == "Move" and activity.object_id != activity.actor:
        raise Refused("move of somebody else", object=activity.object_id, actor=activity.actor)
    for thing in activity.objects:
        _check_thing(activity, thing)


def _check_thing(activity: Activity, thing: Thing) -> None:
    uri, owner = thing_id(thing), getattr(thing, "attributed_to", None)
    if activity.type in _OWNERS_ONLY and uri is not None and not same_origin(uri, activity.actor):
        raise Refused("thing of another origin", object=uri, actor=activity.actor)
    if activity.type in _OWNERS_ONLY and owner is not None and owner != activity.actor:
        raise Refused("thing of another owner", object=uri, owner=owner)
    if activity.type in ("Create", "Undo") and isinstance(thing, Activity) and thing.actor != activity.actor:
        raise Refused("activity of another actor", object=uri, actor=activity.actor)


def find_handler(
    handlers: Mapping[str, Handler], activity: Activity, known_type: str | None
) -> Handler | None:
    """The handler of "Create Note", or else of "Create"; `known_type` is what we know of a bare URI."""
    kind = getattr(activity.object, "type", None) or known_type
    return handlers.get(f"{activity.type} {kind}") or handlers.get(activity.type)


def _sender(document: Json) -> str:
    """Who it says it is from, before anything is proven."""
    sender = _identity(document.get("actor", document.get("attributedTo")))
    if sender is None:
        raise InvalidDocument("activity without an actor")
    return sender


def _identity(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else None
