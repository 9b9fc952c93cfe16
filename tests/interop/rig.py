"""Villages as the fediverse sees them: each its own process and database, reached over TLS."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from bs4 import Tag

from tests.attacks.village import Village, new_database
from tests.attacks.visitor import Visitor, filled, form_of, heading, page
from tests.interop.tls import Authority, Proxy, running_proxy
from tests.postgres import Cluster
from tests.site import Site
from tests.waiting import eventually

EVERY_KIND = ("need", "offer", "event", "project", "experience")


def _words(part: Tag) -> str:
    return " ".join(part.get_text(" ").split())


class Helper:
    """Somebody without an account, and the page that is theirs alone."""

    def __init__(self, hub: "Hub", visitor: Visitor, path: str) -> None:
        self._hub = hub
        self._visitor = visitor
        self._path = path

    @property
    def page(self) -> str:
        return _words(page(self._visitor.get(self._path)))

    def shows(self, words: str) -> Callable[[], bool]:
        return lambda: words in self.page

    def do(self, deed: str, **fields: str) -> None:
        """withdraw, done: a button of their page."""
        for form in page(self._visitor.get(self._path)).select("form"):
            if form.select_one(f"button[value={deed}]") is not None:
                typed = filled(form) | {"do": deed} | fields
                answer = self._visitor.send("POST", str(form["action"]), data=typed)
                assert answer.status_code == 303, heading(answer)
                return
        raise AssertionError(f"no button {deed!r} in {self.page!r}")


class Hub:
    """A village and its town hall's agent, who is signed in: what they do, and what everybody sees."""

    def __init__(self, village: Village, authority: Authority, proxy: Proxy, *, name: str) -> None:
        self.village = village
        self.wire = proxy
        self.village_name = name
        self.name = name.lower()
        self.agent = village.administrator
        self.origin = village.site.url
        self.host = urlsplit(self.origin).netloc
        self._everybody = httpx.Client(verify=authority.context, timeout=30)

    def close(self) -> None:
        self._everybody.close()

    # ------------------------------------------------------------ who it is

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.host}"

    @property
    def actor(self) -> str:
        return f"{self.origin}/a/{self.name}"

    # ------------------------------------------------------------ what the agent does

    def publish(self, title: str, text: str, *, scope: str = "public") -> str:
        """Tell the village's news; its code."""
        fields = {"title": title, "text": text, "scope": scope}
        return self._done(self.agent.post("/new/announcement", fields)).strip("/")

    def edit(self, code: str, **fields: str) -> None:
        self._done(self.agent.submit(f"/{code}/edit", **fields))

    def delete(self, code: str) -> None:
        self._do(f"/{code}/delete")

    def pin(self, code: str) -> None:
        self._do(f"/{code}/pin")

    def ask_for_help(
        self, title: str, text: str, *, wanted: int, place: str, area: str, scope: str = "public"
    ) -> str:
        """Hang a need on the board, on its three screens, for everybody; its code."""
        you = {"wanted": str(wanted), "place": place, "area": area}
        return self._hang("/new/need", {"title": title, "text": text}, you, scope)

    def offer(
        self, title: str, text: str, *, wanted: int, place: str, area: str, scope: str = "public"
    ) -> str:
        """The same for an offer."""
        you = {"wanted": str(wanted), "place": place, "area": area}
        return self._hang("/new/offer", {"title": title, "text": text}, you, scope)

    def _hang(self, path: str, what: dict[str, str], you: dict[str, str], scope: str) -> str:
        answer = self.agent.get(path)
        for target, fields in (("when", what), ("you", you), ("publish", {"scope": scope})):
            typed = filled(form_of(page(answer))) | {"go": target} | fields
            answer = self.agent.send("POST", path, data=typed)
        return self._done(answer).strip("/")

    def change_need(self, code: str, **fields: str) -> None:
        self._done(self.agent.submit(f"/{code}/change", **fields))

    def take_down(self, code: str) -> None:
        """Delete a need or an offer."""
        self._done(self.agent.submit(f"/{code}/remove"))

    def block(self, host: str, note: str = "") -> None:
        """Have nothing to do with a server any more."""
        self._do("/admin/network/hosts", name=host, policy="blocked", note=note)

    def count_as_help(self, words: str, code: str) -> None:
        """Take an answer of the open network for help."""
        self._press(self._card(words, f"/{code}/manage"), "/count")

    def decide(self, deed: str, name: str, code: str, **fields: str) -> None:
        """accept, decline, done or thank: a button beside the answer of somebody, on the author's page."""
        for listed in page(self.agent.get(f"/{code}/manage")).select("li.sheet"):
            if name in _words(listed):
                for form in listed.select("form"):
                    if form.select_one(f"button[value={deed}]") is not None:
                        typed = filled(form) | {"do": deed} | fields
                        self._done(self.agent.send("POST", str(form["action"]), data=typed))
                        return
        raise AssertionError(f"no button {deed!r} beside {name!r}")

    def begin_project(self, title: str, text: str) -> str:
        """Begin one that everybody may see, carried by the agent; its code."""
        fields = {"title": title, "text": text, "contact_shown": "projet@example.fr", "scope": "public"}
        return self._done(self.agent.submit("/new/project", to="/new/project", **fields)).strip("/")

    def join_project(self, code: str, *, name: str, contact: str, message: str = "") -> "Helper":
        """Somebody without an account takes part in a project, also of another village."""
        visitor = self.village.visitor()
        fields = {"name": name, "contact": contact, "message": message}
        answer = visitor.submit(f"/{code}/join", to=f"/{code}/join", **fields)
        return Helper(self, visitor, self._done(answer))

    def close_project(self, code: str, **fields: str) -> None:
        self._done(self.agent.submit(f"/{code}/closing", to=f"/{code}/closing", **fields))

    def announce_event(self, title: str, text: str, *, day: date, capacity: int | None = None) -> str:
        """Put it into the agenda, for everybody, from 14 h to 17 h in the village hall; its code."""
        fields = {
            "title": title,
            "text": text,
            "starts": day.isoformat(),
            "from": "14 h",
            "to": "17 h",
            "place": "Salle des fêtes",
            "join": "free",
            "capacity": str(capacity or ""),
            "scope": "public",
            "go": "publish",
        }
        typed = filled(form_of(page(self.agent.get("/new/event")))) | fields
        return self._done(self.agent.send("POST", "/new/event", data=typed)).strip("/")

    def cancel_event(self, code: str, reason: str) -> None:
        self._done(self.agent.submit(f"/{code}/cancel", reason=reason))

    def come(self, code: str, *, name: str, contact: str) -> "Helper":
        """Somebody without an account comes to an event, also of another village."""
        visitor = self.village.visitor()
        fields = {"name": name, "contact": contact}
        answer = visitor.submit(f"/{code}/coming", to=f"/{code}/coming", **fields)
        return Helper(self, visitor, self._done(answer))

    def code_of(self, title: str, *, on: str = "/needs") -> str:
        """The code of the page of a need, also of another village; nothing if it does not hang there."""
        for link in page(self.agent.get(on)).select("article a.title, li a.title, li.day a"):
            if _words(link) == title:
                return urlsplit(str(link["href"])).path.strip("/")
        return ""

    def can_help(
        self, code: str, *, name: str, contact: str, quantity: int = 1, message: str = ""
    ) -> "Helper":
        """Somebody without an account answers a need."""
        visitor = self.village.visitor()
        fields = {"name": name, "contact": contact, "quantity": str(quantity), "message": message}
        answer = visitor.submit(f"/{code}/help", to=f"/{code}/help", **fields)
        return Helper(self, visitor, self._done(answer))

    def answer(self, words: str, text: str, *, on: str = "/network") -> None:
        """Answer what says this on a page, in the name of the village."""
        link = self._card(words, on).select_one("a[href*='/answer']")
        assert link is not None, f"nobody can answer {words!r}"
        self._done(self.agent.submit(str(link["href"]), text=text))

    def press(self, button: str, words: str, *, on: str = "/network") -> None:
        """like, unlike, boost, unboost: a button of what says this on a page."""
        self._press(self._card(words, on), f"/{button}")

    def follow(self, handle: str) -> None:
        self._do("/network/follow", handle=handle)

    def unfollow(self, handle: str) -> None:
        for listed in page(self.agent.get("/network")).select("li"):
            if handle in _words(listed).replace(" ", ""):
                return self._press(listed, "/network/unfollow")
        raise AssertionError(f"the village does not follow {handle}")

    def propose(self, address: str, *, sends: Sequence[str] = EVERY_KIND, **fields: str) -> None:
        """Propose an agreement to another village."""
        self._do("/neighbours/new", address=address, **{f"sends_{kind}": "yes" for kind in sends}, **fields)

    def decide_agreement(self, deed: str, host: str, **fields: str) -> None:
        """accept, refuse, delay, terms, pause, resume, end, withdraw: of the agreement with this host."""
        number = next(number for name, number in self._agreements() if name == host)
        self._do(f"/neighbours/{number}/{deed}", **fields)

    def accept_agreement(self, host: str, *, sends: Sequence[str] = EVERY_KIND, **fields: str) -> None:
        ticked = {f"sends_{kind}": "yes" for kind in sends}
        eventually(lambda: host in dict(self._agreements()))
        self.decide_agreement("accept", host, **ticked, **fields)

    def agreement(self, host: str) -> str:
        """What the public page says of the agreement with this host; nothing, if there is none."""
        for row in page(self.agent.get("/neighbours")).select("[data-host]"):
            if row["data-host"] == host:
                return _words(row)
        return ""

    def agree_with(self, other: "Hub") -> None:
        """Propose, and wait until the other one, that says yes, and this one have agreed."""
        self.propose(other.origin)
        other.accept_agreement(self.host)
        eventually(lambda: "Des deux côtés" in self.agreement(other.host))
        eventually(lambda: "Des deux côtés" in other.agreement(self.host))

    def _agreements(self) -> list[tuple[str, str]]:
        found = page(self.agent.get("/neighbours")).select("[data-host]")
        return [(str(part["data-host"]), str(part["data-number"])) for part in found]

    def rename(self, name: str) -> None:
        """Give the village another name."""
        self._done(self.agent.submit("/admin", to="/admin", name=name))

    def change_keys(self) -> None:
        """Give the village new signing keys."""
        self._done(self.agent.submit("/admin/network/keys", to="/admin/network/keys"))

    def list_association(self, name: str) -> str:
        """Put an association on the list of the village; its name there, as in its handle."""
        return self._do("/associations/new", name=name).removeprefix("/@")

    def rename_association(self, handle: str, name: str) -> None:
        self._done(self.agent.submit(f"/@{handle}/edit", name=name))

    def remove_association(self, handle: str) -> None:
        """Take it off the list, for ever."""
        self._done(self.agent.submit(f"/@{handle}/remove"))

    def _card(self, words: str, on: str) -> Tag:
        card = self._find(words, on)
        assert card is not None, f"{on} does not say {words!r}"
        return card

    def _find(self, words: str, on: str) -> Tag | None:
        return next(
            (card for card in page(self.agent.get(on)).select("article") if words in _words(card)), None
        )

    def _press(self, part: Tag, button: str) -> None:
        """The button of the form, in this part of a page, that goes there."""
        form = part.select_one(f"form[action$='{button}']")
        assert form is not None, f"no button to {button} in {_words(part)!r}"
        self._done(self.agent.send("POST", str(form["action"]), data=filled(form)))

    def _do(self, path: str, **fields: str) -> str:
        return self._done(self.agent.post(path, fields))

    def _done(self, answer: httpx.Response) -> str:
        assert answer.status_code == 303, heading(answer)
        return urlsplit(answer.headers["location"]).path

    # ------------------------------------------------------------ what is seen

    def page(self, path: str) -> str:
        """The words of a page as the agent sees it."""
        answer = self.agent.get(path)
        return _words(page(answer)) if answer.status_code == 200 else ""

    def shows(self, words: str, *, on: str) -> Callable[[], bool]:
        return lambda: words in self.page(on)

    def document(self, uri: str) -> dict[str, Any]:
        """What other servers get for a URI of ours; with a query, it was not remembered for some seconds."""
        answer = self.fetch(uri)
        assert answer.status_code == 200, f"{uri} answers {answer.status_code}"
        return dict(answer.json())

    def fetch(self, uri: str, accept: str = "application/activity+json") -> httpx.Response:
        return self._everybody.get(uri, headers={"accept": accept})

    def send(self, uri: str, activity: dict[str, Any]) -> httpx.Response:
        """A post that nobody signed."""
        return self._everybody.post(uri, json=activity)

    def webfinger(self, resource: str) -> httpx.Response:
        return self._everybody.get(f"{self.origin}/.well-known/webfinger", params={"resource": resource})

    def uri(self, code: str) -> str:
        """The URI of a publication, told by its page as to any server."""
        link = page(self.agent.get(f"/{code}")).select_one(
            "link[rel=alternate][type='application/activity+json']"
        )
        assert link is not None, f"the page of {code} names no document"
        return str(link["href"])

    def counts(self, uri: str, what: str) -> int:
        """How many likes, shares or replies a publication of ours says that it has."""
        return int(self.document(f"{uri}?fresh")[what]["totalItems"])

    def followers(self, actor: str | None = None) -> int:
        """Of the village, or of this actor of its."""
        return int(self.document(f"{actor or self.actor}/followers?fresh")["totalItems"])

    def following(self) -> int:
        return int(self.document(f"{self.actor}/following?fresh")["totalItems"])


@contextmanager
def new_hub(
    authority: Authority,
    address: str,
    data: Path,
    *,
    cluster: Cluster | None = None,
    name: str = "Valbrume",
    facts: Mapping[str, str] | None = None,
    **settings: str,
) -> Iterator[Hub]:
    """A village with a new database behind a proxy on this loopback address, set up, its agent signed in."""
    chosen = {"LAVOIR_PEER_NETWORKS": "127.0.0.0/8", "LAVOIR_CA_FILE": str(authority.file), **settings}
    with new_database(data, cluster) as database, running_proxy(authority, address) as proxy:
        site = Site(database.data, database_url=database.url, origin=proxy.origin, settings=chosen)
        proxy.target = site.address
        client = httpx.Client(base_url=proxy.origin, verify=authority.context, timeout=30)
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # the visitor keeps them
        with site, client:
            village = Village(site, database, client, settings=chosen)
            village.set_up(name=name, handle=name.lower(), **(facts or {}))
            hub = Hub(village, authority, proxy, name=name)
            try:
                yield hub
            finally:
                hub.close()
