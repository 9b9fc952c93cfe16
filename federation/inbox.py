"""The gate: one POST to an inbox, from bytes to something that is worth storing.

The order is the point: cheap and local checks first, the network last, no handler before the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from federation.client import Budget
from federation.documents import Activity, parse_activity, thing_id
from federation.errors import FetchFailed, Forbidden, Gone, InvalidDocument, NotAuthentic, Unreachable
from federation.local import Local, Received
from federation.origin import host_of, parse_uri, same_origin
from federation.resolver import Resolver
from federation.signatures import PublicKey, SignedRequest, UnverifiedSignature, read_proof, read_signature
from federation.strict_json import parse_json
from federation.vocabulary import Json

Handler = TypeVar("Handler")

# About themselves, from somebody of whom we hold nothing: there is nothing to do (DOS-18).
_OF_THEMSELVES = ("Delete", "Update")
# What these say of a thing is only its owner's to say.
_OWNERS_ONLY = ("Create", "Update", "Delete")


@dataclass(frozen=True)
class Gate:
    """Where posts come in; `local` stores, `resolver` fetches keys that are not known."""

    local: Local
    resolver: Resolver

    async def receive(self, request: SignedRequest, *, now: datetime) -> Received | None:
        """Check a post and have it stored; None where there is nothing to do with it. Answer 202 to both.

        Raises InvalidDocument 400, NotAuthentic 401, Forbidden 403, and Unreachable where the sender's
        key cannot be fetched for now: answer 503, they will try again.
        """
        document = parse_json(request.body)
        sender = _sender(document)
        await self._check_host(sender)
        if await self._is_about_a_stranger(document, sender):
            return None
        signature = read_signature(request)
        signature.check_time(now)
        await self._check_host(signature.key_id)
        budget = Budget()
        key = await self._verified_key(signature, now=now, budget=budget)
        proven_by = "signature"
        if key.owner != sender:
            document, proven_by = await self._proven(document, sender, now=now, budget=budget), "proof"
        activity = parse_activity(document, now=now, signer=key.owner)
        check_origin(activity)
        received = Received(activity, request.url, proven_by)
        await self.local.accept(received)
        return received

    async def _check_host(self, uri: str) -> None:
        if await self.local.refuses(host_of(parse_uri(uri, plain=True))):
            raise Forbidden("host is refused", host=host_of(parse_uri(uri, plain=True)))

    async def _is_about_a_stranger(self, document: Json, sender: str) -> bool:
        about_themselves = (
            document.get("type") in _OF_THEMSELVES and _identity(document.get("object")) == sender
        )
        return about_themselves and not await self.local.knows_actor(sender)

    async def _verified_key(
        self, signature: UnverifiedSignature, *, now: datetime, budget: Budget
    ) -> PublicKey:
        """The key that made the signature; one that is known and does not fit is fetched anew, once."""
        key = await self.local.known_key(signature.key_id)
        if key is not None:
            try:
                signature.verify(key, now)
            except NotAuthentic:
                key = None
        if key is None:
            key = await self._fetched_key(signature.key_id, now=now, budget=budget)
            signature.verify(key, now)
        return key

    async def _fetched_key(self, key_id: str, *, now: datetime, budget: Budget) -> PublicKey:
        if not await self.local.may_fetch_key(key_id, now=now):
            raise NotAuthentic("key does not fit, and was asked for just now", key=key_id)
        try:
            found = await self.resolver.fetch_key(key_id, budget=budget)
        except Unreachable:
            raise
        except (FetchFailed, Gone) as error:
            raise NotAuthentic("key cannot be had", key=key_id, why=error.reason) from error
        await self.local.remember_key(found.key, found.owner)
        return found.key

    async def _proven(self, document: Json, sender: str, *, now: datetime, budget: Budget) -> Json:
        """Passed on by somebody else: only a proof of its author counts, and only what it covers."""
        if "proof" not in document:
            raise NotAuthentic("signed by somebody else", actor=sender)
        proof = read_proof(document)
        await self._check_host(proof.key_id)
        key = await self.local.known_key(proof.key_id)
        if key is None:
            key = await self._fetched_key(proof.key_id, now=now, budget=budget)
        if key.owner != sender:
            raise NotAuthentic("proof of somebody else", actor=sender, key=key.id)
        proof.verify(key, now)
        return dict(proof.document)


def check_origin(activity: Activity) -> None:
    """FEP-fe34: an activity lives where its actor lives, and speaks of what its actor owns.

    A thing that is embedded must be of the same origin too; a bare URI is looked up later, at its own.
    """
    if activity.id and not same_origin(activity.id, activity.actor):
        raise NotAuthentic("activity of another origin", id=activity.id, actor=activity.actor)
    if activity.type not in _OWNERS_ONLY:
        return
    for thing in activity.objects:
        uri = thing_id(thing)
        if uri is not None and not same_origin(uri, activity.actor):
            raise NotAuthentic("thing of another origin", object=uri, actor=activity.actor)
        owner = getattr(thing, "attributed_to", None)
        if owner is not None and owner != activity.actor:
            raise NotAuthentic("thing of another owner", object=uri, owner=owner)


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
