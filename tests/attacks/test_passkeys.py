"""Passkeys from the outside: AUT-19 and AUT-20. More forgeries are in the unit tests of hub.members."""

from typing import Any

import pytest

from tests.attacks.database import LONG_AGO
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor
from tests.authenticator import Authenticator

ENGINES = ("sqlite",)  # forged answers are refused above the database


def ask(visitor: Visitor, path: str = "/passkeys/challenge") -> dict[str, Any]:
    """What the site wants to be signed."""
    answer = visitor.post(path)
    assert answer.status_code == 200
    options: dict[str, Any] = answer.json()
    return options


@pytest.fixture(scope="module")
def owner(village: Village) -> Visitor:
    return village.invited("keys@example.fr")


@pytest.fixture(scope="module")
def device(village: Village, owner: Visitor) -> Authenticator:
    """Whose passkey is on the account of `owner`, and was used once: it counts."""
    device = Authenticator(village.site.url)
    credential = device.create(ask(owner, "/me/passkeys/challenge"))
    answer = owner.post("/me/passkeys", {"credential": credential, "name": "Phone"})
    assert answer.headers["location"].startswith("/me/passkeys")
    used = village.visitor()
    used.post("/sign-in/passkey", {"credential": device.get(ask(used))})
    assert used.signed_in
    return device


def test_aut_19_the_right_device_opens_the_account(visitor: Visitor, device: Authenticator) -> None:
    visitor.post("/sign-in/passkey", {"credential": device.get(ask(visitor))})
    assert visitor.signed_in


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost"},
        {"rp_id": "evil.example"},
        {"challenge": "AAAA"},
        {"type": "webauthn.create"},
        {"verified": False},
        {"cross_origin": True},
        {"count": 0},
        {"handle": b"1"},
    ],
    ids=str,
)
def test_aut_19_an_answer_with_one_thing_wrong_opens_nothing(
    visitor: Visitor, device: Authenticator, bent: dict[str, Any]
) -> None:
    answer = visitor.post("/sign-in/passkey", {"credential": device.get(ask(visitor), **bent)})
    assert answer.status_code == 403
    assert "session" not in visitor.cookies


def test_aut_19_an_answer_works_once_and_in_its_browser_alone(
    village: Village, device: Authenticator
) -> None:
    asker, thief = village.visitor(), village.visitor()
    credential = device.get(ask(asker))
    ask(thief)
    assert thief.post("/sign-in/passkey", {"credential": credential}).status_code == 403
    assert asker.post("/sign-in/passkey", {"credential": device.get(ask(asker))}).status_code == 303
    again = village.visitor()
    again.cookies = {"form": "x" * 43}
    assert again.post("/sign-in/passkey", {"credential": credential}).status_code == 403


@pytest.mark.parametrize("credential", ["", "x", "{}", "[]", "null", '{"id": 1}', "[" * 5000, "9" * 5000])
def test_aut_19_what_is_no_answer_opens_nothing(visitor: Visitor, credential: str) -> None:
    answer = visitor.post("/sign-in/passkey", {"credential": credential})
    assert answer.status_code == 403
    assert "session" not in visitor.cookies


def test_aut_20_a_stolen_session_neither_adds_nor_removes_a_passkey(
    village: Village, owner: Visitor, device: Authenticator
) -> None:
    thief, number = village.sign_in("keys@example.fr"), village.database.value("SELECT max(id) FROM passkey")
    options = ask(thief, "/me/passkeys/challenge")
    newest = village.database.value("SELECT max(id) FROM session")
    village.database.run(f"UPDATE session SET confirmed_at = '{LONG_AGO}' WHERE id = {newest}")
    own = Authenticator(village.site.url)
    for path, form in (
        ("/me/passkeys/challenge", {}),
        ("/me/passkeys", {"credential": own.create(options), "name": "Thief"}),
        (f"/me/passkeys/{number}/remove", {}),
    ):
        assert thief.post(path, form).headers["location"].startswith("/confirm?next=")
    assert village.database.run("SELECT id FROM passkey") == [number]


def test_aut_20_its_owner_is_told_of_each_change(village: Village) -> None:
    member = village.invited("told@example.fr")
    device = Authenticator(village.site.url)
    credential = device.create(ask(member, "/me/passkeys/challenge"))
    member.post("/me/passkeys", {"credential": credential, "name": "Phone"})
    added = village.site.mailbox.next(to="told@example.fr")
    number = village.database.value("SELECT max(id) FROM passkey")
    assert member.post(f"/me/passkeys/{number}/remove").status_code == 303
    removed = village.site.mailbox.next(to="told@example.fr")
    assert added.text != removed.text


def test_aut_20_nobody_removes_the_last_way_in(village: Village) -> None:
    member = village.invited("06 19 19 19 19")
    device = Authenticator(village.site.url)
    credential = device.create(ask(member, "/me/passkeys/challenge"))
    member.post("/me/passkeys", {"credential": credential, "name": "Phone"})
    number = village.database.value("SELECT max(id) FROM passkey")
    assert member.post(f"/me/passkeys/{number}/remove").status_code == 409
    assert village.database.value(f"SELECT count(*) FROM passkey WHERE id = {number}") == "1"


def test_aut_20_nobody_removes_somebody_elses_passkey(village: Village, device: Authenticator) -> None:
    other, number = village.invited("06 20 00 20 00"), village.database.value("SELECT min(id) FROM passkey")
    assert other.post(f"/me/passkeys/{number}/remove").status_code == 404
    assert village.database.value(f"SELECT count(*) FROM passkey WHERE id = {number}") == "1"
