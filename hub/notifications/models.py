"""What somebody is told, and the links of the mails that say it."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from tortoise import fields
from tortoise.models import Model

from hub import text
from hub.text import gettext


class Notice(Model):
    """Something that one reader is told: on their page, by mail or by a call.

    `subject` and `text` are catalogue sources, filled with `values` when they are read; `acts`: each
    `{"name", "label", "explains", "arguments"}`. `mail_after` and `call_after` say what is still to be
    done; they are empty once it was done, and where it never will be.
    """

    id = fields.BigIntField(primary_key=True)
    reader = fields.CharField(max_length=80, db_index=True, description="whose mails are one: member:5")
    member: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "hub.Member", db_index=True, null=True, related_name="notices"
    )
    member_id: int | None
    participant: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, null=True, related_name="notices"
    )
    participant_id: int | None
    publication: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, related_name="notices", description="what it is about"
    )
    publication_id: int | None
    name = fields.CharField(max_length=160)
    mail = fields.CharField(max_length=254, null=True, description="of somebody without an account")
    phone = fields.CharField(max_length=40, null=True)
    locale = fields.CharField(max_length=5, null=True)
    kind = fields.CharField(max_length=40)
    subject = fields.TextField()
    text = fields.TextField()
    values: fields.JSONField[dict[str, str]] = fields.JSONField(default=dict)
    path = fields.CharField(max_length=200, default="/")
    acts: fields.JSONField[list[dict[str, Any]]] = fields.JSONField(default=list)
    urgent = fields.BooleanField(default=False)
    due_at = fields.DatetimeField(null=True, description="not told before")
    before = fields.DatetimeField(null=True, description="of no use any more from then on")
    made_at = fields.DatetimeField(db_index=True)
    seen_at = fields.DatetimeField(null=True)
    mail_after = fields.DatetimeField(null=True, description="to be mailed, not before")
    held_until = fields.DatetimeField(null=True, description="its mail is being written")
    mailed_at = fields.DatetimeField(null=True)
    call_after = fields.DatetimeField(null=True, db_index=True, description="to be called, not before")
    called_at = fields.DatetimeField(null=True)
    called_by = fields.CharField(max_length=80, default="")
    missed_at = fields.DatetimeField(null=True, description="when nobody answered the telephone")

    class Meta:
        table = "notice"

    def subject_words(self) -> str:
        """In the language of the moment."""
        return gettext(self.subject) % self.values

    def text_words(self) -> str:
        """In the language of the moment; paragraphs for which there was nothing to say are left out."""
        paragraphs = (part.strip("\n") for part in (gettext(self.text) % self.values).split("\n\n"))
        return "\n\n".join(part for part in paragraphs if part.strip())

    def parts(self) -> list[tuple[bool, str]]:
        """The text for a page: paragraphs, each with whether it is somebody's own words (after >)."""
        found = []
        for paragraph in self.text_words().split("\n\n"):
            for own, lines in groupby(paragraph.split("\n"), key=lambda line: line.startswith(">")):
                words = "\n".join(line.removeprefix(">").strip() if own else line for line in lines)
                found.append((own, words))
        return found

    @property
    def language(self) -> str | None:
        return self.locale if self.locale in text.LOCALES else None


class MailLink(Model):
    """A link of a mail that works without signing in: to do one thing, once, or to stop the mails."""

    hash = fields.CharField(max_length=64, primary_key=True)
    name = fields.CharField(max_length=40, description="of an act, or STOP_…")
    notice: fields.ForeignKeyNullableRelation[Notice] = fields.ForeignKeyField(
        "hub.Notice", db_index=True, null=True, related_name="links"
    )
    notice_id: int | None
    member: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "hub.Member", db_index=True, null=True, related_name="mail_links"
    )
    member_id: int | None
    reader = fields.CharField(max_length=80)
    label = fields.TextField(default="")
    explains = fields.TextField(default="")
    arguments: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)
    ends_at = fields.DatetimeField(db_index=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mail_link"


STOP_NOTICES = "stop-notices"
STOP_DIGEST = "stop-digest"
STOPS = (STOP_NOTICES, STOP_DIGEST)

ACT_LASTS = timedelta(days=14)
STOP_LASTS = timedelta(days=365)


class MailStop(Model):
    """Somebody without an account who wants no more mails about this."""

    reader = fields.CharField(max_length=80, primary_key=True)
    at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "mail_stop"


class Digest(Model):
    """Until when a member was told what is new in the village."""

    member: fields.OneToOneRelation[Any] = fields.OneToOneField(
        "hub.Member", primary_key=True, related_name="digest"
    )
    member_id: int
    until = fields.DatetimeField()

    class Meta:
        table = "digest"


def to_call(now: datetime | None = None) -> Any:
    """A query for those whom an agent has to call by now, the oldest first."""
    waiting = Notice.filter(call_after__lte=now or datetime.now(UTC))
    return waiting.order_by("call_after", "id")
