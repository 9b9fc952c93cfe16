"""Organisations of the village, and who may speak for them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self

from tortoise import fields
from tortoise.models import Model

from hub.members.models import Member
from hub.text import N_


class Kind(StrEnum):
    """What kind of actor speaks; every publication shows it."""

    ASSOCIATION = "association"
    TOWN_HALL = "town-hall"
    COMPANY = "company"
    GROUP = "group"


KIND_NAMES: Mapping[Kind, str] = {
    Kind.ASSOCIATION: N_("Association"),
    Kind.TOWN_HALL: N_("Town hall or public body"),
    Kind.COMPANY: N_("Company"),
    Kind.GROUP: N_("Informal group"),
}
KIND_HEADINGS: Mapping[Kind, str] = {
    Kind.ASSOCIATION: N_("Associations"),
    Kind.TOWN_HALL: N_("Town halls and public bodies"),
    Kind.COMPANY: N_("Companies"),
    Kind.GROUP: N_("Informal groups"),
}
FIELD_NAMES: Mapping[str, str] = {
    "name": N_("Name"),
    "kind": N_("Kind"),
    "activity": N_("Activity"),
    "text": N_("What they do"),
    "contact_name": N_("Who answers"),
    "mail": N_("Mail"),
    "phone": N_("Phone"),
    "website": N_("Website"),
    "area": N_("Where"),
}


@dataclass(frozen=True, kw_only=True)
class OrganisationDraft:
    """An organisation as somebody entered it, checked."""

    name: str
    kind: Kind = Kind.ASSOCIATION
    activity: str = ""
    text: str = ""
    contact_name: str = ""
    mail: str = ""
    phone: str = ""
    website: str = ""
    area: str = ""


def words_key(words: str) -> str:
    """What is left of `words` without capitals, accents and signs: equal keys, equal names."""
    plain = unicodedata.normalize("NFKD", words.casefold().replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return (" ".join(re.findall(r"\w+", letters)) or words)[:200]


class Organisation(Model):
    """Listed by the town hall or by itself; nobody needs an account for it."""

    id = fields.IntField(primary_key=True)
    handle = fields.CharField(max_length=40, unique=True)
    name = fields.CharField(max_length=120)
    name_key = fields.CharField(
        max_length=200, unique=True, description="words_key(name): one entry for each name"
    )
    kind = fields.CharEnumField(Kind, max_length=12)
    activity = fields.CharField(max_length=80, default="", description="sport, culture, mutual aid…")
    text = fields.TextField(default="")
    contact_name = fields.CharField(max_length=80, default="")
    mail = fields.CharField(max_length=254, default="")
    phone = fields.CharField(max_length=40, default="")
    website = fields.CharField(max_length=300, default="")
    area = fields.CharField(max_length=80, default="", description="hamlet or quarter, never an address")
    added_at = fields.DatetimeField(auto_now_add=True)
    changed_at = fields.DatetimeField(auto_now=True)
    claimed_at = fields.DatetimeField(null=True, description="when a member first came to manage it")

    class Meta:
        table = "organisation"

    @property
    def kind_name(self) -> str:
        """The kind in words, a catalogue source."""
        return KIND_NAMES[self.kind]

    @property
    def kind_rank(self) -> int:
        """Where its kind stands in the directory."""
        return list(Kind).index(self.kind)

    @property
    def icon(self) -> str:
        return "hall" if self.kind is Kind.TOWN_HALL else "people"

    def has_words(self, words: str) -> bool:
        """Whether name, activity and place hold each of `words`, capitals and accents aside."""
        known = words_key(f"{self.name} {self.activity} {self.area}")
        return not words or all(word in known for word in words_key(words).split())

    @classmethod
    async def listed(cls) -> list[Self]:
        """All of them, by name."""
        return await cls.all().order_by("name_key")


class Spokesperson(Model):
    """A member who may speak for an organisation; `manages`: also edit its page and grant this."""

    id = fields.IntField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", db_index=True, related_name="spokespersons"
    )
    organisation_id: int
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, related_name="speaks_for"
    )
    member_id: int
    manages = fields.BooleanField(default=False)
    granted_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "spokesperson"
        unique_together = (("organisation", "member"),)

    @classmethod
    def of(cls, organisation: Organisation) -> Any:
        """A query for those who speak for it, with their members; closed accounts do not count."""
        active = cls.filter(organisation_id=organisation.id, member__suspended_at=None)
        return active.select_related("member").order_by("granted_at", "id")

    @classmethod
    async def of_member(cls, member_id: int) -> list[Self]:
        """What this member may speak for, with the organisations."""
        mine = cls.filter(member_id=member_id).select_related("organisation")
        return await mine.order_by("organisation__name_key")

    @classmethod
    def managing(cls) -> Any:
        """A query for all who manage some page."""
        return cls.filter(manages=True, member__suspended_at=None)


class Claim(Model):
    """A member says: this is our organisation. An agent decides, and says why."""

    id = fields.IntField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", db_index=True, related_name="claims"
    )
    organisation_id: int
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, related_name="claims"
    )
    member_id: int
    message = fields.TextField(default="")
    made_at = fields.DatetimeField(auto_now_add=True)
    decided_at = fields.DatetimeField(null=True)
    granted = fields.BooleanField(default=False)
    answer = fields.TextField(default="", description="what the town hall wrote back")

    class Meta:
        table = "claim"

    @classmethod
    def waiting(cls) -> Any:
        """A query for those that nobody has decided yet, oldest first."""
        return cls.filter(decided_at=None, member__suspended_at=None).order_by("made_at")


class Person(Protocol):
    """What must be known of somebody to say what they may do; a viewer is one."""

    @property
    def member_id(self) -> int: ...
    @property
    def is_agent(self) -> bool: ...


async def manages(person: Person, organisation: Organisation) -> bool:
    """Whether `person` may edit the page and say who speaks there: its managers, and all agents."""
    if person.is_agent:
        return True
    return bool(
        await Spokesperson.managing().filter(organisation=organisation, member=person.member_id).exists()
    )


def kinds_for(person: Person, organisation: Organisation | None = None) -> list[Kind]:
    """What it may be called: only the town hall says who is a town hall, a company, an association."""
    return list(Kind) if person.is_agent or organisation is None else [organisation.kind]
