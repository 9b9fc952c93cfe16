"""FLT-23: messages that come late, twice, three times or in any order end where they would have in order.

A model says what the actors did. What they sent is delivered shuffled and doubled, some of it a first time
that is forgotten and a second time later; then the rows must say what the model says.

Within one window of delivery an actor does a thing to a target and takes it back, but does not do it again:
of two Follows without a date nobody can say which was the later one.
"""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.actors.actions import establish
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.db import close_database, open_database, rows, transaction
from hub.fediverse import actions
from hub.fediverse.models import Block, Follow, Received
from hub.publications.models import Deed, Publication, Reaction
from tests import others
from tests.others import activity, announcement, create, note, somebody

pytestmark = pytest.mark.slow

NAMES = ("ana", "bob", "eva")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = (
    "block reaction follow delivery activity gone received seen publication job actor handle host".split()
)

T = TypeVar("T")


class Village(RuleBasedStateMachine):
    """`did` is the model: what holds between an actor and a target; `posts` what is to be read."""

    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.did: dict[tuple[str, str, str], Any] = {}
        self.posts: dict[str, dict[str, Any]] = {}
        self.left: set[str] = set()
        self.touched: set[tuple[str, str, str]] = set()
        self.written: set[str] = set()
        self.pending: list[Any] = []
        self.delivered: list[Any] = []
        self.clock = BEGINNING
        self.run(self.found())

    def run(self, work: Awaitable[T]) -> T:
        async def doing() -> T:
            return await work

        return self.runner.run(doing())

    async def found(self) -> None:
        for table in TABLES:
            await rows(f"DELETE FROM {table}")
        async with transaction():
            village = await establish(Role.VILLAGE, name="bourg", display_name="Bourg")
            club = await establish(Role.ORGANISATION, name="boules", display_name="La Boule")
            self.ours = {"village": village, "club": club}
            self.actors = {name: await somebody(name, f"{name}.example") for name in NAMES}
            self.news = {f"news {number}": await announcement(village) for number in range(2)}
            self.question = await actions.follow(village, self.actors["ana"])
        self.asked = (await others.sent("Follow"))[0]

    def alive(self) -> list[str]:
        return [name for name in NAMES if name not in self.left]

    def target(self, name: str) -> Actor | Publication:
        return {**self.ours, **self.news}[name]

    def do(self, kind: str, name: str, target: str) -> bool:
        """Say something for the first time in this window; False where it stands or was touched already."""
        key = (kind, name, target)
        if key in self.did or key in self.touched:
            return False
        self.did[key] = activity(kind, self.actors[name], self.target(target))
        self.touched.add(key)
        self.pending.append(self.did[key])
        return True

    def undo(self, kind: str, name: str, target: str) -> None:
        said = self.did.pop((kind, name, target), None)
        if said is not None:
            self.touched.add((kind, name, target))
            self.pending.append(activity("Undo", self.actors[name], said))

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), to=st.sampled_from(["village", "club"]))
    def follow(self, data, to):
        name = data.draw(st.sampled_from(self.alive()))
        if ("Block", name, to) not in self.did and ("Block", name, to) not in self.touched:
            self.do("Follow", name, to)

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), to=st.sampled_from(["village", "club"]))
    def block(self, data, to):
        name = data.draw(st.sampled_from(self.alive()))
        if self.do("Block", name, to):
            self.did.pop(("Follow", name, to), None)
            self.touched.add(("Follow", name, to))
            self.touched.add(("Undo Block", name, to))
            if (name, to) == ("ana", "village"):
                self.did[("Our follow", "ana", "village")] = "parted"

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), kind=st.sampled_from(["Like", "Announce"]), news=st.integers(0, 1))
    def react(self, data, kind, news):
        self.do(kind, data.draw(st.sampled_from(self.alive())), f"news {news}")

    @precondition(lambda self: any(key[1] not in self.left for key in self.did if key[0] != "Our follow"))
    @rule(data=st.data())
    def take_back(self, data):
        keys = [key for key in self.did if key[0] != "Our follow" and key[1] not in self.left]
        kind, name, target = data.draw(st.sampled_from(keys))
        if (f"Undo {kind}", name, target) not in self.touched:
            self.undo(kind, name, target)

    @precondition(lambda self: "ana" not in self.left)
    @rule(answer=st.sampled_from(["Accept", "Reject"]))
    def decide(self, answer):
        """Our follow of ana: accepted, and rejected for good."""
        now = self.did.get(("Our follow", "ana", "village"))
        if now not in ("rejected", "parted"):
            self.did["Our follow", "ana", "village"] = f"{answer.lower()}ed"
        self.pending.append(activity(answer, self.actors["ana"], self.asked))

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), text=st.sampled_from(["un", "deux"]))
    def write(self, data, text):
        """Below our news, or below an answer, with the village named so that it is told."""
        name = data.draw(st.sampled_from(self.alive()))
        above = [news.uri for news in self.news.values()] + sorted(self.posts)
        parent = data.draw(st.sampled_from(above))
        thing = note(
            self.actors[name],
            f"<p>{text}</p>",
            inReplyTo=parent,
            cc=[self.ours["village"].uri],
            published=self.clock.isoformat(),
        )
        self.posts[thing["id"]] = {
            "author": name,
            "thing": thing,
            "parent": parent,
            "root": self.root(parent),
        }
        self.written.add(thing["id"])
        self.pending.append(create(self.actors[name], thing))

    def root(self, parent: str) -> str:
        return parent if parent not in self.posts else self.posts[parent]["root"]

    def mine(self) -> list[str]:
        return sorted(uri for uri, post in self.posts.items() if post["author"] not in self.left)

    @precondition(lambda self: self.mine())
    @rule(data=st.data(), text=st.sampled_from(["trois", "quatre"]))
    def edit(self, data, text):
        post = self.posts[data.draw(st.sampled_from(self.mine()))]
        self.clock += timedelta(minutes=1)
        post["thing"] = {**post["thing"], "content": f"<p>{text}</p>", "updated": self.clock.isoformat()}
        self.pending.append(activity("Update", self.actors[post["author"]], post["thing"]))

    @precondition(lambda self: self.mine())
    @rule(data=st.data())
    def delete(self, data):
        uri = data.draw(st.sampled_from(self.mine()))
        self.pending.append(activity("Delete", self.actors[self.posts[uri]["author"]], uri))
        self.forget([uri])

    def forget(self, uris: list[str]) -> None:
        """What hangs below something that is gone keeps a thread only if it came before: not compared."""
        for uri in uris:
            del self.posts[uri]
        for post in self.posts.values():
            if post["parent"] in uris or post["root"] is None:
                post["root"] = None
        gone = True
        while gone:
            gone = [
                post
                for post in self.posts.values()
                if post["root"] is not None
                and post["parent"] in self.posts
                and self.posts[post["parent"]]["root"] is None
            ]
            for post in gone:
                post["root"] = None

    @precondition(lambda self: len(self.alive()) > 1)
    @rule(data=st.data())
    def leave(self, data):
        name = data.draw(st.sampled_from(self.alive()))
        self.pending.append(activity("Delete", self.actors[name], self.actors[name].uri))
        self.left.add(name)
        self.forget([uri for uri, post in self.posts.items() if post["author"] == name])
        self.did = {key: said for key, said in self.did.items() if key[1] != name}

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def deliver_some(self, data):
        """A first try whose answer was lost: all of it comes again."""
        some = data.draw(st.lists(st.sampled_from(range(len(self.pending))), unique=True, max_size=8))
        self.run(self.hear([self.pending[index] for index in some]))

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def deliver_all(self, data):
        """And some of what came long ago; not of what may have ended since without a word of its own."""
        old = [message for message in self.delivered if message["type"] not in ("Block", "Follow")]
        late = data.draw(st.lists(st.sampled_from(old), max_size=4)) if old else []
        again = data.draw(st.lists(st.sampled_from(self.pending), max_size=6))
        self.settle(data.draw(st.permutations([*self.pending, *again, *late])))

    def settle(self, messages):
        self.run(self.hear(messages))
        self.delivered += self.pending
        self.pending, self.touched = [], set()
        self.run(self.compare())

    async def hear(self, messages):
        await others.receive(*messages)
        await others.handle()
        assert not await Received.exists(), "a message could not be handled"

    def teardown(self):
        self.settle(list(self.pending))

    @invariant()
    def ours_are_untouched(self):
        assert all(actor.is_local for actor in self.ours.values())

    async def compare(self):
        """The rows against the model."""
        follows = await Follow.filter(follower__role=None).values_list("follower__name", "followed__name")
        assert set(follows) == {(name, self.ours[to].name) for kind, name, to in self.did if kind == "Follow"}
        blocks = await Block.all().values_list("by__name", "target__name")
        assert set(blocks) == {(name, self.ours[to].name) for kind, name, to in self.did if kind == "Block"}
        await self.compare_reactions()
        await self.compare_posts()
        await self.compare_our_follow()

    async def compare_reactions(self):
        for name, news in self.news.items():
            now = await Publication.get(id=news.id)
            for kind, deed, count in (
                ("Like", Deed.LIKE, now.likes),
                ("Announce", Deed.ANNOUNCE, now.shares),
            ):
                people = await Reaction.filter(publication=news, deed=deed).values_list(
                    "actor__name", flat=True
                )
                assert set(people) == {who for what, who, on in self.did if (what, on) == (kind, name)}
                assert count == len(people)

    async def compare_posts(self):
        stored = Publication.filter(deleted_at=None, author__role=None).select_related("author", "root")
        by_uri = {post.uri: post for post in await stored}
        assert by_uri.keys() == self.posts.keys()
        for uri, post in self.posts.items():
            assert by_uri[uri].author.name == post["author"]
            assert by_uri[uri].html == post["thing"]["content"]
            if post["root"] is not None:
                assert by_uri[uri].root.uri == post["root"]
        for news in self.news.values():
            below = [post for post in self.posts.values() if post["parent"] == news.uri]
            assert (await Publication.get(id=news.id)).replies == len(below)

    async def compare_our_follow(self):
        now = await Follow.get_or_none(id=self.question.id)
        if "ana" in self.left:
            assert now is None
            return
        expected = self.did.get(("Our follow", "ana", "village"))
        assert (now is None) == (expected in ("rejected", "parted"))
        assert now is None or (now.accepted_at is not None) == (expected == "accepted")


def test_flt_23_any_order_ends_where_the_right_order_does(schema_config):
    use_origin("https://bourg.example")
    with asyncio.Runner() as runner:
        runner.run(open_database(schema_config))
        try:
            machine = type("Running", (Village,), {"runner": runner})
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=15,
                    stateful_step_count=30,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(close_database())
            use_origin("http://localhost:8000")
