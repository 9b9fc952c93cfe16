"""The gate: one POST to an inbox, from bytes to something that is worth storing; and who signed a GET.

The order is the point: cheap and local checks first, the network last, no handler before the end.
"""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from federation.client import Budget
from federation.documents import Activity, Document, Thing, parse_activity, thing_id
from federation.errors import (
    FetchFailed,
    Forbidden,
    InvalidDocument,
    NotAuthentic,
    Refused,
    Unreachable,
)
from federation.key_fetches import KeyFetches
from federation.limits import (
    KEY_FETCHES,
    KEY_FETCHES_OF_STRANGERS,
    KEY_REFETCH,
    PROOF_LIFETIME,
    PUBLIC_KEYS_REMEMBERED,
)
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


class KeyGone(NotAuthentic):
    """The server of the key says that it is gone for good (410)."""


class Gate:
    """Where posts come in; `local` stores, `resolver` fetches keys that are not known.

    Give it a resolver whose client is nobody else's, with key_fetches.BOUNDS: then what strangers make us
    ask for takes no connection and no look-up of names away from deliveries.
    """

    def __init__(self, local: Local, resolver: Resolver) -> None:
        self.local = local
        self.resolver = resolver
        self._fetches_of_known = KeyFetches(KEY_FETCHES)
        self._fetches_of_strangers = KeyFetches(KEY_FETCHES_OF_STRANGERS)
        self._unproven: OrderedDict[str, PublicKey] = OrderedDict()

    async def receive(self, request: SignedRequest, *, now: datetime) -> Received | None:
        """Check a post and have it stored; None where there is nothing to do with it. Answer 202 to both.

        Raises InvalidDocument 400, NotAuthentic 401, Forbidden 403; Refused 202, for what is well signed and
        still not theirs to say, so that nobody tries again; and Unreachable where the sender's key cannot be
        fetched for now: answer 503, they will try again.
        """
        document = parse_json(request.body)
        sender = _sender(document)
        if sender is not None:
            await self._check_sender(document, sender, request)
            if await self._is_about_a_stranger(document, sender):
                return None
        signature = read_signature(request)
        signature.check_time(now)
        await self._check_key(signature.key_id, request)
        if sender is not None and "proof" not in document and not same_origin(signature.key_id, sender):
            raise NotAuthentic("key of another origin", actor=sender, key=signature.key_id)
        received = await self._verified(document, sender, signature, request=request, now=now)
        await self.local.accept(received)
        return received

    async def _verified(
        self,
        document: Json,
        sender: str | None,
        signature: UnverifiedSignature,
        *,
        request: SignedRequest,
        now: datetime,
    ) -> Received:
        budget = Budget()
        try:
            signer = (await self._verified_key(signature, now=now, budget=budget)).owner
        except KeyGone:
            if sender is None or not _is_last_word(document, sender):
                raise
            activity = parse_activity(document, now=now)
            check_owner(activity)
            return Received(activity, request.url, sender, confirmed=False)
        if sender is not None and signer != sender:
            document = await self._proven(document, sender, now=now, budget=budget)
        activity = parse_activity(document, now=now, signer=sender or signer)
        check_owner(activity)
        return Received(activity, request.url, signer)

    async def _check_sender(self, document: Json, sender: str, request: SignedRequest) -> None:
        """What can be refused without a key, before anything is fetched."""
        await self._check_host(sender)
        if same_origin(sender, request.url):
            raise Refused("our own, sent back", actor=sender)
        identity = document.get("id")
        if isinstance(identity, str) and not same_origin(identity, sender):
            raise NotAuthentic("activity of another origin", id=identity, actor=sender)

    async def _check_key(self, key_id: str, request: SignedRequest) -> None:
        await self._check_host(key_id)
        if same_origin(key_id, request.url):
            raise NotAuthentic("key of our own", key=key_id)

    async def _check_host(self, text: str) -> None:
        """Also that it is spelled in the one way: whose two names differ would be two (ORG-12)."""
        uri = parse_uri(text, plain=True)
        if str(uri) != text:
            raise InvalidDocument("URI in an unusual spelling", uri=text)
        if await self.local.refuses(uri.host):
            raise Forbidden("host is refused", host=uri.host)

    async def _is_about_a_stranger(self, document: Json, sender: str) -> bool:
        kind, thing = document.get("type"), _identity(document.get("object"))
        return kind in _OF_THEMSELVES and thing == sender and not await self.local.knows_actor(sender)

    async def identify(self, request: SignedRequest, *, now: datetime) -> str:
        """The actor that signed a GET, whatever is there; raises as receive() does."""
        signature = read_signature(request)
        signature.check_time(now)
        await self._check_key(signature.key_id, request)
        return (await self._verified_key(signature, now=now, budget=Budget())).owner

    async def _verified_key(
        self, signature: UnverifiedSignature | UnverifiedProof, *, now: datetime, budget: Budget
    ) -> PublicKey:
        """The key that made the signature; one that is known and does not fit is fetched anew, once."""
        key_id, failure = signature.key_id, None
        for known in (await self.local.known_key(key_id), self._unproven.get(key_id)):
            if known is None:
                continue
            try:
                signature.verify(known, now)
            except NotAuthentic as error:
                failure = error.again()
            else:
                return known
        found = await self._fetched_key(key_id, failure, now=now, budget=budget)
        self._keep_for_now(found.key)
        signature.verify(found.key, now)
        await self.local.remember_key(found.key, found.owner)  # only now is it known to be worth a row
        self._unproven.pop(key_id, None)
        return found.key

    def _keep_for_now(self, key: PublicKey) -> None:
        """Else a forged signature keeps the true one waiting, for the key may not be asked for again."""
        self._unproven[key.id] = key
        self._unproven.move_to_end(key.id)
        if len(self._unproven) > PUBLIC_KEYS_REMEMBERED:
            self._unproven.popitem(last=False)

    async def _fetched_key(
        self, key_id: str, failure: NotAuthentic | None, *, now: datetime, budget: Budget
    ) -> FoundKey:
        """Raise `failure`, or that it is too early, where the key was fetched a moment ago."""

        async def fetch() -> FoundKey:
            if not await self.local.may_fetch_key(key_id, now=now):
                raise failure or Unreachable(
                    "key was asked for just now", key_id, retry_after=now + KEY_REFETCH
                )
            return await self.resolver.fetch_key(key_id, budget=budget)

        host = host_of(parse_uri(key_id, plain=True))
        is_known = await self.resolver.knows_host(host)
        fetches = self._fetches_of_known if is_known else self._fetches_of_strangers
        try:
            return await fetches.fetched(key_id, host, fetch)
        except Unreachable:
            raise
        except FetchFailed as error:
            kind = KeyGone if error.remote_status == 410 else NotAuthentic
            raise kind("key cannot be had", key=key_id, why=error.reason) from None

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
    if activity.type == "Create" and isinstance(thing, Document) and owner is None:
        raise Refused("thing without an owner", object=uri, actor=activity.actor)
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


def _sender(document: Json) -> str | None:
    """Who it says it is from, before anything is proven; None where the signer alone can tell.

    Mastodon's FeatureRequest has no actor.
    """
    written = document.get("actor", document.get("attributedTo"))
    if written is None and document.get("type") == "FeatureRequest":
        return None
    if (sender := _identity(written)) is None:
        raise InvalidDocument("activity without an actor")
    return sender


def _is_last_word(document: Json, sender: str) -> bool:
    """An actor that was deleted takes its keys along, and its server still tells everybody."""
    is_delete = document.get("type") == "Delete" and "proof" not in document
    return is_delete and _identity(document.get("object")) == sender


def _identity(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else None
