"""What is asked of other servers after a message came in; what their actors are told of ours, and what is
forgotten, in time.
"""

import json
from datetime import UTC, datetime, timedelta

from tortoise.expressions import Subquery

from hub.actors.documents import actor_document
from hub.actors.models import Actor, KeyQuestion
from hub.courtesy import step_aside
from hub.db import rows, transaction
from hub.fediverse.actions import update_actor
from hub.fediverse.asking import confirm_handle, refresh_actor
from hub.fediverse.fetching import check_move, fetch_object, verify_gone
from hub.fediverse.models import Activity, Follow, Received, Seen
from hub.jobs import Function, Periodic
from hub.publications.models import Gone

SEEN_KEPT = timedelta(days=30)  # longer than anybody tries, and than a proof may be passed on
GONE_KEPT = timedelta(days=60)
QUESTIONS_KEPT = timedelta(hours=1)
ACTIVITIES_KEPT = timedelta(days=30)
FAILED_KEPT = timedelta(days=30)
POSTS_KEPT = timedelta(days=90)  # of those whom we follow
ROWS_AT_ONCE = 500  # a few milliseconds, in which on SQLite nobody else reads


async def forget_old() -> None:
    """What was kept against repetition, and letters to single people that have arrived."""
    now = datetime.now(UTC)
    await Seen.filter(at__lt=now - SEEN_KEPT).delete()
    await Gone.filter(at__lt=now - GONE_KEPT).delete()
    await KeyQuestion.filter(asked_at__lt=now - QUESTIONS_KEPT).delete()
    await Received.filter(failed_at__lt=now - FAILED_KEPT).delete()
    await _forget_posts(now - POSTS_KEPT)
    # an Undo still needs what it takes back, a Delete to know that it was sent
    await rows(
        "DELETE FROM activity WHERE made_at < $1 AND NOT public"
        " AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.activity_id = activity.id)"
        " AND NOT EXISTS (SELECT 1 FROM follow WHERE follow.uri = activity.uri)"
        " AND NOT EXISTS (SELECT 1 FROM reaction WHERE reaction.uri = activity.uri)"
        " AND NOT EXISTS (SELECT 1 FROM publication WHERE publication.uri = activity.object_uri"
        " AND activity.type = 'Create' AND COALESCE(publication.told_to, publication.scope) = 'neighbours'"
        " AND publication.deleted_at IS NULL)",
        now - ACTIVITIES_KEPT,
    )


async def _forget_posts(before: datetime) -> None:
    """A few hundred rows at a time: there may be millions, and people want to read meanwhile."""
    [most] = await rows("SELECT max(id) AS id FROM publication")
    for first in range(0, int(most["id"] or 0) + 1, ROWS_AT_ONCE):
        await rows(
            "DELETE FROM publication WHERE id >= $1 AND id < $2 AND kind = 'post' AND received_at < $3"
            " AND NOT EXISTS (SELECT 1 FROM reaction JOIN actor ON actor.id = reaction.actor_id"
            " WHERE reaction.publication_id = publication.id AND actor.host = '')"
            " AND NOT EXISTS (SELECT 1 FROM publication AS answer"
            " WHERE answer.in_reply_to = publication.uri)",
            *(first, first + ROWS_AT_ONCE, before),
        )
        await step_aside()


async def tell_what_actors_say() -> None:
    """Who follows an actor of ours learns what it says now, where that is not what it told last.

    What people change is told at once; this is for what a release says anew, as a picture. An actor that
    never told anything does so once: nobody knows what others read of it.
    """
    from_elsewhere = Follow.filter(accepted_at__not_isnull=True).exclude(follower__host="")
    followed = Actor.filter(id__in=Subquery(from_elsewhere.values("followed_id")))
    for actor in await followed.filter(host="", hidden=False, deleted_at=None).order_by("id"):
        async with transaction():
            if await _says_something_else(actor):
                await update_actor(actor)


async def _says_something_else(actor: Actor) -> bool:
    """Than the last time that it told others."""
    told = Activity.filter(actor_id=actor.id, type="Update", object_uri=actor.uri)
    last = await told.order_by("-id").first()
    document = json.loads(json.dumps(await actor_document(actor)))
    del document["@context"]
    return last is None or bool(json.loads(last.body)["object"] != document)


jobs: list[Function | Periodic] = [Periodic(forget_old, every=timedelta(hours=6))]
network_jobs: list[Function | Periodic] = [
    refresh_actor,
    confirm_handle,
    fetch_object,
    check_move,
    verify_gone,
    Periodic(tell_what_actors_say, every=timedelta(hours=12)),
]
