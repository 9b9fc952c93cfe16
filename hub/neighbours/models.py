"""What residents say against an agreement; the agreements themselves are in hub.fediverse.models."""

from tortoise import fields
from tortoise.models import Model

from hub.fediverse.models import Neighbour
from hub.participants.models import Participant


class Objection(Model):
    """Somebody from here is against an exchange with this neighbour; the town hall answers within 15 days."""

    id = fields.IntField(primary_key=True)
    neighbour: fields.ForeignKeyRelation[Neighbour] = fields.ForeignKeyField(
        "hub.Neighbour", db_index=True, related_name="objections"
    )
    neighbour_id: int
    participant: fields.ForeignKeyNullableRelation[Participant] = fields.ForeignKeyField(
        "hub.Participant", db_index=True, null=True, on_delete=fields.SET_NULL, related_name="objections"
    )
    participant_id: int | None
    reason = fields.TextField()
    made_at = fields.DatetimeField(auto_now_add=True)
    answer = fields.TextField(default="")
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "objection"
