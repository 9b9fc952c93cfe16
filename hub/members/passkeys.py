"""Passkeys (WebAuthn): what a browser is asked to sign, and whether the answer is a member's.

An answer is compared with the origin of the settings, never with what a request says of itself.
Each challenge works once, soon, and only in the browser that asked for it. The library takes
17 MB, so it is imported on first use.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tortoise.exceptions import IntegrityError

from hub import limits
from hub.db import transaction
from hub.errors import Conflict, NotAllowed, NotFound
from hub.members import actions, sessions
from hub.members.models import Challenge, Member, Passkey, hash_of
from hub.text import N_

if TYPE_CHECKING:
    from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
    from webauthn.helpers.structs import AuthenticationCredential, PublicKeyCredentialDescriptor
    from webauthn.registration.verify_registration_response import VerifiedRegistration

log = logging.getLogger(__name__)

REFUSED = N_("This passkey was not accepted, so nothing was done. Try once more, or ask the town hall.")
ENOUGH = N_("You have as many passkeys as an account can hold. Remove one first.")
ONLY_WAY_IN = N_(
    "This passkey is your only way in. Ask the town hall for another one first, or add a mail address."
)
TIMEOUT = limits.CHALLENGE_MINUTES * 60_000  # milliseconds


@dataclass(frozen=True, kw_only=True)
class Ceremony:
    """One exchange with a browser: our origin, and the secret that this browser holds."""

    origin: str
    browser_key: str

    @property
    def rp_id(self) -> str:
        """The name that passkeys are tied to: our host, without the port."""
        return urlsplit(self.origin).hostname or ""


async def ask_signature(ceremony: Ceremony, *, member_id: int | None = None) -> str:
    """Options for navigator.credentials.get(), as JSON; with `member_id` only its keys will do."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=ceremony.rp_id,
        challenge=await _new_challenge(ceremony),
        timeout=TIMEOUT,
        allow_credentials=[] if member_id is None else await _keys_of(member_id),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


async def ask_new_key(ceremony: Ceremony, *, member: Member, village: str) -> str:
    """Options for navigator.credentials.create(), as JSON. Raises Conflict."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    known = await _keys_of(member.id)
    if len(known) >= limits.PASSKEYS_PER_MEMBER:
        raise Conflict(ENOUGH)
    options = generate_registration_options(
        rp_id=ceremony.rp_id,
        rp_name=village,
        user_id=_user_handle(member.id),
        user_name=member.name,
        challenge=await _new_challenge(ceremony),
        timeout=TIMEOUT,
        exclude_credentials=known,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return options_to_json(options)


async def recognise(ceremony: Ceremony, answer: str, *, member_id: int | None = None) -> Passkey:
    """The passkey that signed, with its member; with `member_id` it must be theirs.

    Raises NotAllowed, and says no more than that.
    """
    credential = _read_signature(answer)
    challenge = await _spend_challenge(ceremony, credential.response.client_data_json)
    passkey = await _find(credential.raw_id)
    if passkey is None or member_id not in (None, passkey.member_id):
        raise NotAllowed(REFUSED)
    verified = _verify_signature(ceremony, credential, challenge=challenge, passkey=passkey)
    # Of two answers with one count, a copied key gave one.
    unchanged = Passkey.filter(id=passkey.id, sign_count=passkey.sign_count)
    if await unchanged.update(sign_count=verified.new_sign_count, used_at=datetime.now(UTC)) != 1:
        raise NotAllowed(REFUSED)
    return passkey


async def sign_in(ceremony: Ceremony, answer: str, *, browser: str) -> str:
    """Open a session for whoever the passkey belongs to; returns the cookie value. Raises NotAllowed."""
    passkey = await recognise(ceremony, answer)
    async with transaction():
        return await sessions.open_session(passkey.member, browser, strong=True)


async def add(ceremony: Ceremony, answer: str, *, member_id: int, session_id: int, name: str) -> None:
    """Keep a new passkey. For who is more than a resident it is a second factor from now on, so
    their other browsers are signed out. Raises NotAllowed, Conflict.
    """
    challenge = await _spend_challenge(ceremony, _client_data(answer))
    verified = _verify_new_key(ceremony, answer, challenge=challenge)
    try:
        async with transaction():
            member = await Member.select_for_update(no_key=True).get(id=member_id)
            if await Passkey.filter(member=member).count() >= limits.PASSKEYS_PER_MEMBER:
                raise Conflict(ENOUGH)
            await Passkey.create(
                member=member,
                credential_id=_as_text(verified.credential_id),
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                name=name[:60],
            )
            if member.is_agent:
                await sessions.end_all(member_id, but=session_id)
            await actions.tell(member, "passkey-added")
    except IntegrityError as error:  # somebody's already
        raise NotAllowed(REFUSED) from error


async def remove(passkey_id: int, *, member_id: int, session_id: int) -> None:
    """Forget a passkey and sign the other browsers out, one of which may be the lost phone's.

    Raises NotFound; Conflict for the only way in that somebody has.
    """
    async with transaction():
        member = await Member.select_for_update(no_key=True).get(id=member_id)
        passkeys = await Passkey.filter(member=member)
        found = next((passkey for passkey in passkeys if passkey.id == passkey_id), None)
        if found is None:
            raise NotFound
        if is_only_way_in(member, len(passkeys)):
            raise Conflict(ONLY_WAY_IN)
        await found.delete()
        await sessions.end_all(member_id, but=session_id)
        await actions.tell(member, "passkey-removed")


def is_only_way_in(member: Member, passkeys: int) -> bool:
    """Whether no link can reach the member, and one passkey is all they have."""
    return member.mail is None and passkeys == 1


async def _new_challenge(ceremony: Ceremony) -> bytes:
    from webauthn.helpers import generate_challenge

    challenge = generate_challenge()
    await Challenge.filter(made_at__lt=_oldest()).delete()
    await Challenge.create(value=_as_text(challenge), browser_hash=hash_of(ceremony.browser_key))
    return challenge


async def _spend_challenge(ceremony: Ceremony, client_data: bytes) -> bytes:
    """The challenge that was signed, if this browser was asked to sign it and never did before."""
    from webauthn.helpers import parse_client_data_json

    with _refusing():
        signed = parse_client_data_json(client_data)
        value = _as_text(signed.challenge)
    asked = Challenge.filter(value=value, browser_hash=hash_of(ceremony.browser_key), made_at__gte=_oldest())
    if signed.cross_origin or await asked.delete() != 1:
        raise NotAllowed(REFUSED)
    return signed.challenge


def _oldest() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=limits.CHALLENGE_MINUTES)


def _read_signature(answer: str) -> "AuthenticationCredential":
    from webauthn.helpers import parse_authentication_credential_json

    with _refusing():
        return parse_authentication_credential_json(answer)


def _verify_signature(
    ceremony: Ceremony, credential: "AuthenticationCredential", *, challenge: bytes, passkey: Passkey
) -> "VerifiedAuthentication":
    from webauthn import verify_authentication_response

    with _refusing():
        if credential.response.user_handle not in (None, _user_handle(passkey.member_id)):
            raise ValueError("the key says that it is somebody else's")
        return verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=ceremony.rp_id,
            expected_origin=ceremony.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )


def _client_data(answer: str) -> bytes:
    from webauthn.helpers import parse_registration_credential_json

    with _refusing():
        return parse_registration_credential_json(answer).response.client_data_json


def _verify_new_key(ceremony: Ceremony, answer: str, *, challenge: bytes) -> "VerifiedRegistration":
    from webauthn import verify_registration_response
    from webauthn.helpers import parse_attestation_object, parse_registration_credential_json

    with _refusing():
        credential = parse_registration_credential_json(answer)
        made_by = parse_attestation_object(credential.response.attestation_object)
        # We ask for no proof of the maker; a browser may still leave the key's own signature in.
        if made_by.fmt not in ("none", "packed") or made_by.att_stmt.x5c:
            raise ValueError("a proof of the maker that nobody asked for")
        return verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=ceremony.rp_id,
            expected_origin=ceremony.origin,
            require_user_verification=True,
        )


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever is wrong with an answer, in whatever way the libraries say it: NotAllowed."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from webauthn.helpers.exceptions import WebAuthnException

    wrong = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError)
    try:
        yield
    except (*wrong, RecursionError) as error:
        log.warning("passkey refused", extra={"reason": type(error).__name__})
        raise NotAllowed(REFUSED) from error


async def _find(credential_id: bytes) -> Passkey | None:
    known = Passkey.filter(credential_id=_as_text(credential_id), member__suspended_at=None)
    return await known.select_related("member").first()


async def _keys_of(member_id: int) -> list["PublicKeyCredentialDescriptor"]:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    known = await Passkey.filter(member_id=member_id)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id)) for key in known]


def _user_handle(member_id: int) -> bytes:
    """What the key keeps about whose it is: the number of the account, no name and no address."""
    return str(member_id).encode()


def _as_text(octets: bytes) -> str:
    from webauthn.helpers import bytes_to_base64url

    return bytes_to_base64url(octets)
