"""Rows PRV-01 to PRV-19: what only some may see, asked for by the others in every way that there is."""

import re
from collections.abc import Iterator
from itertools import count

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.attacks.fediverse import (
    NEIGHBOUR,
    PUBLIC,
    Announcement,
    Answer,
    Attacker,
    Fediverse,
    Json,
)
from tests.attacks.village import TOKEN
from tests.attacks.visitor import Visitor

HTML = "text/html"
PLACES = ("/", "/news", "/network", "/@valbrume", "/agenda", "/search?q=portail", "/feed", "/news.atom")


_numbers = count(1)


@pytest.fixture
def words() -> str:
    """What only some may read, new for each test."""
    return f"Le code du portail est le {next(_numbers)}."


@pytest.fixture
def resident(fediverse: Fediverse) -> Visitor:
    """Somebody whom the town hall vouched for."""
    return fediverse.village.invited(f"resident-{next(_numbers)}@example.fr")


@pytest.fixture
def secret(fediverse: Fediverse, words: str) -> Announcement:
    """News for members only."""
    return fediverse.announce(f"{words} #portail", title="Au portail", scope="village")


def heard(fediverse: Fediverse, attacker: Attacker, note: Json) -> None:
    """A note that was sent, taken and kept."""
    assert attacker.post(attacker.create(note)).status == 202
    fediverse.settle()
    assert fediverse.knows(note["id"])


def tell_directly(attacker: Attacker, words: str, **facts: object) -> Json:
    """What the attacker wrote to the village alone."""
    fediverse = attacker.fediverse
    note = attacker.mention(words, **{"to": [fediverse.actor], "cc": []} | facts)
    heard(fediverse, attacker, note)
    return note


@pytest.mark.parametrize("below", ["", "/create", "/replies", "/likes", "/shares", "/context", "/update/1"])
def test_prv_01_news_for_members_have_no_document(
    fediverse: Fediverse, attacker: Attacker, secret: Announcement, below: str, words: str
) -> None:
    fediverse.befriend(attacker)
    assert attacker.post(attacker.follow()).status == 202
    fediverse.settle()
    assert fediverse.get(secret.uri + below).status == 404
    assert fediverse.get(secret.uri + below, accept=HTML).status == 404
    assert attacker.get(secret.uri + below).status == 404
    assert words not in str(attacker.told())


def test_prv_01_news_for_members_are_on_no_page_of_others(
    fediverse: Fediverse, secret: Announcement, resident: Visitor, words: str
) -> None:
    stranger, newcomer = fediverse.village.visitor(), fediverse.village.newcomer("prv-01@example.fr")
    paths = [*PLACES, f"/{secret.code}", f"/{secret.code}/interact", f"/{secret.code}/edit"]
    for path in [*paths, f"/authorize_interaction?uri={secret.uri}"]:
        assert words not in stranger.get(path).text, path
    assert stranger.get(f"/{secret.code}").status_code == 404
    assert words in resident.get(f"/{secret.code}").text
    assert words in newcomer.get("/news").text


def test_prv_01_a_message_to_us_is_on_no_page(
    fediverse: Fediverse, attacker: Attacker, resident: Visitor, words: str
) -> None:
    news = fediverse.announce()
    tell_directly(attacker, words, inReplyTo=news.uri)
    tell_directly(attacker, words)
    stranger = fediverse.village.visitor()
    for path in (*PLACES, f"/{news.code}", f"/{news.code}/interact"):
        assert words not in stranger.get(path).text, path
        assert words not in resident.get(path).text, path
    found = fediverse.document(news.uri)
    assert found["replies"]["totalItems"] == 0
    assert words in fediverse.agents_page("/network")


def comparable(answer: Answer | httpx.Response, *hidden: str) -> tuple[int, dict[str, str], str]:
    """All that a reader gets but what differs in any two answers, and what they asked for themselves."""
    status = answer.status if isinstance(answer, Answer) else answer.status_code
    dropped = ("date", "x-request-id", "set-cookie")
    headers = {name: value for name, value in dict(answer.headers).items() if name not in dropped}
    text = answer.text
    for word in (*hidden, answer.headers["x-request-id"]):
        text = text.replace(word, "…")
        headers = {name: value.replace(word, "…") for name, value in headers.items()}
    text = re.sub(r'name="_token" value="[^"]*"|nonce="[^"]*"', "", text)
    return status, headers, text


MISSING = Announcement("zzzzz2", "/o/01hzzzzzzzzzzzzzzzzzzzzzzz")


@pytest.mark.parametrize("is_deleted", [False, True])
@pytest.mark.parametrize("below", ["", "/replies", "/likes", "/create", "/delete"])
def test_prv_02_a_hidden_document_answers_like_one_that_never_was(
    fediverse: Fediverse, attacker: Attacker, secret: Announcement, below: str, is_deleted: bool
) -> None:
    if is_deleted:
        fediverse.press(f"/{secret.code}/delete")
        fediverse.settle()
    missing = Announcement(MISSING.code, fediverse.origin + MISSING.uri)
    for accept in ("application/activity+json", 'application/ld+json; profile="x"', HTML, "*/*"):
        pairs = [fediverse.get(each.uri + below, accept=accept) for each in (secret, missing)]
        signed = [attacker.get(each.uri + below, accept=accept) for each in (secret, missing)]
        for hidden, never in (pairs, signed):
            names = (secret.uri[-26:], missing.uri[-26:])
            assert comparable(hidden, *names) == comparable(never, *names)
            assert hidden.status == 404


@pytest.mark.parametrize("is_deleted", [False, True])
@pytest.mark.parametrize("who", ["stranger", "resident"])
def test_prv_02_a_hidden_page_answers_like_one_that_never_was(
    fediverse: Fediverse, secret: Announcement, resident: Visitor, who: str, is_deleted: bool
) -> None:
    if is_deleted:
        fediverse.press(f"/{secret.code}/delete")
        fediverse.settle()
    visitor = resident if who == "resident" else fediverse.village.visitor()
    below = ["/interact", "/edit", "/answer", "/delete", "/pin", "/like"]
    for path in ["", *below] if who == "stranger" else below[1:]:
        for method in ("GET", "POST"):
            token = {"_token": visitor.token()}
            hidden, never = (
                visitor.send(method, f"/{each.code}{path}", data=token if method == "POST" else None)
                for each in (secret, MISSING)
            )
            names = (secret.code, MISSING.code)
            assert comparable(hidden, *names) == comparable(never, *names), path


@pytest.fixture
def hidden_organisation(fediverse: Fediverse) -> Iterator[str]:
    """The name of one in a village that only members see."""
    name = fediverse.village.list_organisation(f"Amis {next(_numbers)}").removeprefix("/@")
    agent = fediverse.village.administrator
    assert agent.submit("/admin", to="/admin", visibility="members").status_code == 303
    yield name
    assert agent.submit("/admin", to="/admin", visibility="public").status_code == 303


def test_prv_02_an_organisation_for_members_is_not_told_from_none(
    fediverse: Fediverse, attacker: Attacker, hidden_organisation: str
) -> None:
    missing = "x" * len(hidden_organisation)
    host, visitor = fediverse.origin.partition("://")[2], fediverse.village.visitor()
    for path in ("/a/{name}", "/a/{name}/outbox", "/a/{name}/followers?page=1", "/a/{name}/featured"):
        for ask in (fediverse.get, attacker.get):
            hidden, never = (ask(path.format(name=name)) for name in (hidden_organisation, missing))
            assert comparable(hidden, hidden_organisation) == comparable(never, missing), path
            assert hidden.status == 404
    for resource in ("acct:{name}@{host}", "{origin}/a/{name}", "{origin}/@{name}"):
        path = f"/.well-known/webfinger?resource={resource}"
        facts = {"host": host, "origin": fediverse.origin}
        hidden, never = (
            fediverse.get(path.format(name=name, **facts)) for name in (hidden_organisation, missing)
        )
        assert comparable(hidden, hidden_organisation) == comparable(never, missing), path
    follow = attacker.follow(f"{fediverse.origin}/a/{hidden_organisation}")
    for name in (hidden_organisation, missing):
        assert attacker.post(follow, to=f"{fediverse.origin}/a/{name}/inbox").status == 404
    assert attacker.post(follow).status == 202
    fediverse.settle()
    assert attacker.told() == []
    for path in ("/@{name}", "/@{name}/follow"):
        pages = (visitor.get(path.format(name=name)) for name in (hidden_organisation, missing))
        first, second = (comparable(page, hidden_organisation, missing) for page in pages)
        assert first == second, path


def test_prv_02_a_message_to_us_is_not_told_from_none(
    fediverse: Fediverse, attacker: Attacker, resident: Visitor, words: str
) -> None:
    """By its page here, which agents have, or by its URI."""
    note = tell_directly(attacker, words)
    fediverse.agents_page("/network")  # gives it a page
    code = fediverse.value(f"SELECT coalesce(code, '') FROM publication WHERE uri = '{note['id']}'")
    assert code
    for visitor in (resident, fediverse.village.visitor()):
        hidden, never = visitor.get(f"/{code}"), visitor.get(f"/{MISSING.code}")
        assert comparable(hidden, code, MISSING.code) == comparable(never, code, MISSING.code)


@pytest.mark.parametrize("audience", ["followers", "followers and us"])
def test_prv_04_what_was_for_followers_is_not_for_everybody_here(
    fediverse: Fediverse, attacker: Attacker, resident: Visitor, audience: str, words: str
) -> None:
    """The village follows; that makes nobody who lives there a follower."""
    fediverse.befriend(attacker)
    named = [attacker.followers] + ([fediverse.actor] if audience == "followers and us" else [])
    note = attacker.note(words, to=named, cc=[])
    heard(fediverse, attacker, note)
    assert words in fediverse.agents_page("/network")
    code = fediverse.value(f"SELECT coalesce(code, '') FROM publication WHERE uri = '{note['id']}'")
    newcomer = fediverse.village.newcomer(f"prv-04-{code}@example.fr")
    for visitor in (resident, newcomer, fediverse.village.visitor()):
        for path in (*PLACES, f"/{code}", f"/authorize_interaction?uri={note['id']}"):
            assert words not in visitor.get(path).text, path
    fediverse.village.administrator.post(f"/{code}/boost")
    fediverse.settle()
    assert attacker.told("Announce") == []


def test_prv_07_blind_copies_are_nobodys_to_see(fediverse: Fediverse, attacker: Attacker) -> None:
    news, blind = fediverse.announce(), f"{attacker.uri}/blind"
    hidden: Json = {"bto": [blind], "bcc": [blind, f"{fediverse.origin}/a/besoins"]}
    assert attacker.post(attacker.follow(**hidden)).status == 202
    heard(fediverse, attacker, attacker.mention("in the open", inReplyTo=news.uri, **hidden))
    quote = attacker.activity("QuoteRequest", object=news.uri, instrument=attacker.note(**hidden), **hidden)
    assert attacker.post(quote).status == 202
    fediverse.settle()
    fediverse.announce()
    fediverse.settle()
    assert attacker.told("Accept")
    served = [
        fediverse.get(uri).text
        for uri in (news.uri, f"{news.uri}/create", f"{fediverse.actor}/outbox?page=1")
    ]
    for text in [*map(str, attacker.told()), *served, fediverse.page(f"/{news.code}")]:
        assert not re.search(r"""["'](bto|bcc)["']""", text)
        assert blind not in text


def test_prv_08_a_public_answer_shows_nothing_of_what_it_answers(
    fediverse: Fediverse, attacker: Attacker, secret: Announcement, words: str
) -> None:
    """Somebody who heard of it elsewhere answers news for members, and a message that was for us alone."""
    message = tell_directly(fediverse.attacker(host=NEIGHBOUR, key=1), words)
    for parent in (secret.uri, message["id"]):
        heard(fediverse, attacker, attacker.mention("in public", inReplyTo=parent))
        assert attacker.post(attacker.activity("Like", object=parent)).status == 202
        assert attacker.post(attacker.activity("Announce", object=parent, to=[PUBLIC])).status == 202
        quote = attacker.activity("QuoteRequest", object=parent, instrument=attacker.note()["id"])
        assert attacker.post(quote).status == 202
    fediverse.settle()
    assert attacker.told() == []
    for path in (*PLACES, f"/{secret.code}"):
        text = fediverse.page(path)
        assert words not in text
        assert "Au portail" not in text
        assert "in public" not in text
    counted = f"SELECT likes + shares + replies FROM publication WHERE uri = '{secret.uri}'"
    assert fediverse.value(counted) == "0"


def test_prv_08_our_private_answer_is_nobody_elses(
    fediverse: Fediverse, attacker: Attacker, words: str
) -> None:
    """Eve, who follows us, got to know its address, and does all to be told of it."""
    eve = fediverse.attacker(host=NEIGHBOUR, key=1)
    assert eve.post(eve.follow()).status == 202
    message = tell_directly(attacker, "May I ask something?")
    fediverse.agents_page("/network")  # gives it a page
    code = fediverse.value(f"SELECT code FROM publication WHERE uri = '{message['id']}'")
    page = fediverse.press(f"/{code}/answer", text=words).strip("/")
    fediverse.settle()
    ours = fediverse.value(f"SELECT uri FROM publication WHERE html LIKE '%{words}%'")
    answer = fediverse.value(f"SELECT code FROM publication WHERE uri = '{ours}'")
    assert words in str(attacker.told("Create"))
    heard(fediverse, eve, eve.mention("me too", inReplyTo=ours))
    for kind in ("Like", "Announce", "QuoteRequest"):
        facts = {"to": [PUBLIC], "instrument": eve.note()["id"]}
        assert eve.post(eve.activity(kind, object=ours, **facts)).status == 202
    assert eve.post(eve.activity("Flag", object=[ours], content="?")).status == 202
    fediverse.settle()
    fediverse.village.administrator.submit(f"/{answer}/edit", text=f"{words} Still.")
    fediverse.settle()
    assert f"{words} Still." in str(attacker.told("Update"))
    fediverse.press(f"/{answer}/delete")
    fediverse.settle()
    assert [each["type"] for each in eve.told()] == ["Accept"]
    for uri in (ours, f"{ours}/create", f"{ours}/update/1", f"{ours}/delete", f"{ours}/replies"):
        assert eve.get(uri).status == fediverse.get(uri).status == 404
    for path in (*PLACES, f"/{code}", f"/{answer}", f"/{page}"):
        assert words not in fediverse.page(path)


def items(fediverse: Fediverse, uri: str) -> str:
    """A collection with its pages, as text."""
    first = fediverse.document(uri)
    pages = [fediverse.get(f"{uri}?page={number}").text for number in (1, 2)]
    return str(first) + "".join(pages)


@pytest.mark.parametrize("name", ["outbox", "featured", "followers", "following"])
def test_prv_09_collections_of_an_actor_hold_nothing_hidden(
    fediverse: Fediverse, attacker: Attacker, secret: Announcement, name: str, words: str
) -> None:
    before = fediverse.document(f"{fediverse.actor}/{name}").get("totalItems")
    fediverse.press(f"/{secret.code}/pin")
    tell_directly(attacker, words)
    fediverse.settle()
    found = items(fediverse, f"{fediverse.actor}/{name}")
    assert secret.uri not in found
    assert words not in found
    assert fediverse.document(f"{fediverse.actor}/{name}").get("totalItems") == before


def test_prv_09_collections_of_a_note_hold_nothing_hidden(
    fediverse: Fediverse, attacker: Attacker, words: str
) -> None:
    news, liar = fediverse.announce(), fediverse.attacker(key=1)
    open_one = attacker.mention("openly", inReplyTo=news.uri)
    heard(fediverse, attacker, open_one)
    hidden = [
        tell_directly(attacker, words, inReplyTo=news.uri),
        tell_directly(attacker, words, inReplyTo=open_one["id"]),
        tell_directly(liar, words, inReplyTo=news.uri, to=[fediverse.actor, liar.followers]),
    ]
    for name in ("replies", "context"):
        found = items(fediverse, f"{news.uri}/{name}")
        assert open_one["id"] in found
        assert not [note for note in hidden if note["id"] in found]
    assert fediverse.document(f"{news.uri}/replies")["totalItems"] == 1
    assert fediverse.document(news.uri)["replies"]["totalItems"] == 1


def test_prv_09_what_an_agent_took_off_the_pages_is_in_no_collection(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    news, note = fediverse.announce(), attacker.mention("rude words")
    note["inReplyTo"] = news.uri
    heard(fediverse, attacker, note)
    number = fediverse.value(f"SELECT id FROM publication WHERE uri = '{note['id']}'")
    assert "rude words" in fediverse.page(f"/{news.code}")  # may be remembered
    fediverse.press(f"/{news.code}/hide", answer=number)
    assert "rude words" not in fediverse.page(f"/{news.code}")
    for name in ("replies", "context"):
        assert note["id"] not in items(fediverse, f"{news.uri}/{name}")


def test_prv_09_nodeinfo_counts_what_everybody_sees(fediverse: Fediverse, words: str) -> None:
    def posts() -> int:
        return int(fediverse.document("/nodeinfo/2.1")["usage"]["localPosts"])

    before = posts()
    fediverse.announce(words, scope="village")
    fediverse.announce()
    assert posts() == before + 1


def test_prv_10_flt_32_what_is_for_some_is_kept_by_no_cache(
    fediverse: Fediverse, attacker: Attacker, secret: Announcement, resident: Visitor
) -> None:
    for answer in (
        attacker.get(secret.uri),
        fediverse.get(secret.uri),
        attacker.post(attacker.follow()),
        resident.get(f"/{secret.code}"),
        resident.get("/news"),
        fediverse.village.administrator.get("/network"),
    ):
        assert "no-store" in answer.headers["cache-control"], answer
        assert "public" not in answer.headers["cache-control"]
    news = fediverse.announce()
    for answer in (fediverse.get(news.uri), attacker.get(news.uri)):
        assert {"accept", "signature"} <= set(answer.headers["vary"].replace(" ", "").lower().split(","))


def test_prv_10_a_page_for_members_is_not_given_to_the_next_visitor(
    fediverse: Fediverse, secret: Announcement, resident: Visitor, words: str
) -> None:
    stranger = fediverse.village.visitor()
    for _ in range(2):
        assert words in resident.get(f"/{secret.code}").text
        assert words not in stranger.get(f"/{secret.code}").text
        assert words in resident.get("/news").text
        assert words not in stranger.get("/news").text
    news = fediverse.announce()
    for accept in (HTML, "application/activity+json", HTML, "application/activity+json"):
        kind = fediverse.get(news.uri, accept=accept).headers.get("content-type", "")
        assert ("json" in kind) is (accept != HTML)


@pytest.mark.parametrize("end", ["suspended", "signed out"])
def test_prv_13_a_member_who_is_none_any_more_sees_nothing_at_once(
    fediverse: Fediverse, secret: Announcement, resident: Visitor, end: str, words: str
) -> None:
    assert words in resident.get(f"/{secret.code}").text
    number, cookies = fediverse.village.member_id(resident), dict(resident.cookies)
    if end == "suspended":
        fediverse.press(f"/members/{number}/suspend")
    else:
        resident.post("/sign-out")
    resident.cookies = cookies
    assert resident.get(f"/{secret.code}").status_code == 404
    assert words not in resident.get("/news").text
    assert not resident.signed_in


def test_prv_17_reports_are_for_agents_and_tell_the_reporter_nothing(
    fediverse: Fediverse, attacker: Attacker, secret: Announcement, resident: Visitor
) -> None:
    news, complaint = fediverse.announce(), f"this is a complaint of {attacker.name}"
    about = [news.uri, secret.uri, fediverse.actor]
    assert attacker.post(attacker.activity("Flag", object=about, content=complaint)).status == 202
    assert (
        attacker.post(attacker.activity("Flag", object=[secret.uri], content=f"{complaint} too")).status
        == 202
    )
    fediverse.settle()
    cases = fediverse.rows(f"SELECT case_id FROM complaint WHERE explanation LIKE '{complaint}%'")
    pages = [f"/moderation/cases/{case}" for case in cases]
    found = "".join(map(fediverse.agents_page, pages))
    assert complaint in found
    assert f"{complaint} too" not in found  # about what they cannot see
    assert "Au portail" not in found
    assert attacker.told() == []
    newcomer = fediverse.village.newcomer(f"prv-17-{attacker.name}@example.fr")
    for visitor in (fediverse.village.visitor(), newcomer, resident):
        for path in ("/moderation/cases", *pages, *PLACES):
            assert complaint not in visitor.get(path).text
        assert {visitor.get(path).status_code for path in pages} <= {303, 404}
    for uri in (f"{fediverse.actor}/inbox", f"{fediverse.origin}/inbox", f"{fediverse.actor}/reports"):
        assert attacker.get(uri).status in (404, 405)


def test_prv_18_words_of_what_is_hidden_find_nothing(
    fediverse: Fediverse, secret: Announcement, resident: Visitor, words: str
) -> None:
    stranger = fediverse.village.visitor()

    def without_words(path: str) -> str:
        shown = BeautifulSoup(stranger.get(path).text, "html.parser").get_text(" ")
        return re.sub(r"#?\b(portail|zzzzzz)\b", "…", " ".join(shown.split()))

    assert words in resident.get("/news?tag=portail").text
    assert without_words("/news?tag=portail") == without_words("/news?tag=zzzzzz")
    assert words not in stranger.get("/news?tag=portail").text


def test_prv_19_no_page_tells_the_next_server_where_somebody_came_from(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    news = fediverse.announce()
    heard(fediverse, attacker, attacker.mention("a link", inReplyTo=news.uri))
    visitor = fediverse.village.visitor()
    for answer in (
        visitor.get("/"),
        visitor.get(f"/{news.code}"),
        visitor.get("/sign-in/" + "A" * 43),
        visitor.get("/invitation/" + "A" * 43),
        visitor.get("/nowhere"),
        fediverse.get(news.uri),
        attacker.post(b"{"),
    ):
        policy = answer.headers["referrer-policy"]
        assert policy in ("no-referrer", "same-origin", "strict-origin"), answer


def test_prv_19_the_log_holds_no_token(fediverse: Fediverse) -> None:
    village = fediverse.village
    lines = len(village.site.lines)
    link = village.ask_link("rosa@example.fr")
    village.visitor().come_in(link)
    invited = village.invited("prv-19@example.fr")
    invited.get("/me")
    fediverse.settle()
    logged = "\n".join(village.site.lines[lines:])
    assert not TOKEN.findall(logged)
    for cookie in invited.cookies.values():
        assert cookie not in logged
