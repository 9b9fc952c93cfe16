"""Léa's server: it finds, signs, sends, checks and drops as Mastodon 4.6 does, read from its source.

What it sends has the shape of tests/documents/mastodon. Signatures are written and verified here anew, so
that nothing of ours is the judge of ours; what Mastodon would drop without a word is kept in `dropped`.
"""

import hashlib
import itertools
import json
import queue
import re
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from bs4 import BeautifulSoup
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from tests.interop.tls import Authority

Json = dict[str, Any]

SHAPES = Path(__file__).parents[1] / "documents" / "mastodon"
THEIRS = "https://mastodon.example"
ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{ACTIVITY_STREAMS}#Public"
ACTIVITY_JSON = "application/activity+json"
KINDS_OF_DOCUMENT = (ACTIVITY_JSON, f'application/ld+json; profile="{ACTIVITY_STREAMS}"')
ACTORS = {"Application", "Group", "Organization", "Person", "Service"}
CONVERTED = {"Image", "Audio", "Video", "Article", "Page", "Event"}
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


def shape(name: str, origin: str) -> Json:
    """What Mastodon sends, as if this were its address."""
    text = (SHAPES / f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text.replace(THEIRS, origin)))


class Mastodon:
    """A server with one account: what Léa does, and what her server shows her."""

    def __init__(self, origin: str, client: httpx.Client) -> None:
        self.origin = origin
        self.actor = f"{origin}/users/lea"
        self.handle = f"@lea@{urlsplit(origin).netloc}"
        self.followed: dict[str, bool] = {}  # actor: whether it said yes
        self.posts: dict[str, Json] = {}  # what is known of others, by id
        self.home: list[tuple[str, str]] = []  # who brought it into her timeline, and what
        self.dropped: list[str] = []
        self.refused: list[str] = []
        self.heard: list[Json] = []
        self.mine: dict[str, Json] = {}  # what others may fetch here, by id
        self.arrived: queue.Queue[Json | None] = queue.Queue()
        self._client = client
        self._key = generate_private_key(65537, 2048)
        self._actors: dict[str, Json] = {}
        self._numbers = itertools.count(114_000_000_000_000_001)
        for document in (self._person(), self._instance()):
            document["publicKey"]["publicKeyPem"] = _pem(self._key)
            self.mine[document["id"]] = document

    def _person(self) -> Json:
        usual = shape("person", self.origin) | {"name": "Léa Marchand", "tag": [], "alsoKnownAs": []}
        return {name: value for name, value in usual.items() if name not in ("icon", "image")} | {
            "webfinger": self.handle.removeprefix("@")
        }

    def _instance(self) -> Json:
        return shape("application", self.origin)

    # ------------------------------------------------------------ what she does

    def find(self, handle: str) -> Json:
        """Typed into the search: WebFinger, then the actor, and what it pinned."""
        name, _, host = handle.removeprefix("@").partition("@")
        found = self._webfinger(host, f"acct:{name}@{host}")
        actor = self.fetch(found)
        assert ACTORS & {actor["type"]}, actor["type"]
        assert actor["preferredUsername"].lower() == name.lower()
        assert actor["publicKey"]["owner"] == actor["id"]
        assert urlsplit(actor["url"]).netloc == urlsplit(actor["id"]).netloc
        posts = [self.fetch(uri) for uri in self.fetch(actor["featured"])["orderedItems"]]
        own = [post for post in posts if post["attributedTo"] == actor["id"]]  # others' are left out
        for post in own:
            self._keep(post)
        return actor | {"pinned": [post["id"] for post in own]}

    def _webfinger(self, host: str, resource: str) -> str:
        answer = self._client.get(f"https://{host}/.well-known/webfinger", params={"resource": resource})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["subject"].lower() == resource.lower()
        links = [link for link in told["links"] if link["rel"] == "self"]
        return str(next(link["href"] for link in links if link.get("type") in KINDS_OF_DOCUMENT))

    def follow(self, handle: str) -> str:
        actor = self.find(handle)
        self.followed[actor["id"]] = False
        self._send(self._of("follow", object=actor["id"]), actor["inbox"])
        return str(actor["id"])

    def unfollow(self, actor: str) -> None:
        del self.followed[actor]
        follow = self._of("follow", object=actor)
        undo = shape("undo_follow", self.origin) | {"id": f"{follow['id']}/undo", "object": follow}
        self._send(undo, self._actors[actor]["inbox"])

    def boost(self, uri: str) -> str:
        """To the shared inbox of its author; the id."""
        author = self._author(uri)
        activity = shape("announce", self.origin) | {
            "id": f"{self._status()}/activity",
            "published": _now(),
            "cc": [author["id"], f"{self.actor}/followers"],
            "object": uri,
        }
        self._send(activity, author["endpoints"]["sharedInbox"])
        return str(activity["id"])

    def like(self, uri: str) -> None:
        activity = shape("like", self.origin) | {"id": f"{self.actor}#likes/{self._number()}", "object": uri}
        self._send(activity, self._author(uri)["inbox"])

    def answer(self, uri: str, words: str, *, privately: bool = False) -> str:
        """Below a post, whose author the composer names first; the id of the status."""
        return self._write(words, self._author(uri), in_reply_to=uri, privately=privately)

    def post(self, words: str, *, to: str) -> str:
        """A public post that names somebody by their handle."""
        return self._write(words, self.find(to), in_reply_to=None, privately=False)

    def report(self, actor: str, uri: str, words: str) -> None:
        """Her server tells it in its own name."""
        flag = shape("flag", self.origin) | {
            "id": f"{self.origin}/{self._number()}",
            "content": words,
            "object": [actor, uri],
        }
        self._send(flag, self._actors[actor]["inbox"], signer=f"{self.origin}/actor")

    def delete(self, uri: str, *, known_to: str) -> None:
        del self.mine[uri]
        tombstone = {"id": uri, "type": "Tombstone", "atomUri": uri}
        gone = shape("delete_note", self.origin) | {"id": f"{uri}#delete", "object": tombstone}
        self._send(gone, self._actors[known_to]["endpoints"]["sharedInbox"])

    def _write(self, words: str, reader: Json, *, in_reply_to: str | None, privately: bool) -> str:
        uri, handle = self._status(), reader["preferredUsername"]
        link = f'<a href="{reader["url"]}" class="u-url mention">@<span>{handle}</span></a>'
        content = f'<p><span class="h-card" translate="no">{link}</span> {words}</p>'
        # Of a group that is named, its followers are meant as well.
        group = [reader["followers"]] if reader["type"] == "Group" else []
        to, cc = ([reader["id"]], []) if privately else ([PUBLIC], [f"{self.actor}/followers", reader["id"]])
        host = urlsplit(reader["id"]).netloc
        note = shape("note", self.origin) | {
            **dict.fromkeys(("id", "atomUri"), uri),
            **dict.fromkeys(("inReplyTo", "inReplyToAtomUri"), in_reply_to),
            "published": _now(),
            "url": uri.replace("/users/lea/statuses", "/@lea"),
            "to": to,
            "cc": [*cc, *group],
            "content": content,
            "contentMap": {"fr": content},
            "attachment": [],
            "conversation": f"tag:{uri}",
            "context": f"{self.origin}/contexts/1",
            "tag": [{"type": "Mention", "href": reader["id"], "name": f"@{handle}@{host}"}],
        }
        if not privately:
            self.mine[uri] = note
        activity = shape("create_note", self.origin) | {
            "id": f"{uri}/activity",
            "published": note["published"],
            "to": to,
            "cc": note["cc"],
            "object": {name: value for name, value in note.items() if name != "@context"},
        }
        self._send(activity, reader["endpoints"]["sharedInbox"])
        return uri

    def _of(self, kind: str, **facts: Any) -> Json:
        """One id for each object: it is taken back by the same."""
        name = hashlib.sha256(str(facts).encode()).hexdigest()[:32]
        return shape(kind, self.origin) | {"id": f"{self.origin}/{name}"} | facts

    def _author(self, uri: str) -> Json:
        return self._actor(self.posts[uri]["attributedTo"])

    def _actor(self, uri: str) -> Json:
        if uri not in self._actors:
            self.fetch(uri)
        return self._actors[uri]

    def _status(self) -> str:
        return f"{self.actor}/statuses/{self._number()}"

    def _number(self) -> int:
        return next(self._numbers)

    # ------------------------------------------------------------ what she sees

    @property
    def timeline(self) -> str:
        """The words of what stands in her home, the latest versions."""
        return " ".join(shown(self.posts[uri]) for _, uri in self.home if uri in self.posts)

    def notified(self, words: str) -> Json:
        """What she was told of, because it names her, with these words; nothing if nobody said it."""
        return next((each for each in self.posts.values() if self._names(each) and words in shown(each)), {})

    def _names(self, post: Json) -> bool:
        """A mention that is also addressed: without the address Mastodon tells nobody."""
        tags = {tag.get("href") for tag in post.get("tag", []) if tag.get("type") == "Mention"}
        return self.actor in tags and self.actor in [*_listed(post.get("to")), *_listed(post.get("cc"))]

    # ------------------------------------------------------------ the wire

    def fetch(self, uri: str) -> Json:
        """Signed by the server, as Mastodon asks for everything; a document that is what was asked for."""
        headers = self._signed("get", uri, b"", signer=f"{self.origin}/actor")
        answer = self._client.get(uri, headers=headers | {"accept": f"{ACTIVITY_JSON}, application/ld+json"})
        assert answer.status_code == 200, f"{uri} answers {answer.status_code}"
        assert answer.headers["content-type"] in KINDS_OF_DOCUMENT
        document = dict(answer.json())
        assert document["id"] == uri
        assert ACTIVITY_STREAMS in _listed(document["@context"])
        if document["type"] in ACTORS:
            self._actors[uri] = document
        return document

    def _send(self, activity: Json, inbox: str, *, signer: str = "") -> None:
        body = json.dumps(activity, ensure_ascii=False).encode()
        answer = self._client.post(
            inbox, content=body, headers=self._signed("post", inbox, body, signer=signer)
        )
        assert answer.status_code in (200, 202), f"{inbox} answers {answer.status_code}: {answer.text}"

    def _signed(self, method: str, url: str, body: bytes, *, signer: str = "") -> dict[str, str]:
        """In the order of Mastodon: the line of the request is signed last."""
        parts = urlsplit(url)
        headers = {"host": parts.netloc, "date": format_datetime(datetime.now(UTC), usegmt=True)}
        if method == "post":
            headers |= {"content-type": ACTIVITY_JSON, "digest": _digest(body)}
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lines = [f"{name}: {value}" for name, value in headers.items()]
        signed = "\n".join([*lines, f"(request-target): {method} {target}"])
        value = b64encode(self._key.sign(signed.encode(), PKCS1v15(), SHA256())).decode()
        key, names = f"{signer or self.actor}#main-key", " ".join([*headers, "(request-target)"])
        signature = f'keyId="{key}",algorithm="rsa-sha256",headers="{names}",signature="{value}"'
        return headers | {"signature": signature, "user-agent": "Mastodon/4.6.0 (http.rb/5.3; +https://lea/)"}

    def receive(self, request: "Request") -> int:
        """The gate: only who signed it may say it. The rest comes later."""
        try:
            signer = self._verify(request)
        except (AssertionError, InvalidSignature, KeyError, ValueError) as error:
            self.refused.append(f"{error!r}: {request.body[:300]!r}")
            return 401
        activity = json.loads(request.body)
        if activity["actor"] != signer or ACTIVITY_STREAMS not in _listed(activity.get("@context")):
            self.dropped.append(f"not the signer's, or no document: {activity}")
        else:
            self.heard.append(activity)
            self.arrived.put(activity)
        return 202

    def _verify(self, request: "Request") -> str:
        signature = dict(_PARAMETER.findall(request.headers["signature"]))
        names = signature["headers"].split()
        assert {"date", "digest", "host", "(request-target)"} <= set(names)
        assert request.headers["digest"] == _digest(request.body)
        sent = parsedate_to_datetime(request.headers["date"])
        assert abs((datetime.now(UTC) - sent).total_seconds()) < 300
        values = {**request.headers, "(request-target)": f"post {request.path}"}
        signed = "\n".join(f"{name}: {values[name]}" for name in names)
        owner = self._actor(signature["keyId"].partition("#")[0])
        assert owner["publicKey"]["id"] == signature["keyId"]
        key = load_pem_public_key(owner["publicKey"]["publicKeyPem"].encode())
        assert isinstance(key, RSAPublicKey)
        key.verify(b64decode(signature["signature"]), signed.encode(), PKCS1v15(), SHA256())
        return str(owner["id"])

    # ------------------------------------------------------------ what comes of it

    def work(self) -> None:
        """One after the other, until it is told to end."""
        while (activity := self.arrived.get()) is not None:
            handler = getattr(self, f"_hear_{activity['type'].lower()}", None)
            try:
                reason = "nobody knows this" if handler is None else handler(activity)
            except Exception as error:  # whatever it was: the test is told
                reason = repr(error)
            if reason:
                self.dropped.append(f"{reason}: {json.dumps(activity, ensure_ascii=False)}")

    def _hear_accept(self, activity: Json) -> str | None:
        asked = activity["object"]
        if asked.get("type") != "Follow" or asked["actor"] != self.actor:
            return "an Accept of nothing that was asked"
        self.followed[activity["actor"]] = True
        return None

    def _hear_create(self, activity: Json) -> str | None:
        post = activity["object"]
        if _host(post["id"]) != _host(activity["actor"]):
            return "of another host"
        addressed = [*_listed(post.get("to")), *_listed(post.get("cc"))]
        answers = (post.get("inReplyTo") or "").startswith(self.origin)
        if not (self.followed.get(activity["actor"]) or answers or self.actor in addressed):
            return "nobody here follows, is named or is answered"
        return self._keep(post, by=activity["actor"])

    def _hear_update(self, activity: Json) -> str | None:
        thing = activity["object"]
        if thing["type"] in ACTORS:
            self._actors[thing["id"]] = thing
            return None
        known = self.posts.get(thing["id"])
        if known is not None and (thing.get("updated") or "") <= (known.get("updated") or ""):
            return None  # counts only
        return self._keep(thing)

    def _hear_announce(self, activity: Json) -> str | None:
        uri, by = activity["object"], activity["actor"]
        if not (self.followed.get(by) or str(uri).startswith(self.origin)):
            return "announced by whom nobody follows"
        if PUBLIC not in [*_listed(activity.get("to")), *_listed(activity.get("cc"))]:
            return "a boost for nobody"
        if uri in self.mine:
            self.home.append((by, uri))
            return None
        return self._keep(self.fetch(uri), by=by)

    def _hear_delete(self, activity: Json) -> str | None:
        gone = activity["object"]
        self.posts.pop(gone["id"] if isinstance(gone, dict) else gone, None)
        return None

    def _hear_undo(self, activity: Json) -> str | None:
        undone = activity["object"]
        self.home = [each for each in self.home if each != (activity["actor"], undone.get("object"))]
        return None

    def _keep(self, post: Json, *, by: str = "") -> str | None:
        if post["type"] not in CONVERTED | {"Note", "Question"}:
            return "a type that is not shown"
        if not BeautifulSoup(shown(post), "html.parser").text.strip():
            return "no words"
        self.posts[post["id"]] = post
        if by:
            self.home.append((by, post["id"]))
        return None


def shown(post: Json) -> str:
    """The words that Mastodon puts on the screen: of what is no note only name, summary and address."""
    if post["type"] in CONVERTED:
        content = f"<p>{post.get('name', '')}</p>{post.get('summary') or ''} {post['url']}"
    else:
        content = f"{post.get('summary') or ''}{post.get('content', '')}"
    return " ".join(BeautifulSoup(content, "html.parser").get_text(" ").split())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _host(uri: str) -> str:
    return urlsplit(uri).netloc


def _digest(body: bytes) -> str:
    return "SHA-256=" + b64encode(hashlib.sha256(body).digest()).decode()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pem(key: RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class Request:
    """A post as it came; header names in lower case."""

    def __init__(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        self.path = path
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: "_Server"

    def do_GET(self) -> None:
        mastodon, parts = self.server.mastodon, urlsplit(self.path)
        if parts.path == "/.well-known/webfinger":
            return self._answer(200, _jrd(mastodon), "application/jrd+json")
        found = mastodon.mine.get(mastodon.origin + parts.path)
        self._answer(200 if found else 404, found or {"error": "Record not found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self._answer(self.server.mastodon.receive(Request(self.path, dict(self.headers), body)), {})

    def _answer(self, status: int, document: Json, kind: str = f"{ACTIVITY_JSON}; charset=utf-8") -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """The test says what matters."""


def _jrd(mastodon: Mastodon) -> Json:
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": mastodon.actor}
    return {"subject": f"acct:{mastodon.handle.removeprefix('@')}", "links": [link]}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    mastodon: Mastodon

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that the other side closed."""


@contextmanager
def running_mastodon(authority: Authority, address: str) -> Iterator[Mastodon]:
    """On a free port of this address, over TLS, with a worker for what arrives."""
    server = _Server((address, 0), _Handler)
    context: ssl.SSLContext = authority.server_context(address)
    # The handshake is for the thread of the connection: nobody waits for somebody slow.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with httpx.Client(verify=authority.context, timeout=30) as client:
        mastodon = Mastodon(f"https://{address}:{server.server_port}", client)
        server.mastodon = mastodon
        threads = [
            threading.Thread(target=each, daemon=True) for each in (server.serve_forever, mastodon.work)
        ]
        for thread in threads:
            thread.start()
        try:
            yield mastodon
        finally:
            mastodon.arrived.put(None)
            server.shutdown()
            server.server_close()
            for thread in threads:
                thread.join(30)
