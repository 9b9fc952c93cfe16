"""A Delete between hubs is a contract: each says when it is gone there, and who does not is told again."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from federation import activities
from federation.documents import Activity as ToldActivity
from federation.origin import same_origin
from hub.actors.minting import activity_uri
from hub.actors.models import Actor, Role
from hub.db import transaction
from hub.fediverse.actions import Reach, publish
from hub.fediverse.models import Activity, Delivery, Neighbour, Receipt

AGAIN_AFTER = timedelta(days=1)
TIMES = 7  # that a Delete is sent, at most
KEPT = timedelta(days=90)  # after the word came
AT_ONCE = 200


async def acknowledge(actor: Actor, deleted: ToldActivity) -> None:
    """Tell another hub that what it deleted is gone here; in the transaction that removes it.

    Of its own things alone: whether somebody else's is here is no business of it (PRV-02).
    """
    uri = deleted.object_id
    if uri is None or not same_origin(uri, actor.uri):
        return
    neighbour = await Neighbour.get_or_none(host=actor.host).select_related("actor")
    server = await Actor.of_role(Role.SERVER)
    if server is None or neighbour is None or neighbour.agreed_at is None:
        return
    receipt = activities.accept(deleted, uri=activity_uri(server.uri, "accepts"), actor=server.uri)
    receipt["to"] = [neighbour.actor.uri]
    await publish(receipt, author=server, reach=Reach(named=(neighbour.actor,)))


async def be_acknowledged(actor: Actor, uri: str | None) -> bool:
    """Their server says that what this Delete is about is gone there; whether we sent them such a one."""
    theirs = Receipt.filter(neighbour__actor_id=actor.id, uri=first_uri(uri or ""))
    receipt = await theirs.first()
    if receipt is None:
        return False
    await Receipt.filter(id=receipt.id, acknowledged_at=None).update(acknowledged_at=datetime.now(UTC))
    return True


def first_uri(uri: str) -> str:
    """Of a Delete that was sent again: the id of the first one."""
    first, _, number = uri.rpartition("/")
    return first if number.isdigit() else uri


async def send_again() -> None:
    """What was not acknowledged for a day, unless it is on its way still; each under a new id."""
    now = datetime.now(UTC)
    due = Receipt.filter(acknowledged_at=None, sent_at__lt=now - AGAIN_AFTER, times__lt=TIMES)
    waiting: dict[tuple[str, int], list[Receipt]] = defaultdict(list)
    for receipt in await due.order_by("id").limit(AT_ONCE).select_related("neighbour__actor"):
        waiting[receipt.uri, receipt.times].append(receipt)
    for (uri, times), receipts in waiting.items():
        async with transaction():
            await _send_again(uri, receipts, number=times + 1, at=now)
    await Receipt.filter(acknowledged_at__lt=now - KEPT).delete()


async def _send_again(uri: str, receipts: Sequence[Receipt], *, number: int, at: datetime) -> None:
    sent = await Activity.get_or_none(uri=uri).select_related("actor")
    on_its_way = Delivery.filter(activity__object_uri=receipts[0].object_uri, activity__type="Delete")
    hosts = {str(host) for host in await on_its_way.values_list("host", flat=True)}
    due = [one for one in receipts if one.neighbour.host not in hosts]
    ids = [one.id for one in receipts]
    if sent is not None and due:
        body = {name: value for name, value in json.loads(sent.body).items() if name != "proof"}
        reach = Reach(named=tuple(one.neighbour.actor for one in due))
        await publish({**body, "id": f"{uri}/{number}"}, author=sent.actor, reach=reach)
    await Receipt.filter(id__in=ids).update(sent_at=at)
    await Receipt.filter(id__in=[one.id for one in due]).update(times=number)
