"""Pictures of other servers that pages of ours show."""

from tortoise import fields
from tortoise.models import Model


class Picture(Model):
    """`file` is the name below LAVOIR_DATA/media, null while it was not fetched, or could not be."""

    id = fields.BigIntField(primary_key=True)
    url = fields.CharField(max_length=2048, unique=True)
    file = fields.CharField(max_length=60, null=True, unique=True)
    asked_at = fields.DatetimeField(auto_now_add=True)
    fetched_at = fields.DatetimeField(null=True)
    failed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "picture"
