"""What was last seen of each thing that can break in silence: the backup, the mail server, the certificate.

A row for each, written by whoever does or looks; read by the doctor, the metrics and the page for agents.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from tortoise import fields
from tortoise.models import Model

from hub.db import is_transient, rows

log = logging.getLogger(__name__)


class Seen(StrEnum):
    """What is watched."""

    BACKUP = "backup"
    RESTORE = "restore"  # of a backup, into a place of its own
    PUT_BACK = "put-back"  # a backup, in place of the village
    MAIL = "mail"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    TROUBLES = "troubles"  # all that the doctor finds


class Observation(Model):
    """How it was the last time, and when it was last well; `facts` is a JSON object."""

    key = fields.CharField(max_length=40, primary_key=True)
    at = fields.DatetimeField()
    well = fields.BooleanField()
    well_at = fields.DatetimeField(null=True)
    facts = fields.TextField()

    class Meta:
        table = "observation"

    @classmethod
    async def of(cls, key: Seen) -> Self | None:
        return await cls.get_or_none(key=key)

    @classmethod
    async def by_key(cls) -> dict[str, Self]:
        """All of them, in one question."""
        return {each.key: each for each in await cls.all()}

    @property
    def said(self) -> Mapping[str, Any]:
        found: dict[str, Any] = json.loads(self.facts)
        return found


async def observe(key: Seen, *, well: bool, **facts: object) -> None:
    """Write down how it was. What was done is worth more than this note: a database that is away loses it."""
    now = datetime.now(UTC)
    try:
        await rows(
            "INSERT INTO observation (key, at, well, well_at, facts) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (key) DO UPDATE SET at = excluded.at, well = excluded.well, facts = excluded.facts,"
            " well_at = coalesce(excluded.well_at, observation.well_at)",
            *(key.value, now, well, now if well else None, json.dumps(facts)),
        )
    except Exception as error:
        if not is_transient(error):
            raise
        log.warning("observation not noted", extra={"seen": key.value, "reason": str(error)})
