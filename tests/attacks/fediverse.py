"""Other servers, as attackers: actors on the evil peer who sign what they send, and bend what a test wants.

    def test_…(fediverse: Fediverse, attacker: Attacker) -> None:
        news = fediverse.announce("Le marché")
        answer = attacker.post(attacker.follow())
        fediverse.settle()
        assert answer.status == 202
        assert attacker.told("Accept")

`fediverse` (a village and a peer, started once for each module and engine) and `attacker` (new for each
test) are fixtures of conftest.py. Nothing here looks into the hub: rows, pages, JSON, its log, and what the
peer was asked.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http.client import HTTPResponse
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.signatures import PrivateKey, Scheme, SignedRequest, cavage, rfc9421, sign
from federation.signatures.keys import generate_ed25519, generate_rsa, multikey, public_pem
from federation.signatures.message import make_signature
from tests.attacks.village import Village
from tests.attacks.visitor import heading
from tests.evilpeer import NEIGHBOUR, PEER, EvilPeer, Received, answers
from tests.waiting import GUARD

ACTIVITY_JSON = answers.ACTIVITY_JSON
CONTEXT = ["https://www.w3.org/ns/activitystreams"]
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"

Json = dict[str, Any]
Bend = Callable[[SignedRequest], SignedRequest]

A_MOMENT = timedelta(seconds=2)  # shorter than anything waits for its second try

_numbers = count(1)


@dataclass(frozen=True)
class Answer:
    """What came back over the wire; header names are in lower case, repeated ones joined."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Announcement:
    """News of the village: the code of its page, and its URI."""

    code: str
    uri: str


class Fediverse:
    """A village that runs, and the peer that plays everybody else."""

    def __init__(self, village: Village, peer: EvilPeer) -> None:
        self.village = village
        self.peer = peer
        self.origin = village.site.url
        self.actor = f"{self.origin}/a/valbrume"
        self.shared_inbox = f"{self.origin}/inbox"
        self.statuses: list[int] = []

    # ------------------------------------------------------------ other servers

    def attacker(self, name: str | None = None, *, host: str = PEER, key: int = 0) -> "Attacker":
        """Somebody nobody here knows yet, whose actor, handle and inbox the peer answers for.

        `host` is PEER or NEIGHBOUR: two servers. `key` numbers the RSA keys: the same number, the same key.
        """
        attacker = Attacker(self, name or f"mallory-{next(_numbers)}", host=host, key=key)
        attacker.publish()
        return attacker

    def send(self, request: SignedRequest, *, framed: bool = True) -> Answer:
        """Exactly these headers in this order, and this body; `framed`: its length is added if missing."""
        headers = list(request.headers)
        names = {name for name, _ in headers}
        if "host" not in names:
            headers.insert(0, ("host", urlsplit(request.url).netloc))
        if framed and request.method == "POST" and not names & {"content-length", "transfer-encoding"}:
            headers.append(("content-length", str(len(request.body))))
        lines = [
            f"{request.method} {request.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers),
        ]
        head = "\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1")
        return self.send_bytes(head + request.body)

    def send_bytes(self, content: bytes) -> Answer:
        """What no HTTP client would send."""
        with closing(socket.create_connection(("127.0.0.1", self.village.site.port), timeout=30)) as wire:
            wire.sendall(content)
            response = HTTPResponse(wire)
            response.begin()
            headers: dict[str, str] = {}
            for name, value in response.getheaders():
                known = headers.get(name.lower())
                headers[name.lower()] = value if known is None else f"{known}, {value}"
            answer = Answer(response.status, headers, response.read())
        self.statuses.append(answer.status)
        return answer

    def get(
        self, uri: str, *, accept: str = ACTIVITY_JSON, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """An unsigned question; `uri` may be a path."""
        url = uri if not uri.startswith("/") else self.origin + uri
        return self.send(SignedRequest("GET", url, (("accept", accept), *(headers or {}).items())))

    # ------------------------------------------------------------ the village's agent

    def announce(
        self, text: str = "Le marché revient.", *, title: str = "", scope: str = "public"
    ) -> Announcement:
        """Tell news, by the form of the page. `scope`: public or village."""
        fields = {"title": title or f"Nouvelle {next(_numbers)}", "text": text, "scope": scope}
        path = self._pressed("/new/announcement", **fields)
        return Announcement(
            path.strip("/"), self.value(f"SELECT uri FROM publication WHERE code = '{path[1:]}'")
        )

    def press(self, path: str, **fields: str) -> str:
        """A button of a page, as the administrator; the path that it leads to."""
        return self._pressed(path, **fields)

    def follow(self, attacker: "Attacker") -> Json:
        """The village asks to follow; its Follow, as it reached the peer. Nothing is accepted yet."""
        self._pressed("/network/follow", handle=attacker.handle)
        self.settle()
        return attacker.told("Follow")[-1]

    def befriend(self, attacker: "Attacker") -> None:
        """The village follows, and is accepted."""
        asked = self.follow(attacker)
        assert attacker.post(attacker.activity("Accept", object=asked["id"])).status == 202
        self.settle()

    def block(self, host: str) -> None:
        """Have nothing to do with a host any more (its name with the port of its URIs, or a domain)."""
        self._pressed("/admin/network/hosts", name=host, policy="blocked")

    def _pressed(self, path: str, **fields: str) -> str:
        answer = self.village.administrator.post(path, fields)
        assert answer.status_code == 303, f"{path}: {heading(answer)}"
        return urlsplit(answer.headers["location"]).path

    # ------------------------------------------------------------ what can be seen from outside

    def settle(self, *, within: float = GUARD) -> None:
        """Wait until all that came in is handled, what follows from it is asked, and all is delivered.

        What waits for another try, later, is not waited for.
        """
        deadline = time.monotonic() + within
        while (waiting := self._waiting()) != "0|0|0":
            assert time.monotonic() < deadline, f"received, jobs and hosts that still wait: {waiting}"
            time.sleep(0.02)

    def _waiting(self) -> str:
        now = (datetime.now(UTC) + A_MOMENT).isoformat(" ")  # what comes up while we ask counts, too
        queues = (
            "received WHERE failed_at IS NULL AND (not_before IS NULL OR not_before <= '{now}')",
            "job WHERE failed_at IS NULL AND periodic IS NULL AND due_at <= '{now}'",
            "host WHERE next_at <= '{now}'",
        )
        counts = (f"(SELECT count(*) FROM {queue.format(now=now)})" for queue in queues)
        return self.rows(f"SELECT {', '.join(counts)}")[0]

    def hurry(self) -> None:
        """What waits for a better moment comes due now."""
        now = datetime.now(UTC).isoformat(" ")
        waiting = "periodic IS NULL AND failed_at IS NULL AND lease_until IS NULL"
        self.rows(f"UPDATE job SET due_at = '{now}' WHERE {waiting}")
        self.rows("UPDATE received SET not_before = NULL WHERE failed_at IS NULL")
        self.rows("UPDATE delivery SET not_before = NULL")
        self.rows(f"UPDATE host SET next_at = '{now}' WHERE name IN (SELECT host FROM delivery)")

    def rows(self, statement: str) -> list[str]:
        return self.village.database.run(statement)

    def value(self, statement: str) -> str:
        return self.village.database.value(statement)

    def knows(self, uri: str) -> bool:
        """Whether there is a row for an actor or a publication of this URI that is not deleted."""
        found = (
            f"(SELECT count(*) FROM {table} WHERE uri = '{uri}' AND deleted_at IS NULL)"
            for table in ("actor", "publication")
        )
        return self.value(f"SELECT {' + '.join(found)}") != "0"

    def stored(self, uri: str) -> str | None:
        """The HTML that is kept of a publication; None: nothing is."""
        found = self.rows(f"SELECT html FROM publication WHERE uri = '{uri}'")
        return found[0] if found else None

    def page(self, path: str) -> str:
        """The HTML that a visitor gets, whatever the status."""
        return self.village.visitor().get(path).text

    def agents_page(self, path: str) -> str:
        return self.village.administrator.get(path).text

    def document(self, uri: str) -> Json:
        answer = self.get(uri)
        assert answer.status == 200, f"{uri} answers {answer.status}"
        return dict(answer.json())

    def refusals(self, *, since: int = 0) -> list[str]:
        """The lines of the log about what others sent wrongly."""
        return [
            line for line in self.village.site.lines[since:] if "refused what another server sent" in line
        ]

    @contextmanager
    def healthy(self) -> Iterator[None]:
        """Whatever is sent meanwhile: no trace in the log, no answer 500."""
        lines, answered = len(self.village.site.lines), len(self.statuses)
        yield
        bad = [line for line in self.village.site.lines[lines:] if "Traceback" in line or " ERROR " in line]
        assert not bad, "\n".join(self.village.site.lines[lines:])
        assert 500 not in self.statuses[answered:]
        assert self.village.site.health() == 200


class Attacker:
    """An actor on the peer with keys of both kinds. It may lie in everything but its own address."""

    def __init__(
        self, fediverse: Fediverse, name: str, *, host: str = PEER, key: int = 0, path: str = ""
    ) -> None:
        self.fediverse = fediverse
        self.peer = fediverse.peer
        self.name = name
        self.host = host
        self.key_number = key
        self.uri = str(self.peer.uri(path or f"/a/{name}", host=host))
        self.key = PrivateKey(f"{self.uri}#main-key", rsa_key(key))
        self.proof_key = PrivateKey(f"{self.uri}#ed25519-key", ed25519_key(key))

    # ------------------------------------------------------------ what its server says

    @property
    def netloc(self) -> str:
        return urlsplit(self.uri).netloc

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.netloc}"

    @property
    def followers(self) -> str:
        return f"{self.uri}/followers"

    def document(self, **facts: Any) -> Json:
        """The actor's own, with these facts in place of the usual ones."""
        usual: Json = {
            "@context": [*CONTEXT, "https://w3id.org/security/v1", "https://www.w3.org/ns/cid/v1"],
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": self.followers,
            "publicKey": {
                "id": self.key.id,
                "owner": self.uri,
                "publicKeyPem": public_pem(self.key.key.public_key()),
            },
            "assertionMethod": [
                {
                    "id": self.proof_key.id,
                    "type": "Multikey",
                    "controller": self.uri,
                    "publicKeyMultibase": multikey(self.proof_key.key.public_key()),  # type: ignore[arg-type]
                }
            ],
        }
        return usual | facts

    def publish(self, **facts: Any) -> None:
        """Have the peer answer for actor, handle and inbox; again, for an actor that changed."""
        document = self.document(**facts)
        self.serve(self.uri, document)
        self.on(f"{self.uri}/inbox", answers.status(202))
        jrd = {
            "subject": f"acct:{self.name}@{self.netloc}",
            "links": [{"rel": "self", "type": ACTIVITY_JSON, "href": self.uri}],
        }
        self.peer.on(self.webfinger_path, answers.document(jrd, kind="application/jrd+json"), host=self.host)

    @property
    def webfinger_path(self) -> str:
        resource = quote(f"acct:{self.name}@{self.netloc}", safe=":@")
        return f"/.well-known/webfinger?resource={resource}"

    def serve(self, uri: str, document: Any, *, kind: str | None = ACTIVITY_JSON) -> str:
        """Have the peer answer `document` at a URI of this host."""
        self.on(uri, answers.document(document, kind=kind))
        return uri

    def on(self, uri: str, answer: answers.Answer) -> None:
        """Have the peer answer as scripted at a URI of this host."""
        assert urlsplit(uri).netloc == self.netloc
        self.peer.on(self._path(uri), answer, host=self.host)

    def place(self, path: str) -> str:
        """A URI of this host that nothing has yet."""
        return str(self.peer.uri(f"/{path}-{next(_numbers)}", host=self.host))

    def _path(self, uri: str) -> str:
        parts = urlsplit(uri)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    # ------------------------------------------------------------ what it says

    def activity(self, kind: str, **facts: Any) -> Json:
        """Of this actor, with a new id."""
        usual = {
            "@context": CONTEXT,
            "id": f"{self.uri}/activities/{next(_numbers)}",
            "type": kind,
            "actor": self.uri,
        }
        return usual | facts

    def follow(self, target: str | None = None, **facts: Any) -> Json:
        named: Json = {"object": target or self.fediverse.actor}
        return self.activity("Follow", **named | facts)

    def note(self, text: str = "hello", **facts: Any) -> Json:
        """Public, with a new id; nobody of the village is named."""
        usual: Json = {
            "id": f"{self.uri}/notes/{next(_numbers)}",
            "type": "Note",
            "attributedTo": self.uri,
            "content": f"<p>{text}</p>",
            "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "to": [PUBLIC],
            "cc": [self.followers],
        }
        return usual | facts

    def mention(self, text: str = "hello", **facts: Any) -> Json:
        """A public note that names the village, so that it is kept."""
        actor = self.fediverse.actor
        tag = {"type": "Mention", "href": actor, "name": "@valbrume"}
        named: Json = {"cc": [self.followers, actor], "tag": [tag]}
        return self.note(text, **named | facts)

    def create(self, note: Json, **facts: Any) -> Json:
        """With the recipients of the note."""
        sent = {name: note[name] for name in ("to", "cc") if name in note}
        return self.activity("Create", **{"object": note} | sent | facts)

    def update(self, thing: Json, **facts: Any) -> Json:
        return self.activity("Update", **{"object": thing, "to": [PUBLIC]} | facts)

    def delete(self, thing: str | Json, **facts: Any) -> Json:
        return self.activity("Delete", **{"object": thing, "to": [PUBLIC]} | facts)

    # ------------------------------------------------------------ what it sends

    def signed(
        self,
        activity: Any,
        *,
        to: str | None = None,
        scheme: Scheme = Scheme.CAVAGE,
        key: PrivateKey | None = None,
        at: datetime | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> SignedRequest:
        """A post as it should be, to the shared inbox or `to`; `activity` may be bytes."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        request = SignedRequest(
            "POST", to or self.fediverse.shared_inbox, (("content-type", ACTIVITY_JSON), *headers), body
        )
        return self._sign(request, scheme=scheme, key=key, at=at)

    def post(self, activity: Any, *, bend: Bend | None = None, **how: Any) -> Answer:
        """`how` as for signed(); `bend` changes the finished request just before it is sent."""
        request = self.signed(activity, **how)
        return self.fediverse.send(request if bend is None else bend(request))

    def get(
        self,
        uri: str,
        *,
        scheme: Scheme = Scheme.CAVAGE,
        key: PrivateKey | None = None,
        accept: str = ACTIVITY_JSON,
        at: datetime | None = None,
        bend: Bend | None = None,
    ) -> Answer:
        """A signed question for a document."""
        url = uri if not uri.startswith("/") else self.fediverse.origin + uri
        request = self._sign(SignedRequest("GET", url, (("accept", accept),)), scheme=scheme, key=key, at=at)
        return self.fediverse.send(request if bend is None else bend(request))

    def _sign(
        self, request: SignedRequest, *, scheme: Scheme, key: PrivateKey | None, at: datetime | None
    ) -> SignedRequest:
        return sign(request, key or self.key, scheme=scheme, now=at or datetime.now(UTC))

    def cavage_over(self, covered: str, parameters: str = "", **headers: str) -> Bend:
        """Signed truly, but over these header names only; `parameters` like `,created=5`."""

        def bend(request: SignedRequest) -> SignedRequest:
            text = f'keyId="{self.key.id}",headers="{covered}"{parameters}'
            ready = request.with_headers({name.replace("_", "-"): value for name, value in headers.items()})
            base = cavage.signing_string(ready, covered.split(), cavage.parse(text))
            return ready.with_headers({"signature": f'{text},signature="{make_signature(self.key, base)}"'})

        return bend

    def rfc9421_over(self, member: str, *, key: PrivateKey | None = None) -> Bend:
        """Signed truly as this member of Signature-Input says; `{now}` and `{key}` are filled in."""
        signer = key or self.key

        def bend(request: SignedRequest) -> SignedRequest:
            ready = sign(request, signer, scheme=Scheme.RFC9421, now=datetime.now(UTC))
            filled = member.format(now=int(time.time()), key=signer.id)
            [parsed] = rfc9421.parse_signature_input(f"sig1={filled}").values()
            signature = make_signature(signer, rfc9421.signature_base(ready, parsed))
            return ready.with_headers(
                {"signature-input": f"sig1={filled}", "signature": f"sig1=:{signature}:"}
            )

        return bend

    # ------------------------------------------------------------ what reached it

    def asked(self, uri: str | None = None) -> list[Received]:
        """The requests for a URI of this host, by default for the actor's document."""
        path = self._path(uri or self.uri)
        return [each for each in self.peer.asked(path) if each.host == self.host]

    def told(self, kind: str | None = None) -> list[Json]:
        """The activities that came to its inbox, or those of one type."""
        found = [json.loads(each.body) for each in self.asked(f"{self.uri}/inbox") if each.method == "POST"]
        return [activity for activity in found if kind in (None, activity["type"])]


def with_header(name: str, value: str) -> Bend:
    """In place of the one that was there."""
    return lambda request: request.with_headers({name: value})


def without(*names: str) -> Bend:
    return lambda request: replace(
        request, headers=tuple(header for header in request.headers if header[0] not in names)
    )


def also(name: str, value: str, *, first: bool = False) -> Bend:
    """A second header of the same name, behind the others or before them."""

    def bend(request: SignedRequest) -> SignedRequest:
        more = ((name, value),)
        return replace(request, headers=more + request.headers if first else request.headers + more)

    return bend


def with_body(body: bytes) -> Bend:
    """After it was signed."""
    return lambda request: replace(request, body=body)


def peers_settings(peer: EvilPeer, folder: Path) -> dict[str, str]:
    """What a village needs to reach the peer."""
    return {"LAVOIR_PEER_NETWORKS": "127.0.0.0/8", "LAVOIR_CA_FILE": str(peer.ca_file(folder))}


@cache
def rsa_key(number: int) -> RSAPrivateKey:
    """Making one takes a while, so attackers share them."""
    return generate_rsa()


@cache
def ed25519_key(number: int) -> Ed25519PrivateKey:
    return generate_ed25519()


__all__ = [
    "ACTIVITY_JSON",
    "CONTEXT",
    "NEIGHBOUR",
    "PEER",
    "PUBLIC",
    "Announcement",
    "Answer",
    "Attacker",
    "Fediverse",
    "also",
    "peers_settings",
    "with_body",
    "with_header",
    "without",
]
