"""Needs, offers and promises, as attackers see them.

What is hidden, in every view; forms with more fields than were offered; two promises for one
place.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count

import pytest

from tests.attacks.board import SAID, Proposal, chosen, jpeg, new_code, offer_help, photo_of, publish
from tests.attacks.fediverse import PUBLIC, Announcement, Attacker, Fediverse
from tests.attacks.test_privacy import MISSING, comparable
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, heading, page

HIDDEN = ("village", "review", "refused", "hidden")
PLACES = (
    *("/", "/board", "/needs", "/offers", "/news", "/agenda", "/network", "/@valbrume", "/@besoins"),
    *("/feed.atom", "/needs.atom", "/offers.atom", "/@valbrume.atom", "/@besoins.atom", "/transparency"),
)
BELOW = ("help", "support", "leave", "report", "interact", "manage", "change", "remove")

_numbers = count(1)


@pytest.fixture
def words() -> str:
    """One that nothing else says, new for each test."""
    return f"xylophone{next(_numbers)}z"


@pytest.fixture(scope="module")
def resident(fediverse: Fediverse) -> Visitor:
    """Somebody whom the town hall vouched for."""
    return fediverse.village.invited(f"resident-{next(_numbers)}@example.fr")


@dataclass(frozen=True)
class Secret(Proposal):
    """A need that not everybody sees, and the word that nothing else says."""

    words: str


@pytest.fixture(scope="module")
def secrets(fediverse: Fediverse) -> Callable[[str], Secret]:
    """Each way to be hidden has one need: nobody who asks for it changes it."""
    return cache(lambda how: keep_secret(fediverse, how))


@pytest.fixture(params=HIDDEN)
def secret(secrets: Callable[[str], Secret], request: pytest.FixtureRequest) -> Secret:
    """For members, not read yet, set aside by an agent, or hidden by one."""
    return secrets(str(request.param))


def keep_secret(fediverse: Fediverse, how: str) -> Secret:
    village, words = fediverse.village, f"xylophone{next(_numbers)}z"
    by = village.administrator
    if how in ("review", "refused"):
        by = village.newcomer(f"newcomer-{next(_numbers)}@example.fr")
    made = publish(
        village,
        by,
        photos=chosen(jpeg()),
        **SAID,
        title=f"Besoin de {words}",
        text=f"Voir {words} #{words}",
        area=f"près de {words}",
        scope="village" if how == "village" else "public",
    )
    if how == "refused":
        fediverse.press(f"{made.path}/set-aside", **{f"reason-{made.code}": words})
    elif how == "hidden":
        village.database.run(
            f"UPDATE publication SET hidden_at = '2026-01-01 00:00:00+00:00' WHERE id = {made.id}"
        )
    fediverse.settle()
    return Secret(made.code, made.uri, made.id, words)


def searches(words: str) -> list[str]:
    asked = [f"/search?q={words}", f"/needs?q={words}", f"/board?q={words}", f"/needs?q=%23{words}"]
    return [*asked, f"/news?tag={words}", f"/needs.atom?q={words}"]


def test_prv_01_prv_04_what_is_hidden_is_on_no_page_and_in_no_feed(
    fediverse: Fediverse, secret: Secret
) -> None:
    stranger = fediverse.village.visitor()
    for path in (
        *PLACES,
        *(f"{secret.path}/{name}" for name in ("", *BELOW)),
        photo_of(fediverse.village, secret),
    ):
        answer = stranger.get(path.rstrip("/") or "/")
        assert secret.words not in answer.text, path
        assert secret.code not in answer.text or secret.path in path, path
    assert stranger.get(secret.path).status_code == 404


def test_prv_01_only_members_read_what_is_for_the_village(
    fediverse: Fediverse, resident: Visitor, words: str
) -> None:
    inside = publish(fediverse.village, scope="village", title=f"Besoin de {words}")
    assert words in resident.get(inside.path).text
    assert words in resident.get("/needs").text
    assert words in resident.get(f"/search?q={words}").text
    unread = publish(
        fediverse.village,
        fediverse.village.newcomer(f"unread-{inside.code}@example.fr"),
        title=f"Non lu {words}",
    )
    assert resident.get(unread.path).status_code == 404
    assert "Non lu" not in resident.get(f"/search?q={words}").text


@pytest.mark.parametrize("below", ["", "/create", "/replies", "/likes", "/shares", "/context", "#primary"])
def test_prv_01_what_is_hidden_has_no_document(
    fediverse: Fediverse, attacker: Attacker, secret: Secret, below: str
) -> None:
    for accept in ("application/activity+json", "text/html"):
        for ask in (fediverse.get, attacker.get):
            answer = ask(secret.uri + below.partition("#")[0], accept=accept)
            assert answer.status == 404, (below, accept)
            assert secret.words not in answer.text


def test_prv_01_nobody_elsewhere_is_told_of_what_is_hidden(
    fediverse: Fediverse, attacker: Attacker, words: str
) -> None:
    village = fediverse.village
    for target in (fediverse.actor, f"{fediverse.origin}/a/besoins"):
        assert attacker.post(attacker.follow(target)).status == 202
    fediverse.settle()
    inside = publish(village, scope="village", title=f"Besoin de {words}")
    newcomer = village.newcomer(f"untold-{inside.code}@example.fr")
    unread = publish(village, newcomer, title=f"Aussi {words}")
    fediverse.press(f"{inside.path}/change", **changed(words))
    newcomer.post(f"{unread.path}/remove", {})
    fediverse.settle()
    assert {activity["type"] for activity in attacker.told()} == {"Accept"}


def changed(words: str) -> dict[str, str]:
    return {
        "title": f"Plus de {words}",
        "text": words,
        "category": "hand",
        "wanted": "6",
        "mode": "gift",
        "sure": "yes",
    }


@pytest.mark.parametrize("who", ["stranger", "resident"])
def test_prv_02_what_is_hidden_answers_like_what_never_was(
    fediverse: Fediverse, secret: Secret, resident: Visitor, who: str, request: pytest.FixtureRequest
) -> None:
    if who == "resident" and "village" in request.node.name:
        return  # theirs to see
    visitor = resident if who == "resident" else fediverse.village.visitor()
    token = {"_token": visitor.token()}
    for path in ("", *(f"/{name}" for name in BELOW)):
        for method in ("GET", "POST"):
            hidden, never = (
                visitor.send(method, f"/{code}{path}", data=token if method == "POST" else None)
                for code in (secret.code, MISSING.code)
            )
            names = (secret.code, MISSING.code)
            assert comparable(hidden, *names) == comparable(never, *names), (method, path)
    missing = Announcement(MISSING.code, fediverse.origin + MISSING.uri)
    for below in ("", "/create", "/replies"):
        names = (secret.uri[-26:], missing.uri[-26:])
        documents = [fediverse.get(uri + below) for uri in (secret.uri, missing.uri)]
        assert comparable(documents[0], *names) == comparable(documents[1], *names), below


def test_prv_08_answers_and_promises_tell_nothing_of_what_is_hidden(
    fediverse: Fediverse, attacker: Attacker, secret: Secret
) -> None:
    """Somebody elsewhere knows the address, and does all to be told more."""
    counted = f"SELECT likes + shares + replies FROM publication WHERE id = {secret.id}"
    before = fediverse.value(counted)  # its own board passed on what was shown at first
    intent = {"type": "Intent", "action": "deliverService", "resourceQuantity": quantity(1)}
    commitment = {
        **intent,
        "id": f"{attacker.uri}/c1",
        "type": "Commitment",
        "satisfies": f"{secret.uri}#primary",
    }
    agreement = {"type": "Agreement", "id": f"{attacker.uri}/g1", "stipulates": commitment}
    for activity in (
        attacker.create(attacker.mention("in public", inReplyTo=secret.uri)),
        attacker.activity("Like", object=secret.uri),
        attacker.activity("Announce", object=secret.uri, to=[PUBLIC]),
        attacker.activity("Offer", object=agreement, to=[fediverse.actor]),
        attacker.activity("QuoteRequest", object=secret.uri, instrument=attacker.note()["id"]),
    ):
        assert attacker.post(activity).status == 202
    fediverse.settle()
    told = str(attacker.told())
    assert secret.words not in told
    assert not attacker.told("Accept")
    for path in (*PLACES, secret.path):
        text = fediverse.page(path)
        assert secret.words not in text
        assert "in public" not in text
    assert fediverse.value(counted) == before
    assert fediverse.value("SELECT count(*) FROM pledge WHERE uri IS NOT NULL") == "0"


def quantity(number: int) -> dict[str, str]:
    return {"hasUnit": "one", "hasNumericalValue": str(number)}


def test_prv_09_collections_hold_nothing_hidden_and_do_not_count_it(fediverse: Fediverse, words: str) -> None:
    village = fediverse.village
    totals: dict[str, set[int]] = {}
    names = [f"{actor}/{name}" for actor in actors(fediverse) for name in ("outbox", "featured", "followers")]
    for _ in range(2):
        for name in names:
            found = fediverse.document(name)
            totals.setdefault(name, set()).add(found.get("totalItems"))
            assert words not in str(found) + fediverse.get(f"{name}?page=1").text
        inside = publish(village, scope="village", title=words)
        publish(village, village.newcomer(f"counted-{inside.code}@example.fr"), title=words)
        fediverse.settle()
    assert {name: len(found) for name, found in totals.items()} == dict.fromkeys(names, 1)


def actors(fediverse: Fediverse) -> list[str]:
    return [fediverse.actor, f"{fediverse.origin}/a/besoins", f"{fediverse.origin}/a/offres"]


def test_prv_18_no_search_finds_or_counts_what_is_hidden(fediverse: Fediverse, secret: Secret) -> None:
    """Not by its own words, and the answer is that of words that nobody wrote."""
    stranger, nonsense = fediverse.village.visitor(), f"xylophone{'9' * (len(secret.words) - 10)}y"
    for found, never in zip(searches(secret.words), searches(nonsense), strict=True):
        pair = [comparable(stranger.get(path), secret.words, nonsense) for path in (found, never)]
        assert without_times(pair[0]) == without_times(pair[1]), found


def without_times(answer: tuple[int, dict[str, str], str]) -> tuple[int, str]:
    """Feeds say when they were made."""
    return answer[0], re.sub(r"<updated>[^<]*</updated>", "", answer[2])


def test_prv_04_what_one_helper_is_told_is_not_for_others(
    fediverse: Fediverse, resident: Visitor, attacker: Attacker
) -> None:
    """The exact place, how to reach somebody, and the words of an answer that waits for its yes."""
    village = fediverse.village
    for target in actors(fediverse)[:2]:
        assert attacker.post(attacker.follow(target)).status == 202
    need = publish(village, resident, place="au 12 chemin secret", area="Combes")
    helper = village.invited(f"helper-{need.code}@example.fr")
    pledge = offer_help(village, need, helper, message="Je viens avec la benne")
    waiting = village.invited(f"waiting-{need.code}@example.fr")
    offer_help(village, need, waiting, message="Je viens avec le tracteur")
    accepted = resident.post(f"{need.path}/manage", {"do": "accept", "pledge": pledge})
    assert accepted.status_code == 303, heading(accepted)
    fediverse.settle()
    third = village.invited(f"third-{need.code}@example.fr")
    hidden = ("chemin secret", "helper-", "waiting-", "resident-", "tracteur")
    for who, visitor in (("stranger", village.visitor()), ("third", third), ("waiting", waiting)):
        for path in (need.path, f"{need.path}/help", "/needs", "/mine", "/needs.atom", f"{need.path}/manage"):
            text = visitor.get(path).text
            own = ("tracteur", "waiting-") if who == "waiting" else ()
            assert not [word for word in hidden if word in text and word not in own], (who, path)
    wire = str(attacker.told()) + fediverse.get(need.uri).text
    assert not [word for word in (*hidden, "benne") if word in wire]
    assert "chemin secret" in helper.get(need.path).text + helper.get("/mine").text


# ------------------------------------------------------------------ AUT-24

MORE = {
    "id": "1",
    "state": "thanked",
    "promised": "5",
    "delivered": "5",
    "hidden_at": "",
    "trusted": "yes",
    "trusted_at": "2020-01-01",
    "owner": "1",
    "owner_id": "1",
    "member_id": "1",
    "publication_id": "1",
    "author": "1",
    "author_id": "1",
    "uri": "https://evil.example/1",
    "intent_uri": "https://evil.example/1",
    "published_at": "2000-01-01",
    "pinned_at": "2000-01-01",
    "type": "Article",
    "likes": "99",
    "voice": "organisation",
    "organisation_id": "1",
    "exact_place": "x",
    "asked_at": "2000-01-01",
    "participant_id": "1",
    "accepted": "yes",
    "owner_done_at": "2020-01-01",
    "helper_done_at": "2020-01-01",
    "thanks": "x",
    "is_agent": "yes",
    "role": "administrator",
    "latitude": "0",
    "longitude": "0",
}


def of_proposal(village: Village, proposal: Proposal) -> str:
    columns = "proposal.state, promised, delivered, voice, likes, kind, publication.scope"
    return village.database.value(
        f"SELECT {columns} FROM proposal JOIN publication ON publication.id = publication_id"
        f" WHERE publication_id = {proposal.id}"
    )


def test_aut_24_a_need_is_what_its_form_offers(fediverse: Fediverse) -> None:
    village = fediverse.village
    newcomer = village.newcomer(f"more-{new_code()}@example.fr")
    unread = publish(village, newcomer, **MORE)
    assert of_proposal(village, unread) == "review|0|0|self|0|need|public"
    hidden, uri = village.database.value(
        f"SELECT coalesce(CAST(hidden_at AS text), '') || '|' || uri FROM publication WHERE id = {unread.id}"
    ).split("|")
    assert hidden
    assert uri.startswith(fediverse.origin)
    inside = publish(village, scope="village")
    form = MORE | changed("x") | {"scope": "public", "kind": "announcement"}
    answer = village.administrator.post(f"{inside.path}/change", form)
    assert answer.status_code == 303, heading(answer)
    assert of_proposal(village, inside) == "open|0|0|self|0|need|village"


def test_aut_24_a_promise_waits_for_its_yes_whatever_is_sent(fediverse: Fediverse, resident: Visitor) -> None:
    village = fediverse.village
    need = publish(village)
    pledge = offer_help(village, need, resident, **MORE)
    columns = "state, delivered, coalesce(CAST(owner_done_at AS text), ''), thanks, coalesce(uri, '')"
    assert village.database.value(f"SELECT {columns} FROM pledge WHERE id = {pledge}") == "proposed|0|||"
    assert of_proposal(village, need).startswith("open|0|0|")


def test_adm_01_nobody_acts_on_the_need_of_another(fediverse: Fediverse, resident: Visitor) -> None:
    village = fediverse.village
    need = publish(village)
    helper = village.invited(f"helper-{need.code}@example.fr")
    pledge = offer_help(village, need, helper)
    mine = publish(village, resident)
    before = of_proposal(village, need)
    for visitor in (resident, helper):
        for path in ("change", "renew", "close", "thank", "remove", "hang-up", "set-aside"):
            assert visitor.post(f"{need.path}/{path}", {"reason": "x", "words": "x"}).status_code == 404, path
        for deed in ("accept", "decline", "done", "thank"):
            form = {"do": deed, "pledge": pledge, "words": "x"}
            assert visitor.post(f"{need.path}/manage", form).status_code == 404
    stolen = resident.post(f"{mine.path}/manage", {"do": "accept", "pledge": pledge})
    assert stolen.status_code == 404
    taken_back = resident.post("/mine", {"do": "withdraw", "pledge": pledge})
    assert taken_back.status_code == 404
    assert village.database.value(f"SELECT state FROM pledge WHERE id = {pledge}") == "proposed"
    assert of_proposal(village, need) == before


# ------------------------------------------------------------------ GRP-13


def test_grp_13_of_two_promises_for_the_last_place_one_is_accepted(fediverse: Fediverse) -> None:
    """Both at once, by two browsers of the author, several times."""
    village = fediverse.village
    author = village.invited(f"author-{new_code()}@example.fr")
    helpers = [village.invited(f"two-{new_code()}@example.fr") for _ in range(2)]
    for _ in range(3):
        need = publish(village, author, wanted="1")
        pledges = [offer_help(village, need, helper) for helper in helpers]
        token = author.token()

        def accept(pledge: str, path: str = need.path, token: str = token) -> int:
            form = {"_token": token, "do": "accept", "pledge": pledge}
            return author.send("POST", f"{path}/manage", data=form).status_code

        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(accept, pledges))
        assert statuses == [303, 409]
        states = village.database.run(f"SELECT state FROM pledge WHERE id IN ({', '.join(pledges)})")
        assert sorted(states) == ["accepted", "proposed"]
        assert of_proposal(village, need).startswith("covered|1|")


def test_grp_13_a_promise_sent_many_times_is_one(fediverse: Fediverse, resident: Visitor) -> None:
    village = fediverse.village
    need = publish(village)
    field = page(resident.get(f"{need.path}/help")).select_one("form[method=post] input[name=code]")
    assert field is not None
    form = {"_token": resident.token(), "quantity": "1", "code": str(field["value"])}

    def press(_: int) -> int:
        return resident.send("POST", f"{need.path}/help", data=form).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(press, range(8))) == {303}
    proposal = f"SELECT id FROM proposal WHERE publication_id = {need.id}"
    assert village.database.value(f"SELECT count(*) FROM pledge WHERE proposal_id = ({proposal})") == "1"
