"""Who sent this? HTTP signatures of requests, both kinds, and integrity proofs of documents. No network.

Verification has two steps, because the key may have to be fetched in between:

    signature = read_signature(request)   # refuses whatever can be refused without the key
    signature.check_time(now)             # optional: before anything is fetched
    signature.verify(public_key, now)     # returns, or raises NotAuthentic
"""

from dataclasses import replace
from datetime import datetime

from federation.errors import NotAuthentic
from federation.signatures import cavage, rfc9421
from federation.signatures.keys import PrivateKey, PublicKey
from federation.signatures.message import Scheme, SignedRequest, UnverifiedSignature, check_shape
from federation.signatures.proofs import UnverifiedProof, add_proof, read_proof

__all__ = [
    "PrivateKey",
    "PublicKey",
    "Scheme",
    "SignedRequest",
    "UnverifiedProof",
    "UnverifiedSignature",
    "add_proof",
    "read_proof",
    "read_signature",
    "sign",
]


def sign(request: SignedRequest, key: PrivateKey, *, scheme: Scheme, now: datetime) -> SignedRequest:
    """The same request with all that the signature needs: send exactly these headers, to exactly this URL.

    A signature of an earlier try is taken off first, so the other scheme can be tried after a refusal.
    """
    headers = (header for header in request.headers if header[0] not in ("signature", "signature-input"))
    request = replace(request, headers=tuple(headers))
    if scheme is Scheme.CAVAGE:
        return cavage.sign(request, key, now)
    return rfc9421.sign(request, key, now)


def read_signature(request: SignedRequest) -> UnverifiedSignature:
    """What the request claims; raise InvalidDocument or NotAuthentic if no key could make it good.

    Where Signature-Input is present only RFC 9421 counts: one kind is never tried because the other failed.
    """
    check_shape(request)
    signature_input = request.bounded_header("signature-input")
    signature = request.bounded_header("signature")
    if signature is None:
        raise NotAuthentic("not signed")
    if signature_input is not None:
        return rfc9421.read(request, signature_input, signature)
    return cavage.read(request, signature)
