"""Whose form it is: the token of one browser, and where the browser says that the form comes from."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from hub.config import Config
from hub.web import failures
from hub.web.cookies import cookie_name
from hub.web.viewer import Site, Viewer
from hub.web.visit import Csrf, Visit, new_form_key, token_of

ORIGIN = "https://village.example"
ROSA = Viewer(member_id=1, session_id=1, name="Rosa", locale="en")
HALFWAY = Viewer(member_id=2, session_id=2, name="Paul", awaits_second_factor=True)


async def find_site() -> Site:
    return Site(set_up=True, locale="fr")


async def find_viewer(token: str) -> Viewer | None:
    return {"rosa": ROSA, "paul": HALFWAY}.get(token)


async def page(request: Request) -> JSONResponse:
    state = request.state
    return JSONResponse(
        {
            "viewer": state.viewer and state.viewer.name,
            "locale": state.locale,
            "form": dict(getattr(state, "form", {})),
        }
    )


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    config = Config(origin=ORIGIN)
    middleware = [
        Middleware(Visit, config=config, find_site=find_site, find_viewer=find_viewer),
        Middleware(Csrf, config=config),
    ]
    routes = [Mount("", routes=[Route("/", page, methods=["GET", "POST"])], middleware=middleware)]
    app = Starlette(routes=routes, exception_handlers=dict(failures.HANDLERS))
    app.state.said = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
        yield client


def cookie(**values: str) -> dict[str, str]:
    return {"cookie": "; ".join(f"__Host-{name}={value}" for name, value in values.items())}


async def test_a_visitor_is_nobody_and_reads_in_the_language_of_the_village(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/")).json() == {"viewer": None, "locale": "fr", "form": {}}


async def test_a_member_is_known_by_the_session_and_reads_in_their_language(
    client: httpx.AsyncClient,
) -> None:
    answer = (await client.get("/", headers=cookie(session="rosa", lang="fr"))).json()
    assert (answer["viewer"], answer["locale"]) == ("Rosa", "en")


async def test_a_cookie_that_another_host_could_have_set_is_not_looked_at(client: httpx.AsyncClient) -> None:
    assert (await client.get("/", headers={"cookie": "session=rosa; lang=en"})).json()["viewer"] is None


@pytest.mark.parametrize(("lang", "locale"), [("en", "en"), ("fr", "fr"), ("xx", "fr"), ("", "fr")])
async def test_a_visitor_may_choose_a_language_that_there_is(
    client: httpx.AsyncClient, lang: str, locale: str
) -> None:
    assert (await client.get("/", headers=cookie(lang=lang))).json()["locale"] == locale


async def test_a_half_done_sign_in_is_no_viewer(client: httpx.AsyncClient) -> None:
    assert (await client.get("/", headers=cookie(session="paul"))).json()["viewer"] is None


async def test_a_form_of_our_own_page_is_read(client: httpx.AsyncClient) -> None:
    key = new_form_key()
    data = {"_token": token_of(key), "name": "Rosa"}
    answer = await client.post("/", data=data, headers=cookie(form=key) | {"origin": ORIGIN})
    assert answer.json()["form"]["name"] == "Rosa"


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403), ("", 403)],
)
async def test_the_browsers_word_on_the_site_counts_before_the_origin(
    client: httpx.AsyncClient, site: str, status: int
) -> None:
    headers = cookie(session="rosa") | {"sec-fetch-site": site, "origin": ORIGIN}
    assert (await client.post("/", data={"_token": token_of("rosa")}, headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (ORIGIN, 200),
        ("https://evil.example", 403),
        ("null", 403),
        ("https://village.example.evil.example", 403),
        ("https://evil.example/https://village.example", 403),
    ],
)
async def test_without_that_word_the_origin_counts(
    client: httpx.AsyncClient, origin: str, status: int
) -> None:
    headers = cookie(session="rosa") | {"origin": origin}
    assert (await client.post("/", data={"_token": token_of("rosa")}, headers=headers)).status_code == status


@pytest.mark.parametrize("token", [None, "", "x", token_of("paul"), token_of("rosa").upper()])
async def test_no_other_token_will_do(client: httpx.AsyncClient, token: str | None) -> None:
    data = {} if token is None else {"_token": token}
    assert (await client.post("/", data=data, headers=cookie(session="rosa"))).status_code == 403


async def test_a_session_that_is_over_does_not_vouch_for_a_form(client: httpx.AsyncClient) -> None:
    data = {"_token": token_of("gone")}
    assert (await client.post("/", data=data, headers=cookie(session="gone"))).status_code == 403


async def test_who_signs_in_half_way_sends_forms_by_that_session(client: httpx.AsyncClient) -> None:
    data = {"_token": token_of("paul")}
    assert (await client.post("/", data=data, headers=cookie(session="paul"))).status_code == 200


@pytest.mark.parametrize("host", ["http://localhost", "https://village.example"])
def test_hubs_beside_each_other_on_one_machine_do_not_take_each_others_cookies(host: str) -> None:
    """Browsers share cookies between the ports of a host."""
    origins = [host, f"{host}:8001", f"{host}:8002"]
    names = [cookie_name(Config(origin=origin), "session") for origin in origins]
    assert len(set(names)) == 3
    assert names[0] == ("__Host-session" if host.startswith("https") else "session")
    assert all(name.startswith("__Host-") for name in names) is host.startswith("https")
