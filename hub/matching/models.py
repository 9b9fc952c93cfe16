"""That an offer may suit a need: found by the machine, for people to look at."""

from tortoise import fields
from tortoise.models import Model

from hub.exchange.models import Proposal
from hub.publications.models import Kind


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
    proposed_at = fields.DatetimeField(null=True, description="when an agent put it to both sides")
    dismissed_at = fields.DatetimeField(null=True, description="somebody said that it does not suit")

    class Meta:
        table = "suggestion"
        unique_together = (("need", "offer"),)
        indexes = (("told_at", "score"),)


class Trait(Model):
    """What an open need or offer is about, so that hub.matching.finding finds what suits it by an index.

    `term` is empty in one row of each, which says that it was looked at.
    """

    id = fields.BigIntField(primary_key=True)
    proposal: fields.ForeignKeyRelation[Proposal] = fields.ForeignKeyField(
        "hub.Proposal", related_name="traits"
    )
    proposal_id: int
    kind = fields.CharEnumField(Kind, max_length=20)
    term = fields.CharField(max_length=40)
    cell = fields.IntField(description="of the map; -1: anywhere")
    weight = fields.FloatField()

    class Meta:
        table = "trait"
        unique_together = (("proposal", "term"),)
        indexes = (("kind", "term", "cell", "proposal_id", "weight"),)
