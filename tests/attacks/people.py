"""Somebody of each role in one village, and something for each parameter of a route."""

from dataclasses import dataclass, field

import pyotp

from tests.attacks.routes import Role
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, page


@dataclass
class People:
    """Somebody of each role, and real things for the parameters of the routes."""

    village: Village
    by_role: dict[Role, Visitor]
    half: Visitor  # an agent whose second factor is still missing
    things: dict[str, object] = field(default_factory=dict)


def gather(village: Village) -> People:
    """With the rows that their pages show."""
    administrator = village.administrator
    handle = village.list_organisation("Club des Tilleuls").removeprefix("/@")
    other = village.list_organisation("Boule du Lavoir")
    by_role = {
        Role.VISITOR: village.visitor(),
        Role.NEWCOMER: village.newcomer("newcomer@example.fr"),
        Role.MEMBER: village.invited("06 10 10 10 10"),
        Role.MANAGER: village.invited("06 20 20 20 20"),
        Role.AGENT: village.invited("06 30 30 30 30", role="agent"),
        Role.ADMINISTRATOR: administrator,
    }
    by_role[Role.MANAGER].post(f"/@{handle}/claim", {"message": "Je préside le club."})
    claim = village.database.value("SELECT max(id) FROM claim")
    administrator.post(f"/associations/claims/{claim}", {"decision": "grant", "answer": ""})
    by_role[Role.MEMBER].post(f"{other}/claim", {"message": "Je tiens la caisse."})
    administrator.post("/invitations", {"name": "Invitée", "contact": "06 40 40 40 40"})
    newcomer = village.member_id(by_role[Role.NEWCOMER])
    news = administrator.submit("/new/announcement", title="Eau", text="Coupée mardi.", scope="public")
    administrator.post("/admin/network/hosts", {"name": "social.example"})
    agree_with_a_neighbour(village)
    code = news.headers["location"].strip("/").partition("?")[0]
    complaint = {"ground": "minor", "explanation": "x", "good_faith": "yes"}
    assert village.visitor().submit(f"/{code}/report", **complaint).status_code == 303
    things: dict[str, object] = {
        "handle": handle,
        "member_id": newcomer,
        "claim_id": village.database.value("SELECT max(id) FROM claim"),
        "invitation_id": village.database.value("SELECT max(id) FROM invitation"),
        "session_id": village.database.value(f"SELECT max(id) FROM session WHERE member_id = {newcomer}"),
        "passkey_id": 1,
        "code": code,
        "name": "social.example",
        "follow_id": 1,
        "template_id": 1,
        "chapter_id": 1,
        "need_id": 1,
        "case_id": 1,
        "calendar_id": 1,
        "actor_id": 1,
        "token": "t" * 43,
        "notice_id": 1,
        "number": 0,
        "key": "charter",
        "locale": "fr",
        "paper": "sheet",
        "file": "needs.csv",
        "host": "here",
        "neighbour_id": 1,
        "objection_id": 1,
        "method": "world-cafe",
        "method_id": 1,
    }
    return People(village, by_role, half_signed_in(village), things)


def agree_with_a_neighbour(village: Village) -> None:
    """A row as an agreement leaves it, so that its page is there."""
    actor, now = "(SELECT min(id) FROM actor)", "'2026-11-20 10:00:00+00:00'"
    village.database.run(
        "INSERT INTO neighbour (id, actor_id, host, state, is_region, name, sends, receives, why, their_why,"
        " asked_at, changed_at, by_us) SELECT 1,"
        f" {actor}, 'val.example', 'agreed', false, 'Val', 'need', 'need', '', '', {now}, {now}, false"
    )


def half_signed_in(village: Village) -> Visitor:
    agent = village.invited("half@example.fr", role="agent")
    secret = str(page(agent.get("/me/codes")).select_one("input[name=secret]")["value"])
    agent.post("/me/codes", {"secret": secret, "code": pyotp.TOTP(secret).now()})
    return village.sign_in("half@example.fr")
