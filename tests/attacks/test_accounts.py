"""Addresses, names and numbers of accounts: AUT-21, AUT-26 and AUT-28."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.attacks.database import LONG_AGO
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, heading, page

Start = Callable[..., AbstractContextManager[Village]]

# ------------------------------------------------------------------ AUT-21: another mail address


def test_aut_21_a_stolen_session_cannot_change_the_address(village: Village) -> None:
    member = village.invited("owner-21@example.fr")
    number = village.member_id(member)
    village.database.run(f"UPDATE session SET confirmed_at = '{LONG_AGO}' WHERE member_id = {number}")
    for answer in (member.get("/me/mail"), member.post("/me/mail", {"contact": "thief@example.fr"})):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/confirm?next=")
    assert village.database.value("SELECT count(*) FROM link WHERE purpose = 'new-mail'") == "0"


def test_aut_21_an_address_counts_once_its_mailbox_confirmed_it(village: Village) -> None:
    member = village.invited("before-21@example.fr")
    member.submit("/me/mail", contact="after-21@example.fr")
    link = village.mailed_link("after-21@example.fr")
    village.visitor().post("/sign-in", {"contact": "after-21@example.fr"})
    assert village.sign_in("before-21@example.fr").signed_in, "the old address still works"
    unread = [mail.to for mail in village.site.mailbox.unread()]
    assert "after-21@example.fr" not in unread, "the new one does not"
    member.come_in(link)
    assert village.sign_in("after-21@example.fr").signed_in
    notice = [mail for mail in village.site.mailbox.unread() if "before-21" in mail.to]
    assert len(notice) == 1, "the old address is told"
    village.visitor().post("/sign-in", {"contact": "before-21@example.fr"})
    village.sign_in("after-21@example.fr")
    assert len([mail for mail in village.site.mailbox.unread() if "before-21" in mail.to]) == 1


def test_aut_21_the_link_is_for_the_member_who_asked_alone(village: Village, visitor: Visitor) -> None:
    member, thief = village.invited("06 21 21 21 21"), village.invited("06 21 21 21 22")
    member.submit("/me/mail", contact="mine-21@example.fr")
    link = village.mailed_link("mine-21@example.fr")
    assert thief.get(link).status_code == 410
    assert thief.post(link).status_code == 410
    assert visitor.get(link).headers["location"].startswith("/sign-in")
    assert visitor.post(link).headers["location"].startswith("/sign-in")
    member.come_in(link)
    assert "mine-21@example.fr" in member.get("/me").text


@pytest.mark.parametrize(
    "variant",
    [
        "ONE-21@example.fr",
        "one-21+other@example.fr",
        "One-21+a+b@EXAMPLE.fr",
        "one-21@\uff45xample.fr",  # full-width e
        " one-21@example.fr ",
    ],
    ids=["case", "tag", "both", "width", "spaces"],
)
def test_aut_21_one_mailbox_is_one_account_however_it_is_written(village: Village, variant: str) -> None:
    if village.database.value("SELECT count(*) FROM member WHERE mail_key = 'one-21@example.fr'") == "0":
        village.invited("one-21@example.fr")
    for counters in ("links-mail:%", "invitations-member:%"):
        village.rest(counters)
    village.visitor().post("/sign-up", {"name": "Double", "contact": variant, "charter": "yes"})
    assert "/sign-in/" in village.mailed_link("one-21@example.fr"), "who has an account gets a link to it"
    answer = village.administrator.post("/invitations", {"name": "Double", "contact": variant})
    assert answer.status_code == 422, "the inviter is told"
    other = village.invited("06 21 21 21 23")
    assert other.post("/me/mail", {"contact": variant}).status_code == 303
    assert village.sign_in("one-21@example.fr").signed_in
    accounts = village.database.value(
        "SELECT count(*) FROM member WHERE mail_key = 'one-21@example.fr' OR name = 'Double'"
    )
    assert accounts == "1"
    assert village.database.value("SELECT count(*) FROM link WHERE purpose IN ('sign-up')") == "0"


# ------------------------------------------------------------------ AUT-26: names that would be mistaken


@pytest.mark.parametrize(
    "name",
    ["admin", "Admin", "@ADMIN", " admin ", "www", "inbox", "api", "mairie", "root", "me", "well-known"],
)
def test_aut_26_reserved_names_are_given_to_nobody(administrator: Visitor, name: str) -> None:
    answer = administrator.post("/associations/new", {"name": f"Club {name}", "handle": name})
    assert answer.status_code == 422, heading(answer)


@pytest.mark.parametrize(
    "name",
    [".well-known", "аdmin", "ａｄｍｉｎ", "a/b", "a@b", "a b", "-a", "a-", "valbrume", "VALBRUME", "x" * 41],
    ids=ascii,
)
def test_aut_26_names_that_look_like_others_are_refused(administrator: Visitor, name: str) -> None:
    answer = administrator.post("/associations/new", {"name": f"Club {name}", "handle": name})
    assert answer.status_code == 422, heading(answer)


def test_aut_26_a_name_of_something_that_is_gone_is_never_given_again(
    village: Village, administrator: Visitor
) -> None:
    path = village.list_organisation("Ancien club")
    administrator.submit(f"{path}/remove")
    assert administrator.get(path).status_code == 404
    again = {"name": "Imposteur", "handle": path.removeprefix("/@")}
    assert administrator.post("/associations/new", again).status_code == 422
    assert village.list_organisation("Ancien club") == f"{path}-2", "the same name gets another address"


def test_aut_26_an_address_made_of_a_name_is_never_a_reserved_one(village: Village) -> None:
    assert village.list_organisation("Admin") == "/@admin-2"
    assert village.list_organisation("Mairie") == "/@mairie-2"


# ------------------------------------------------------------------ AUT-28: masses of accounts


def test_aut_28_one_address_signs_five_people_up_and_no_more_for_now(
    village: Village, visitor: Visitor
) -> None:
    answers = [
        visitor.post("/sign-up", {"name": "Bot", "contact": f"bot{number}@example.fr", "charter": "yes"})
        for number in range(8)
    ]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 3
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_aut_28_a_newcomer_brings_nobody_in_and_asks_for_no_page(village: Village) -> None:
    path, newcomer = village.list_organisation("Bots"), village.newcomer("bot@example.fr")
    for target in ("/invitations", f"{path}/claim"):
        assert newcomer.get(target).status_code == 404
        assert newcomer.post(target, {"name": "Bot", "contact": "06 28 28 28 28"}).status_code == 404


def test_aut_28_a_member_invites_twenty_people_and_no_more_for_now(village: Village) -> None:
    member = village.invited("06 28 28 28 29")
    statuses = [
        member.post("/invitations", {"name": "Ami", "contact": f"06 28 28 30 {number:02}"}).status_code
        for number in range(22)
    ]
    assert statuses == [200] * 20 + [429] * 2


def test_aut_28_who_was_let_in_by_a_newcomer_would_be_one_too(village: Village) -> None:
    """An inviter who lost the town hall's trust vouches for nobody."""
    member = village.invited("06 28 28 28 27")
    answer = member.post("/invitations", {"name": "Suite", "contact": "suite@example.fr"})
    assert answer.status_code == 303
    village.database.run(f"UPDATE member SET trusted_at = NULL WHERE id = {village.member_id(member)}")
    guest = village.visitor()
    guest.come_in(village.mailed_link("suite@example.fr"), charter="yes")
    assert guest.get("/invitations").status_code == 404


def test_aut_28_invitations_of_a_closed_account_are_worth_nothing(
    village: Village, administrator: Visitor
) -> None:
    member = village.invited("06 28 28 28 26")
    member.post("/invitations", {"name": "Reste", "contact": "reste@example.fr"})
    link = village.mailed_link("reste@example.fr")
    administrator.post(f"/members/{village.member_id(member)}/suspend")
    assert village.visitor().get(link).status_code == 410
    assert village.visitor().post(link, {"name": "Reste", "charter": "yes"}).status_code == 410


def test_aut_28_where_one_joins_by_invitation_there_is_no_sign_up(village: Village, visitor: Visitor) -> None:
    village.database.run("UPDATE village SET sign_up = 'invitation'")
    try:
        answer = visitor.get("/sign-up")
        assert answer.status_code == 403
        assert page(answer).select("form[method=post]") == []
        form = {"name": "Bot", "contact": "closed-28@example.fr", "charter": "yes"}
        assert visitor.post("/sign-up", form).status_code == 403
        assert "/sign-up" not in visitor.get("/").text + visitor.get("/sign-in").text
    finally:
        village.database.run("UPDATE village SET sign_up = 'open'")


def test_aut_28_the_sign_up_page_does_not_tell_who_is_a_member(village: Village) -> None:
    village.invited("known-28@example.fr")
    answers = [
        village.visitor().post("/sign-up", {"name": "Qui", "contact": mail, "charter": "yes"})
        for mail in ("known-28@example.fr", "unknown-28@example.fr")
    ]
    answers += [
        village.visitor().post("/sign-in", {"contact": mail})
        for mail in ("known-28@example.fr", "unknown-28@example.fr")
    ]
    assert {answer.headers["location"] for answer in answers} == {"/sign-in/sent"}
