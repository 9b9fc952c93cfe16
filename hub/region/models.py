"""How much hangs in each village, and which ones other regions show: so that no page has to count it all."""

from tortoise import fields
from tortoise.models import Model

from hub.fediverse.models import Neighbour


class Tally(Model):
    """What everybody may see of one village, and still holds. `counts`: `{kind: {category: number}}`."""

    host = fields.CharField(max_length=255, primary_key=True, description="empty: this village")
    counts: fields.JSONField[dict[str, dict[str, int]]] = fields.JSONField(default=dict)
    counted_at = fields.DatetimeField()

    class Meta:
        table = "tally"


class Behind(Model):
    """A village that we have no agreement with, and know by a region that shows it."""

    host = fields.CharField(max_length=255, primary_key=True)
    region: fields.ForeignKeyRelation[Neighbour] = fields.ForeignKeyField(
        "hub.Neighbour", db_index=True, related_name="shows"
    )
    region_id: int
    name = fields.CharField(max_length=160)
    latitude = fields.FloatField(null=True)
    longitude = fields.FloatField(null=True)

    class Meta:
        table = "behind"
