"""Random secrets for addresses and cookies; only their hashes are stored."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, for an address or a cookie; only its hash is stored."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """SHA-256 in hex: the token has too many bits to guess, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
