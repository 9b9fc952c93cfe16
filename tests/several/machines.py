"""A village on several machines: processes that share nothing but a PostgreSQL database."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import httpx

from tests.attacks.database import Database
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor
from tests.forked import INSIDE
from tests.site import Site

WORKING = {"LAVOIR_WORKERS": "0"}


class Machines:
    """`serving`: with pages and no workers; `working`: with workers and no pages."""

    def __init__(self, serving: list[Village], working: list[Site], database: Database) -> None:
        self.serving = serving
        self.working = working
        self.database = database

    @property
    def everyone(self) -> list[Site]:
        return [*(village.site for village in self.serving), *self.working]


def beside(person: Visitor, village: Village) -> Visitor:
    """The same browser, on the next machine: a balancer sends it here or there."""
    other = Visitor(village.client)
    other.headers, other.cookies = person.headers, person.cookies
    return other


@contextmanager
def running_machines(
    database: Database, folder: Path, *, settings: Mapping[str, str] | None = None
) -> Iterator[Machines]:
    """Two of each kind, started at the same time on an empty database, and a village set up on one.

    Their mails go to one folder, as if to one mail server.
    """
    mails = folder / "mail"
    mails.mkdir()
    chosen = {**WORKING, INSIDE: "tests.several.patient", **(settings or {})}
    sites = [_machine(folder / f"machine-{number}", mails, database, chosen) for number in range(4)]
    for site in sites:
        site.mailbox = sites[0].mailbox  # it knows what was read
    for site in sites[2:]:
        site.program[-1] = "work"
    with ExitStack() as stack:
        for site in sites:
            stack.callback(site.kill)
            site.launch()
        villages = []
        for site in sites[:2]:
            site.wait_until_healthy()
            client = stack.enter_context(httpx.Client(base_url=site.address, timeout=30))
            client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            villages.append(Village(site, database, client, settings=settings or {}))
        villages.sort(key=is_behind)
        villages[0].set_up()
        yield Machines(villages, sites[2:], database)
        for site in sites:
            assert site.stop() == 0, site.lines
            print("\n".join(["", f"--- log of {site.data.name}", *site.lines]))


def is_behind(village: Village) -> bool:
    """Whether the other one, which began at the same time, has printed a newer link."""
    return village.visitor().get(village.site.set_up_link).status_code != 200


def _machine(data: Path, mails: Path, database: Database, settings: Mapping[str, str]) -> Site:
    data.mkdir(parents=True)
    (data / "mail").symlink_to(mails)
    origin = "http://localhost:8000"  # that of the balancer before them
    return Site(data, database_url=database.url, origin=origin, settings=settings)
