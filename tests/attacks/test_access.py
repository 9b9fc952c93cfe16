"""Every route asks for its role: a table, and a crawler that tries it, as everyone, on a running site."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from starlette.routing import Mount, Route

import hub.app
import hub.media.pages
import hub.notifications.pages
import hub.web.health
import hub.web.source
from hub.config import Config
from tests.attacks.database import LONG_AGO, rows_of
from tests.attacks.people import People
from tests.attacks.routes import ANSWERS, DANGEROUS, LEAST, Role, address, may
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, page
from tests.waiting import wait_until


@pytest.fixture(params=["public", "members"])
def visibility(village: Village, request: pytest.FixtureRequest) -> Iterator[str]:
    """Who may see the site."""
    village.database.run(f"UPDATE village SET visibility = '{request.param}'")
    yield request.param
    village.database.run("UPDATE village SET visibility = 'public'")


# Roles are asked above the database; test_every_page.py asks PostgreSQL for each page.
ENGINES = ("sqlite",)

# Those that know nothing of viewers: the last one takes a POST without a form, which its token must justify.
OPEN_ROUTES = [
    *hub.media.pages.routes,
    *hub.web.health.routes,
    *hub.web.source.routes,
    *hub.notifications.pages.open_routes,
]


def routes() -> dict[str, Route]:
    found = [*hub.app.PAGES, *OPEN_ROUTES]
    return {
        f"{method} {re.sub(r':[a-z]+}', '}', route.path)}": route
        for route in found
        for method in (route.methods or set()) - {"HEAD"}
        if isinstance(route, Route)
    }


def test_the_table_names_every_route_and_no_other() -> None:
    assert set(LEAST) == set(routes()) | {"GET /static"}


def test_the_table_names_every_dangerous_act() -> None:
    assert {name for name, route in routes().items() if getattr(route, "confirmed", False)} == DANGEROUS


def test_the_program_has_no_other_routes_than_those_lists() -> None:
    app = hub.app.build_app(Config())
    while not hasattr(app, "routes"):
        app = app.app
    mounts = {route.path: route for route in app.routes if isinstance(route, Mount)}
    assert set(mounts) == {"", "/static"}
    assert mounts[""].routes == hub.app.PAGES
    others = [route for route in app.routes if not isinstance(route, Mount)]
    assert others == OPEN_ROUTES


def asks_to_sign_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name.lower())
def test_each_role_sees_what_the_table_says(people: People, role: Role, visibility: str) -> None:
    visitor, wrong = people.by_role[role], []
    for route, least in LEAST.items():
        method, path = address(route, people.things)
        if method != "GET":
            continue
        answer = visitor.get(path)
        if may(role, least, public=visibility == "public"):
            right = answer.status_code == ANSWERS.get(route, 200)
        else:
            right = asks_to_sign_in(answer) if role is Role.VISITOR else answer.status_code == 404
        if not right:
            wrong.append(f"{route} ({path}): {answer.status_code} {answer.headers.get('location', '')}")
    assert wrong == []


@pytest.mark.parametrize("role", [*Role, "half"], ids=lambda role: getattr(role, "name", role).lower())
def test_no_role_does_what_the_table_keeps_for_others(
    people: People, role: Role | str, visibility: str
) -> None:
    """Forms that come with a right token, from somebody whose role is too small."""
    visitor = people.half if isinstance(role, str) else people.by_role[role]
    rank = Role.VISITOR if isinstance(role, str) else role
    before, wrong = state_of(people.village), []
    for route, least in LEAST.items():
        method, path = address(route, people.things)
        if method == "GET" or may(rank, least, public=visibility == "public"):
            continue
        answer = visitor.post(path, {"name": "X", "role": "administrator", "decision": "grant"})
        right = asks_to_sign_in(answer) if rank is Role.VISITOR else answer.status_code == 404
        if not right:
            wrong.append(f"{route} ({path}): {answer.status_code} {answer.headers.get('location', '')}")
    assert wrong == []
    assert state_of(people.village) == before


def state_of(village: Village) -> list[str]:
    """All rows but counters, jobs, and when somebody was last seen."""
    return rows_of(village.database.dump())


def test_a_second_factor_that_is_missing_opens_no_more_than_a_visitor_sees(
    people: People, visibility: str
) -> None:
    wrong = []
    for route, least in LEAST.items():
        method, path = address(route, people.things)
        if method != "GET" or may(Role.VISITOR, least, public=visibility == "public"):
            continue
        if not asks_to_sign_in(answer := people.half.get(path)):
            wrong.append(f"{route}: {answer.status_code}")
    assert wrong == []


def test_dangerous_acts_ask_again_after_a_quarter_of_an_hour(people: People) -> None:
    village, administrator = people.village, people.by_role[Role.ADMINISTRATOR]
    before = state_of(village)
    kept = village.database.run("SELECT id, confirmed_at FROM session")
    village.database.run(f"UPDATE session SET confirmed_at = '{LONG_AGO}'")
    wrong = []
    for route in sorted(DANGEROUS):
        method, path = address(route, people.things)
        answer = administrator.get(path) if method == "GET" else administrator.post(path)
        if answer.status_code != 303 or not answer.headers["location"].startswith("/confirm?next="):
            wrong.append(f"{route}: {answer.status_code} {answer.headers.get('location', '')}")
    for number, confirmed_at in (line.split("|") for line in kept):
        village.database.run(f"UPDATE session SET confirmed_at = '{confirmed_at}' WHERE id = {number}")
    assert wrong == []
    assert state_of(village) == before


# On a site for members these two see something else; the others see the same as on a public one.
WALKS = [(role, "public") for role in Role] + [(Role.VISITOR, "members"), (Role.NEWCOMER, "members")]


@pytest.mark.parametrize(("role", "visibility"), WALKS, indirect=["visibility"], ids=str)
def test_aut_14_every_link_that_somebody_sees_leads_somewhere_and_changes_nothing(
    people: People, role: Role, visibility: str
) -> None:
    wait_until((people.village.database.data / "open-data" / "datapackage.json").exists)
    before = state_of(people.village)
    seen, broken = follow_links(people.by_role[role])
    assert broken == []
    assert len(seen) > (10 if visibility == "public" else 6)
    assert state_of(people.village) == before


def follow_links(visitor: Visitor, start: str = "/") -> tuple[dict[str, httpx.Response], list[str]]:
    """Every page that can be reached from `start` by links, and which of them fail, with where they stand."""
    waiting, seen, broken = [(start, "")], {start}, []
    answers: dict[str, httpx.Response] = {}
    while waiting:
        path, origin = waiting.pop()
        answer = answers[path] = visitor.get(path)
        if answer.status_code == 404 or answer.status_code >= 500:
            broken.append(f"{path} (on {origin}): {answer.status_code}")
        for link in links_of(answer, path) - seen:
            seen.add(link)
            waiting.append((link, path))
        assert len(seen) < 600, "links without end"
    return answers, broken


def links_of(answer: httpx.Response, path: str) -> set[str]:
    """Where this answer leads on this site."""
    targets = [answer.headers["location"]] if "location" in answer.headers else []
    if "html" in answer.headers.get("content-type", ""):
        soup = page(answer)
        targets += [str(link["href"]) for link in soup.select("a[href], link[href]")]
        targets += [str(script["src"]) for script in soup.select("[src]")]
    found = (urljoin(path, target).partition("#")[0] for target in targets)
    ours = (link for link in found if not urlsplit(link).scheme)
    # every page has links to the other language and to its report that name it: one of each is enough
    return {re.sub(r"^(/language\?next|/report\?what)=.*", r"\1=/", link) for link in ours}
