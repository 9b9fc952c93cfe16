"""Whether what arrived at another server is signed as that server would demand."""

from datetime import UTC, datetime

from federation.errors import FederationError
from federation.signatures import SignedRequest, read_signature
from federation.signatures.keys import find_key
from tests.bench.sink import Tally
from tests.bench.village import Hub


def signature(hub: Hub, tally: Tally, kind: str) -> str:
    """In words, for the first post of its kind."""
    if kind not in tally.samples:
        return "not there"
    target, headers, body = tally.samples[kind]
    request = SignedRequest("POST", f"https://{dict(headers)['host']}{target}", tuple(headers), body)
    try:
        read = read_signature(request)
        actor = hub.document(read.key_id.partition("#")[0])
        read.verify(find_key(actor, read.key_id), datetime.now(UTC))
    except FederationError as error:
        return f"not well signed: {error.reason}"
    return f"well signed ({read.scheme})"
