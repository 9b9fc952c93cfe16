"""Our documents over HTTP: who gets which type, what caches may keep, and what nobody can tell."""

import httpx
import pytest

from federation.endpoints import Endpoints
from federation.limits import ANSWER_SECONDS, ANSWERS_REMEMBERED
from federation.local import Served
from tests.evilpeer import EvilPeer, answers
from tests.unit.federation.memory import COMMUNE, NOTE, ORIGIN, SERVER, MemoryLocal, document
from tests.unit.federation.someone import OTHER_RSA, Someone
from tests.unit.federation.stage import Clock

ACTIVITY = "application/activity+json"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PRIVATE, MISSING = f"{ORIGIN}/o/private", f"{ORIGIN}/o/missing"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, ACTIVITY),
        ("*/*", ACTIVITY),
        (ACTIVITY, ACTIVITY),
        ("application/json", ACTIVITY),
        ("application/activity+json, application/ld+json", ACTIVITY),
        (f"{LD}, application/activity+json", ACTIVITY),
        (f"{LD}, application/activity+json, text/html;q=0.1", ACTIVITY),
        ("text/html, application/activity+json", ACTIVITY),
        ("image/png", ACTIVITY),
        (LD, LD),
        ("application/ld+json", LD),
        ("application/ld+json, text/html;q=0.5", LD),
    ],
)
async def test_pitfall_12_machines_get_the_document_in_the_type_that_they_read(
    ask: httpx.AsyncClient, accept: str | None, kind: str
) -> None:
    for uri in (NOTE, COMMUNE, SERVER):
        got = await ask.get(uri, headers={} if accept is None else {"accept": accept})
        assert (got.status_code, got.headers["content-type"], got.json()["id"]) == (200, kind, uri)
        assert {"accept", "signature"} <= set(got.headers["vary"].split(", "))
        assert got.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "accept", [BROWSER, "text/html", "text/html, */*", "text/html, application/ld+json;q=0.9"]
)
async def test_a_browser_is_sent_to_the_page(ask: httpx.AsyncClient, accept: str) -> None:
    got = await ask.get(NOTE, headers={"accept": accept})
    assert (got.status_code, got.headers["location"]) == (303, f"{ORIGIN}/k7m2qx")
    assert "accept" in got.headers["vary"]


async def test_prv_02_a_browser_sees_the_same_page_for_what_has_none_and_what_is_not_there(
    ask: httpx.AsyncClient, local: MemoryLocal
) -> None:
    local.private[PRIVATE] = {"https://peer.example/a/friend": Served(document(PRIVATE), page="/secret")}
    got = [await ask.get(uri, headers={"accept": BROWSER}) for uri in (SERVER, PRIVATE, MISSING)]
    assert {each.status_code for each in got} == {404}
    assert len({(each.content, tuple(each.headers.items())) for each in got}) == 1


async def test_head_says_what_get_would(ask: httpx.AsyncClient) -> None:
    head, get = await ask.head(NOTE), await ask.get(NOTE)
    assert (head.status_code, head.headers, head.content) == (200, get.headers, b"")


@pytest.mark.parametrize("path", ["/o/1", "/actor", "/.well-known/webfinger", "/ns"])
async def test_other_methods_are_not_allowed(ask: httpx.AsyncClient, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        got = await ask.request(method, path)
        assert (got.status_code, got.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_a_script_of_any_site_may_ask(ask: httpx.AsyncClient) -> None:
    got = await ask.options(NOTE, headers={"origin": "https://else.example"})
    assert (got.status_code, got.headers["access-control-allow-origin"]) == (204, "*")
    assert "GET" in got.headers["access-control-allow-methods"]


async def test_who_has_it_already_gets_no_second_copy(ask: httpx.AsyncClient) -> None:
    first = await ask.get(NOTE)
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await ask.get(NOTE, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert (await ask.get(NOTE, headers={"if-none-match": '"other"'})).status_code == 200
    assert (await ask.get(NOTE, headers={"accept": LD})).headers["etag"] != etag


async def test_public_documents_may_be_kept_for_minutes(ask: httpx.AsyncClient) -> None:
    assert (await ask.get(NOTE)).headers["cache-control"] == "public, max-age=120"


async def test_what_is_gone_says_so_with_its_tombstone(ask: httpx.AsyncClient, local: MemoryLocal) -> None:
    local.documents[NOTE] = Served(document(NOTE, "Tombstone"), gone=True)
    got = await ask.get(NOTE)
    assert (got.status_code, got.json()["type"]) == (410, "Tombstone")
    assert got.headers["content-type"] == ACTIVITY


async def test_path_and_query_are_looked_up_as_they_came(ask: httpx.AsyncClient, local: MemoryLocal) -> None:
    await ask.get("/a/commune/outbox?page=%2F1&x")
    await ask.get("/a/%63ommune")
    assert local.served == [(f"{ORIGIN}/a/commune/outbox?page=%2F1&x", None), (f"{ORIGIN}/a/%63ommune", None)]


async def test_ld_01_an_answer_is_remembered_for_a_moment(
    ask: httpx.AsyncClient, local: MemoryLocal, clock: Clock
) -> None:
    for _ in range(3):
        await ask.get(NOTE)
    assert len(local.served) == 1
    clock.seconds += ANSWER_SECONDS
    await ask.get(NOTE)
    assert len(local.served) == 2


async def test_a_change_is_seen_at_once(
    ask: httpx.AsyncClient, local: MemoryLocal, endpoints: Endpoints
) -> None:
    await ask.get(NOTE)
    local.documents[NOTE] = Served(document(NOTE, content="edited"))
    endpoints.clear()
    assert (await ask.get(NOTE)).json()["content"] == "edited"


async def test_what_changes_while_it_is_looked_up_is_not_remembered(
    ask: httpx.AsyncClient, local: MemoryLocal, endpoints: Endpoints
) -> None:
    serve = local.serve

    async def slow(uri: str, reader: str | None) -> Served | None:
        before = await serve(uri, reader)
        local.documents[NOTE] = Served(document(NOTE, content="edited"))
        endpoints.clear()
        return before

    local.serve = slow
    await ask.get(NOTE)
    local.serve = serve
    assert (await ask.get(NOTE)).json()["content"] == "edited"


@pytest.mark.slow
async def test_nobody_can_fill_the_memory(
    ask: httpx.AsyncClient, local: MemoryLocal, endpoints: Endpoints
) -> None:
    for number in range(ANSWERS_REMEMBERED + 5):
        uri = f"{ORIGIN}/o/n{number}"
        local.documents[uri] = Served(document(uri))
        local.documents[f"{NOTE}?{number}"] = local.documents[NOTE]
        await ask.get(uri)
        await ask.get(f"{NOTE}?{number}")
    assert len(endpoints.remembered) == ANSWERS_REMEMBERED


async def test_prv_02_private_and_missing_are_one_answer(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    friend = "https://peer.example/a/friend"
    local.private[PRIVATE] = {friend: Served(document(PRIVATE), public=False)}
    forger = Someone(peer, key=OTHER_RSA)
    askers = {
        "nobody": lambda uri: {},
        "a stranger": alice.get,
        "a forger": forger.get,
        "nonsense": lambda uri: {"signature": "x"},
    }
    statuses = {}
    for name, headers in askers.items():
        got = [await ask.get(uri, headers=headers(uri)) for uri in (PRIVATE, MISSING, PRIVATE, MISSING)]
        assert len({(each.status_code, each.content, tuple(each.headers.items())) for each in got}) == 1, name
        statuses[name] = got[0].status_code
    assert statuses == {"nobody": 404, "a stranger": 404, "a forger": 401, "nonsense": 400}


async def test_prv_01_the_audience_gets_what_is_theirs_and_no_cache_keeps_it(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone
) -> None:
    local.private[PRIVATE] = {alice.uri: Served(document(PRIVATE))}
    got = await ask.get(PRIVATE, headers=alice.get(PRIVATE))
    assert (got.status_code, got.json()["id"]) == (200, PRIVATE)
    assert got.headers["cache-control"] == "private, no-store"
    assert "etag" not in got.headers
    assert (await ask.get(PRIVATE)).status_code == 404


async def test_what_is_public_asks_for_no_signature_and_checks_none(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    assert (await ask.get(NOTE, headers={"signature": "nonsense"})).status_code == 200
    assert (await ask.get(NOTE, headers=alice.get(NOTE))).status_code == 200
    assert (local.served, peer.asked()) == ([(NOTE, None)], [])


async def test_a_stub_is_for_all_and_the_whole_actor_for_those_who_sign(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone
) -> None:
    local.documents[COMMUNE] = Served(document(COMMUNE, "Organization"), partial=True)
    local.private[COMMUNE] = {
        alice.uri: Served(document(COMMUNE, "Organization", summary="all"), public=False)
    }
    assert "summary" not in (await ask.get(COMMUNE)).json()
    whole = await ask.get(COMMUNE, headers=alice.get(COMMUNE))
    assert (whole.json()["summary"], whole.headers["cache-control"]) == ("all", "private, no-store")
    assert "summary" not in (await ask.get(COMMUNE)).json()
    assert local.served.count((COMMUNE, None)) == 2, "who does not sign gets what is remembered for them"


async def test_what_is_asked_with_endless_questions_is_not_remembered(
    ask: httpx.AsyncClient, local: MemoryLocal, endpoints: Endpoints
) -> None:
    for number in range(3):
        uri = f"{SERVER}/open?after={number}"
        local.documents[uri] = Served(document(uri, "OrderedCollectionPage"), partial=True, endless=True)
        await ask.get(uri)
    assert len(endpoints.remembered) == 0


async def test_two_strict_servers_do_not_wait_for_each_other(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    local.documents[SERVER] = Served(document(SERVER, "Application"), public=False, partial=True)
    got = await ask.get(SERVER, headers=alice.get(SERVER))
    assert (got.status_code, got.headers["cache-control"], peer.asked()) == (200, "private, no-store", [])


async def test_a_stub_is_never_the_answer_to_a_signature_that_fails(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    local.documents[COMMUNE] = Served(document(COMMUNE, "Organization"), partial=True)
    headers = alice.get(f"{ORIGIN}/a/another")
    assert (await ask.get(COMMUNE, headers=headers)).status_code == 401
    peer.on("/a/bob", answers.status(503))
    later = await ask.get(COMMUNE, headers=Someone(peer, "bob").get(COMMUNE))
    assert later.status_code == 503
    assert int(later.headers["retry-after"]) > 0


async def test_fed_03_a_refused_host_is_told_so_wherever_it_asks(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    local.private[PRIVATE] = {alice.uri: Served(document(PRIVATE))}
    local.refused.add("127.0.0.5")
    got = [await ask.get(uri, headers=alice.get(uri)) for uri in (PRIVATE, MISSING)]
    assert [each.status_code for each in got] == [403, 403]
    assert peer.asked() == []


async def test_head_can_be_signed_too(ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone) -> None:
    local.private[PRIVATE] = {alice.uri: Served(document(PRIVATE))}
    got = await ask.head(PRIVATE, headers=alice.get(PRIVATE, method="HEAD"))
    assert got.status_code == 200


async def test_our_own_words_have_a_meaning_that_can_be_looked_up(ask: httpx.AsyncClient) -> None:
    got = await ask.get("/ns")
    assert got.headers["content-type"] == "application/ld+json"
    assert "lavoir:kind" in [term["@id"] for term in got.json()["@graph"]]
