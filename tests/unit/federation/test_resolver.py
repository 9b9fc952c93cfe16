"""The resolver against a hostile server: rows ORG-07, ORG-08, ORG-14, SIG-05, DOS-11 to 13, FET-12, 22."""

from typing import Any

import pytest

from federation.client import Budget, BudgetSpent, Client
from federation.errors import FetchFailed, Gone, InvalidDocument, NotAuthentic, Unreachable
from federation.knock import Knock
from federation.limits import FAILED_FETCH_SECONDS, NEW_HOSTS_PER_DOMAIN, NEW_HOSTS_SECONDS
from federation.resolver import Resolver
from federation.signatures.keys import multikey
from tests.evilpeer import answers
from tests.evilpeer.answers import Answer
from tests.unit.federation.stage import ED25519, PEM, Clock, Stage


async def test_a_document_is_taken_from_where_it_lives(resolver: Resolver, stage: Stage) -> None:
    stage.on("/note", answers.document({"id": str(stage.uri("/note"))}))
    fetched = await resolver.fetch_document(stage.uri("/note"))
    assert fetched.uri == stage.uri("/note")


async def test_org_07_another_id_of_the_same_origin_is_asked_for_once(
    resolver: Resolver, stage: Stage
) -> None:
    stage.on("/page", answers.document({"id": str(stage.uri("/note")), "content": "as the page says"}))
    stage.on("/note", answers.document({"id": str(stage.uri("/note")), "content": "itself"}))
    fetched = await resolver.fetch_document(stage.uri("/page"))
    assert (fetched.uri, fetched.document["content"]) == (stage.uri("/note"), "itself")


async def test_org_07_a_document_that_runs_away_from_its_id_is_left(resolver: Resolver, stage: Stage) -> None:
    for number in range(9):
        stage.on(f"/{number}", answers.document({"id": str(stage.uri(f"/{number + 1}"))}))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_document(stage.uri("/0"))
    assert stage.paths() == ["/0", "/1"]


async def test_org_07_an_id_of_another_origin_is_not_taken_and_not_fetched(
    resolver: Resolver, stage: Stage
) -> None:
    stage.on("/x", answers.document({"id": str(stage.uri("/y", "victim.example"))}))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_document(stage.uri("/x"))
    assert stage.paths() == ["/x"]


async def test_org_08_an_open_redirect_lends_no_identity(resolver: Resolver, stage: Stage) -> None:
    victim = stage.uri("/open-redirect", "victim.example")
    stage.on("/open-redirect", answers.redirect(str(stage.uri("/doc"))), "victim.example")
    stage.on("/doc", answers.document({"id": str(victim)}))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_document(victim)


async def test_org_08_a_document_behind_a_foreign_redirect_has_its_own_id(
    resolver: Resolver, stage: Stage
) -> None:
    stage.on("/open-redirect", answers.redirect(str(stage.uri("/doc"))), "victim.example")
    stage.on("/doc", answers.document({"id": str(stage.uri("/doc"))}))
    fetched = await resolver.fetch_document(stage.uri("/open-redirect", "victim.example"))
    assert fetched.uri == stage.uri("/doc")


async def test_a_redirect_inside_an_origin_keeps_the_id(resolver: Resolver, stage: Stage) -> None:
    stage.on("/note", answers.redirect("/cache/note"))
    stage.on("/cache/note", answers.document({"id": str(stage.uri("/note"))}))
    assert (await resolver.fetch_document(stage.uri("/note"))).uri == stage.uri("/note")


@pytest.mark.parametrize("identity", [None, 5, "", [], {"id": "x"}, "/note", "javascript:alert(1)"])
async def test_dos_06_a_document_without_a_usable_id_is_refused(
    resolver: Resolver, stage: Stage, identity: Any
) -> None:
    stage.on("/note", answers.document({"id": identity}))
    with pytest.raises(InvalidDocument):
        await resolver.fetch_document(stage.uri("/note"))


async def test_documents_are_asked_for_with_a_signature_and_webfinger_without(
    client: Client, stage: Stage
) -> None:
    stage.webfinger(f"alice@{stage.host()}")
    stage.on("/actor", answers.document(stage.actor()))

    async def sign(*request: object) -> dict[str, str]:
        return {"signature": "mine"}

    resolver = Resolver(client, knock=Knock(sign, sign))
    await resolver.find_actor(f"alice@{stage.host()}")
    assert ["signature" in request.headers for request in stage.peer.requests] == [False, True]


async def test_a_key_is_found_in_its_actor(resolver: Resolver, stage: Stage) -> None:
    stage.on("/actor", answers.document(stage.actor(publicKey=stage.key())))
    found = await resolver.fetch_key(f"{stage.uri('/actor')}#main-key")
    assert (found.key.owner, found.owner["id"]) == (str(stage.uri("/actor")),) * 2
    assert stage.paths() == ["/actor"]


async def test_a_multikey_is_found_in_its_actor(resolver: Resolver, stage: Stage) -> None:
    actor = str(stage.uri("/actor"))
    method = {
        "id": f"{actor}#ed25519-key",
        "type": "Multikey",
        "controller": actor,
        "publicKeyMultibase": multikey(ED25519.public_key()),
    }
    stage.on("/actor", answers.document(stage.actor(assertionMethod=[method])))
    assert (await resolver.fetch_key(f"{actor}#ed25519-key")).key.owner == actor


async def test_a_key_of_its_own_document_is_looked_for_in_its_owner(resolver: Resolver, stage: Stage) -> None:
    key = stage.key(id=str(stage.uri("/key")))
    stage.on("/key", answers.document(key))
    stage.on("/actor", answers.document(stage.actor(publicKey=key)))
    assert (await resolver.fetch_key(str(stage.uri("/key")))).key.id == str(stage.uri("/key"))
    assert stage.paths() == ["/key", "/actor"]


@pytest.mark.parametrize("name", ["publicKey", "assertionMethod"])
async def test_an_actor_may_list_a_key_by_its_id(resolver: Resolver, stage: Stage, name: str) -> None:
    key = stage.key(id=str(stage.uri("/key")))
    stage.on("/key", answers.document(key))
    stage.on("/actor", answers.document(stage.actor(**{name: [f"{key['owner']}#other", key["id"]]})))
    assert (await resolver.fetch_key(key["id"])).key.owner == key["owner"]


async def test_sig_03_a_key_that_only_somebody_else_names_is_refused(
    resolver: Resolver, stage: Stage
) -> None:
    """A key says that it is of an actor, who lists another one; that somebody else lists it is nothing."""
    key = stage.key(id=str(stage.uri("/key")))
    stage.on("/key", answers.document(key))
    stage.on("/actor", answers.document(stage.actor(publicKey=str(stage.uri("/key2")))))
    stage.on("/bob", answers.document(stage.actor("/bob", publicKey=key["id"])))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_key(key["id"])


async def test_sig_05_a_key_that_is_listed_by_its_id_is_not_taken_from_another_origin(
    resolver: Resolver, stage: Stage
) -> None:
    key = stage.key(id=str(stage.uri("/key")))
    stage.on("/key", answers.redirect(str(stage.uri("/fake", "victim.example"))))
    stage.on("/fake", answers.document(key), "victim.example")
    stage.on("/actor", answers.document(stage.actor(publicKey=key["id"])))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_key(key["id"])


async def test_a_key_may_be_served_inside_a_stub_of_its_actor(resolver: Resolver, stage: Stage) -> None:
    actor = stage.actor(publicKey=stage.key(id=str(stage.uri("/actor/main-key"))))
    stage.on("/actor/main-key", answers.document(actor))
    stage.on("/actor", answers.document(actor))
    assert (await resolver.fetch_key(str(stage.uri("/actor/main-key")))).owner == actor


async def test_sig_05_a_key_document_of_another_id_is_refused(resolver: Resolver, stage: Stage) -> None:
    other = stage.key(id=str(stage.uri("/other")))
    stage.on("/key", answers.document(other))
    stage.on("/actor", answers.document(stage.actor(publicKey=[other, stage.key(id=str(stage.uri("/key")))])))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_key(str(stage.uri("/key")))
    assert stage.paths() == ["/key"]


@pytest.mark.parametrize("owner_host", ["victim.example", "www.evil.example"])
async def test_sig_05_a_key_does_not_speak_for_an_actor_of_another_origin(
    resolver: Resolver, stage: Stage, owner_host: str
) -> None:
    victim = str(stage.uri("/actor", owner_host))
    stage.on("/key", answers.document(stage.key(id=str(stage.uri("/key")), owner=victim)))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_key(str(stage.uri("/key")))
    assert stage.paths() == ["/key"]


async def test_sig_03_a_key_that_its_owner_does_not_list_is_refused(resolver: Resolver, stage: Stage) -> None:
    stage.on("/key", answers.document(stage.key(id=str(stage.uri("/key")))))
    stage.on("/actor", answers.document(stage.actor(publicKey=stage.key())))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_key(str(stage.uri("/key")))


async def test_sig_05_a_key_behind_a_foreign_redirect_is_refused(resolver: Resolver, stage: Stage) -> None:
    victim = str(stage.uri("/actor", "victim.example"))
    key = {"id": f"{victim}#main-key", "owner": victim, "publicKeyPem": PEM}
    stage.on("/actor", answers.redirect(str(stage.uri("/fake"))), "victim.example")
    stage.on("/fake", answers.document({**stage.actor(host="victim.example"), "publicKey": key}))
    with pytest.raises(NotAuthentic):
        await resolver.fetch_key(f"{victim}#main-key")


async def test_sig_05_an_owner_that_moved_away_lists_no_key_here(resolver: Resolver, stage: Stage) -> None:
    key, elsewhere = stage.key(id=str(stage.uri("/key"))), stage.actor(host="victim.example")
    listed = {**key, "owner": elsewhere["id"]}
    stage.on("/key", answers.document(key))
    stage.on("/actor", answers.redirect(elsewhere["id"]))
    stage.on("/actor", answers.document({**elsewhere, "publicKey": listed}), "victim.example")
    with pytest.raises(NotAuthentic):
        await resolver.fetch_key(key["id"])


async def test_a_key_of_a_deleted_actor_is_gone(resolver: Resolver, stage: Stage) -> None:
    stage.on("/actor", answers.status(410))
    with pytest.raises(Gone):
        await resolver.fetch_key(f"{stage.uri('/actor')}#main-key")


async def test_dos_11_everything_that_one_message_causes_is_counted(resolver: Resolver, stage: Stage) -> None:
    stage.webfinger(f"alice@{stage.host()}")
    stage.on("/actor", answers.document(stage.actor()))
    with pytest.raises(BudgetSpent):
        await resolver.find_actor(f"alice@{stage.host()}", budget=Budget(1))
    assert len(stage.paths()) == 1
    await resolver.find_actor(f"alice@{stage.host()}", budget=Budget(2))


@pytest.mark.parametrize(
    "answer", [answers.status(404), answers.status(500), answers.body(b"<html>", kind="text/html")]
)
async def test_what_failed_is_not_asked_for_again_at_once(
    resolver: Resolver, stage: Stage, clock: Clock, answer: Answer
) -> None:
    stage.on("/note", answer)
    for _ in range(3):
        with pytest.raises((FetchFailed, InvalidDocument)):
            await resolver.fetch_document(stage.uri("/note"))
    assert len(stage.paths()) == 1
    clock.seconds += FAILED_FETCH_SECONDS
    stage.on("/note", answers.document({"id": str(stage.uri("/note"))}))
    await resolver.fetch_document(stage.uri("/note"))


async def test_fet_22_a_domain_shows_only_so_many_new_hosts_a_minute(
    resolver: Resolver, stage: Stage, clock: Clock
) -> None:
    async def meet(number: int) -> None:
        with pytest.raises(Gone):
            await resolver.fetch_document(stage.uri("/actor", f"a{number}.evil.example"))

    for number in range(NEW_HOSTS_PER_DOMAIN):
        await meet(number)
    with pytest.raises(Unreachable, match="too many new hosts"):
        await resolver.fetch_document(stage.uri("/actor", "one-more.evil.example"))
    assert len(stage.paths()) == NEW_HOSTS_PER_DOMAIN
    with pytest.raises(Gone):
        await resolver.fetch_document(stage.uri("/actor", "victim.example"))
    with pytest.raises(Gone):
        await resolver.fetch_document(stage.uri("/again", "a0.evil.example"))
    clock.seconds += NEW_HOSTS_SECONDS
    await meet(99)


async def test_fet_22_known_hosts_are_not_counted(client: Client, stage: Stage) -> None:
    async def is_known(host: str) -> bool:
        return host.endswith(".village.example")

    resolver = Resolver(client, is_known_host=is_known)
    for number in range(NEW_HOSTS_PER_DOMAIN + 5):
        with pytest.raises(Gone):
            await resolver.fetch_document(stage.uri("/actor", f"v{number}.village.example"))
