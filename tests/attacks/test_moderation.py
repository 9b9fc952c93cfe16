"""Rows ADM-01 to ADM-09, FED-05, FED-06, PRV-17: misuse of what keeps the village kind, ways around it."""

from itertools import count

import pytest

from tests.attacks.fediverse import NEIGHBOUR, PUBLIC, Attacker, Fediverse, Json
from tests.attacks.visitor import Visitor, heading
from tests.evilpeer import STRANGER

_numbers = count(1)


@pytest.fixture
def agent(fediverse: Fediverse) -> Visitor:
    return fediverse.village.invited(f"agent-{next(_numbers)}@example.fr", role="agent")


def actor_id(fediverse: Fediverse, attacker: Attacker) -> str:
    return fediverse.value(f"SELECT id FROM actor WHERE uri = '{attacker.uri}'")


def restrain(fediverse: Fediverse, attacker: Attacker, act: str) -> None:
    """An agent's button on the page about somebody elsewhere."""
    fediverse.press(f"/moderation/actors/{actor_id(fediverse, attacker)}/{act}", why="insults")


def sent(attacker: Attacker, *activities: Json) -> None:
    for activity in activities:
        assert attacker.post(activity).status in (202, 401, 403)
    attacker.fediverse.settle()


def report(visitor: Visitor, code: str, **fields: str) -> str:
    """Somebody complains; the path of the page that says how it stands."""
    usual = {"ground": "hurts", "explanation": "x", "name": "Paul", "contact": "paul@example.fr"}
    answer = visitor.submit(f"/{code}/report", **{**usual, "good_faith": "yes", **fields})
    assert answer.status_code == 303, heading(answer)
    return str(answer.headers["location"])


def case_of(fediverse: Fediverse, code: str) -> str:
    publication = f"(SELECT id FROM publication WHERE code = '{code}')"
    return fediverse.value(f"SELECT max(id) FROM moderation_case WHERE publication_id = {publication}")


def test_adm_01_an_agent_does_not_judge_administrators_and_does_not_rise(
    fediverse: Fediverse, agent: Visitor
) -> None:
    village = fediverse.village
    mine, theirs = village.member_id(agent), village.database.value("SELECT min(id) FROM member")
    facts = "SELECT role, trusted_at, suspended_at FROM member ORDER BY id"
    before = village.database.run(facts)
    tried = [
        (f"/members/{mine}/role", {"role": "administrator"}),
        (f"/members/{theirs}/role", {"role": "resident"}),
        (f"/members/{theirs}/suspend", {}),
        (f"/members/{theirs}/forget-second-factor", {}),
        (f"/moderation/members/{theirs}/silence", {"why": "x"}),
        ("/admin/network/hosts/evil.example/silence", {}),
        ("/invitations", {"name": "X", "contact": "adm-01@example.fr", "role": "administrator"}),
    ]
    for path, fields in tried:
        answer = agent.post(path, fields)
        refused = answer.status_code in (403, 404) or "/confirm" in answer.headers.get("location", "")
        assert refused, f"{path}: {heading(answer)}"
    assert agent.get("/moderation/journal").status_code == 404
    assert village.database.run(facts) == before


def test_adm_01_the_link_of_a_mail_is_of_no_use_to_who_is_no_agent_any_more(
    fediverse: Fediverse, agent: Visitor
) -> None:
    village = fediverse.village
    member = village.member_id(agent)
    mail = village.database.value(f"SELECT mail FROM member WHERE id = {member}")
    news = fediverse.announce()
    report(village.visitor(), news.code)
    letter = village.site.mailbox.next(to=mail)
    link = next(word for word in str(letter.text).split() if "/act/" in word)
    fediverse.press(f"/members/{member}/role", role="resident")
    assert village.visitor().get(link).status_code == 410
    assert fediverse.page(f"/{news.code}").count(news.code)


def test_adm_02_of_who_is_blocked_nothing_comes_by_any_way(fediverse: Fediverse) -> None:
    blocked, friend = fediverse.attacker(), fediverse.attacker(host=NEIGHBOUR)
    news = fediverse.announce()
    old = blocked.mention("of before", inReplyTo=news.uri)
    sent(blocked, blocked.create(old))
    fediverse.befriend(friend)
    restrain(fediverse, blocked, "block")
    notes = [blocked.mention("after the block", inReplyTo=news.uri) for _ in range(4)]
    for note in notes:
        blocked.serve(note["id"], note)
    sent(
        blocked, blocked.create(notes[0]), blocked.update(notes[1]), blocked.update({**old, "content": "new"})
    )
    sent(friend, friend.activity("Announce", object=notes[2]["id"], to=[PUBLIC], cc=[friend.followers]))
    answer = friend.mention("see that", inReplyTo=notes[3]["id"])
    sent(friend, friend.create(answer))
    found = fediverse.agents_page(f"/authorize_interaction?uri={notes[3]['id']}")
    assert "after the block" not in found
    assert not any(fediverse.knows(note["id"]) for note in notes)
    for path in (f"/{news.code}", "/news", "/"):
        assert "of before" not in fediverse.page(path)
    assert fediverse.document(news.uri)["replies"]["totalItems"] == 0


def test_adm_03_who_is_suspended_is_out_at_once(fediverse: Fediverse) -> None:
    village = fediverse.village
    contact = f"adm-03-{next(_numbers)}@example.fr"
    rosa = village.invited(contact)
    member = village.member_id(rosa)
    unused = village.ask_link(contact)
    fediverse.press(f"/members/{member}/suspend")
    assert not rosa.signed_in
    assert village.visitor().get(unused).status_code == 410
    assert rosa.post("/me", {"name": "Still here"}).status_code in (303, 403, 404)
    assert village.database.value(f"SELECT count(*) FROM session WHERE member_id = {member}") == "0"
    journal = fediverse.agents_page("/moderation/journal")
    assert f"/members/{member}" in journal


def test_adm_05_a_flood_of_reports_is_one_case_and_the_server_can_be_muted(fediverse: Fediverse) -> None:
    angry, news = fediverse.attacker(host=STRANGER), fediverse.announce()
    alarms = "SELECT count(*) FROM notice WHERE kind = 'complaint'"
    before = int(fediverse.value(alarms))
    sent(angry, *(angry.activity("Flag", object=[news.uri], content="x") for _ in range(60)))
    taken = f"SELECT count(*) FROM report WHERE host LIKE '{STRANGER}%'"
    assert int(fediverse.value(taken)) <= 30
    case = case_of(fediverse, news.code)
    cases = fediverse.rows(f"SELECT DISTINCT case_id FROM complaint WHERE host LIKE '{STRANGER}%'")
    assert cases == [case]
    agents = fediverse.value("SELECT count(*) FROM member WHERE role <> 'resident' AND suspended_at IS NULL")
    assert int(fediverse.value(alarms)) - before <= int(agents)
    fediverse.rows(f"DELETE FROM complaint WHERE host LIKE '{STRANGER}%'")
    fediverse.rows(f"DELETE FROM report WHERE host LIKE '{STRANGER}%'")
    fediverse.press(f"/admin/network/hosts/{angry.netloc}/silence")
    sent(angry, angry.activity("Flag", object=[news.uri], content="x"))
    fediverse.press(f"/admin/network/hosts/{angry.netloc}/release")
    assert fediverse.value(taken) == "0"


def test_adm_05_a_flood_of_reports_from_one_address_is_slowed_down(fediverse: Fediverse) -> None:
    news, visitor = fediverse.announce(), fediverse.village.visitor()
    fields = {"ground": "hurts", "explanation": "x", "name": "Paul", "contact": "06 10 10 10 10"}
    answers = [
        visitor.submit(f"/{news.code}/report", **fields, good_faith="yes").status_code for _ in range(14)
    ]
    assert answers[:10] == [303] * 10
    assert answers[-1] == 429
    assert fediverse.page(f"/{news.code}")


def test_adm_08_what_is_removed_is_gone_everywhere(fediverse: Fediverse, attacker: Attacker) -> None:
    words = f"parole {next(_numbers)} à retirer"
    sent(attacker, attacker.follow())
    news = fediverse.announce(f"{words} #portail", title=words)
    report(fediverse.village.visitor(), news.code)
    case = case_of(fediverse, news.code)
    verdict = {"outcome": "remove", "basis": "law", "reason": "Insulte."}
    fediverse.press(f"/moderation/cases/{case}/hide")
    assert fediverse.get(news.uri).status == 404
    assert attacker.told("Delete") == []
    fediverse.press(f"/moderation/cases/{case}/decide", **verdict)
    fediverse.settle()
    assert fediverse.get(news.uri).status == 410
    assert attacker.told("Delete")
    for path in (f"/{news.code}", "/news", "/", "/news?tag=portail", "/search?q=portail", "/feed.atom"):
        assert words not in fediverse.page(path), path
    assert words not in fediverse.agents_page(f"/{news.code}")
    assert words not in str(fediverse.document(f"{fediverse.actor}/outbox?page=1"))
    assert words not in "".join(fediverse.rows("SELECT title, source, html FROM publication"))
    assert words not in "".join(fediverse.rows("SELECT about, why FROM entry"))


def test_adm_09_a_server_with_much_in_store_is_blocked_while_it_sends(fediverse: Fediverse) -> None:
    big, news = fediverse.attacker(host=STRANGER), fediverse.announce()
    sent(big, big.create(big.mention("first", inReplyTo=news.uri)))
    author = actor_id(fediverse, big)
    fediverse.rows(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO publication (uri, author_id, kind, type, scope, title, html, summary, source, url,"
        " published_at, received_at, edits, likes, shares, replies)"
        f" SELECT '{big.uri}/many/' || i, {author}, 'post', 'Note', 'public', '', '<p>x</p>', '', '', '',"
        " '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', 0, 0, 0, 0 FROM n"
    )
    fediverse.block(big.netloc)
    assert big.post(big.create(big.mention("while it is blocked"))).status == 403
    assert fediverse.village.site.health() == 200
    shown = f"SELECT count(*) FROM publication WHERE author_id = {author} AND hidden_at IS NULL"
    assert fediverse.value(shown) == "0"
    assert "first" not in fediverse.page(f"/{news.code}")
    fediverse.press(f"/admin/network/hosts/{big.netloc}/release")
    assert fediverse.value(shown) == "20001"
    fediverse.rows(f"DELETE FROM publication WHERE uri LIKE '{big.uri}/many/%'")


def test_fed_05_what_comes_from_a_silenced_server_waits_for_an_agent(fediverse: Fediverse) -> None:
    somebody, news = fediverse.attacker(host=STRANGER), fediverse.announce()
    sent(somebody, somebody.follow())
    fediverse.press(f"/admin/network/hosts/{somebody.netloc}/silence")
    held = somebody.mention(f"held {next(_numbers)} words", inReplyTo=news.uri)
    sent(somebody, somebody.create(held))
    words = held["content"].removeprefix("<p>").removesuffix("</p>")
    assert words not in fediverse.page(f"/{news.code}")
    assert fediverse.document(news.uri)["replies"]["totalItems"] == 0
    assert words in fediverse.agents_page(f"/{news.code}")
    number = fediverse.value(f"SELECT id FROM publication WHERE uri = '{held['id']}'")
    sent(somebody, somebody.update({**held, "content": "<p>louder</p>", "updated": "2030-01-01T00:00:00Z"}))
    assert "louder" not in fediverse.page(f"/{news.code}")
    fediverse.press(f"/{news.code}/show", answer=number)
    assert fediverse.document(news.uri)["replies"]["totalItems"] == 1
    follow = f"SELECT count(*) FROM follow WHERE follower_id = {actor_id(fediverse, somebody)}"
    assert fediverse.value(follow) == "1", "follows stay"
    fediverse.press(f"/admin/network/hosts/{somebody.netloc}/release")


def test_fed_06_whom_the_village_blocks_is_refused_under_their_name(fediverse: Fediverse) -> None:
    blocked, news = fediverse.attacker(), fediverse.announce()
    sent(blocked, blocked.follow())
    restrain(fediverse, blocked, "block")
    fediverse.settle()
    assert [each["type"] for each in blocked.told()][-1] == "Reject"
    told = len(blocked.told())
    assert blocked.get(f"{news.uri}/likes").status == fediverse.get(f"{news.uri}/likes").status
    like = blocked.activity("Like", object=news.uri, to=[fediverse.actor])
    flag = blocked.activity("Flag", object=[news.uri], content="x")
    answer = blocked.create(blocked.mention("no", inReplyTo=news.uri))
    sent(blocked, blocked.follow(), like, flag, answer)
    fediverse.announce()
    fediverse.settle()
    assert len(blocked.told()) == told
    document = fediverse.document(news.uri)
    assert (document["likes"]["totalItems"], document["replies"]["totalItems"]) == (0, 0)
    actor = actor_id(fediverse, blocked)
    assert fediverse.value(f"SELECT count(*) FROM follow WHERE follower_id = {actor}") == "0"
    assert fediverse.value(f"SELECT count(*) FROM report WHERE actor = '{blocked.uri}'") == "0"


def test_prv_17_who_reports_is_known_to_the_town_hall_alone(fediverse: Fediverse, agent: Visitor) -> None:
    village, news = fediverse.village, fediverse.announce()
    words, name = f"what Paul wrote {next(_numbers)}", f"Paul{next(_numbers)}"
    path = report(village.visitor(), news.code, explanation=words, name=name).partition("?")[0]
    case = case_of(fediverse, news.code)
    assert words in agent.get(f"/moderation/cases/{case}").text
    fediverse.press(
        f"/moderation/cases/{case}/decide", outcome="hide", basis="charter", reason="It names somebody."
    )
    key = fediverse.value(f"SELECT key FROM moderation_case WHERE id = {case}")
    for visitor in (village.visitor(), village.newcomer(f"prv-17-{case}@example.fr")):
        for page in (path, f"/contest/{key}", "/transparency", f"/{news.code}", "/news"):
            shown = visitor.get(page).text
            assert words not in shown, page
            assert name not in shown, page
        for page in ("/moderation/cases", f"/moderation/cases/{case}", "/moderation/journal"):
            assert visitor.get(page).status_code in (303, 404)
    number = path.rpartition("/")[2]
    for guess in (number[:-1] + ("2" if number[-1] != "2" else "3"), number[:-1], f"{number}2", "1"):
        assert village.visitor().get(f"/report/{guess}").status_code == 404
