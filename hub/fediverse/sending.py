"""The sender: takes hosts, not posts, and works through what waits for each, in order.

One host is called by one sender at a time, over connections that are kept. Hosts that are well have slots of
their own, those that fail or take long have others: however many of these there are, nobody else waits for
them (attacks.md D.10, FLT-11 to FLT-20).
"""

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from tortoise.expressions import Q

from federation.backoff import batch, gives_up, next_try
from federation.delivery import Delivery, Outcome, Parcel, deliver
from federation.signatures import PrivateKey, Scheme
from hub.actors.hosts import may_not_reach
from hub.actors.keys import key_pair, pair_of
from hub.actors.models import Actor, SigningKey
from hub.cache import Cache
from hub.courtesy import step_aside
from hub.db import is_transient, places, rows, transaction
from hub.db.cancellation import finish
from hub.fediverse import queue
from hub.fediverse.asking import refresh_actor
from hub.fediverse.network import network
from hub.fediverse.queue import FAILURES_THAT_HOLD, ClaimedHost, Closing, Ledger, Pause, Waiting, wake
from hub.jobs import enqueue
from hub.loop import ClockWatch, Loop

__all__ = ["Sender", "Slots", "run_sender", "wake"]

log = logging.getLogger(__name__)

FULL_BATCH = 50  # posts that are read at once; a host that came back reaches it after some minutes
STRUCK_TOGETHER = 4  # posts to a host that are sent twice when the program is killed, at most
RAMP_STEP = timedelta(seconds=1)  # between the batches of a host that came back
GRACE = timedelta(seconds=10)  # what turns get to end by themselves when the program stops
SLOW_REMEMBERED = 200  # hosts
PARCELS_KEPT = 64
LOOKED_AT = 20  # actors of one inbox that is gone


class Post(Protocol):
    """federation.delivery.deliver without its client."""

    def __call__(
        self, inbox: str, parcel: Parcel, *, key: PrivateKey, scheme: Scheme, now: datetime
    ) -> Awaitable[Delivery]: ...


@dataclass(frozen=True)
class Slots:
    """How many hosts are called at once. `patience`: seconds after which a post counts as slow.

    `turn`: seconds after which a host with more to get lets others go first.
    """

    well: int = 48
    failing: int = 16
    patience: float = 3
    turn: float = 10


async def run_sender(stop: asyncio.Event, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Send what waits until `stop`; the network must be open."""
    await Sender(partial(deliver, network().client), now=now).run(stop)


@dataclass
class Turn:
    """One host's, from claim to closing. `deadline` is of the post that is under way."""

    host: ClaimedHost
    slow: bool
    deadline: asyncio.Timeout | None = None
    was_slow: bool = False
    scheme: Scheme = field(init=False)
    answered: bool = False
    succeeded: bool = False
    pause: Pause | None = None
    taken: list[int] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.scheme = self.host.scheme


class Sender:
    """`post` sends one; `jitter` gives numbers from 0 to 1."""

    def __init__(
        self,
        post: Post,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
        slots: Slots = Slots(),
    ) -> None:
        self._post = post
        self._now = now
        self._jitter = jitter
        self._slots = slots
        self._loop = Loop(self.turn, "sender")
        self._ledger = Ledger()
        self._shipments = Shipments()
        self._turns: dict[asyncio.Task[None], Turn] = {}
        self._slow: OrderedDict[str, None] = OrderedDict()
        self._stopping = False
        self._clock = ClockWatch()
        self._misled = False
        self._signing = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        queue.calls.add(self._loop.wake)
        self._misled = True
        try:
            await self._loop.run(stop)
        finally:
            queue.calls.discard(self._loop.wake)
            self._stopping = True
            await self._end()

    async def turn(self) -> bool:
        """Start a turn for each host that is due, as far as there are slots; False: wait to be woken."""
        await self._set_right()
        for failing in (False, True):
            free = self._free(slow=failing)
            if free > 0:
                claimed = await queue.claim(free, failing=failing, slow=[*self._slow], now=self._now())
                for host in claimed:
                    self._start(Turn(host, slow=failing))
        return False

    async def _set_right(self) -> None:
        """At the start, and when the clock was put back; again where the database did not take it."""
        self._misled = self._clock.went_back() or self._misled
        if self._misled:
            await queue.forget_the_future(self._now())
            self._misled = False

    async def idle(self) -> None:
        """Wait for the turns that are under way."""
        while self._turns:
            await asyncio.wait([*self._turns])

    def _free(self, *, slow: bool) -> int:
        taken = sum(turn.slow is slow for turn in self._turns.values())
        return (self._slots.failing if slow else self._slots.well) - taken

    def _start(self, turn: Turn) -> None:
        task = asyncio.create_task(self._call(turn), name=f"deliveries to {turn.host.name}")
        self._turns[task] = turn
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        turn = self._turns.pop(task)
        self._slow.pop(turn.host.name, None)
        if turn.was_slow:
            self._slow[turn.host.name] = None
            if len(self._slow) > SLOW_REMEMBERED:
                self._slow.popitem(last=False)
        if not task.cancelled() and (error := task.exception()) is not None:  # its lease runs out
            exc_info = None if is_transient(error) else error
            log.error("deliveries stopped", extra={"host": turn.host.name}, exc_info=exc_info)
        self._loop.wake()

    async def _end(self) -> None:
        if self._turns:
            await asyncio.wait([*self._turns], timeout=GRACE.total_seconds())
        for task in self._turns:
            task.cancel()
        await self.idle()

    async def _call(self, turn: Turn) -> None:
        """The whole turn of a host."""
        due_at = self._now()
        try:
            if await may_not_reach(turn.host.name):
                dropped = await queue.drop_all(turn.host.name)
                facts = {"host": turn.host.name, "posts": dropped}
                log.info("deliveries to a refused host dropped", extra=facts)
            else:
                due_at = await self._work_through(turn)
        finally:
            await finish(self._close(turn, due_at))

    async def _work_through(self, turn: Turn) -> datetime:
        """Send until nothing is left, the host pauses or the turn is over; when it may go on."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._slots.turn
        most = batch(turn.host.state, now=self._now(), full=FULL_BATCH)
        while not self._stopping:
            await self._strike(turn)  # else they would be read again; of the last ones _close() tells
            posts = await queue.due(turn.host.name, now=self._now(), limit=most)
            await self._shipments.load({post.activity_id for post in posts})
            await self._send(turn, posts, end=end)
            if most < FULL_BATCH:
                return self._now() + RAMP_STEP
            if turn.pause is not None or len(posts) < most or loop.time() >= end:
                break
        return self._now()

    async def _send(self, turn: Turn, posts: list[Waiting], *, end: float) -> None:
        """One after the other; what was taken is struck off a few at a time."""
        loop = asyncio.get_running_loop()
        for post in posts:
            if turn.pause is not None or self._stopping or loop.time() >= end:
                break
            if post.actor_id not in turn.held:
                await self._send_one(turn, post)
            if len(turn.taken) >= STRUCK_TOGETHER:
                await self._strike(turn)

    async def _strike(self, turn: Turn) -> None:
        taken, turn.taken = turn.taken, []
        if taken:
            await self._ledger.strike(taken)

    async def _send_one(self, turn: Turn, post: Waiting) -> None:
        now = self._now()
        if gives_up(post.queued_at, now=now):
            turn.taken.append(post.id)
            log.warning("delivery given up", extra=_facts(turn, post))
            return
        shipment = await self._shipments.of(post.activity_id)
        key = await shipment.key(post.signing_key_id)
        delivery = await self._posted(turn, post, shipment.parcel, key=key)
        await self._judge(turn, post, delivery)

    async def _posted(self, turn: Turn, post: Waiting, parcel: Parcel, *, key: PrivateKey) -> Delivery:
        """As long as it takes in a slow slot; elsewhere only while there is one to go to."""
        await self._let_others_on()
        losing = asyncio.get_running_loop().call_later(self._slots.patience, self._lose_patience, turn)
        try:
            async with asyncio.timeout(None) as turn.deadline:
                return await self._post(post.inbox, parcel, key=key, scheme=turn.scheme, now=self._now())
        except TimeoutError:
            return Delivery(Outcome.RETRY, turn.scheme, reason="too slow")
        except Exception as error:  # the job edge: a post that cannot even be sent must not stop the others
            if is_transient(error):
                raise
            log.error("post failed", extra=_facts(turn, post), exc_info=error)
            return Delivery(Outcome.RETRY, turn.scheme, status=500, reason="our own fault")
        finally:
            losing.cancel()
            turn.deadline = None

    async def _let_others_on(self) -> None:
        """Dozens that sign one right after the other would keep every page waiting, at each of its steps."""
        async with self._signing:
            await step_aside()

    def _lose_patience(self, turn: Turn) -> None:
        turn.was_slow = True
        if turn.slow:
            return
        if self._free(slow=True) > 0:
            turn.slow = True
            self._loop.wake()
        elif turn.deadline is not None:
            turn.deadline.reschedule(0)

    async def _judge(self, turn: Turn, post: Waiting, delivery: Delivery) -> None:
        if not delivery.host_is_well:
            turn.pause = self._pause(delivery)
            await self._blame(post, delivery)
            return
        turn.answered = True
        match delivery.outcome:
            case Outcome.DELIVERED:
                turn.succeeded, turn.scheme = True, delivery.scheme
                turn.taken.append(post.id)
            case Outcome.RETRY:
                await self._postpone(turn, post, delivery)
            case Outcome.REFUSED:
                turn.taken.append(post.id)
                log.warning("delivery refused", extra={"host": turn.host.name, "reason": delivery.reason})
            case Outcome.GONE | Outcome.MOVED:
                await _look_again(turn, post)

    def _pause(self, delivery: Delivery) -> Pause:
        return Pause(
            delivery.reason,
            is_down=not _asks_for_time(delivery),
            retry_after=delivery.retry_after,
            jitter=self._jitter(),
        )

    async def _blame(self, post: Waiting, delivery: Delivery) -> None:
        """It may be this very post that the server breaks at: after some tries it no longer goes first."""
        if delivery.status is not None and not _asks_for_time(delivery):
            holds = post.attempts + 1 < FAILURES_THAT_HOLD
            await queue.postpone(post, until=None if holds else self._next_try(post.attempts + 2, delivery))

    async def _postpone(self, turn: Turn, post: Waiting, delivery: Delivery) -> None:
        await queue.postpone(post, until=self._next_try(post.attempts + 1, delivery))
        if post.attempts + 1 < FAILURES_THAT_HOLD:
            turn.held.add(post.actor_id)

    def _next_try(self, attempts: int, delivery: Delivery) -> datetime:
        wish, jitter = delivery.retry_after, self._jitter()
        return next_try(attempts, jitter=jitter, now=self._now(), retry_after=wish)

    async def _close(self, turn: Turn, due_at: datetime) -> None:
        now, taken = self._now(), turn.taken
        came_back = turn.answered and turn.host.state.away(now)
        if turn.pause is not None and turn.pause.is_down and turn.host.state.failing_since is None:
            log.warning("host fails", extra={"host": turn.host.name, "reason": turn.pause.reason})
        await self._ledger.close(
            Closing(
                turn.host,
                at=now,
                due_at=due_at,
                scheme=turn.scheme,
                answered=turn.answered,
                succeeded=turn.succeeded,
                revived_at=now if came_back else None,
                pause=turn.pause,
            ),
            taken,
        )


async def _look_again(turn: Turn, post: Waiting) -> None:
    """Nobody is at this inbox: drop the post, and ask those who gave it as theirs whether they still are."""
    async with transaction():
        await queue.drop([post.id])
        if post.inbox in turn.gone:
            return
        turn.gone.add(post.inbox)
        there = Q(inbox=post.inbox) | Q(shared_inbox=post.inbox)
        actors = Actor.filter(there, host=turn.host.name, deleted_at=None).limit(LOOKED_AT)
        for uri in await actors.values_list("uri", flat=True):
            await enqueue(refresh_actor, uri=uri)


def _asks_for_time(delivery: Delivery) -> bool:
    """That is not to be down (FLT-16)."""
    return delivery.status == 429 or (delivery.status == 503 and delivery.retry_after is not None)


def _facts(turn: Turn, post: Waiting) -> dict[str, object]:
    return {"host": turn.host.name, "activity_id": post.activity_id}


@dataclass(frozen=True)
class Shipment:
    """An activity, ready for every inbox that it goes to."""

    parcel: Parcel
    author: Actor

    async def key(self, signing_key_id: int | None) -> PrivateKey:
        """The author's of today, or the old one that announces it."""
        if signing_key_id is None:
            return (await key_pair(self.author)).rsa
        return pair_of(await SigningKey.get(id=signing_key_id), self.author.uri).rsa


class Shipments:
    """The latest ones: an activity goes to hundreds of inboxes one shortly after the other."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Shipment] = OrderedDict()
        self._authors: Cache[int, Actor] = Cache(seconds=60, most=512)

    async def of(self, activity_id: int) -> Shipment:
        """Other turns may have taken its place since it was loaded."""
        if activity_id not in self._kept:
            await self.load({activity_id})
        self._kept.move_to_end(activity_id)
        return self._kept[activity_id]

    async def load(self, ids: Set[int]) -> None:
        """Those that are not here yet, in one statement."""
        wanted = sorted(ids - self._kept.keys())
        if not wanted:
            return
        found = f"SELECT id, actor_id, body FROM activity WHERE id IN ({places(len(wanted))})"
        for row in await rows(found, *wanted):
            author = await self._author(row["actor_id"])
            self._kept[row["id"]] = Shipment(Parcel(row["body"].encode()), author)
        while len(self._kept) > PARCELS_KEPT:
            self._kept.popitem(last=False)

    async def _author(self, actor_id: int) -> Actor:
        """All that is asked of it is its URI, which it keeps."""
        return self._authors.get(actor_id) or self._authors.put(actor_id, await Actor.get(id=actor_id))
