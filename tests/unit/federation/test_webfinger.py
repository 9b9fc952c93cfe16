import pytest

from federation.errors import InvalidDocument
from federation.handles import Handle, read_webfinger
from federation.limits import RESOURCE_CHARS
from federation.origin import Uri
from federation.webfinger import (
    INTENT,
    SUBSCRIBE,
    Intents,
    build_jrd,
    build_site_jrd,
    interaction_url,
    parse_resource,
    read_templates,
)
from tests.unit.federation.recorded import assert_expected

COMMUNE = Handle("commune", "bourg.example")
ACTOR = "https://bourg.example/a/commune"
INTENTS = Intents(
    subscribe="https://bourg.example/interact?uri={uri}",
    object="https://bourg.example/interact?uri={object}",
    create="https://bourg.example/write?text={content}",
)


@pytest.mark.parametrize(
    "asked",
    [
        "acct:commune@bourg.example",
        "acct:@commune@bourg.example",
        "@commune@bourg.example",
        "commune@Bourg.example",
    ],
)
def test_an_account_is_asked_for_by_its_handle(asked: str) -> None:
    assert parse_resource(asked) == COMMUNE


@pytest.mark.parametrize(
    "asked", [ACTOR, "https://bourg.example/besoins", "https://bourg.example", "https://bourg.example/"]
)
def test_an_account_a_page_or_the_server_is_asked_for_by_its_address(asked: str) -> None:
    found = parse_resource(asked)
    assert isinstance(found, Uri)
    assert str(found) == asked


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "acct:",
        "commune",
        "acct:@bourg.example",
        "acct:commune@",
        "acct:a@b@bourg.example",
        "acct:commune@bourg.example/x",
        "acct:commune@user@bourg.example",
        "mailto:commune@bourg.example",
        "javascript:alert(1)",
        "https://",
        "https://bourg.example@evil.example/",
        "acct:" + "x" * RESOURCE_CHARS,
        "https://bourg.example/" + "x" * RESOURCE_CHARS,
    ],
)
def test_whatever_else_is_refused(asked: str) -> None:
    with pytest.raises(InvalidDocument):
        parse_resource(asked)


def test_the_answer_names_the_actor_by_its_own_handle() -> None:
    jrd = build_jrd(COMMUNE, actor=ACTOR, page="https://bourg.example/", intents=INTENTS)
    assert_expected("webfinger", jrd)
    located = read_webfinger(jrd)
    assert (located.handle, str(located.uri)) == (COMMUNE, ACTOR)


def test_the_server_is_found_by_its_address() -> None:
    jrd = build_site_jrd("https://bourg.example", server_actor="https://bourg.example/actor", intents=INTENTS)
    assert_expected("webfinger_site", jrd)


def test_a_visitor_is_sent_to_the_page_of_its_own_server() -> None:
    templates = read_templates(build_jrd(COMMUNE, actor=ACTOR, page=ACTOR, intents=INTENTS))
    assert interaction_url(templates, "https://val.example/o/1?a=b&c") == (
        "https://bourg.example/interact?uri=https%3A%2F%2Fval.example%2Fo%2F1%3Fa%3Db%26c"
    )


def test_the_newer_template_is_taken_first_and_other_placeholders_stay_empty() -> None:
    links = [
        {"rel": SUBSCRIBE, "template": "https://m.example/authorize_interaction?uri={uri}"},
        {"rel": f"{INTENT}Object", "template": "https://m.example/act?o={object}&done={on-success}"},
    ]
    assert interaction_url(read_templates({"links": links[:1]}), "x") == (
        "https://m.example/authorize_interaction?uri=x"
    )
    assert interaction_url(read_templates({"links": links}), "x") == "https://m.example/act?o=x&done="


@pytest.mark.parametrize(
    "template",
    [
        None,
        5,
        "{uri}",
        "javascript:alert({uri})",
        "https://{uri}/",
        "https://{uri}.m.example/",
        "https://m.example{uri}/",
        "http://m.example/?uri={uri}",
        "https://m.example/{{uri}",
        "https://m.example/no-placeholder",
    ],
)
def test_no_template_leads_a_visitor_astray(template: object) -> None:
    templates = read_templates({"links": [{"rel": SUBSCRIBE, "template": template}]})
    assert interaction_url(templates, "https://val.example/o/1") is None


@pytest.mark.parametrize("links", [None, 5, {}, [None, 5, []], [{"rel": []}]])
def test_an_answer_without_links_has_no_templates(links: object) -> None:
    assert read_templates({"links": links}) == {}
