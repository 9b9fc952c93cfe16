"""That an offer may suit a need: found by the machine, for people to look at."""

from tortoise import fields
from tortoise.models import Model

from hub.exchange.models import Proposal


class Suggestion(Model):
    """An offer that may suit a need. `reasons` are words for people: `{"category": "…", "km": 6, …}`."""

    id = fields.BigIntField(primary_key=True)
    need: fields.ForeignKeyRelation[Proposal] = fields.ForeignKeyField(
        "hub.Proposal", related_name="suggested_offers"
    )
    need_id: int
    offer: fields.ForeignKeyRelation[Proposal] = fields.ForeignKeyField(
        "hub.Proposal", db_index=True, related_name="suggested_needs"
    )
    offer_id: int
    score = fields.FloatField()
    reasons: fields.JSONField[dict[str, object]] = fields.JSONField(default=dict)
    found_at = fields.DatetimeField(auto_now_add=True)
    told_at = fields.DatetimeField(null=True, description="when somebody was told of it")
    dismissed_at = fields.DatetimeField(null=True, description="somebody said that it does not suit")

    class Meta:
        table = "suggestion"
        unique_together = (("need", "offer"),)
