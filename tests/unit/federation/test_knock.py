"""Two kinds of signature, of which some servers know but one."""

from collections.abc import Mapping

import pytest
from aiohttp import web

from federation.client import Client, Sign
from federation.errors import FetchFailed, Gone
from federation.knock import Knock
from federation.resolver import Resolver
from tests.evilpeer import answers
from tests.evilpeer.answers import Answer
from tests.unit.federation.stage import Stage


def signed(kind: str) -> Sign:
    async def sign(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        return {"signature": kind}

    return sign


def knowing(kind: str, then: Answer, *, refusal: int = 401) -> Answer:
    """A server that knows this kind alone."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        known = request.headers.get("signature") == kind
        return await (then if known else answers.status(refusal))(request)

    return answer


@pytest.fixture
def knocking(client: Client) -> Resolver:
    return Resolver(client, knock=Knock(signed("usual"), signed("other")))


def knocks(stage: Stage) -> list[str]:
    return [request.headers["signature"] for request in stage.peer.requests]


@pytest.mark.parametrize("refusal", [400, 401, 403])
async def test_who_refuses_the_usual_signature_is_asked_with_the_other_and_from_then_on_at_once(
    knocking: Resolver, stage: Stage, refusal: int
) -> None:
    for path in ("/1", "/2"):
        stage.on(path, knowing("other", answers.document({"id": str(stage.uri(path))}), refusal=refusal))
        assert (await knocking.fetch_document(stage.uri(path))).uri == stage.uri(path)
    assert knocks(stage) == ["usual", "other", "other"]


async def test_a_server_that_changes_its_mind_is_understood(knocking: Resolver, stage: Stage) -> None:
    for path, kind in (("/1", "other"), ("/2", "usual"), ("/3", "usual")):
        stage.on(path, knowing(kind, answers.document({"id": str(stage.uri(path))})))
        await knocking.fetch_document(stage.uri(path))
    assert knocks(stage) == ["usual", "other", "other", "usual", "usual"]


async def test_who_refuses_both_is_asked_no_third_time(knocking: Resolver, stage: Stage) -> None:
    stage.on("/1", answers.status(401))
    for _ in range(2):
        with pytest.raises(FetchFailed):
            await knocking.fetch_document(stage.uri("/1"))
    assert knocks(stage) == ["usual", "other"]


async def test_what_is_not_there_is_not_looked_for_with_another_signature(
    knocking: Resolver, stage: Stage
) -> None:
    stage.on("/1", answers.status(404))
    with pytest.raises(Gone):
        await knocking.fetch_document(stage.uri("/1"))
    assert knocks(stage) == ["usual"]
