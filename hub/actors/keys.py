"""The private keys of our actors: made on first need, kept in the database, replaced on demand.

Making an RSA key takes some 50 ms, so no actor gets one before somebody asks for it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.signatures import PrivateKey
from federation.signatures.keys import (
    generate_ed25519,
    generate_rsa,
    load_own_private_key,
    multikey,
    private_pem,
    public_pem,
)
from hub.actors.models import Actor, SigningKey
from hub.cache import Cache
from hub.db import after_commit, transaction
from hub.db.signals import Signal


@dataclass(frozen=True)
class KeyPair:
    """What signs requests, what proves documents; the ids are those that the actor's document lists."""

    rsa: PrivateKey
    ed25519: PrivateKey

    @property
    def rsa_pem(self) -> str:
        """The public half."""
        assert isinstance(self.rsa.key, RSAPrivateKey)
        return public_pem(self.rsa.key.public_key())

    @property
    def ed25519_multibase(self) -> str:
        """The public half."""
        assert isinstance(self.ed25519.key, Ed25519PrivateKey)
        return multikey(self.ed25519.key.public_key())


_pairs: Cache[int, KeyPair] = Cache(seconds=10, most=512)
"""Another process may have rotated a key; until it is heard here, posts are signed with the old one and
tried again."""
_ROTATED = Signal("keys", _pairs.clear)


async def key_pair(actor: Actor) -> KeyPair:
    """The keys of an actor of ours, made now if it has none; also inside a transaction."""
    if (known := _pairs.get(actor.id)) is not None:
        return known
    async with transaction():
        row = await _newest(actor) or await _make(actor)
    pair = pair_of(row, actor.uri)
    after_commit(lambda: _pairs.put(actor.id, pair))
    return pair


async def rotate(actor: Actor) -> SigningKey:
    """Make new keys, in the caller's transaction. Returns the old row, which signs the news once more."""
    await key_pair(actor)
    await Actor.select_for_update().get(id=actor.id)
    old = await SigningKey.filter(actor=actor, retired_at=None).order_by("-id").first()
    assert old is not None
    await SigningKey.filter(actor=actor, retired_at=None).update(retired_at=datetime.now(UTC))
    await _create(actor)
    _pairs.forget(actor.id)
    _ROTATED.send()
    return old


def pair_of(row: SigningKey, uri: str) -> KeyPair:
    """The keys of a row, also of a retired one; `uri` is its actor's."""
    return KeyPair(
        PrivateKey(f"{uri}#main-key", load_own_private_key(row.rsa_pem)),
        PrivateKey(f"{uri}#ed25519-key", load_own_private_key(row.ed25519_pem)),
    )


async def _newest(actor: Actor) -> SigningKey | None:
    return await SigningKey.filter(actor=actor, retired_at=None).order_by("-id").first()


async def _make(actor: Actor) -> SigningKey:
    await Actor.select_for_update().get(id=actor.id)  # two who need the first key at once get the same
    return await _newest(actor) or await _create(actor)


async def _create(actor: Actor) -> SigningKey:
    return await SigningKey.create(
        actor=actor, rsa_pem=private_pem(generate_rsa()), ed25519_pem=private_pem(generate_ed25519())
    )
