"""Who follows whom, with which hubs there is an agreement, what goes out and to where, what came in."""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from hub.actors.models import Actor, SigningKey


class Follow(Model):
    """`accepted_at` is null while it waits for the followed, or for the person who decides for ours."""

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(max_length=2048, db_index=True, description="of the activity, the latest")
    follower: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField("hub.Actor", related_name="follows")
    follower_id: int
    followed: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, related_name="followed_by"
    )
    followed_id: int
    asked_at = fields.DatetimeField(auto_now_add=True)
    accepted_at = fields.DatetimeField(null=True)
    refused_at = fields.DatetimeField(null=True, description="by us, for good: asking again changes nothing")

    class Meta:
        table = "follow"
        unique_together = (("follower", "followed"),)


class Activity(Model):
    """One that we sent: the exact text, under the id that it keeps. Public ones answer at their URI."""

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(max_length=2048, unique=True)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, related_name="activities"
    )
    actor_id: int
    type = fields.CharField(max_length=20)
    object_uri = fields.CharField(max_length=2048, null=True, db_index=True)
    body = fields.TextField(description="JSON, as it is sent")
    public = fields.BooleanField()
    made_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "activity"


class Delivery(Model):
    """One activity for one inbox; deleted once it was taken. Its host's row says when it may go."""

    id = fields.BigIntField(primary_key=True)
    activity: fields.ForeignKeyRelation[Activity] = fields.ForeignKeyField(
        "hub.Activity", related_name="deliveries"
    )
    activity_id: int
    actor_id = fields.BigIntField(description="its author, within whose posts order is kept")
    host = fields.CharField(max_length=255)
    inbox = fields.CharField(max_length=2048)
    queued_at = fields.DatetimeField()
    attempts = fields.IntField(default=0, description="failures of this post, its host being well")
    not_before = fields.DatetimeField(null=True)
    signing_key: fields.ForeignKeyNullableRelation[SigningKey] = fields.ForeignKeyField(
        "hub.SigningKey", null=True, related_name=False, description="the old one, for the news of a new one"
    )
    signing_key_id: int | None

    class Meta:
        table = "delivery"
        unique_together = (("activity", "inbox"),)
        indexes = (("host", "id"),)


class Seen(Model):
    """The id of an activity that came in: a second one changes nothing (INB-01, INB-02)."""

    uri = fields.CharField(max_length=2048, primary_key=True)
    at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "seen"


class Received(Model):
    """A verified activity that waits to be handled; deleted with the transaction that handles it."""

    id = fields.BigIntField(primary_key=True)
    uri = fields.CharField(max_length=2048)
    signer = fields.CharField(max_length=2048, description="URI of the actor whose server sent it")
    inbox = fields.CharField(max_length=2048, description="URI that it was posted to")
    body = fields.TextField(description="JSON, only what was verified")
    received_at = fields.DatetimeField()
    attempts = fields.IntField(default=0)
    not_before = fields.DatetimeField(null=True)
    failed_at = fields.DatetimeField(null=True, description="set aside after too many attempts")
    last_error = fields.CharField(max_length=1000, default="")

    class Meta:
        table = "received"


class Block(Model):
    """Somebody elsewhere wants to have nothing to do with an actor of ours."""

    id = fields.IntField(primary_key=True)
    uri = fields.CharField(max_length=2048, description="of the activity")
    by: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField("hub.Actor", related_name="blocks")
    by_id: int
    target: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "hub.Actor", db_index=True, related_name="blocked_by"
    )
    target_id: int
    at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "block"
        unique_together = (("by", "target"),)


class Report(Model):
    """A complaint of another server about an actor or a publication of ours (Flag)."""

    id = fields.IntField(primary_key=True)
    uri = fields.CharField(max_length=2048, unique=True)
    actor = fields.CharField(max_length=2048, description="URI of who reports, mostly a whole server")
    host = fields.CharField(max_length=255, db_index=True)
    objects: fields.JSONField[list[str]] = fields.JSONField(description="URIs of ours")
    content = fields.TextField(default="", description="plain text")
    received_at = fields.DatetimeField(auto_now_add=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "report"


class AgreementState(StrEnum):
    """How far an agreement with another hub is, as seen from here."""

    ASKED = "asked"  # we proposed it, and wait for them
    ASKS = "asks"  # they proposed it, and wait for us
    AGREED = "agreed"
    PAUSED = "paused"  # by us: nothing new goes or comes, what came is not shown
    REFUSED = "refused"
    ENDED = "ended"


class Neighbour(Model):
    """Another hub that this one exchanges with, or was asked to: one row for its server actor.

    `sends` is what goes there from here, kinds of publications divided by commas; `receives` what they said
    that they send. `within` is in km around them, null: whatever the distance. Of a region, which follows
    villages and is followed by none, only what everybody may read is sent.
    """

    id = fields.IntField(primary_key=True)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField("hub.Actor", related_name="agreement")
    actor_id: int
    host = fields.CharField(max_length=255, unique=True)
    state = fields.CharEnumField(AgreementState, max_length=10)
    is_region = fields.BooleanField(default=False, description="it shows villages, and is none")
    name = fields.CharField(max_length=160, default="")
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)
    sends = fields.CharField(max_length=200, default="")
    receives = fields.CharField(max_length=200, default="")
    within = fields.IntField(null=True)
    their_within = fields.IntField(null=True)
    why = fields.TextField(default="", description="our reason, for everybody to read")
    their_why = fields.TextField(default="", description="theirs, plain text")
    asked_at = fields.DatetimeField(auto_now_add=True)
    agreed_at = fields.DatetimeField(null=True)
    changed_at = fields.DatetimeField(auto_now_add=True, description="of the state")
    by_us = fields.BooleanField(default=False, description="who refused or ended it: this side")
    answer_by = fields.DatetimeField(null=True, description="until when one side asked the other for time")
    caught_up_at = fields.DatetimeField(null=True, description="when all that is open there was last read")
    reading_since = fields.DatetimeField(null=True, description="when a reading under way last went on")
    complete_since = fields.DatetimeField(
        null=True, description="when the last reading was begun that left nothing out"
    )

    class Meta:
        table = "neighbour"

    @property
    def kinds_sent(self) -> frozenset[str]:
        return frozenset(filter(None, self.sends.split(",")))

    @property
    def kinds_received(self) -> frozenset[str]:
        return frozenset(filter(None, self.receives.split(",")))


class Receipt(Model):
    """What a neighbour has to say to a Delete of ours: that it is gone there too. Sent again until then."""

    id = fields.BigIntField(primary_key=True)
    neighbour: fields.ForeignKeyRelation[Neighbour] = fields.ForeignKeyField(
        "hub.Neighbour", related_name="receipts"
    )
    neighbour_id: int
    uri = fields.CharField(max_length=2048, description="of the Delete")
    object_uri = fields.CharField(max_length=2048, description="of what was deleted")
    asked_at = fields.DatetimeField(auto_now_add=True, description="when it was first sent")
    sent_at = fields.DatetimeField(description="when it was last sent")
    times = fields.IntField(default=1, description="that it was sent")
    acknowledged_at = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "receipt"
        unique_together = (("neighbour", "uri"),)
