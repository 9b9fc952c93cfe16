"""Codes of an app (TOTP, RFC 6238): the second factor that needs nothing but a phone.

Agents and administrators may turn it on, because their accounts can do a lot. Each code works
once; the step of the last one is kept with the member.
"""

import re
from datetime import UTC, datetime

import pyotp
from pyotp.exceptions import OTPVerificationError

from hub import limits
from hub.db import transaction
from hub.errors import Conflict, InvalidInput
from hub.journal import record
from hub.members import actions, sessions
from hub.members.models import Member, Passkey
from hub.text import N_

WRONG_CODE = N_("This is not the code of this moment. Wait for the next one, then type it here.")
ALREADY_ON = N_("Your account already asks for a code.")


def new_secret() -> str:
    """160 random bits in base32, for the app."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether this has the form of new_secret()."""
    return re.fullmatch(r"[A-Z2-7]{32}", text) is not None


def address_for_app(secret: str, *, name: str, village: str) -> str:
    """`otpauth://totp/…`, which apps read from the QR code."""
    return pyotp.TOTP(secret, name=name, issuer=village).provisioning_uri()


def step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """The 30-second step whose code this is: that of `at`, the one before, or the one after."""
    digits = "".join(mark for mark in code if mark in "0123456789")
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=at, valid_window=1)
    except OTPVerificationError:
        return None


async def use_code(member_id: int, code: str) -> None:
    """Spend the code of this moment. Raises TooMany; InvalidInput for a wrong or a used code.

    Every try counts, before it is looked at: so many tries at once are no way around the rate.
    """
    await limits.spend(limits.CODES_PER_MEMBER, str(member_id))
    member = await Member.get(id=member_id)
    step = step_of(member.totp_secret, code, at=datetime.now(UTC)) if member.totp_secret else None
    unused = Member.filter(id=member_id, totp_secret=member.totp_secret, totp_counter__lt=step or 0)
    if step is None or await unused.update(totp_counter=step) != 1:
        raise InvalidInput({"code": WRONG_CODE})


async def turn_on(member_id: int, secret: str, *, code: str, session_id: int) -> None:
    """Ask for codes from now on, once `code` proves that the app has the secret.

    Other browsers are signed out, since they never showed a code. Raises InvalidInput, Conflict.
    """
    step = step_of(secret, code, at=datetime.now(UTC)) if is_secret(secret) else None
    if step is None:
        raise InvalidInput({"code": WRONG_CODE})
    async with transaction():
        without = Member.filter(id=member_id, totp_secret=None)
        if await without.update(totp_secret=secret, totp_counter=step) != 1:
            raise Conflict(ALREADY_ON)
        await sessions.end_all(member_id, but=session_id)
        await actions.tell(await Member.get(id=member_id), "codes-on")


async def turn_off(member_id: int) -> None:
    """Ask for codes no longer."""
    async with transaction():
        if await Member.filter(id=member_id).exclude(totp_secret=None).update(totp_secret=None) == 1:
            await actions.tell(await Member.get(id=member_id), "codes-off")


async def forget(member_id: int, by: Member | None = None) -> None:
    """For somebody whose phone is lost: no codes, no passkeys, signed out everywhere, and told."""
    async with transaction():
        member = await Member.get(id=member_id)
        await turn_off(member_id)
        if await Passkey.filter(member_id=member_id).delete():
            await actions.tell(member, "passkey-removed")
        await sessions.end_all(member_id)
        await record("factor-forgotten", f"/members/{member_id}", by=by)
