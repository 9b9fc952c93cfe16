"""That something of ours is gone at other hubs too: each Delete waits for their word, and is sent again.

The word is an `Accept` of the Delete, by the server actor of the hub (hub.neighbours.receipts).
"""

from datetime import datetime

from hub.db import rows
from hub.fediverse.models import Activity
from hub.fediverse.recipients import may_have_sql
from hub.publications.models import Scope


async def expect_receipts(deleted: Activity, *, since: datetime, scope: Scope = Scope.PUBLIC) -> None:
    """From every hub that may have what was published at `since`; in the caller's transaction."""
    await rows(
        "INSERT INTO receipt (neighbour_id, uri, object_uri, asked_at, sent_at, times)"
        f" SELECT neighbour.id, $1, $2, $3, $3, 1 FROM neighbour WHERE {may_have_sql('$4', scope)}"
        " ON CONFLICT DO NOTHING",
        *(deleted.uri, deleted.object_uri or "", deleted.made_at, since),
    )
