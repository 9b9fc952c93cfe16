"""What a browser can be made to send or show by another site: AUT-13 to AUT-16, AUT-23 and AUT-24."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.attacks.database import rows_of
from tests.attacks.routes import LEAST, address
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, heading, page

ENGINES = ("sqlite",)  # a form is refused before anything asks the database

Start = Callable[..., AbstractContextManager[Village]]
EVIL = "https://evil.example"
THINGS: dict[str, object] = {
    "handle": "cible",
    "member_id": 1,
    "claim_id": 1,
    "invitation_id": 1,
    "session_id": 1,
    "passkey_id": 1,
    "follow_id": 1,
    "report_id": 1,
    "template_id": 1,
    "chapter_id": 1,
    "need_id": 1,
    "method_id": 1,
    "method": "world-cafe",
    "notice_id": 1,
    "case_id": 1,
    "calendar_id": 1,
    "actor_id": 1,
    "neighbour_id": 1,
    "objection_id": 1,
    "number": 0,
    "name": "evil.example",
    "code": "bcdfgh",
    "token": "t" * 43,
    "key": "charter",
    "locale": "fr",
    "paper": "sheet",
    "file": "needs.csv",
    "host": "here",
}
# Mail programs send this one by themselves (RFC 8058); what it asks for is in the address, and in no browser.
WITHOUT_FORM = {"POST /stop/{token}"}
POSTS = sorted(route for route in LEAST if route.startswith("POST ") and route not in WITHOUT_FORM)


def state_of(village: Village) -> list[str]:
    """All rows but counters and jobs."""
    return rows_of(village.database.dump())


# ------------------------------------------------------------------ AUT-13: flags of cookies


@pytest.fixture(scope="module")
def behind_tls(start_village: Start) -> Iterator[Village]:
    """A village as it runs in earnest: behind a proxy that speaks TLS."""
    with start_village(origin="https://village.example") as village:
        yield village


def test_aut_13_cookies_insist_on_tls_and_belong_to_this_host_alone(behind_tls: Village) -> None:
    visitor = behind_tls.visitor()
    visitor.headers |= {"x-forwarded-proto": "https", "host": "village.example"}
    answers = [
        visitor.get("/sign-in"),
        visitor.post("/language", {"locale": "en"}),
        visitor.post("/sign-up", {"name": "Ida", "contact": "ida@example.fr", "charter": "yes"}),
        visitor.submit(behind_tls.mailed_link("ida@example.fr")),
        visitor.submit("/sign-out"),
    ]
    lines = [line for answer in answers for line in answer.headers.get_list("set-cookie")]
    names = {line.partition("=")[0] for line in lines}
    assert names == {"__Host-form", "__Host-session", "__Host-lang"}
    for line in lines:
        flags = {flag.strip().lower() for flag in line.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags, line
        assert not any(flag.startswith("domain") for flag in flags), line


def test_aut_13_a_cookie_without_the_prefix_counts_for_nothing(behind_tls: Village) -> None:
    """A neighbouring subdomain can set `session`, but never `__Host-session`."""
    visitor = behind_tls.visitor()
    visitor.cookies["session"] = behind_tls.administrator.cookies["__Host-session"]
    assert behind_tls.administrator.signed_in
    assert not visitor.signed_in


def test_aut_13_the_browser_is_told_to_stay_with_tls(behind_tls: Village, village: Village) -> None:
    assert "max-age=" in behind_tls.visitor().get("/").headers["strict-transport-security"]
    assert "strict-transport-security" not in village.visitor().get("/").headers


# ------------------------------------------------------------------ AUT-14: forms of other sites


@pytest.fixture(scope="module")
def target(village: Village) -> Village:
    village.list_organisation("Cible")
    return village


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": EVIL},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": EVIL},
        {"origin": "http://localhost.evil.example"},
    ],
    ids=str,
)
def test_aut_14_a_form_of_another_site_does_nothing_even_with_a_right_token(
    target: Village, administrator: Visitor, headers: dict[str, str]
) -> None:
    before = state_of(target)
    for route in POSTS:
        _, path = address(route, THINGS)
        answer = administrator.post(path, {"role": "resident"}, headers=headers)
        assert answer.status_code == 403, f"{path}: {heading(answer)}"
    assert state_of(target) == before
    assert administrator.signed_in


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"name": "X"}},
        {"data": {"_token": ""}},
        {"data": {"_token": "0" * 64}},
        {"content": b'{"_token": "x", "name": "X"}', "headers": {"content-type": "application/json"}},
        {"content": b"_token=x", "headers": {"content-type": "text/plain"}},
        {"content": b"", "headers": {}},
        {"files": {"_token": ("x.txt", b"x", "text/plain")}},
    ],
    ids=["none", "empty", "wrong", "json", "text", "nothing", "file"],
)
def test_aut_14_a_form_without_our_token_does_nothing(
    target: Village, administrator: Visitor, body: dict[str, object]
) -> None:
    before = state_of(target)
    for route in POSTS:
        _, path = address(route, THINGS)
        answer = administrator.send("POST", path, **body)  # type: ignore[arg-type]
        assert answer.status_code == 403, f"{path}: {heading(answer)}"
    assert state_of(target) == before


def test_aut_14_a_right_token_in_another_kind_of_body_counts_for_nothing(
    target: Village, administrator: Visitor
) -> None:
    import json

    token, before = administrator.token(), state_of(target)
    for kind, content in (
        ("text/plain", f"_token={token}&name=X"),
        ("application/json", json.dumps({"_token": token, "name": "X"})),
    ):
        answer = administrator.send("POST", "/me", content=content.encode(), headers={"content-type": kind})
        assert answer.status_code == 403
    assert administrator.send("POST", f"/me?_token={token}", data={"name": "X"}).status_code == 403
    assert state_of(target) == before


def test_aut_14_the_token_of_one_browser_is_nothing_in_another(
    target: Village, administrator: Visitor
) -> None:
    attacker = target.invited("06 70 70 70 70")
    answer = administrator.send("POST", "/me", data={"_token": attacker.token(), "name": "X"})
    assert answer.status_code == 403
    before_signing_in = target.visitor()
    token = before_signing_in.token()
    before_signing_in.come_in(target.ask_link("rosa@example.fr"))
    assert before_signing_in.send("POST", "/me", data={"_token": token, "name": "X"}).status_code == 403


def test_aut_14_nobody_is_signed_in_to_somebody_elses_account(target: Village) -> None:
    """Login CSRF: the attacker's own link, posted by the victim's browser."""
    target.invited("attacker@example.fr")
    link, victim = target.ask_link("attacker@example.fr"), target.visitor()
    own_token = target.visitor().token()
    victim.get("/")
    for headers in ({"origin": EVIL}, {"sec-fetch-site": "cross-site"}, {}):
        answer = victim.send("POST", link, data={"_token": own_token}, headers=headers)
        assert answer.status_code == 403
        assert "session" not in victim.cookies


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_aut_14_other_methods_do_nothing(target: Village, administrator: Visitor, method: str) -> None:
    before = state_of(target)
    for path in ("/me", "/admin", "/@cible/remove", "/sign-out", "/me/sessions/end"):
        answer = administrator.send(method, path, headers={"x-csrf": administrator.token()})
        assert answer.status_code in (403, 405), f"{method} {path}: {answer.status_code}"
    assert state_of(target) == before


def test_aut_14_our_own_pages_do_work(target: Village, administrator: Visitor) -> None:
    for headers in ({"sec-fetch-site": "same-origin"}, {"origin": target.site.url}, {}):
        answer = administrator.post(
            "/me", {"name": "Rosa", "locale": "fr", "rhythm": "never"}, headers=headers
        )
        assert answer.status_code == 303


# ------------------------------------------------------------------ AUT-15, AUT-16: other sites' pages


@pytest.mark.parametrize("origin", [EVIL, "null", "http://localhost"])
def test_aut_15_no_other_site_may_read_an_answer(administrator: Visitor, origin: str) -> None:
    for path in ("/", "/me", "/me/export", "/health", "/source", "/nowhere", "/associations"):
        answer = administrator.get(path, headers={"origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    asked = {"origin": origin, "access-control-request-method": "POST"}
    preflight = administrator.send("OPTIONS", "/me", headers=asked)
    assert not [name for name in preflight.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((path, 200) for path in ("/", "/sign-in", "/me", "/admin", "/health", "/source", "/robots.txt")),
        ("/nowhere", 404),
        ("/static/x/lavoir.css", 200),
        ("/static/x/nothing.css", 404),
        ("/favicon.ico", 301),
        (f"/sign-in/{'t' * 43}", 410),
    ],
)
def test_aut_16_no_page_shows_in_a_frame_or_runs_foreign_scripts(
    administrator: Visitor, path: str, status: int
) -> None:
    answer = administrator.get(path)
    assert answer.status_code == status
    rules = answer.headers["content-security-policy"].split(";")
    policy = dict(rule.strip().partition(" ")[::2] for rule in rules)
    assert policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in str(rules)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_aut_16_what_a_member_sees_is_kept_by_no_cache(administrator: Visitor) -> None:
    for path in ("/", "/me", "/members", "/me/export", "/associations"):
        control = administrator.get(path).headers["cache-control"]
        assert "no-store" in control
        assert "public" not in control


# ------------------------------------------------------------------ AUT-23: no passwords


def test_aut_23_no_form_takes_a_password(village: Village, administrator: Visitor) -> None:
    """The rules about passwords have nothing to apply to; whoever adds one must come by here."""
    for visitor in (village.visitor(), administrator):
        for path in ("/sign-in", "/sign-up", "/me", "/me/codes", "/confirm", "/admin", "/me/mail"):
            soup = page(visitor.get(path))
            assert soup.select("input[type=password], [autocomplete*=password]") == []


# ------------------------------------------------------------------ AUT-24: fields that nobody offered

EXTRA = {
    "id": "1",
    "is_admin": "true",
    "is_administrator": "yes",
    "role": "administrator",
    "trusted": "yes",
    "trusted_at": "2026-01-01",
    "verified": "true",
    "suspended_at": "",
    "mail": "stolen@example.fr",
    "mail_key": "stolen@example.fr",
    "member_id": "1",
    "totp_secret": "",
    "invited_by_id": "1",
    "confirmed": "yes",
}


def facts(village: Village, name: str) -> str:
    return village.database.value(
        "SELECT role, CASE WHEN trusted_at IS NULL THEN 'newcomer' ELSE 'trusted' END, mail_key,"
        f" coalesce(totp_secret, 'no codes') FROM member WHERE name = '{name}'"
    )


def test_aut_24_signing_up_makes_a_newcomer_whatever_is_sent(village: Village) -> None:
    visitor = village.visitor()
    form = EXTRA | {"name": "Masse", "contact": "masse@example.fr", "charter": "yes"}
    visitor.post("/sign-up", form)
    visitor.come_in(village.mailed_link("masse@example.fr"), **EXTRA)
    assert facts(village, "Masse") == "resident|newcomer|masse@example.fr|no codes"
    visitor.post("/me", EXTRA | {"name": "Masse", "locale": "fr", "rhythm": "never"})
    assert facts(village, "Masse") == "resident|newcomer|masse@example.fr|no codes"
    assert visitor.get("/members").status_code == 404


def test_aut_24_an_invitation_gives_the_role_that_the_inviter_chose(
    village: Village, administrator: Visitor
) -> None:
    administrator.post("/invitations", {"name": "Choix", "contact": "choix@example.fr"})
    guest = village.visitor()
    extra = EXTRA | {"name": "Choix", "contact": "other@example.fr"}
    guest.come_in(village.mailed_link("choix@example.fr"), **extra, charter="yes")
    assert facts(village, "Choix") == "resident|trusted|choix@example.fr|no codes"


def test_aut_24_a_member_cannot_invite_an_agent(village: Village) -> None:
    member = village.invited("06 71 71 71 71")
    for role in ("agent", "administrator"):
        answer = member.post("/invitations", {"name": "Copain", "contact": "06 72 72 72 72", "role": role})
        assert answer.status_code == 403
    assert village.database.value("SELECT count(*) FROM invitation WHERE name = 'Copain'") == "0"


def test_aut_24_who_looks_after_a_page_changes_neither_its_kind_nor_its_address(
    village: Village, administrator: Visitor
) -> None:
    path, manager = village.list_organisation("Masse"), village.invited("06 73 73 73 73")
    manager.post(f"{path}/claim", {"message": "C'est nous."})
    claim = village.database.value("SELECT max(id) FROM claim")
    administrator.post(f"/associations/claims/{claim}", {"decision": "grant"})
    form = {"name": "Masse", "handle": "mairie", "id": "1", "name_key": "x", "claimed_at": ""}
    assert manager.post(f"{path}/edit", form).status_code == 303
    answer = manager.post(f"{path}/edit", form | {"kind": "town-hall"})
    assert answer.status_code == 422
    found = village.database.value("SELECT handle, kind FROM organisation WHERE name = 'Masse'")
    assert found == f"{path.removeprefix('/@')}|association"
