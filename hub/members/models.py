"""Members, and everything by which one of them is recognised."""

import unicodedata
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from hub import limits
from hub.notifications.rhythm import Rhythm as Rhythm
from hub.tokens import hash_of as hash_of
from hub.tokens import new_token as new_token


class Role(StrEnum):
    """What the village lets a member do. Who manages an association holds a Spokesperson row."""

    RESIDENT = "resident"
    AGENT = "agent"
    ADMINISTRATOR = "administrator"


class Member(Model):
    """A person: a name to show, one way to reach them, and nothing else about them."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=80)
    mail = fields.CharField(max_length=254, null=True, description="as typed")
    mail_key = fields.CharField(
        max_length=254, null=True, unique=True, description="the form in which it is unique"
    )
    phone = fields.CharField(max_length=40, null=True)
    role = fields.CharEnumField(Role, max_length=15, default=Role.RESIDENT)
    locale = fields.CharField(max_length=5, null=True)
    rhythm = fields.CharEnumField(Rhythm, max_length=10, default=Rhythm.WEEKLY)  # of the village's digest
    own_rhythm = fields.CharEnumField(
        Rhythm, max_length=10, null=True, description="of mails about what concerns them; none: at once"
    )
    joined_at = fields.DatetimeField(auto_now_add=True)
    trusted_at = fields.DatetimeField(
        null=True, description="absent: a newcomer, whose first words are read before"
    )
    suspended_at = fields.DatetimeField(null=True)
    totp_secret = fields.CharField(max_length=64, null=True)
    totp_counter = fields.BigIntField(
        default=0, description="30-second step of the last code: a code works once"
    )

    class Meta:
        table = "member"

    @property
    def is_agent(self) -> bool:
        return self.role in (Role.AGENT, Role.ADMINISTRATOR)

    @property
    def is_administrator(self) -> bool:
        return self.role is Role.ADMINISTRATOR

    @property
    def notice_rhythm(self) -> Rhythm:
        """How often they want mails about their own needs, offers and promises."""
        return self.own_rhythm or Rhythm.AT_ONCE

    @classmethod
    async def by_mail(cls, mail_key: str) -> Self | None:
        """The member who may sign in by this address."""
        return await cls.get_or_none(mail_key=mail_key, suspended_at=None)

    @classmethod
    async def agents(cls) -> list[Self]:
        """Who does the town hall's part, and can be written to."""
        theirs = cls.filter(role__in=[Role.AGENT, Role.ADMINISTRATOR], suspended_at=None)
        return await theirs.filter(mail__not_isnull=True).order_by("id")

    @classmethod
    async def count_administrators(cls) -> int:
        return await cls.filter(role=Role.ADMINISTRATOR, suspended_at=None).count()


def mail_key(address: str) -> str:
    """The form in which an address is one person's: no capitals, no +tag."""
    local, _, domain = unicodedata.normalize("NFKC", address).casefold().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


class Session(Model):
    """A browser that is signed in."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, related_name="sessions"
    )
    member_id: int
    browser = fields.CharField(max_length=80, description="for the list of sessions: Firefox, Android")
    started_at = fields.DatetimeField(auto_now_add=True)
    seen_at = fields.DatetimeField(auto_now_add=True)
    ends_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True, description="when the person last showed who they are")
    awaits_second_factor = fields.BooleanField(default=False)

    class Meta:
        table = "session"

    @classmethod
    async def find(cls, token: str) -> Self | None:
        """The living session of this cookie, with its member."""
        now = datetime.now(UTC)
        living = cls.filter(token_hash=hash_of(token), ends_at__gt=now, member__suspended_at=None)
        return await living.select_related("member").first()

    @classmethod
    async def count_seen_within(cls, span: timedelta) -> int:
        """Members who were here; without their names, for who asks how alive the village is."""
        lately = cls.filter(seen_at__gt=datetime.now(UTC) - span, member__suspended_at=None)
        return len(await lately.distinct().values_list("member_id", flat=True))

    @property
    def confirmed(self) -> bool:
        since = datetime.now(UTC) - timedelta(minutes=limits.CONFIRMED_MINUTES)
        return self.confirmed_at is not None and self.confirmed_at > since


class Purpose(StrEnum):
    """What the link in a mail is for."""

    SET_UP = "set-up"
    SIGN_IN = "sign-in"
    SIGN_UP = "sign-up"
    NEW_MAIL = "new-mail"


class Link(Model):
    """A link that works once and not for long: whoever opens it reads the mailbox it went to."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    purpose = fields.CharEnumField(Purpose, max_length=10)
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, related_name="links", null=True
    )
    member_id: int | None
    details: dict[str, Any] = fields.JSONField(default=dict)
    made_at = fields.DatetimeField(auto_now_add=True)
    ends_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "link"

    @classmethod
    def living(cls, token: str, purpose: Purpose) -> Any:
        """A query for the link, if it is neither used nor too old."""
        return cls.filter(
            token_hash=hash_of(token), purpose=purpose, used_at=None, ends_at__gt=datetime.now(UTC)
        )


class Invitation(Model):
    """A place kept for somebody whom a member knows."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    invited_by: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, related_name="invitations"
    )
    invited_by_id: int
    name = fields.CharField(max_length=80)
    mail = fields.CharField(max_length=254, null=True)
    phone = fields.CharField(max_length=40, null=True)
    role = fields.CharEnumField(Role, max_length=15, default=Role.RESIDENT)
    made_at = fields.DatetimeField(auto_now_add=True)
    ends_at = fields.DatetimeField()
    accepted_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitation"

    @classmethod
    def open(cls) -> Any:
        """A query for those that can still be accepted."""
        return cls.filter(
            Q(accepted_at=None),
            Q(withdrawn_at=None),
            Q(ends_at__gt=datetime.now(UTC)),
            invited_by__suspended_at=None,
        )


class Passkey(Model):
    """A key that lives in somebody's phone or computer (WebAuthn)."""

    id = fields.IntField(primary_key=True)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, related_name="passkeys"
    )
    member_id: int
    credential_id = fields.CharField(
        max_length=1400, unique=True, description="base64url of at most 1023 bytes (WebAuthn 4)"
    )
    public_key = fields.BinaryField(description="COSE")
    sign_count = fields.BigIntField(default=0)
    name = fields.CharField(max_length=60)
    added_at = fields.DatetimeField(auto_now_add=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "passkey"


class Challenge(Model):
    """What a passkey must sign, once, soon, in the browser that asked."""

    id = fields.IntField(primary_key=True)
    value = fields.CharField(max_length=100, unique=True, description="base64url")
    browser_hash = fields.CharField(max_length=64, description="hash of the key of the browser's forms")
    made_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "challenge"
