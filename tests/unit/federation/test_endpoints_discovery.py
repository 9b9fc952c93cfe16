"""WebFinger, NodeInfo and host-meta as they are asked for over HTTP (RFC 7033, FED-09)."""

import httpx
import pytest

from federation.handles import Handle
from federation.nodeinfo import Presence, Software, Usage
from federation.origin import parse_uri
from federation.webfinger import PROFILE_PAGE, Intents, build_jrd, build_site_jrd
from tests.unit.federation.memory import COMMUNE, ORIGIN, SERVER, MemoryLocal

WEBFINGER = "/.well-known/webfinger"
HANDLE = Handle("commune", "hub.example")
INTENTS = Intents(
    f"{ORIGIN}/authorize_interaction?uri={{uri}}", f"{ORIGIN}/i?{{object}}", f"{ORIGIN}/c?{{content}}"
)


@pytest.fixture(autouse=True)
def village(local: MemoryLocal) -> None:
    jrd = build_jrd(HANDLE, actor=COMMUNE, page=f"{ORIGIN}/@commune", intents=INTENTS)
    local.jrds = {
        HANDLE: jrd,
        parse_uri(COMMUNE): jrd,
        parse_uri(f"{ORIGIN}/@commune"): jrd,
        parse_uri(ORIGIN): build_site_jrd(ORIGIN, server_actor=SERVER, intents=INTENTS),
    }
    software = Software("lavoir", "1.0", "https://forge.example/lavoir", "https://lavoir.example")
    local.village = Presence(software, Usage(3, 2, 3, 7), open_registrations=False, name="Bourg")


@pytest.mark.parametrize(
    "resource",
    ["acct:commune@hub.example", "acct:Commune@HUB.example", COMMUNE, f"{ORIGIN}/@commune"],
)
async def test_an_actor_is_found_however_it_is_named(ask: httpx.AsyncClient, resource: str) -> None:
    got = await ask.get(WEBFINGER, params={"resource": resource})
    assert (got.status_code, got.headers["content-type"]) == (200, "application/jrd+json")
    assert got.json()["subject"] == "acct:commune@hub.example"
    assert {"rel": "self", "type": "application/activity+json", "href": COMMUNE} in got.json()["links"]
    assert got.headers["access-control-allow-origin"] == "*"
    assert got.headers["cache-control"].startswith("public")


async def test_the_site_itself_is_found(ask: httpx.AsyncClient) -> None:
    got = await ask.get(WEBFINGER, params={"resource": ORIGIN})
    assert SERVER in [link.get("href") for link in got.json()["links"]]


async def test_only_the_links_that_are_asked_for_are_given(ask: httpx.AsyncClient) -> None:
    resource = ("resource", "acct:commune@hub.example")
    got = await ask.get(WEBFINGER, params=[resource, ("rel", "self"), ("rel", PROFILE_PAGE)])
    assert [link["rel"] for link in got.json()["links"]] == ["self", PROFILE_PAGE]
    got = await ask.get(WEBFINGER, params=[resource, ("rel", "avatar")])
    assert (got.status_code, got.json()["links"]) == (200, [])
    assert len((await ask.get(WEBFINGER, params=[resource])).json()["links"]) > 2


@pytest.mark.parametrize(
    "query",
    [
        "",
        "resource=",
        "resource",
        "res=acct:commune@hub.example",
        "resource=commune",
        "resource=acct:commune@hub.example&resource=acct:agenda@hub.example",
        "resource=javascript:alert(1)",
        "resource=acct:<script>@hub.example",
        "resource=%FF%FE",
        "resource=acct:" + "a" * 10_000 + "@hub.example",
        "&".join(["rel=x"] * 1_000) + "&resource=acct:commune@hub.example",
    ],
)
async def test_fed_09_what_cannot_be_read_is_a_bad_request(ask: httpx.AsyncClient, query: str) -> None:
    got = await ask.get(f"{WEBFINGER}?{query}")
    assert (got.status_code, got.headers["content-type"]) == (400, "application/json")


@pytest.mark.parametrize(
    "resource", ["acct:nobody@hub.example", "acct:commune@else.example", f"{ORIGIN}/a/no"]
)
async def test_fed_09_who_is_not_here_is_not_found(ask: httpx.AsyncClient, resource: str) -> None:
    assert (await ask.get(WEBFINGER, params={"resource": resource})).status_code == 404


async def test_nodeinfo_leads_to_the_server_and_to_its_actor(ask: httpx.AsyncClient) -> None:
    links = (await ask.get("/.well-known/nodeinfo")).json()["links"]
    assert [link["href"] for link in links] == [f"{ORIGIN}/nodeinfo/2.1", SERVER]
    got = await ask.get("/nodeinfo/2.1")
    assert 'profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"' in got.headers["content-type"]
    assert got.json()["software"]["name"] == "lavoir"
    assert got.json()["usage"]["users"]["total"] == 3


async def test_before_the_village_is_set_up_it_says_nothing_of_itself(
    ask: httpx.AsyncClient, local: MemoryLocal
) -> None:
    local.village = None
    for path in ("/.well-known/nodeinfo", "/nodeinfo/2.1"):
        assert (await ask.get(path)).status_code == 404


async def test_host_meta_leads_to_webfinger(ask: httpx.AsyncClient) -> None:
    got = await ask.get("/.well-known/host-meta")
    assert got.headers["content-type"] == "application/xrd+xml"
    assert f"{ORIGIN}/.well-known/webfinger?resource={{uri}}" in got.text
