"""The hub that is measured: set up by its commands, used through its pages, seen as other servers see it."""

import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from bs4 import BeautifulSoup

from hub.config import Config
from tests.bench.engines import Engine, Number, reading
from tests.bench.machine import pin_hub
from tests.bench.options import Options
from tests.bench.people import Village
from tests.bench.profile import sampled, settings
from tests.bench.sink import Sink
from tests.site import Site

SET_UP = ("setup", "--name", "Valbrume", "--admin-email", "rosa@example.fr", "--insee", "26314")
ACTIVITY_JSON = "application/activity+json"


class Missing(Exception):
    """The hub does not do what is to be measured."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Hub:
    """A running village of which the administrator is signed in."""

    def __init__(self, sites: Sequence[Site], database_url: str | None, *, profiled: bool) -> None:
        self.site = sites[0]
        self.sites = sites
        self.database_url = database_url
        self.profiled = profiled
        self.addresses = [("127.0.0.1", site.port) for site in sites if "serve" in site.program]
        self.address = self.addresses[0]
        self.host = urlsplit(self.site.url).netloc
        self.session = ""
        self._token = ""

    @property
    def pid(self) -> int:
        return self.site.pid

    @property
    def pids(self) -> list[int]:
        """Of all its processes; the first one serves."""
        return [site.pid for site in self.sites]

    def ask(
        self, path: str, *, accept: str = "text/html", cookie: str = "", form: dict[str, str] | None = None
    ) -> Answer:
        """One request over a connection of its own; `form` makes it a POST."""
        headers = {"Host": self.host, "Accept": accept, **({"Cookie": cookie} if cookie else {})}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            body = None if form is None else urlencode(form)
            connection.request("GET" if form is None else "POST", path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def sign_in(self) -> Self:
        path = self.site.command("sign-in-link", "rosa@example.fr").stdout.strip().removeprefix(self.site.url)
        page = self.ask(path)
        token, cookie = token_in(page.body), _cookie(page)
        self.session = _cookie(self.ask(path, cookie=cookie, form={"_token": token}))
        return self

    def send(self, path: str, **fields: str) -> Answer:
        """A form of ours, with the token that one of our pages gave us."""
        self._token = self._token or token_in(self.ask("/me", cookie=self.session).body)
        return self.ask(path, cookie=self.session, form={"_token": self._token, **fields})

    def publish(self, title: str) -> str:
        """An announcement of the village for everybody; the path of its page."""
        text = "La pompe du lavoir est réparée. Merci à toutes et à tous : l’eau coule de nouveau.\n" * 4
        answer = self.send("/new/announcement", title=title, text=text, scope="public")
        if answer.status != 303:
            raise Missing(f"POST /new/announcement answers {answer.status}")
        return urlsplit(answer.headers["location"]).path

    def document(self, uri: str) -> dict[str, Any]:
        """As other servers get it; `uri` is ours."""
        parts = urlsplit(uri)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self.ask(path, accept=f"{ACTIVITY_JSON}, application/jrd+json")
        if answer.status != 200:
            raise Missing(f"GET {parts.path} answers {answer.status}")
        document = json.loads(answer.body)
        assert isinstance(document, dict)
        return document

    def object_of(self, page: str) -> str:
        """The URI of what a page shows, from its alternate link."""
        link = BeautifulSoup(self.ask(page).body, "html.parser").select_one(
            f'link[rel=alternate][type="{ACTIVITY_JSON}"]'
        )
        if link is None:
            raise Missing(f"{page} names no document")
        return str(link["href"])

    def seen_from_outside(self) -> Village:
        """Found as other servers find it: WebFinger, then the actor."""
        handle = f"valbrume@{self.host}"
        found = self.document(f"/.well-known/webfinger?resource=acct:{handle}")
        links = [link["href"] for link in found["links"] if link["rel"] == "self"]
        actor = self.document(links[0])
        shared = actor.get("endpoints", {}).get("sharedInbox", actor["inbox"])
        return Village(actor["id"], handle, actor["inbox"], shared)

    @property
    def config(self) -> Config:
        """To write rows beside the running hub, as if they had come in long ago."""
        return Config(data=self.site.data, database_url=self.database_url)

    def reading(self) -> AbstractAsyncContextManager[Number]:
        """`async with hub.reading() as number: await number("SELECT COUNT(*) FROM …")`"""
        return reading(self.site.data, self.database_url)

    def sampled(self) -> AbstractContextManager[None]:
        """With --profile, what is done in this block is looked at."""
        return sampled(self.pid, self.samples)

    @property
    def samples(self) -> Path | None:
        return self.site.data / "samples.json" if self.profiled else None


@contextmanager
def running_hub(
    engine: Engine, options: Options, *, origin: str | None = None, **environment: str
) -> Iterator[Hub]:
    """A new village on its own core, gone at the end."""
    with TemporaryDirectory(prefix="lavoir-bench-") as folder:
        data, url = Path(folder) / "data", engine.new_database()
        if options.profile:
            environment |= settings(data / "samples.json")
        if engine.several:
            environment |= {"LAVOIR_WORKERS": "0"}
        site = Site(data, database_url=url, origin=origin, settings=environment, afresh=True)
        done = site.command(*SET_UP)
        assert done.returncode == 0, done.stderr
        site.command("setup", "--locale", "fr")
        with ExitStack() as running:
            sites = [site, *(_others(site, url, environment) if engine.several else ())]
            for each in sites:
                running.callback(each.kill)
                _start(each)
            try:
                if not engine.several:  # else nobody has a core of their own
                    pin_hub(site.pid)
                yield Hub(sites, url, profiled=options.profile).sign_in()
            except BaseException:
                print("\n".join(["the last lines of the hub:", *site.lines[-20:]]))
                raise


def _others(site: Site, url: str | None, environment: dict[str, str]) -> list[Site]:
    """One more that serves, and two that work, on the same database and folder."""
    others = [
        Site(site.data, database_url=url, origin=site.url, settings=environment, afresh=True)
        for _ in range(3)
    ]
    for worker in others[1:]:
        worker.program = [*worker.program[:-1], "work"]
    return others


def _start(site: Site) -> None:
    site.launch()
    if "serve" in site.program:
        site.wait_until_healthy()


@contextmanager
def running_hub_among_others(
    engine: Engine, options: Options, *, further: int = 0
) -> Iterator[tuple[Hub, Sink]]:
    """A village with a name that only the bench knows, and fifty other servers that it can reach, or more."""
    with Sink(further=further) as sink:
        network = {"LAVOIR_PEER_NETWORKS": "127.0.0.0/8", "LAVOIR_CA_FILE": str(sink.ca_file)}
        with running_hub(engine, options, origin="https://valbrume.example", **network) as hub:
            yield hub, sink


def token_in(page: bytes) -> str:
    field = BeautifulSoup(page, "html.parser").select_one("input[name=_token]")
    assert field is not None
    return str(field["value"])


def _cookie(answer: Answer) -> str:
    return answer.headers.get("set-cookie", "").partition(";")[0]
