"""The village of this hub: one row of facts, and the texts that its people may edit."""

from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from enum import StrEnum
from typing import Self

from tortoise import fields
from tortoise.models import Model

from hub.places.distance import Point, point_of
from hub.text import speak_for


class Visibility(StrEnum):
    """Who may see the pages."""

    PUBLIC = "public"
    MEMBERS = "members"


class SignUp(StrEnum):
    """How one becomes a member."""

    OPEN = "open"
    INVITATION = "invitation"


class Colours(StrEnum):
    """Sets of colours of the sheet; each keeps the contrasts of the look."""

    WATER = "water"
    SLATE = "slate"
    VINE = "vine"


class Conformity(StrEnum):
    """What the accessibility statement may claim (RGAA); without an audit it is NONE."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class VillageDraft:
    """Facts of a village as somebody entered them, checked; degrees are WGS 84."""

    name: str
    handle: str
    locale: str
    insee: str | None
    latitude: float | None
    longitude: float | None
    publisher: str
    visibility: Visibility
    address: str = ""
    hours: str = ""
    phone: str = ""
    mail: str = ""
    host: str = ""
    sign_up: SignUp = SignUp.OPEN
    colours: Colours = Colours.WATER
    conformity: Conformity = Conformity.NONE
    is_region: bool = False
    embed_hosts: str | None = None


class Village(Model):
    """The one row: what the village is called, where it is, who answers for it."""

    id = fields.SmallIntField(primary_key=True, generated=False, default=1)
    name = fields.CharField(max_length=120)
    handle = fields.CharField(max_length=40, description="of its actor; final")
    locale = fields.CharField(max_length=5)
    timezone = fields.CharField(max_length=40, default="Europe/Paris")
    insee = fields.CharField(max_length=5, null=True, description="code of the commune, its identity")
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    address = fields.TextField(default="")
    hours = fields.TextField(default="")
    phone = fields.CharField(max_length=40, default="")
    mail = fields.CharField(max_length=254, default="")
    publisher = fields.CharField(max_length=120, description="publication director, for the legal notice")
    host = fields.TextField(default="", description="who runs the server, for the legal notice")
    visibility = fields.CharEnumField(Visibility, max_length=10)
    sign_up = fields.CharEnumField(SignUp, max_length=10)
    colours = fields.CharEnumField(Colours, max_length=10)
    conformity = fields.CharEnumField(Conformity, max_length=10)
    is_region = fields.BooleanField(default=False, description="a network that shows villages, and is none")
    embed_hosts = fields.TextField(
        null=True, description="other sites that may show a part of the board: hosts, one a line"
    )
    opened_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "village"

    @classmethod
    async def current(cls) -> Self | None:
        """The village, or None before its set-up; from now on words are said for it."""
        found = await cls.get_or_none(id=1)
        speak_for(network=found is not None and found.is_region)
        return found

    @property
    def point(self) -> Point | None:
        """Where it is, if that is known."""
        return point_of(self)

    def draft(self) -> VillageDraft:
        """The facts as they are, to change some of them."""
        return VillageDraft(
            **{field.name: getattr(self, field.name) for field in dataclass_fields(VillageDraft)}
        )


class WrittenText(Model):
    """A text of the village in one language, in Markdown; absent: the text that comes with Lavoir."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(max_length=20)
    locale = fields.CharField(max_length=5)
    source = fields.TextField()
    html = fields.TextField(description="made from source, cleaned")
    written_at = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "written_text"
        unique_together = (("key", "locale"),)

    @classmethod
    async def shown(cls, key: str, *, locale: str, otherwise: str) -> Self | None:
        """The text in this language, or in the village's: one charter for everybody."""
        written = {text.locale: text for text in await cls.filter(key=key, locale__in=[locale, otherwise])}
        return written.get(locale) or written.get(otherwise)
