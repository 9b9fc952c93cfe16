"""Pictures that pages show: faces from other servers, and photos of people here, on what they publish."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.models import Model


class Picture(Model):
    """`file` is the name below LAVOIR_DATA/media, null while it was not fetched, or could not be."""

    id = fields.BigIntField(primary_key=True)
    url = fields.CharField(max_length=2048, unique=True)
    file = fields.CharField(max_length=60, null=True, unique=True)
    asked_at = fields.DatetimeField(auto_now_add=True)
    fetched_at = fields.DatetimeField(null=True)
    failed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "picture"


class Consent(StrEnum):
    """Who can be recognised, and that they agreed; the law asks it of each photo."""

    NOBODY = "nobody"
    ADULTS = "adults"
    CHILDREN = "children"  # both parents agreed; never sent to other servers


class Photo(Model):
    """A photo in two sizes; `file` is its name, which nobody can guess, and its key while it is no one's yet.

    It is uploaded first and hung on its publication with the rest of the form; until then, for a day, only
    who holds its name has it. Rows and files of it go together (hub.media.photos).
    """

    id = fields.BigIntField(primary_key=True)
    publication: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, related_name="photos"
    )
    publication_id: int | None
    position = fields.IntField(default=0)
    file = fields.CharField(max_length=32, unique=True)
    width = fields.IntField()
    height = fields.IntField()
    small_width = fields.IntField()
    small_height = fields.IntField()
    alt = fields.TextField(default="", description="what it shows; empty: only decoration")
    consent = fields.CharEnumField(Consent, max_length=10, default=Consent.NOBODY)
    member: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "hub.Member", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="photos"
    )
    member_id: int | None
    made_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "photo"

    @property
    def address(self) -> str:
        return f"/photos/{self.file}.webp"

    @property
    def small_address(self) -> str:
        """For lists, and among others."""
        return f"/photos/{self.file}-small.webp"


@dataclass(frozen=True, kw_only=True)
class PhotoDraft:
    """A photo that is here already, and what its author says of it."""

    file: str
    alt: str = ""
    consent: Consent = Consent.NOBODY
