"""From a handle to its actor and back: WebFinger, host-meta, and who may say what of whom."""

from typing import Any

import pytest

from federation.errors import FetchFailed, InvalidDocument, NotAuthentic, Unsafe
from federation.handles import Handle, parse_handle
from federation.resolver import Resolver
from tests.evilpeer import NEIGHBOUR, EvilPeer, answers
from tests.evilpeer.answers import Answer
from tests.unit.federation.stage import SELF_TYPE, Stage


@pytest.mark.parametrize(
    ("written", "handle"),
    [
        ("@needs@village.example", "@needs@village.example"),
        ("needs@village.example", "@needs@village.example"),
        ("acct:Needs@Village.EXAMPLE", "@needs@village.example"),
        (" @a.b-c_1@village.example:8443 ", "@a.b-c_1@village.example:8443"),
        ("@needs@été.example", "@needs@xn--t-9fab.example"),
        ("@needs@127.0.0.1:8001", "@needs@127.0.0.1:8001"),
    ],
)
def test_a_handle_is_read(written: str, handle: str) -> None:
    assert str(parse_handle(written)) == handle


@pytest.mark.parametrize(
    "written",
    [
        "",
        "@",
        "@@",
        "needs",
        "@needs",
        "@needs@",
        "@@village.example",
        "@a b@village.example",
        "@é@village.example",
        "@a..@village.example",
        "@.a@village.example",
        "@a@b@village.example",
        "@a@village.example/x",
        "@a@2130706433",
        "@a@village.example\u2044x",
        "https://village.example",
        "@a@user@village.example",
        "@a@village.example\\x",
        "@а@village.example",
        "@" + "a" * 600 + "@village.example",
    ],
)
def test_what_could_be_another_handle_is_refused(written: str) -> None:
    with pytest.raises(InvalidDocument):
        parse_handle(written)


async def test_a_handle_leads_to_its_actor(resolver: Resolver, stage: Stage) -> None:
    stage.webfinger(f"alice@{stage.host()}")
    stage.on("/actor", answers.document(stage.actor()))
    found = await resolver.find_actor(f"@Alice@{stage.host()}")
    assert found.handle == Handle("alice", stage.host())
    assert found.actor.id == str(stage.uri("/actor"))


async def test_a_name_is_asked_for_in_its_own_case_where_it_is_known_in_no_other(
    resolver: Resolver, stage: Stage
) -> None:
    """Bovine and Epicyon compare letter by letter."""
    stage.webfinger(f"Alice@{stage.host()}")
    stage.on("/actor", answers.document(stage.actor(preferredUsername="Alice")))
    for text in (f"@Alice@{stage.host()}", str(stage.uri("/actor"))):
        assert str((await resolver.find_actor(text)).handle) == f"@alice@{stage.host()}"


async def test_a_capital_that_a_telephone_wrote_is_no_other_name(resolver: Resolver, stage: Stage) -> None:
    stage.webfinger(f"alice@{stage.host()}")
    assert (await resolver.locate(parse_handle(f"@Alice@{stage.host()}"))).uri == stage.uri("/actor")
    assert len(stage.paths()) == 1


async def test_a_uri_of_an_actor_leads_to_its_handle(resolver: Resolver, stage: Stage) -> None:
    stage.webfinger(f"alice@{stage.host()}")
    stage.on("/actor", answers.document(stage.actor()))
    found = await resolver.find_actor(str(stage.uri("/actor")))
    assert str(found.handle) == f"@alice@{stage.host()}"


async def test_a_profile_page_leads_to_its_actor(resolver: Resolver, stage: Stage) -> None:
    stage.webfinger(f"alice@{stage.host()}")
    stage.on("/@alice", answers.document(stage.actor()))
    stage.on("/actor", answers.document(stage.actor()))
    found = await resolver.find_actor(str(stage.uri("/@alice")))
    assert found.actor.id == str(stage.uri("/actor"))


async def test_a_handle_on_a_plain_peer_leads_to_its_actor(resolver: Resolver, peer: EvilPeer) -> None:
    actor = peer.uri("/actor", listener="plain")
    acct = f"acct:alice@{actor.netloc}"
    links = [{"rel": "self", "type": SELF_TYPE, "href": str(actor)}]
    peer.on(f"/.well-known/webfinger?resource={acct}", answers.document({"subject": acct, "links": links}))
    located = await resolver.locate(parse_handle(acct))
    assert located.uri == actor


async def test_a_handle_of_another_domain_is_asked_there_once_more(resolver: Resolver, stage: Stage) -> None:
    here, there = stage.host("www.village.example"), stage.host("village.example")
    actor = stage.uri("/actor", "www.village.example")
    stage.webfinger(f"alice@{here}", subject=f"acct:alice@{there}", host="www.village.example")
    stage.webfinger(f"alice@{there}", href=actor, host="village.example")
    located = await resolver.locate(parse_handle(f"alice@{here}"))
    assert (str(located.handle), located.uri) == (f"@alice@{there}", actor)


async def test_org_14_a_host_cannot_give_away_the_handle_of_another(resolver: Resolver, stage: Stage) -> None:
    victim = f"alice@{stage.host('victim.example')}"
    stage.webfinger(f"alice@{stage.host()}", subject=f"acct:{victim}")
    stage.webfinger(victim, host="victim.example")
    stage.on("/actor", answers.document(stage.actor()))
    located = await resolver.locate(parse_handle(f"alice@{stage.host()}"))
    assert located.uri == stage.uri("/actor", "victim.example")
    with pytest.raises(NotAuthentic):
        await resolver.find_actor(str(stage.uri("/actor")))


async def test_org_14_an_actor_cannot_take_the_handle_of_another_host(
    resolver: Resolver, stage: Stage
) -> None:
    victim = f"alice@{stage.host('victim.example')}"
    stage.webfinger(victim, host="victim.example")
    stage.on("/actor", answers.document(stage.actor(webfinger=victim)))
    with pytest.raises(NotAuthentic):
        await resolver.find_actor(str(stage.uri("/actor")))


async def test_org_14_handles_that_lead_in_circles_are_refused(resolver: Resolver, stage: Stage) -> None:
    evil, victim = f"alice@{stage.host()}", f"alice@{stage.host('victim.example')}"
    stage.webfinger(evil, subject=f"acct:{victim}")
    stage.webfinger(victim, subject=f"acct:{evil}", host="victim.example")
    with pytest.raises(NotAuthentic):
        await resolver.locate(parse_handle(evil))
    assert len(stage.paths()) == 2


async def test_org_14_a_handle_that_leads_to_a_document_of_another_id_is_refused(
    resolver: Resolver, stage: Stage
) -> None:
    stage.webfinger(f"alice@{stage.host()}", href=stage.uri("/bob"))
    stage.on("/bob", answers.document(stage.actor()))
    stage.on("/actor", answers.document(stage.actor()))
    with pytest.raises(NotAuthentic):
        await resolver.find_actor(f"alice@{stage.host()}")


@pytest.mark.parametrize(
    ("link", "taken"),
    [
        ({"rel": "self", "type": "application/activity+json"}, True),
        (
            {"rel": "self", "type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'},
            True,
        ),
        ({"rel": "self", "type": "application/json"}, False),
        ({"rel": "self", "type": "application/ld+json"}, False),
        ({"rel": "self", "type": "text/html"}, False),
        ({"rel": "self", "type": ["application/activity+json"]}, False),
        ({"rel": "self"}, False),
        ({"rel": "alternate", "type": "application/activity+json"}, False),
    ],
)
async def test_only_a_self_link_of_an_exact_type_counts(
    resolver: Resolver, stage: Stage, link: dict[str, Any], taken: bool
) -> None:
    other = {
        "rel": "http://webfinger.net/rel/profile-page",
        "type": "text/html",
        "href": "https://x.example/",
    }
    stage.webfinger(f"alice@{stage.host()}", links=[other, link | {"href": str(stage.uri("/actor"))}])
    if taken:
        assert (await resolver.locate(parse_handle(f"alice@{stage.host()}"))).uri == stage.uri("/actor")
    else:
        with pytest.raises(InvalidDocument):
            await resolver.locate(parse_handle(f"alice@{stage.host()}"))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"subject": 5, "links": []},
        {"subject": "acct:alice@evil.example"},
        {"subject": "acct:alice@evil.example", "links": {}},
        {"subject": "acct:alice@evil.example", "links": [None, 5, "x", [], {}]},
        {"subject": "alice", "links": [{"rel": "self", "type": SELF_TYPE, "href": "https://evil.example/a"}]},
        {"subject": "acct:alice@evil.example", "links": [{"rel": "self", "type": SELF_TYPE, "href": 5}]},
        {
            "subject": "acct:alice@evil.example",
            "links": [{"rel": "self", "type": SELF_TYPE, "href": "http://e.example/"}],
        },
    ],
)
async def test_dos_06_a_webfinger_answer_of_odd_shapes_is_refused(
    resolver: Resolver, stage: Stage, answer: dict[str, Any]
) -> None:
    stage.on(f"/.well-known/webfinger?resource=acct:alice@{stage.host()}", answers.document(answer))
    with pytest.raises(InvalidDocument):
        await resolver.locate(parse_handle(f"alice@{stage.host()}"))


def host_meta(template: str, *, before: str = "") -> Answer:
    link = f'<Link rel="lrdd" template="{template}"/>'
    xrd = f'{before}<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">{link}</XRD>'
    return answers.body(xrd.encode(), kind="application/xrd+xml")


async def test_a_host_may_tell_by_host_meta_where_its_webfinger_is(resolver: Resolver, stage: Stage) -> None:
    acct = f"acct:alice@{stage.host()}"
    stage.on("/.well-known/host-meta", host_meta(f"{stage.uri('/wf')}?r={{uri}}"))
    links = [{"rel": "self", "type": SELF_TYPE, "href": str(stage.uri("/actor"))}]
    stage.on(f"/wf?r={acct}", answers.document({"subject": acct, "links": links}))
    assert (await resolver.locate(parse_handle(acct))).uri == stage.uri("/actor")


@pytest.mark.parametrize("code", [410, 500, 403])
async def test_only_a_404_leads_to_host_meta(resolver: Resolver, stage: Stage, code: int) -> None:
    stage.on(f"/.well-known/webfinger?resource=acct:alice@{stage.host()}", answers.status(code))
    with pytest.raises(FetchFailed) as caught:
        await resolver.locate(parse_handle(f"alice@{stage.host()}"))
    assert caught.value.remote_status == code
    assert "/.well-known/host-meta" not in stage.paths()


@pytest.mark.parametrize(
    "template",
    [
        "https://169.254.169.254/?r={uri}",
        f"https://{NEIGHBOUR}:8443/?r={{uri}}",
        "http://evil.example/?r={uri}",
        "file:///etc/passwd?{uri}",
        "https://user@evil.example/{uri}",
        "https://evil.example/none",
        "{uri}",
        "",
    ],
)
async def test_fet_12_a_template_of_host_meta_is_checked_like_any_uri(
    resolver: Resolver, stage: Stage, template: str
) -> None:
    stage.on("/.well-known/host-meta", host_meta(template))
    with pytest.raises((InvalidDocument, Unsafe)):
        await resolver.locate(parse_handle(f"alice@{stage.host()}"))
    assert len(stage.paths()) == 2


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    "answer",
    [
        host_meta("https://evil.example/?r={uri}&amp;x=&c;", before=LAUGHS),
        host_meta("https://evil.example/?r={uri}", before='<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        answers.body(b"<XRD", kind="application/xrd+xml"),
        answers.body(b"<a>" * 100_000, kind="application/xrd+xml"),
        answers.body("<!DOCTYPE x><XRD/>".encode("utf-16"), kind="application/xrd+xml"),
        answers.body(b"<html><link rel=lrdd>" * 1_000, kind="text/html"),
        answers.body(b"", kind=None),
    ],
)
async def test_fet_21_a_host_meta_that_is_a_trap_is_refused(
    resolver: Resolver, stage: Stage, answer: Answer
) -> None:
    stage.on("/.well-known/host-meta", answer)
    with pytest.raises(InvalidDocument):
        await resolver.locate(parse_handle(f"alice@{stage.host()}"))
