"""One signed post to one inbox: what came of it, and what to do next."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.client import Answer, Client
from federation.errors import FetchFailed, InvalidDocument, Unreachable, Unsafe
from federation.origin import parse_uri
from federation.signatures import PrivateKey, Scheme, SignedRequest, sign
from federation.vocabulary import Json

CONTENT_TYPE = "application/activity+json"

# 401 and 403 also mean: this server does not know that kind of signature.
_OTHER_KIND_MAY_HELP = frozenset({400, 401, 403})
_TRY_AGAIN = frozenset({401, 408, 425, 429})


class Outcome(StrEnum):
    """What the queue does with the post."""

    DELIVERED = "delivered"
    RETRY = "retry"
    REFUSED = "refused"  # this post is not wanted; the host is well
    GONE = "gone"  # nobody is there any more: look at the actor again
    MOVED = "moved"  # the inbox is elsewhere: look at the actor again


@dataclass(frozen=True)
class Delivery:
    """`scheme` is the one that was understood; `retry_after` what the host asked for."""

    outcome: Outcome
    scheme: Scheme
    status: int | None = None
    retry_after: datetime | None = None
    reason: str = ""


async def deliver(
    client: Client, inbox: str, activity: Json, *, key: PrivateKey, scheme: Scheme, now: datetime
) -> Delivery:
    """Sign now and post; where the signature may be the trouble, once more with the other kind.

    Nothing is raised for what the other server does; the outcome says it.
    """
    body = json.dumps(activity, ensure_ascii=False, separators=(",", ":")).encode()
    if isinstance(key.key, Ed25519PrivateKey):
        scheme = Scheme.RFC9421
    first = await _post(client, inbox, body, key=key, scheme=scheme, now=now)
    if first.status not in _OTHER_KIND_MAY_HELP or isinstance(key.key, Ed25519PrivateKey):
        return first
    other = Scheme.RFC9421 if scheme is Scheme.CAVAGE else Scheme.CAVAGE
    second = await _post(client, inbox, body, key=key, scheme=other, now=now)
    if second.outcome is Outcome.DELIVERED:
        return second
    return replace(second, scheme=scheme) if second.outcome is Outcome.RETRY else first


async def _post(
    client: Client, inbox: str, body: bytes, *, key: PrivateKey, scheme: Scheme, now: datetime
) -> Delivery:
    uri = parse_uri(inbox, plain=True)
    try:
        client.check(uri)
    except Unsafe as error:
        return Delivery(Outcome.REFUSED, scheme, reason=error.reason)
    request = SignedRequest("POST", str(uri), (("content-type", CONTENT_TYPE),), body)
    signed = sign(request, key, scheme=scheme, now=now)
    try:
        answer = await client.post(uri, body, dict(signed.headers))
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
