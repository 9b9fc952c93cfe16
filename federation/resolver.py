"""From a handle or a URI to an actor, a document, a key, a collection: each its origin's own word.

What one server says about another's is a hint at most: it is asked for where it lives (FEP-fe34).
"""

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from federation.addresses import read_address
from federation.client import Budget, BudgetSpent, Client, Fetched
from federation.documents import Actor, parse_actor
from federation.errors import FederationError, FetchFailed, Gone, InvalidDocument, NotAuthentic, Unreachable
from federation.handles import (
    Handle,
    Located,
    ask_webfinger,
    parse_handle,
    read_host_meta,
    read_webfinger,
    webfinger_template,
)
from federation.knock import Knock
from federation.limits import (
    DOMAINS_REMEMBERED,
    FAILED_FETCH_SECONDS,
    FAILED_FETCHES_REMEMBERED,
    JSON_BYTES,
    NEW_HOSTS_PER_DOMAIN,
    NEW_HOSTS_SECONDS,
)
from federation.media_types import ACTIVITY, JRD, XRD, Accept
from federation.origin import Uri, host_of, is_local, parse_uri, same_origin
from federation.signatures.keys import PublicKey, find_key, key_owner
from federation.vocabulary import Json


@dataclass(frozen=True)
class FoundActor:
    """`handle` was confirmed by its own host."""

    handle: Handle
    actor: Actor


@dataclass(frozen=True)
class FoundKey:
    """`owner` is the document of the actor that lists the key."""

    key: PublicKey
    owner: Json


async def _no_host_is_known(host: str) -> bool:
    return False


class Resolver:
    """`knock` signs every GET of a document; `is_known_host` tells hosts that we had to do with before.

    It remembers failures (FAILED_FETCH_SECONDS) and how many new hosts a domain showed, nothing else.
    """

    def __init__(
        self,
        client: Client,
        *,
        knock: Knock | None = None,
        is_known_host: Callable[[str], Awaitable[bool]] = _no_host_is_known,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._knock = knock
        self._is_known_host = is_known_host
        self._now = now
        self._failures = FailedFetches(monotonic)
        self._new_hosts = NewHosts(monotonic)

    async def knows_host(self, host: str) -> bool:
        """Whether we had to do with it before."""
        return await self._is_known_host(host)

    async def find_actor(self, text: str, *, budget: Budget | None = None) -> FoundActor:
        """The actor behind a handle, a profile page that also answers as a document, or an actor's URI."""
        if "://" in text:
            fetched = await self.fetch_document(parse_uri(text), budget=budget)
            actor = parse_actor(fetched.document, now=self._now())
            handle = await self.confirm_handle(fetched.uri, actor.claimed_handle, budget=budget)
            return FoundActor(handle, actor)
        located = await self.locate(parse_handle(text), budget=budget)
        fetched = await self.fetch_document(located.uri, budget=budget)
        if fetched.uri != located.uri:
            raise NotAuthentic("handle leads to another actor", handle=str(located.handle))
        return FoundActor(located.handle, parse_actor(fetched.document, now=self._now()))

    async def confirm_handle(self, actor: Uri, claimed: str, *, budget: Budget | None = None) -> Handle:
        """The handle of this actor; raise NotAuthentic unless the handle's host names this actor (ORG-14)."""
        located = await self.locate(parse_handle(claimed), budget=budget)
        if located.uri != actor:
            raise NotAuthentic("handle does not lead back to the actor", actor=str(actor))
        return located.handle

    async def locate(self, handle: Handle, *, budget: Budget | None = None) -> Located:
        """Ask the handle's host. When it names another handle, that one's host has the last word, once."""
        first = await self._ask(handle, budget)
        if first.handle == handle:
            return first
        second = await self._ask(first.handle, budget)
        if second.handle != first.handle:
            raise NotAuthentic("handles lead in circles", handle=str(handle))
        return second

    async def _ask(self, handle: Handle, budget: Budget | None) -> Located:
        host = host_of(f"https://{handle.host}")
        try:
            return await self._ask_at(f"https://{handle.host}", handle, budget)
        except Unreachable:
            if not (is_local(host) and self._client.may_be_peer(host)):
                raise
        return await self._ask_at(f"http://{handle.host}", handle, budget)

    async def _ask_at(self, origin: str, handle: Handle, budget: Budget | None) -> Located:
        try:
            return await self._webfinger(webfinger_template(origin), handle, budget)
        except Gone as gone:
            if gone.remote_status != 404:
                raise
        uri = parse_uri(f"{origin}/.well-known/host-meta")
        async with self._fetching(uri):
            answer = await self._client.get_bytes(uri, accept=XRD, max_bytes=JSON_BYTES, budget=budget)
            template = read_host_meta(answer.body)
        return await self._webfinger(template, handle, budget)

    async def _webfinger(self, template: str, handle: Handle, budget: Budget | None) -> Located:
        ask = partial(self._get_json, accept=JRD, budget=budget)
        return read_webfinger((await ask_webfinger(ask, template, handle)).document)

    async def fetch_document(self, uri: Uri, *, budget: Budget | None = None) -> Fetched:
        """The document at `uri`; `Fetched.uri` is its own id, which is another for a page or after a move.

        Where the id is another one of the same origin, that is asked for, once (ORG-07); what a server
        says of another's document is never taken (ORG-08).
        """
        asked = uri.without_fragment()
        for _ in range(2):
            fetched = await self._get_json(asked, budget=budget)
            identity = _identity(fetched.document)
            if not same_origin(identity, fetched.uri):
                raise NotAuthentic("document of another origin", id=str(identity), uri=str(fetched.uri))
            if identity in (asked, fetched.uri):
                return Fetched(identity, fetched.document, fetched.content_type, fetched.headers)
            asked = identity.without_fragment()
        raise NotAuthentic("document does not keep its id", id=str(identity), uri=str(fetched.uri))

    async def fetch_key(self, key_id: str, *, budget: Budget | None = None) -> FoundKey:
        """A key and the actor that lists it, at the key's own origin; else NotAuthentic (SIG-03, SIG-05)."""
        uri = parse_uri(key_id)
        page = at_key = await self._get_json(uri.without_fragment(), budget=budget)
        owner = parse_uri(key_owner(page.document, key_id))
        if not same_origin(owner, uri):
            raise NotAuthentic("key of another origin", key=key_id, owner=str(owner))
        if owner != page.uri:  # the key alone, or a stub of its owner
            page = await self.fetch_document(owner, budget=budget)
        if page.uri != owner:
            raise NotAuthentic("key of an actor that is not there", key=key_id, owner=str(owner))
        alone = at_key.document if same_origin(at_key.uri, uri) else None
        return FoundKey(find_key(page.document, key_id, alone=alone), page.document)

    async def _get_json(
        self, uri: Uri, *, accept: Accept = ACTIVITY, budget: Budget | None = None
    ) -> Fetched:
        async with self._fetching(uri):
            if self._knock is not None and accept is ACTIVITY:
                return await self._knock.get_json(self._client, uri, budget=budget)
            return await self._client.get_json(uri, accept=accept, budget=budget)

    @asynccontextmanager
    async def _fetching(self, uri: Uri) -> AsyncIterator[None]:
        self._failures.check(uri)
        if not await self._is_known_host(uri.host):
            self._new_hosts.admit(uri)
        try:
            yield
        except BudgetSpent:
            raise
        except (FetchFailed, InvalidDocument) as failure:
            self._failures.remember(uri, failure)
            raise


def _identity(document: Json) -> Uri:
    return parse_uri(document.get("id"))


class FailedFetches:
    """URIs that failed lately: asking again at once would only serve who wants us to."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[Uri, tuple[float, FederationError]] = OrderedDict()

    def check(self, uri: Uri) -> None:
        """Raise what this URI failed with."""
        until, failure = self._failures.get(uri, (0, None))
        if failure is None:
            return
        if until > self._monotonic():
            raise failure.again()
        del self._failures[uri]

    def remember(self, uri: Uri, failure: FederationError) -> None:
        now = self._monotonic()
        self._failures.pop(uri, None)
        self._failures[uri] = now + FAILED_FETCH_SECONDS, failure.again()
        while len(self._failures) > FAILED_FETCHES_REMEMBERED or self._oldest() <= now:
            self._failures.popitem(last=False)

    def _oldest(self) -> float:
        return next(iter(self._failures.values()))[0]


class NewHosts:
    """A domain has as many names below it as its owner likes: we meet a few new ones a minute (FET-22).

    A registrable domain is simply the last two labels, so all of `co.uk` shares its few.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: OrderedDict[str, dict[str, float]] = OrderedDict()

    def admit(self, uri: Uri) -> None:
        """Raise Unreachable when there were too many."""
        if read_address(uri.host) is not None:
            return
        domain, now = ".".join(uri.host.split(".")[-2:]), self._monotonic()
        hosts = {host: until for host, until in self._seen.pop(domain, {}).items() if until > now}
        self._seen[domain] = hosts
        if len(self._seen) > DOMAINS_REMEMBERED:
            self._seen.popitem(last=False)
        if uri.host not in hosts and len(hosts) >= NEW_HOSTS_PER_DOMAIN:
            raise Unreachable("too many new hosts below one domain", str(uri))
        hosts.setdefault(uri.host, now + NEW_HOSTS_SECONDS)
