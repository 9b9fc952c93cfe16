"""Actors of other servers: their keys, their documents, and the signed posts that they send to a village.

The documents and notes are shaped as Mastodon's are, which is who writes to a village most.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations, count, islice
from math import isqrt, lcm
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)

from federation.outgoing import wire_time
from federation.signatures import PrivateKey, Scheme, SignedRequest, sign
from federation.signatures.keys import generate_rsa, public_pem
from federation.vocabulary import PUBLIC
from tests.bench.sink import ADDRESSES, Documents, Sink

CONTEXT = [
    "https://www.w3.org/ns/activitystreams",
    {
        "ostatus": "http://ostatus.org#",
        "atomUri": "ostatus:atomUri",
        "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
        "conversation": "ostatus:conversation",
        "sensitive": "as:sensitive",
        "toot": "http://joinmastodon.org/ns#",
        "votersCount": "toot:votersCount",
    },
]
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """`address` is their server's, `uri` begins with its origin."""

    address: str
    uri: str
    name: str
    key: RSAPrivateKey

    @property
    def handle(self) -> str:
        return f"{self.name}@{self.uri.split('/')[2]}"


@dataclass(frozen=True)
class Village:
    """What others know of the village that they write to."""

    uri: str
    handle: str
    inbox: str
    shared_inbox: str


def people_on(sink: Sink, number: int, *, named: str) -> list[Person]:
    """So many, spread evenly over the servers, with a key each; their servers know them from now on."""
    people = []
    for position, key in enumerate(_keys(number)):
        address, name = ADDRESSES[position % len(ADDRESSES)], f"{named}{position}"
        people.append(Person(address, f"{sink.origin(address)}/users/{name}", name, key))
    documents: dict[tuple[str, str], tuple[str, bytes]] = {}
    for person in people:
        documents |= _shown(person)
    sink.show(documents)
    return people


def _keys(number: int) -> Iterator[RSAPrivateKey]:
    """Many keys of few primes: no two are the same, all are worthless, and they are there in a second."""
    pairs = (1 + isqrt(8 * number + 1)) // 4 + 1
    primes: list[int] = []
    for _ in range(pairs):
        numbers = generate_rsa().private_numbers()
        primes += numbers.p, numbers.q
    for p, q in islice(combinations(primes, 2), number):
        yield _key(p, q)


def _key(p: int, q: int) -> RSAPrivateKey:
    public = RSAPublicNumbers(65_537, p * q)
    d = pow(public.e, -1, lcm(p - 1, q - 1))
    numbers = RSAPrivateNumbers(p, q, d, rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q), rsa_crt_iqmp(p, q), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _shown(person: Person) -> Documents:
    """The actor, and WebFinger for it. No shared inbox, so each inbox is a delivery of its own."""
    uri, path = person.uri, f"/users/{person.name}"
    actor = {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": uri,
        "type": "Person",
        "preferredUsername": person.name,
        "name": f"Voisine {person.name}",
        "summary": "<p>Ici on échange des plants, des coups de main et des nouvelles.</p>",
        "url": f"{uri.partition('/users/')[0]}/@{person.name}",
        **{name: f"{uri}/{name}" for name in ("inbox", "outbox", "followers", "following")},
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "published": "2022-11-06T00:00:00Z",
        "publicKey": {
            "id": f"{uri}#main-key",
            "owner": uri,
            "publicKeyPem": public_pem(person.key.public_key()),
        },
        "attachment": [],
        "tag": [],
    }
    link = {"rel": "self", "type": "application/activity+json", "href": uri}
    finger = {"subject": f"acct:{person.handle}", "aliases": [uri], "links": [link]}
    return {
        (person.address, path): ("application/activity+json; charset=utf-8", _json(actor)),
        (person.address, f"/.well-known/webfinger?resource=acct:{person.handle}"): (
            "application/jrd+json; charset=utf-8",
            _json(finger),
        ),
    }


def mention(person: Person, village: Village, *, answered: str | None = None) -> dict[str, Any]:
    """A Create of a note that names the village; `answered`: the URI of what it answers."""
    uri, now = f"{person.uri}/statuses/{next(_numbers)}", wire_time(datetime.now(UTC))
    audience = {"to": [PUBLIC], "cc": [f"{person.uri}/followers", village.uri]}
    name, _, host = village.handle.partition("@")
    link = f'<a href="https://{host}/@{name}" class="u-url mention">@<span>{name}</span></a>'
    content = (
        f'<p><span class="h-card" translate="no">{link}</span> bonjour, je peux venir samedi matin avec une'
        f" bétonnière et deux seaux, si quelqu’un a encore du sable. Numéro {uri.rpartition('/')[2]}.</p>"
        "<p>Nous serons trois, et nous apportons le café.</p>"
    )
    note = {
        "id": uri,
        "type": "Note",
        "summary": None,
        "inReplyTo": answered,
        "published": now,
        "url": uri.replace("/users/", "/@").replace("/statuses/", "/"),
        "attributedTo": person.uri,
        **audience,
        "sensitive": False,
        "atomUri": uri,
        "inReplyToAtomUri": answered,
        "conversation": f"tag:{person.address},2026:objectId={uri.rpartition('/')[2]}",
        "content": content,
        "contentMap": {"fr": content},
        "attachment": [],
        "tag": [{"type": "Mention", "href": village.uri, "name": f"@{village.handle}"}],
        "replies": {"id": f"{uri}/replies", "type": "Collection", "first": _first_page(f"{uri}/replies")},
    }
    return {
        "@context": CONTEXT,
        "id": f"{uri}/activity",
        "type": "Create",
        "actor": person.uri,
        "published": now,
        **audience,
        "object": note,
    }


def _first_page(uri: str) -> dict[str, Any]:
    following = f"{uri}?only_other_accounts=true&page=true"
    return {"type": "CollectionPage", "next": following, "partOf": uri, "items": []}


def follow(person: Person, village: Village) -> dict[str, Any]:
    return {
        "@context": CONTEXT[0],
        "id": f"{person.uri}/follows/{next(_numbers)}",
        "type": "Follow",
        "actor": person.uri,
        "object": village.uri,
    }


def delete(person: Person) -> dict[str, Any]:
    """They leave their server, which tells everybody whom it ever met."""
    return {
        "@context": CONTEXT[0],
        "id": f"{person.uri}#delete",
        "type": "Delete",
        "actor": person.uri,
        "to": [PUBLIC],
        "object": person.uri,
    }


def post(person: Person, inbox: str, activity: dict[str, Any]) -> bytes:
    """The signed request, as it comes out of the proxy in front of a hub."""
    request = SignedRequest("POST", inbox, (("content-type", "application/activity+json"),), _json(activity))
    key = PrivateKey(f"{person.uri}#main-key", person.key)
    signed = sign(request, key, scheme=Scheme.CAVAGE, now=datetime.now(UTC))
    headers = [
        *signed.headers,
        ("user-agent", f"Mastodon/4.6.5 (http.rb/5.3.1; +{person.uri.partition('/users/')[0]}/)"),
        ("x-forwarded-for", person.address),
        ("x-forwarded-proto", "https"),
        ("content-length", str(len(signed.body))),
    ]
    lines = [f"POST {signed.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode() + signed.body


def spread(people: Sequence[Person], number: int) -> Iterator[Person]:
    """So many, everyone in turn."""
    return (people[position % len(people)] for position in range(number))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
