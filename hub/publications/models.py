"""The index: one row for each published thing, local or remote, and what others did with it."""

from enum import StrEnum
from typing import Self

from tortoise import fields
from tortoise.models import Model

from hub.actors.models import Actor


class Scope(StrEnum):
    """Who may see it. The last two only for what others sent us."""

    PUBLIC = "public"
    NEIGHBOURS = "neighbours"
    VILLAGE = "village"
    FOLLOWERS = "followers"
    DIRECT = "direct"


class Kind(StrEnum):
    """What it is to us."""

    ANNOUNCEMENT = "announcement"  # the village's news
    NEED = "need"
    OFFER = "offer"
    EVENT = "event"
    PROJECT = "project"
    EXPERIENCE = "experience"  # what a project taught, for other villages
    ANSWER = "answer"  # below something of ours
    MESSAGE = "message"  # names an actor of ours, below nothing of ours
    POST = "post"  # of somebody whom we follow


class Publication(Model):
    """`html` and `summary` are clean; `document` is the JSON as served, of ours alone, without @context.

    `told_to` is who may have that document, where these are more than who may see it on our pages: the
    document then says less than the page. `root` is the publication of ours at the top of a thread of
    answers.
    """

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(max_length=2048, unique=True)
    code = fields.CharField(max_length=8, null=True, unique=True, description="of its page here")
    author: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", related_name="publications"
    )
    author_id: int
    kind = fields.CharEnumField(Kind, max_length=20)
    type = fields.CharField(max_length=20, description="AS type")
    scope = fields.CharEnumField(Scope, max_length=10)
    told_to: Scope | None = fields.CharEnumField(  # type: ignore[assignment]  # the stub knows no null
        Scope, max_length=10, null=True
    )
    title = fields.TextField(default="")
    html = fields.TextField(default="")
    summary = fields.TextField(default="", description="content warning")
    source = fields.TextField(default="", description="of ours: what was typed")
    language = fields.CharField(max_length=35, null=True)
    url = fields.CharField(max_length=2048, default="")
    in_reply_to = fields.CharField(max_length=2048, null=True, db_index=True)
    root: fields.ForeignKeyNullableRelation["Publication"] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, null=True, related_name="thread"
    )
    root_id: int | None
    document: fields.JSONField[dict[str, object] | None] = fields.JSONField(null=True)
    published_at = fields.DatetimeField(db_index=True)
    updated_at = fields.DatetimeField(null=True)
    edits = fields.IntField(default=0)
    pinned_at = fields.DatetimeField(null=True)
    hidden_at = fields.DatetimeField(null=True, description="an agent took it off our pages")
    deleted_at = fields.DatetimeField(null=True)
    likes = fields.IntField(default=0)
    shares = fields.IntField(default=0)
    replies = fields.IntField(default=0, description="public ones that are shown")
    received_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "publication"
        # The board: who sees what; and what somebody published, the newest first.
        indexes = (("kind", "scope", "deleted_at", "hidden_at"), ("author", "published_at"))

    @property
    def reach(self) -> Scope:
        """Who may have its document."""
        return self.told_to or self.scope

    @classmethod
    async def of_code(cls, code: str) -> Self | None:
        """With its author; deleted and hidden ones included. `code` may be anything that somebody typed."""
        return await cls.filter(code=code).select_related("author").first() if len(code) <= 8 else None


class Deed(StrEnum):
    LIKE = "like"
    ANNOUNCE = "announce"


class Reaction(Model):
    """An actor liked a publication or passed it on: once each, whatever the ids of the activities."""

    id = fields.BigIntField(primary_key=True)
    deed = fields.CharEnumField(Deed, max_length=10)
    uri = fields.CharField(max_length=2048, db_index=True, description="of the activity")
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField("hub.Actor", related_name="reactions")
    actor_id: int
    publication: fields.ForeignKeyRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, related_name="reactions"
    )
    publication_id: int
    at = fields.DatetimeField(auto_now_add=True)
    through = fields.CharField(
        max_length=2048, null=True, description="of a region: server actors of the regions that it came by"
    )

    class Meta:
        table = "reaction"
        unique_together = (("actor", "publication", "deed"),)
        indexes = (("actor", "deed", "id"),)  # what a region passes on, the newest first


class Gone(Model):
    """A URI that was deleted or taken back, perhaps before it ever arrived: it does not come again."""

    uri = fields.CharField(max_length=2048, primary_key=True)
    by = fields.CharField(max_length=2048, description="URI of the actor who said so")
    at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "gone"


class Stamp(Model):
    """Our word that `quoting` may show a publication of ours (FEP-044f)."""

    id = fields.IntField(primary_key=True)
    uri = fields.CharField(max_length=2048, unique=True)
    publication: fields.ForeignKeyRelation[Publication] = fields.ForeignKeyField(
        "hub.Publication", db_index=True, related_name="stamps"
    )
    publication_id: int
    quoting = fields.CharField(max_length=2048, description="URI of what shows it")
    actor = fields.CharField(max_length=2048, description="URI of who asked")
    made_at = fields.DatetimeField(auto_now_add=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "stamp"
        unique_together = (("publication", "quoting"),)
