"""What somebody says should not be here, and what the town hall decided: one case for each thing."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet

from hub.actors.models import Actor
from hub.fediverse.models import Report
from hub.members.models import Member
from hub.publications.documents import CODE_MARKS
from hub.publications.models import Publication

CONTEST_DAYS = 183  # six months, as the law says (DSA, article 20)
NUMBER_LENGTH = 8
_NUMBER = re.compile(f"[{CODE_MARKS}]{{{NUMBER_LENGTH}}}")


def new_number() -> str:
    """Eight characters, readable aloud, that nobody guesses: 280 thousand million of them."""
    return "".join(secrets.choice(CODE_MARKS) for _ in range(NUMBER_LENGTH))


def read_number(text: str) -> str:
    """As somebody typed it, `S-7K2X-9DFB`; empty where it is none."""
    plain = text.strip().lower().removeprefix("s-").replace("-", "").replace(" ", "")
    return plain if _NUMBER.fullmatch(plain) else ""


class Ground(StrEnum):
    """Why somebody says that it should not be here."""

    ILLEGAL = "illegal"
    HURTS = "hurts"
    PERSONAL = "personal"
    MINOR = "minor"
    ADVERTISING = "advertising"
    OTHER = "other"


class Outcome(StrEnum):
    """What is done about the thing."""

    KEEP = "keep"
    WARN = "warn"
    HIDE = "hide"
    REMOVE = "remove"


class Basis(StrEnum):
    """What a decision rests on."""

    CHARTER = "charter"
    LAW = "law"


class Case(Model):
    """A thing that somebody complained about: a publication, an actor, or else a page of the site.

    `thing` says which, in one word; `open_thing` is the same until it is decided, so that no thing has two
    open cases. `key` opens the page where its author can contest.
    """

    id = fields.IntField(primary_key=True)
    thing = fields.CharField(max_length=340, db_index=True)
    open_thing = fields.CharField(max_length=340, null=True, unique=True)
    publication: fields.ForeignKeyNullableRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, related_name="cases"
    )
    publication_id: int | None
    actor: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, null=True, related_name="cases"
    )
    actor_id: int | None
    path = fields.CharField(max_length=300, default="", description="where it is shown")
    opened_at = fields.DatetimeField(db_index=True)
    read_at = fields.DatetimeField(null=True, description="when an agent said that they look after it")
    taken_by = fields.CharField(max_length=160, default="", description="who")
    hidden_at = fields.DatetimeField(null=True, description="taken off our pages because of this case")
    passed_on_at = fields.DatetimeField(null=True, description="to the server where it lives")
    decided_at = fields.DatetimeField(null=True, db_index=True)
    key = fields.CharField(max_length=64, unique=True)
    contested_at = fields.DatetimeField(null=True)
    contest = fields.TextField(default="", description="the author's words")
    settled_at = fields.DatetimeField(null=True, description="when the second decision was taken")

    class Meta:
        table = "moderation_case"

    @property
    def may_be_contested(self) -> bool:
        return self.decided_at is not None and self.contested_at is None

    @property
    def waits_for_second_look(self) -> bool:
        return self.contested_at is not None and self.settled_at is None

    @classmethod
    def undecided(cls) -> QuerySet[Self]:
        return cls.filter(decided_at=None)

    @classmethod
    def contested(cls) -> QuerySet[Self]:
        return cls.filter(contested_at__not_isnull=True, settled_at=None)


class Complaint(Model):
    """One person's word, or another server's (`report`), that it should not be here (DSA, article 16).

    `number` was given to the form, is told to the person, and opens the page that says how it stands.
    """

    id = fields.IntField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "hub.Case", db_index=True, related_name="complaints"
    )
    case_id: int
    number = fields.CharField(max_length=8, unique=True)
    ground = fields.CharEnumField(Ground, max_length=12)
    explanation = fields.TextField(default="")
    name = fields.CharField(max_length=160, default="")
    mail = fields.CharField(max_length=254, null=True)
    phone = fields.CharField(max_length=40, null=True)
    locale = fields.CharField(max_length=5, null=True)
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="complaints"
    )
    member_id: int | None
    report: fields.ForeignKeyNullableRelation[Report] = fields.ForeignKeyField(
        "hub.Report", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="complaints"
    )
    report_id: int | None
    host = fields.CharField(max_length=255, default="", description="of another server that says so")
    made_at = fields.DatetimeField(auto_now_add=True, db_index=True)
    erased_at = fields.DatetimeField(null=True, description="of name, contact and words")

    class Meta:
        table = "complaint"
        unique_together = (("case", "report"),)

    @property
    def spoken_number(self) -> str:
        """`S-7k2x-9dfb`: to read aloud."""
        return f"S-{self.number[:4]}-{self.number[4:]}"


class Decision(Model):
    """What was decided, by whom, on what ground, why; a second one where the first was contested."""

    id = fields.IntField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "hub.Case", db_index=True, related_name="decisions"
    )
    case_id: int
    second = fields.BooleanField(default=False)
    outcome = fields.CharEnumField(Outcome, max_length=10)
    basis = fields.CharEnumField(Basis, max_length=10)
    rule = fields.CharField(max_length=200, default="", description="the line of the charter, or the law")
    reason = fields.TextField()
    by: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "hub.Member", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="decisions"
    )
    by_id: int | None
    by_name = fields.CharField(max_length=160)
    at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "decision"
        unique_together = (("case", "second"),)


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What somebody complains about; at most one of publication and actor. `path`: where it is shown."""

    path: str = ""
    publication: Publication | None = None
    actor: Actor | None = None

    @property
    def word(self) -> str:
        if self.publication is not None:
            return f"publication:{self.publication.id}"
        return f"actor:{self.actor.id}" if self.actor is not None else f"page:{self.path}"


@dataclass(frozen=True, kw_only=True)
class ComplaintDraft:
    """What somebody wrote, checked; a minor's case may come without name and contact."""

    ground: Ground
    explanation: str
    name: str = ""
    mail: str | None = None
    phone: str | None = None
    locale: str | None = None
    member_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A decision as somebody wrote it, checked."""

    outcome: Outcome
    basis: Basis
    reason: str
    rule: str = ""


def contest_until(decided_at: datetime) -> datetime:
    return decided_at + timedelta(days=CONTEST_DAYS)
