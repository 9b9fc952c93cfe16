"""Encrypting backups, for the copies that are carried away: in the format age, by the library pyrage.

The key is one line of letters that fits on paper, and every backup made with it can also be read without
Lavoir: `age --decrypt -i KEYFILE` (docs/decisions/0023-backups-that-nobody-has-to-think-of.md).
"""

import os
from pathlib import Path

from hub.errors import Unusable

MAGIC = b"age-encryption.org/"
ENDING = ".age"


def new_key() -> str:
    """One that nobody has."""
    from pyrage import x25519  # type: ignore[import-untyped]  # not at the top: few encrypt

    return str(x25519.Identity.generate())


def seal(plain: Path, key: str) -> Path:
    """Encrypt a file in its place; the new one has the longer name, and is on disk."""
    from pyrage import encrypt_file, x25519

    sealed = plain.with_name(plain.name + ENDING)
    sealed.touch(mode=0o600, exist_ok=False)
    encrypt_file(str(plain), str(sealed), [x25519.Identity.from_str(key).to_public()])
    with sealed.open("rb") as written:
        os.fsync(written.fileno())
    plain.unlink()
    return sealed


def is_sealed(file: Path) -> bool:
    with file.open("rb") as start:
        return start.read(len(MAGIC)) == MAGIC


def unseal(file: Path, plain: Path, key: str | None) -> None:
    """Raises Unusable when the key is missing or another one, or the file is not whole."""
    from pyrage import DecryptError, decrypt_file, x25519

    if key is None:
        raise Unusable(f"{file} is encrypted: set LAVOIR_BACKUP_KEY to the key that it was made with")
    plain.touch(mode=0o600, exist_ok=False)
    try:
        decrypt_file(str(file), str(plain), [x25519.Identity.from_str(key)])
    except DecryptError as error:
        raise Unusable(f"{file} was encrypted with another key than LAVOIR_BACKUP_KEY ({error})") from error
    except OSError as error:
        raise Unusable(f"{file} is encrypted, and not whole ({error})") from error
