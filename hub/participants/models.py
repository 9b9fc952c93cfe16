"""Who takes part: members, people without an account and their links, actors elsewhere."""

from dataclasses import dataclass
from typing import Self

from tortoise import fields
from tortoise.models import Model

from hub.actors.models import Actor
from hub.members.models import Member, hash_of


class Participant(Model):
    """Somebody who asks, offers or helps: a member, an actor elsewhere, or a person who left a name and one
    way to reach them, whose link is their key. The contact goes 30 days after all is over.
    """

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=160)
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="participations"
    )
    member_id: int | None
    actor: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, null=True, related_name="participations", description="elsewhere"
    )
    actor_id: int | None
    mail = fields.CharField(max_length=254, null=True)
    phone = fields.CharField(max_length=40, null=True)
    locale = fields.CharField(max_length=5, null=True)
    made_at = fields.DatetimeField(auto_now_add=True, db_index=True)
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        table = "participant"

    @property
    def contact(self) -> str:
        """One way to reach them; empty for actors elsewhere, and once it was erased."""
        return self.mail or self.phone or ""

    @classmethod
    async def of_key(cls, key: str) -> Self | None:
        """Who holds this link."""
        return await cls.get_or_none(keys__hash=hash_of(key), erased_at=None) if key else None


class Pin(Model):
    """A number that is sent in private to somebody elsewhere, to be typed here within minutes.

    `token` is of the browser that asked: the number is worth nothing in another one. Without an actor and a
    number nothing was sent, or not yet, which nobody can tell from outside.
    """

    id = fields.BigIntField(primary_key=True)
    actor: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, null=True, related_name="pins"
    )
    actor_id: int | None
    token = fields.CharField(max_length=64, unique=True, description="hash of the browser's")
    number = fields.CharField(max_length=64, default="", description="hash, made with the token")
    tries = fields.IntField(default=0)
    made_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "pin"


class Guest(Model):
    """A browser of somebody who is at home on another server, and proved it by a PIN."""

    id = fields.BigIntField(primary_key=True)
    hash = fields.CharField(max_length=64, unique=True, description="of the browser's token")
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, related_name="visits"
    )
    actor_id: int
    made_at = fields.DatetimeField(auto_now_add=True)
    ends_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "guest"


class Key(Model):
    """A link in a mail to somebody without an account; each mail has one of its own, and all of them open."""

    hash = fields.CharField(max_length=64, primary_key=True)
    participant: fields.ForeignKeyRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, related_name="keys"
    )
    participant_id: int
    made_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "key"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who fills in a form: a member, a guest from another server, or a name and one way to reach them."""

    name: str
    member_id: int | None = None
    actor_id: int | None = None
    mail: str | None = None
    phone: str | None = None
    locale: str = "fr"
