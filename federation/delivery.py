"""One signed post to one inbox: what came of it, and what to do next."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.client import Answer, Client
from federation.errors import FetchFailed, InvalidDocument, Unreachable, Unsafe
from federation.knock import OTHER_KIND_MAY_HELP
from federation.origin import parse_uri
from federation.signatures import PrivateKey, Scheme, SignedRequest, sign
from federation.vocabulary import ACTIVITY_JSON, Json

_HEADERS = (("content-type", ACTIVITY_JSON),)

_HOST_UNWELL = frozenset({408, 425, 429, 502, 503, 504})
_TRY_AGAIN = frozenset({401, 408, 425, 429})


class Outcome(StrEnum):
    """What the queue does with the post."""

    DELIVERED = "delivered"
    RETRY = "retry"
    REFUSED = "refused"  # this post is not wanted; the host is well
    GONE = "gone"  # nobody is there any more: look at the actor again
    MOVED = "moved"  # the inbox is elsewhere: look at the actor again


@dataclass(frozen=True)
class Parcel:
    """The bytes of an activity, the same for every inbox; their digest is computed once for all."""

    body: bytes

    @classmethod
    def pack(cls, activity: Json) -> Self:
        return cls(json.dumps(activity, ensure_ascii=False, separators=(",", ":")).encode())

    @cached_property
    def sha256(self) -> bytes:
        return sha256(self.body).digest()


@dataclass(frozen=True)
class Delivery:
    """`scheme` is the one that was understood; `retry_after` what the host asked for.

    `host_is_well` is False where nothing at all should be sent to the host for now: it did not answer, or
    said that it cannot. Where it is True and the outcome is RETRY, only this post failed.
    """

    outcome: Outcome
    scheme: Scheme
    status: int | None = None
    retry_after: datetime | None = None
    reason: str = ""

    @property
    def host_is_well(self) -> bool:
        unanswered = self.outcome is Outcome.RETRY and self.status is None
        return not unanswered and self.status not in _HOST_UNWELL


async def deliver(
    client: Client, inbox: str, parcel: Parcel, *, key: PrivateKey, scheme: Scheme, now: datetime
) -> Delivery:
    """Sign now and post; where the signature may be the trouble, once more with the other kind.

    Nothing is raised for what the other server does; the outcome says it.
    """
    if isinstance(key.key, Ed25519PrivateKey):
        scheme = Scheme.RFC9421
    first = await _post(client, inbox, parcel, key=key, scheme=scheme, now=now)
    if first.status not in OTHER_KIND_MAY_HELP or isinstance(key.key, Ed25519PrivateKey):
        return first
    other = Scheme.RFC9421 if scheme is Scheme.CAVAGE else Scheme.CAVAGE
    second = await _post(client, inbox, parcel, key=key, scheme=other, now=now)
    if second.outcome is Outcome.DELIVERED:
        return second
    return replace(second, scheme=scheme) if second.outcome is Outcome.RETRY else first


async def _post(
    client: Client, inbox: str, parcel: Parcel, *, key: PrivateKey, scheme: Scheme, now: datetime
) -> Delivery:
    uri = parse_uri(inbox, plain=True)
    try:
        client.check(uri)
    except Unsafe as error:
        return Delivery(Outcome.REFUSED, scheme, reason=error.reason)
    request = SignedRequest("POST", str(uri), _HEADERS, parcel.body, parcel.sha256)
    signed = sign(request, key, scheme=scheme, now=now)
    try:
        answer = await client.post(uri, parcel.body, dict(signed.headers))
    except (FetchFailed, InvalidDocument) as error:  # also an odd answer, or a name that points inside today
        after = error.retry_after if isinstance(error, Unreachable) else None
        return Delivery(Outcome.RETRY, scheme, retry_after=after, reason=error.reason)
    return _judge(answer, scheme)


def _judge(answer: Answer, scheme: Scheme) -> Delivery:
    status = answer.status
    if 200 <= status < 300:
        outcome = Outcome.DELIVERED
    elif 300 <= status < 400:
        outcome = Outcome.MOVED
    elif status in (404, 410):
        outcome = Outcome.GONE
    elif status in _TRY_AGAIN or (status >= 500 and status != 501):
        outcome = Outcome.RETRY
    else:
        outcome = Outcome.REFUSED
    return Delivery(outcome, scheme, status, answer.retry_after, f"answered {status}")
