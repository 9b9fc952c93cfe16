"""A village that runs as its own process, with people in it: what attackers find on the open network."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import httpx

from tests.attacks.database import Database
from tests.attacks.visitor import Visitor, heading, page
from tests.postgres import Cluster
from tests.site import Site

ADMINISTRATOR = "rosa@example.fr"
NOTICE = re.compile(r"/(act|mine|stop|notices|moderation)\b")
DATABASE_PASSWORD = "Password-of-the-database"  # the tests' PostgreSQL takes any


class Village:
    """Set up, with an administrator who is signed in."""

    def __init__(
        self, site: Site, database: Database, client: httpx.Client, *, settings: Mapping[str, str]
    ) -> None:
        self.settings = settings
        self.site = site
        self.database = database
        self.client = client
        self.administrator = Visitor(client)

    @property
    def log(self) -> str:
        return "\n".join(self.site.lines)

    def visitor(self, *, address: str | None = None) -> Visitor:
        """Somebody whom nobody here knows."""
        return Visitor(self.client, address=address)

    def set_up(self, **fields: str) -> None:
        """The first minute, by the wizard's own pages."""
        facts = {
            "name": "Valbrume",
            "handle": "valbrume",
            "administrator": "Rosa",
            "contact": ADMINISTRATOR,
            "publisher": "Rosa Teixeira",
        }
        answer = self.administrator.submit(f"{self.site.set_up_link}&insee=none", **facts | fields)
        assert answer.status_code == 303, heading(answer)
        link = self.mailed_link(ADMINISTRATOR) if self.writes_mail else self.printed_link()
        self.administrator.come_in(link)

    @property
    def writes_mail(self) -> bool:
        """Whether mails go to a folder: no mail server is set."""
        return "LAVOIR_SMTP_URL" not in self.settings

    def printed_link(self, mail: str = ADMINISTRATOR) -> str:
        """A sign-in link of the command line."""
        return self.site.command("sign-in-link", mail).stdout.strip()

    def mailed_link(self, mail: str) -> str:
        """The link of the next mail that asks its reader to do something; notices are passed over."""
        while True:
            letter = self.site.mailbox.next(to=mail)
            if not letter.link.endswith("/about") and not NOTICE.search(letter.link):
                return letter.link

    def ask_link(self, mail: str, *, by: Visitor | None = None) -> str:
        """Ask for a sign-in link and wait for its mail, as if nobody had asked for one today."""
        self.rest(f"links-mail:{mail}")
        answer = (by or self.visitor()).post("/sign-in", {"contact": mail})
        assert answer.status_code == 303, heading(answer)
        return self.mailed_link(mail)

    def sign_in(self, mail: str) -> Visitor:
        """Another browser of somebody who has an account."""
        visitor = self.visitor()
        visitor.come_in(self.ask_link(mail))
        return visitor

    def newcomer(self, mail: str, name: str = "Nouvelle") -> Visitor:
        """Somebody who made an account by themself, whom nobody vouched for."""
        visitor = self.visitor()
        visitor.post("/sign-up", {"name": name, "contact": mail, "charter": "yes"})
        visitor.come_in(self.mailed_link(mail))
        return visitor

    def invited(self, contact: str, *, role: str = "resident", by: Visitor | None = None) -> Visitor:
        """Somebody whom the town hall vouched for; with a phone number for `contact`, without a mailbox."""
        visitor = self.visitor()
        self.rest("invitations-member:%")
        answer = (by or self.administrator).post(
            "/invitations", {"name": "Voisine", "contact": contact, "role": role}
        )
        link = self.mailed_link(contact) if "@" in contact else slip(answer)
        visitor.come_in(link, charter="yes")
        self.rest(f"links-mail:{contact}")
        return visitor

    def rest(self, keys: str) -> None:
        """Let these counters forget what a test did to get ready."""
        self.database.run(f"DELETE FROM allowance WHERE key LIKE '{keys}'")

    def member_id(self, visitor: Visitor) -> int:
        """The number of a member's account, found by the name that only they have for a moment."""
        number = self.database.run("SELECT max(id) FROM member")[0]
        visitor.post("/me", {"name": f"Membre {number}-x", "locale": "fr", "rhythm": "never"})
        return int(self.database.value(f"SELECT id FROM member WHERE name = 'Membre {number}-x'"))

    def list_organisation(self, name: str) -> str:
        """A page of the directory, without anybody behind it; its address."""
        answer = self.administrator.post("/associations/new", {"name": name})
        assert answer.status_code == 303, heading(answer)
        return answer.headers["location"].partition("?")[0]


def slip(answer: httpx.Response) -> str:
    """The address on a paper slip, which is shown once."""
    handle = page(answer).select_one("main p.handle")
    assert handle is not None, heading(answer)
    return handle.text


@contextmanager
def running_village(
    database: Database,
    *,
    settings: Mapping[str, str] | None = None,
    origin: str | None = None,
    **facts: str,
) -> Iterator[Village]:
    """Start a site with these settings, and set its village up with these facts."""
    site = Site(database.data, database_url=database.url, origin=origin, settings=settings)
    with site, httpx.Client(base_url=site.address, timeout=30) as client:
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # each visitor has their own
        village = Village(site, database, client, settings=settings or {})
        village.set_up(**facts)
        yield village


@contextmanager
def new_database(data: Path, cluster: Cluster | None) -> Iterator[Database]:
    """An empty one: in a PostgreSQL cluster, or else a SQLite file."""
    url = cluster.create().replace("lavoir@", f"lavoir:{DATABASE_PASSWORD}@") if cluster else None
    database = Database(data, url=url, cluster=cluster)
    try:
        yield database
    finally:
        database.remove()


TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def token_in(link: str) -> str:
    """The secret of a link."""
    found = TOKEN.search(link)
    assert found, link
    return found[0]
