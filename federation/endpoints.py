"""What other servers ask of us over HTTP: who is here, the documents of our URIs, and our inboxes.

Plain ASGI and not Starlette's requests and responses: a post that spreads is asked for by thousands of
servers within a minute, and by each of them with the same words (attacks.md LD-01).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from federation.answers import (
    ACCEPTED,
    MISSING,
    Answer,
    Memory,
    not_allowed,
    preflight,
    ready,
    ready_json,
    redirect,
    refusal,
)
from federation.errors import FederationError, InvalidDocument
from federation.inbox import Gate
from federation.limits import (
    BUSY_SECONDS,
    INBOX_BODY_SECONDS,
    JSON_BYTES,
    LOOK_UP_SECONDS,
    LOOK_UPS,
    LOOK_UPS_WAITING,
    POSTS,
    QUERY_FIELDS,
)
from federation.local import Local, Served
from federation.media_types import Wanted, negotiate
from federation.nodeinfo import host_meta, nodeinfo, well_known
from federation.refusals import RefusalLog, signer_host, to_answer
from federation.room import Full, Room
from federation.signatures import SignedRequest
from federation.vocabulary import JRD_JSON, LD_JSON, NODEINFO_JSON, XRD_XML, Json, own_vocabulary
from federation.webfinger import parse_resource

_GET = ("GET", "HEAD", "OPTIONS")
_TOO_BIG = refusal(413, "too big")
_BUSY = refusal(503, "busy", {"retry-after": str(BUSY_SECONDS)})
_PLAIN_LD = LD_JSON.partition(";")[0]
_NOBODY = "for who does not sign"  # the answer, where others may get more


class Endpoints:
    """`routes` for the application, before any that would catch their paths.

    Answers to who does not sign are remembered for some seconds: call `clear()` when anything changes.
    """

    def __init__(
        self,
        gate: Gate,
        local: Local,
        *,
        origin: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gate = gate
        self._local = local
        self._origin = origin
        self._now = now
        self.remembered = Memory(monotonic)
        self._inboxes = Memory(monotonic)  # what changes in a document changes nothing for who may post
        self._log = RefusalLog(monotonic)
        self._look_ups = Room(inside=LOOK_UPS, line=LOOK_UPS_WAITING, seconds=LOOK_UP_SECONDS)
        self._posts = Room(inside=POSTS, line=0, seconds=0)

    @property
    def routes(self) -> list[Route]:
        documents, inbox = _Get(self._document), _Post(self._inbox)
        get = {
            "/.well-known/webfinger": self._webfinger,
            "/.well-known/nodeinfo": self._nodeinfo_links,
            "/.well-known/host-meta": self._fixed(ready(host_meta(self._origin).encode(), XRD_XML)),
            "/nodeinfo/2.1": self._nodeinfo,
            "/ns": self._fixed(ready_json(own_vocabulary(), _PLAIN_LD)),
        }
        return [
            *(Route(path, inbox) for path in ("/inbox", "/actor/inbox", "/relay/inbox", "/a/{name}/inbox")),
            *(Route(path, documents) for path in ("/actor", "/actor/{path:path}")),
            *(Route(path, documents) for path in ("/relay", "/relay/{path:path}")),
            *(Route(path, documents) for path in ("/a/{path:path}", "/o/{path:path}")),
            *(Route(path, _Get(answer)) for path, answer in get.items()),
        ]

    def clear(self) -> None:
        self.remembered.clear()

    # Documents

    async def _document(self, scope: Scope) -> Answer:
        wanted, signature = negotiate(_header(scope, b"accept")), _header(scope, b"signature")
        target = _target(scope)
        key = (wanted, target)
        for known in (key,) if signature else (key, (*key, _NOBODY)):
            if (found := self.remembered.get(known)) is not None:
                return found
        asked_at, uri = self.remembered.cleared, self._origin + target
        served = await self._served(uri)
        # The server actor signs what we ask for: if its key were given for a signature only, two servers of
        # that mind would wait for each other.
        may_be_more = served is None or (served.partial and uri != self._local.server_actor)
        if signature and wanted is not Wanted.PAGE and may_be_more:
            return await self._document_for_signer(scope, uri, wanted)
        answer = _to_answer(served, wanted)
        # Only under its own id, so that nobody fills the memory with one document and thousands of queries.
        if served is not None and _is_kept(served, uri):
            self.remembered.keep((*key, _NOBODY) if served.partial else key, answer, asked_at=asked_at)
        return answer

    async def _document_for_signer(self, scope: Scope, uri: str, wanted: Wanted) -> Answer:
        """What is private and what is missing come here alike, so a refusal tells nothing of either."""
        now = self._now()
        try:
            reader = await self._gate.identify(_to_request(scope, uri), now=now)
        except FederationError as error:
            self._log.write(error, host=signer_host(_signature(scope)))
            return to_answer(error, now=now)
        return _to_answer(await self._served(uri, reader), wanted, public=False)

    async def _served(self, uri: str, reader: str | None = None) -> Served | None:
        """Out of the rows, by a few at once; raises Full. The network is never waited for in there."""
        async with self._look_ups.place():
            return await self._local.serve(uri, reader)

    # Inboxes

    async def _inbox(self, scope: Scope, receive: Receive) -> Answer:
        now, target = self._now(), _target(scope)
        declared = _header(scope, b"content-length")
        if declared and not (declared.isdecimal() and len(declared) < 10 and int(declared) <= JSON_BYTES):
            return _TOO_BIG
        if (absent := await self._absent(target)) is not None:
            return absent
        try:
            async with asyncio.timeout(INBOX_BODY_SECONDS):
                body = await _read(receive)
        except TimeoutError:
            return refusal(408, "too slow", {"connection": "close"})
        if isinstance(body, Answer):
            return body
        try:
            async with self._posts.place():
                await self._gate.receive(_to_request(scope, self._origin + target, body), now=now)
        except FederationError as error:
            self._log.write(error, host=signer_host(_signature(scope)))
            return to_answer(error, now=now)
        return ACCEPTED

    async def _absent(self, target: str) -> Answer | None:
        """What to say at the inbox of nobody; None where somebody is there."""
        path = target.partition("?")[0]
        if path in ("/inbox", "/actor/inbox"):
            return None
        if not path.endswith("/inbox"):  # spelled in another way
            return MISSING
        owner = path.removesuffix("/inbox")
        found = self._inboxes.get(owner)
        if found is None:
            served = await self._served(self._origin + owner)
            found = _to_answer(served, Wanted.ACTIVITY)
            if served is not None:
                self._inboxes.keep(owner, found, asked_at=0)
        return None if found.status == 200 else found

    # Who is here

    async def _webfinger(self, scope: Scope) -> Answer:
        try:
            fields = parse_qsl(
                scope["query_string"].decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=QUERY_FIELDS,
            )
            [text] = [value for name, value in fields if name == "resource"]
            resource = parse_resource(text)
        except (ValueError, InvalidDocument):
            return refusal(400, "exactly one resource that can be read")
        rels = frozenset(value for name, value in fields if name == "rel")
        key = ("webfinger", resource)
        if not rels and (found := self.remembered.get(key)) is not None:
            return found
        asked_at = self.remembered.cleared
        async with self._look_ups.place():
            jrd = await self._local.webfinger(resource)
        if jrd is None:
            return MISSING
        if rels:
            return ready_json(_filtered(jrd, rels), JRD_JSON)
        answer = ready_json(jrd, JRD_JSON)
        self.remembered.keep(key, answer, asked_at=asked_at)
        return answer

    async def _nodeinfo_links(self, scope: Scope) -> Answer:
        if await self._nodeinfo(scope) is MISSING:
            return MISSING
        links = well_known(f"{self._origin}/nodeinfo/2.1", server_actor=self._local.server_actor)
        return ready_json(links, JRD_JSON)

    async def _nodeinfo(self, scope: Scope) -> Answer:
        if (found := self.remembered.get("nodeinfo")) is not None:
            return found
        asked_at, presence = self.remembered.cleared, await self._local.presence()
        if presence is None:
            return MISSING
        answer = ready_json(nodeinfo(presence), NODEINFO_JSON)
        self.remembered.keep("nodeinfo", answer, asked_at=asked_at)
        return answer

    def _fixed(self, answer: Answer) -> "Ask":
        async def same(scope: Scope) -> Answer:
            return answer

        return same


Ask = Callable[[Scope], Awaitable[Answer]]
Take = Callable[[Scope, Receive], Awaitable[Answer]]


class _Get:
    """ASGI around a question; any site's script may ask it."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method in ("GET", "HEAD"):
            answer = await _or_busy(self._ask(scope))
        else:
            answer = preflight(_GET) if method == "OPTIONS" else not_allowed(_GET)
        await answer.send(scope, send)


class _Post:
    def __init__(self, take: Take) -> None:
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = scope["method"] == "POST"
        answer = await _or_busy(self._take(scope, receive)) if taken else not_allowed(["POST"])
        await answer.send(scope, send)


async def _or_busy(answer: Awaitable[Answer]) -> Answer:
    """Where there is no room the other server is told so at once: it asks again."""
    try:
        return await answer
    except Full:
        return _BUSY


def _is_kept(served: Served, uri: str) -> bool:
    return served.public and not served.endless and served.document.get("id") == uri


def _to_answer(served: Served | None, wanted: Wanted, *, public: bool = True) -> Answer:
    """`public` is False where the signature was looked at: what one may see is nobody else's to keep."""
    if wanted is Wanted.PAGE:
        if served is None or served.page is None:
            raise HTTPException(404, headers={"vary": "accept, signature"})
        return redirect(served.page, public=public and served.public)
    if served is None:
        return MISSING
    status = 410 if served.gone else 200
    return ready_json(served.document, wanted.value, status=status, public=public and served.public)


def _filtered(jrd: Json, rels: frozenset[str]) -> Json:
    """RFC 7033, 4.3: only the links that were asked for."""
    return {**jrd, "links": [link for link in jrd.get("links", []) if link.get("rel") in rels]}


def _to_request(scope: Scope, url: str, body: bytes = b"") -> SignedRequest:
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
    )
    return SignedRequest(scope["method"], url, headers, body)


def _target(scope: Scope) -> str:
    """Path and query as they came over the wire: the signature covers these bytes and no others."""
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _header(scope: Scope, name: bytes) -> str:
    values: Sequence[bytes] = [value for each, value in scope["headers"] if each == name]
    return b", ".join(values).decode("latin-1")


def _signature(scope: Scope) -> str:
    return _header(scope, b"signature") + _header(scope, b"signature-input")


async def _read(receive: Receive) -> bytes | Answer:
    """The whole body, or what to say where it is too big or breaks off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return refusal(400, "incomplete")
        body += message.get("body", b"")
        if len(body) > JSON_BYTES:
            return _TOO_BIG
        if not message.get("more_body", False):
            return bytes(body)
