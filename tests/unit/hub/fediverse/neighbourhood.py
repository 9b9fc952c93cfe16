"""A village of ours, people elsewhere who follow it, and servers that answer as a test says."""

import asyncio
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import count

from federation import activities
from federation.addressing import Visibility, address
from federation.delivery import Delivery, Outcome
from federation.outgoing import NoteDraft, note
from federation.signatures import Scheme
from hub.actors.actions import establish, meet
from hub.actors.hosts import use_federation
from hub.actors.minting import object_uri, origin, use_origin
from hub.actors.models import Actor, Host, Role
from hub.db import transaction
from hub.fediverse.actions import Reach, publish
from hub.fediverse.models import Follow
from hub.publications.documents import new_code, note_document
from hub.publications.models import Kind, Publication, Scope
from tests.waiting import GUARD

ORIGIN = "https://bourg.example"
_numbers = count(1)


async def open_village():
    """Its actor."""
    use_origin(ORIGIN)
    use_federation("open")
    async with transaction():
        await establish(Role.SERVER, name="server", display_name="Bourg")
        return await establish(Role.VILLAGE, name="bourg", display_name="Bourg")


def close_village():
    use_origin("http://localhost:8000")
    use_federation("open")


async def person(host="social.example", *, shares=False, follows=None, **facts):
    """Somebody elsewhere; `shares`: their server has a shared inbox."""
    name = facts.pop("name", f"ana{next(_numbers)}")
    uri = f"https://{host}/users/{name}"
    await meet(host, at=datetime.now(UTC))
    usual = {"inbox": f"{uri}/inbox", "shared_inbox": f"https://{host}/inbox" if shares else None}
    one = await Actor.create(uri=uri, host=host, name=name, kind="Person", **(usual | facts))
    if follows is not None:
        await follow(one, follows)
    return one


async def follow(follower, followed, *, accepted=True):
    at = datetime.now(UTC)
    uri = f"{follower.uri}/follows/{next(_numbers)}"
    return await Follow.create(
        uri=uri, follower=follower, followed=followed, accepted_at=at if accepted else None
    )


async def publication(author, *, scope=Scope.PUBLIC, kind=Kind.ANNOUNCEMENT, **facts):
    """Of ours or of others, without being sent."""
    if not author.is_local:
        uri = f"{author.uri}/posts/{next(_numbers)}"
        usual = {"uri": uri, "url": uri}
    else:
        uri, code = object_uri(), new_code()
        usual = {"uri": uri, "url": f"{origin()}/{code}", "code": code}
    usual |= {"type": "Note", "published_at": datetime.now(UTC), "language": "fr"}
    return await Publication.create(author=author, scope=scope, kind=kind, **(usual | facts))


async def document(publication, *, mentions=()):
    """Written for it and kept with it."""
    publication.document = note_document(publication, mentions=mentions)
    await publication.save()
    return publication.document


def news(author, number=0, *, visibility=Visibility.PUBLIC):
    """An activity that says something new."""
    uri = object_uri()
    audience = address(visibility, followers=f"{author.uri}/followers")
    draft = NoteDraft(
        uri=uri,
        author=author.uri,
        html=f"<p>News {number}</p>",
        url=uri,
        language="fr",
        audience=audience,
        published_at=datetime.now(UTC),
    )
    return activities.create(note(draft))


async def announce(author, number=0, *, reach=None):
    """Published to all followers."""
    async with transaction():
        return await publish(
            news(author, number), author=author, reach=reach or Reach(followers_of=(author,))
        )


class Clock:
    """Time as the test says; a little ahead, so that what is published now is due."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC) + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **time: float) -> None:
        self.at += timedelta(**time)


class Peers:
    """Other servers: each post is kept, and answered as `on()` says, with 202 otherwise.

    An answer is a status, a Delivery, None for no connection, or a function that gives one of these.
    """

    def __init__(self) -> None:
        self.posts: list[tuple[str, str, bytes, str]] = []
        self.at_once: dict[str, int] = defaultdict(int)
        self.most_at_once: dict[str, int] = defaultdict(int)
        self._answers: dict[str, object] = {}

    def on(self, host: str, answer: object) -> None:
        self._answers[host] = answer

    def bodies(self, host: str | None = None) -> list[bytes]:
        return [body for its, _, body, _ in self.posts if host in (None, its)]

    def inboxes(self, host: str | None = None) -> list[str]:
        return [inbox for its, inbox, _, _ in self.posts if host in (None, its)]

    async def __call__(self, inbox, parcel, *, key, scheme, now):
        host = inbox.split("/")[2]
        self.posts.append((host, inbox, parcel.body, scheme))
        self.at_once[host] += 1
        self.most_at_once[host] = max(self.most_at_once[host], self.at_once[host])
        try:
            answer = self._answers.get(host, 202)
            if callable(answer):
                answer = answer(inbox)
            if asyncio.iscoroutine(answer):
                answer = await answer
            await asyncio.sleep(0)
            return answer if isinstance(answer, Delivery) else answered(answer, scheme)
        finally:
            self.at_once[host] -= 1


async def answer_after(event):
    """For `Peers.on`: taken, but not before `event`."""
    await event.wait()
    return 202


async def until(condition):
    async with asyncio.timeout(GUARD):
        while not condition():
            await asyncio.sleep(0.005)


def uris(bodies):
    return [json.loads(body)["id"] for body in bodies]


def answered(status: int | None, scheme: Scheme = Scheme.CAVAGE, *, retry_after=None) -> Delivery:
    """What federation.delivery makes of a status; None: nobody answered."""
    if status is None:
        return Delivery(Outcome.RETRY, scheme, reason="no connection")
    outcome = {2: Outcome.DELIVERED, 3: Outcome.MOVED, 5: Outcome.RETRY}.get(status // 100, Outcome.REFUSED)
    outcome = {404: Outcome.GONE, 410: Outcome.GONE, 401: Outcome.RETRY, 429: Outcome.RETRY}.get(
        status, outcome
    )
    return Delivery(outcome, scheme, status, retry_after, f"answered {status}")


async def host(name: str) -> Host:
    return await Host.get(name=name)
