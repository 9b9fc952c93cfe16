"""What may be done to whom by a message that is well signed: duplicates, forgeries, odd orders, odd times."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.attacks.fediverse import NEIGHBOUR, PUBLIC, Attacker, Fediverse
from tests.evilpeer import STRANGER, answers

Json = dict[str, Any]


@pytest.fixture
def victim(fediverse: Fediverse) -> Attacker:
    """Somebody honest on the attacker's server, whose message the village has."""
    return fediverse.attacker()


@pytest.fixture
def note(fediverse: Fediverse, victim: Attacker) -> Json:
    note = victim.mention("the true words")
    victim.serve(note["id"], note)
    send(victim, victim.create(note))
    return note


@pytest.fixture
def friend(fediverse: Fediverse) -> Attacker:
    """Somebody whom the village follows."""
    friend = fediverse.attacker()
    fediverse.befriend(friend)
    return friend


def send(attacker: Attacker, *activities: Json, to: str | None = None) -> None:
    """All of them, one after the other; then wait until they are handled."""
    for activity in activities:
        assert attacker.post(activity, to=to).status in (202, 400, 401)
    attacker.fediverse.settle()


def numbers(fediverse: Fediverse, uri: str) -> str:
    """Likes, shares and answers of a publication."""
    return fediverse.value(f"SELECT likes, shares, replies FROM publication WHERE uri = '{uri}'")


def follows(fediverse: Fediverse, uri: str) -> int:
    """How many there are from or to this actor."""
    of = f"(SELECT id FROM actor WHERE uri = '{uri}')"
    return int(
        fediverse.value(f"SELECT count(*) FROM follow WHERE follower_id IN {of} OR followed_id IN {of}")
    )


def waiting_jobs(fediverse: Fediverse) -> list[str]:
    return fediverse.rows("SELECT name, arguments FROM job WHERE periodic IS NULL")


# ---------------------------------------------------------------- the same once more


def test_inb_01_ten_copies_at_once_to_two_inboxes_are_one(fediverse: Fediverse, attacker: Attacker) -> None:
    news = fediverse.announce()
    likes, answered = attacker.activity("Like", object=news.uri), attacker.mention(inReplyTo=news.uri)
    posts = [likes, attacker.create(answered), attacker.follow()]
    inboxes = [fediverse.shared_inbox, f"{fediverse.actor}/inbox"]
    send(attacker, attacker.create(attacker.mention()))  # its key is known from now on
    with ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(attacker.post, posts[n % 3], to=inboxes[n % 2]) for n in range(30)]
        assert {each.result().status for each in sent} == {202}
    fediverse.settle()
    assert numbers(fediverse, news.uri) == "1|0|1"
    assert follows(fediverse, attacker.uri) == 1
    assert len(attacker.told("Accept")) == 1


def test_inb_02_another_body_under_a_known_id_changes_nothing(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    first = attacker.create(attacker.mention("first"))
    second = attacker.mention("second")
    send(attacker, first, attacker.create(second, id=first["id"]))
    send(attacker, attacker.create(first["object"] | {"content": "<p>third</p>"}))
    assert not fediverse.knows(second["id"])
    assert fediverse.stored(first["object"]["id"]) == "<p>first</p>"


@pytest.mark.parametrize("kind", ["Follow", "Like", "Create", "Delete"])
@pytest.mark.parametrize("identity", [None, "", 5, [], "null", "missing"])
def test_inb_03_an_activity_without_an_id_is_refused(
    fediverse: Fediverse, attacker: Attacker, kind: str, identity: Any
) -> None:
    for _ in range(2):  # also a second one is told so, and not taken for the first
        activity = attacker.activity(kind, object=fediverse.actor, id=identity)
        if identity == "missing":
            del activity["id"]
        assert attacker.post(activity).status == 400
    fediverse.settle()
    assert follows(fediverse, attacker.uri) == 0


def test_inb_23_a_thousand_likes_of_one_are_one(fediverse: Fediverse, attacker: Attacker) -> None:
    news = fediverse.announce()
    send(attacker, attacker.create(attacker.mention()))
    kinds = ("Like", "Announce")
    posts = [attacker.activity(kinds[n % 2], object=news.uri, to=[PUBLIC]) for n in range(60)]
    with ThreadPoolExecutor(6) as pool:
        assert {answer.status for answer in pool.map(attacker.post, posts)} == {202}
    fediverse.settle()
    assert numbers(fediverse, news.uri) == "1|1|0"
    for activity in posts[:2]:
        send(attacker, attacker.activity("Undo", object=activity), attacker.activity("Undo", object=activity))
    left = numbers(fediverse, news.uri).split("|")
    assert all(int(number) in (0, 1) for number in left)
    send(attacker, attacker.activity("Like", object=f"{fediverse.origin}/o/{'0' * 26}"))


# ---------------------------------------------------------------- words of others


def test_inb_05_nobody_changes_the_words_of_another(
    fediverse: Fediverse, victim: Attacker, note: Json, attacker: Attacker
) -> None:
    stranger = fediverse.attacker(host=NEIGHBOUR)
    forged = note | {"content": "<p>forged</p>", "updated": tomorrow()}
    for liar in (attacker, stranger):
        send(
            liar,
            liar.update(forged),
            liar.update(forged | {"attributedTo": liar.uri}),
            liar.create(forged | {"attributedTo": liar.uri}),
            liar.update({"id": note["id"], "type": "Tombstone"}),
            liar.update(victim.document(name="Forged", inbox=f"{liar.uri}/inbox")),
            liar.activity("Update", object=victim.uri),
        )
    assert fediverse.stored(note["id"]) == "<p>the true words</p>"
    row = fediverse.value(f"SELECT display_name, inbox FROM actor WHERE uri = '{victim.uri}'")
    assert row == f"{victim.name.title()}|{victim.uri}/inbox"


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_inb_07_older_words_do_not_replace_newer_ones(fediverse: Fediverse, attacker: Attacker) -> None:
    note = attacker.mention("first", published=ago(hours=5))
    edits = [
        (ago(hours=2), "newest"),
        (ago(hours=3), "older"),
        (ago(hours=4), "oldest"),
        (ago(hours=2), "same"),
    ]
    edits += [(ago(days=9), "before it was written"), ("no date", "undated"), (None, "undated too")]
    send(attacker, attacker.create(note))
    send(
        attacker,
        *(attacker.update(note | {"content": f"<p>{text}</p>", "updated": at}) for at, text in edits),
    )
    assert fediverse.stored(note["id"]) == "<p>newest</p>"


def test_inb_09_an_edit_changes_words_and_nothing_else(fediverse: Fediverse, attacker: Attacker) -> None:
    news, other = fediverse.announce(), fediverse.announce()
    note = attacker.mention("first", inReplyTo=news.uri, published=ago(hours=5))
    send(attacker, attacker.create(note))
    columns = "author_id, type, kind, scope, in_reply_to, root_id, published_at"
    before = fediverse.value(f"SELECT {columns} FROM publication WHERE uri = '{note['id']}'")
    moved = {
        "type": "Article",
        "inReplyTo": other.uri,
        "published": ago(days=400),
        "to": [fediverse.actor],
        "cc": [],
        "audience": f"{fediverse.origin}/a/besoins",
        "context": other.uri,
        "content": "<p>second</p>",
        "updated": ago(hours=1),
    }
    send(attacker, attacker.update(note | moved))
    assert fediverse.stored(note["id"]) == "<p>second</p>"
    assert fediverse.value(f"SELECT {columns} FROM publication WHERE uri = '{note['id']}'") == before
    another = fediverse.attacker()
    send(attacker, attacker.update(note | {"attributedTo": another.uri, "updated": ago(minutes=1)}))
    assert fediverse.stored(note["id"]) == "<p>second</p>"
    assert (numbers(fediverse, news.uri), numbers(fediverse, other.uri)) == ("0|0|1", "0|0|0")


@pytest.mark.parametrize("form", ["uri", "tombstone", "document"])
def test_inb_11_what_was_deleted_does_not_come_later(
    fediverse: Fediverse, attacker: Attacker, form: str
) -> None:
    note = attacker.mention()
    deleted = {"uri": note["id"], "tombstone": {"id": note["id"], "type": "Tombstone"}, "document": note}[
        form
    ]
    send(attacker, attacker.create(attacker.mention()), attacker.delete(deleted), attacker.create(note))
    send(attacker, attacker.update(note | {"updated": tomorrow()}), attacker.create(note))
    assert not fediverse.knows(note["id"])


def test_inb_14_who_is_not_the_author_deletes_only_what_its_server_says_is_gone(
    fediverse: Fediverse, victim: Attacker, note: Json, attacker: Attacker
) -> None:
    stranger = fediverse.attacker(host=NEIGHBOUR)
    tombstone = {"id": note["id"], "type": "Tombstone"}
    for liar in (attacker, stranger):
        send(
            liar, liar.delete(note["id"]), liar.delete(tombstone), liar.delete(note), liar.delete(victim.uri)
        )
    assert fediverse.knows(note["id"])
    assert fediverse.knows(victim.uri)
    fediverse.peer.on(victim._path(note["id"]), answers.status(410), host=victim.host)
    send(stranger, stranger.delete(note["id"]))
    assert fediverse.knows(note["id"])


# ---------------------------------------------------------------- follows and blocks


def test_inb_15_nobody_takes_back_what_another_did(
    fediverse: Fediverse, victim: Attacker, attacker: Attacker
) -> None:
    news = fediverse.announce()
    follow = victim.follow()
    like, share = (victim.activity(kind, object=news.uri, to=[PUBLIC]) for kind in ("Like", "Announce"))
    send(victim, follow, like, share)
    stranger = fediverse.attacker(host=NEIGHBOUR)
    for liar in (attacker, stranger):
        for done in (follow, like, share):
            bare = {"type": done["type"], "actor": victim.uri, "object": done["object"]}
            embedded = done | {"actor": victim.document()}
            mine = done | {"actor": liar.uri, "id": f"{liar.uri}/x/{done['type']}"}
            for inner in (done["id"], done, bare, embedded, mine):
                send(liar, liar.activity("Undo", object=inner))
    assert numbers(fediverse, news.uri) == "1|1|0"
    assert follows(fediverse, victim.uri) == 1


def test_inb_15_nobody_takes_back_the_block_of_another(
    fediverse: Fediverse, victim: Attacker, attacker: Attacker
) -> None:
    blocked = victim.activity("Block", object=fediverse.actor)
    send(victim, victim.follow(), blocked)
    send(attacker, attacker.activity("Undo", object=blocked["id"]), attacker.activity("Undo", object=blocked))
    send(victim, victim.follow())
    assert follows(fediverse, victim.uri) == 0


def test_inb_17_only_who_was_asked_answers(
    fediverse: Fediverse, victim: Attacker, attacker: Attacker
) -> None:
    asked = fediverse.follow(victim)
    stranger = fediverse.attacker(host=NEIGHBOUR)
    accepted = f"SELECT count(*) FROM follow WHERE uri = '{asked['id']}' AND accepted_at IS NOT NULL"
    for liar in (attacker, stranger):
        forged = {"id": f"{liar.uri}/x", "type": "Follow", "actor": fediverse.actor, "object": liar.uri}
        for answer in (asked["id"], asked, asked | {"object": liar.uri}, forged):
            send(liar, liar.activity("Accept", object=answer))
            assert fediverse.value(accepted) == "0"
            send(liar, liar.activity("Reject", object=answer), liar.activity("Undo", object=asked))
        assert follows(fediverse, liar.uri) == 0
    assert follows(fediverse, victim.uri) == 1
    send(victim, victim.activity("Accept", object=asked["id"]))
    assert fediverse.value(accepted) == "1"


def test_inb_18_a_late_no_ends_what_a_yes_began(fediverse: Fediverse, attacker: Attacker) -> None:
    asked = fediverse.follow(attacker)
    send(attacker, attacker.activity("Accept", object=asked))
    assert follows(fediverse, attacker.uri) == 1
    send(attacker, attacker.activity("Reject", object=asked))
    assert follows(fediverse, attacker.uri) == 0
    unseen = attacker.note()
    send(attacker, attacker.activity("Accept", object=asked), attacker.create(unseen))
    assert follows(fediverse, attacker.uri) == 0
    assert not fediverse.knows(unseen["id"])


def move(attacker: Attacker, target: str, **facts: Any) -> Json:
    usual = {"object": attacker.uri, "target": target, "to": [attacker.followers]}
    return attacker.activity("Move", **usual | facts)


def test_inb_19_a_move_without_a_word_of_its_target_is_ignored(
    fediverse: Fediverse, friend: Attacker
) -> None:
    target = fediverse.attacker(host=NEIGHBOUR)
    send(friend, move(friend, target.uri))
    assert len(target.asked()) == 1
    for also in ([fediverse.actor], f"{friend.uri}/x", {"id": f"{friend.uri}?"}, friend.uri[:-1]):
        other = fediverse.attacker(host=NEIGHBOUR)
        other.publish(alsoKnownAs=also)
        send(friend, move(friend, other.uri))
        assert follows(fediverse, other.uri) == 0
    assert (follows(fediverse, friend.uri), follows(fediverse, target.uri)) == (1, 0)


def test_inb_19_nobody_moves_another_and_nobody_moves_here(
    fediverse: Fediverse, friend: Attacker, attacker: Attacker
) -> None:
    target = fediverse.attacker()
    target.publish(alsoKnownAs=[friend.uri, attacker.uri])
    asked = len(target.asked())
    send(attacker, attacker.follow())
    send(
        attacker,
        move(attacker, target.uri, object=friend.uri),
        move(attacker, target.uri, actor=friend.uri),
        move(attacker, target.uri),  # nobody here follows the attacker
    )
    send(friend, move(friend, fediverse.actor), move(friend, f"{fediverse.origin}/a/besoins"))
    send(friend, move(friend, friend.uri))
    assert len(target.asked()) == asked
    assert (follows(fediverse, friend.uri), follows(fediverse, target.uri)) == (1, 0)


def test_inb_19_a_circle_of_moves_ends_and_a_second_one_waits_a_week(
    fediverse: Fediverse, friend: Attacker
) -> None:
    there, elsewhere = fediverse.attacker(host=NEIGHBOUR), fediverse.attacker(host=NEIGHBOUR)
    there.publish(alsoKnownAs=[friend.uri])
    elsewhere.publish(alsoKnownAs=[friend.uri, there.uri])
    friend.publish(alsoKnownAs=[there.uri])
    send(friend, move(friend, there.uri))
    asked = there.told("Follow")
    assert len(asked) == 1
    send(there, there.activity("Accept", object=asked[0]["id"]))
    for _ in range(3):
        send(there, move(there, friend.uri))
        send(friend, *(friend.activity("Accept", object=each["id"]) for each in friend.told("Follow")))
        send(friend, move(friend, there.uri), move(friend, elsewhere.uri))
    assert len(friend.told("Follow")) <= 2
    assert len(there.told("Follow")) == 1
    assert elsewhere.told("Follow") == []
    assert follows(fediverse, friend.uri) + follows(fediverse, there.uri) == 1


def test_inb_20_those_who_move_to_a_victim_bring_it_one_follow_of_ours(fediverse: Fediverse) -> None:
    movers = [fediverse.attacker() for _ in range(4)]
    victim = fediverse.attacker(host=NEIGHBOUR)
    victim.publish(alsoKnownAs=[mover.uri for mover in movers])
    for mover in movers:
        fediverse.befriend(mover)
    for mover in movers:
        send(mover, move(mover, victim.uri))
    assert follows(fediverse, victim.uri) == 1
    assert len(victim.told("Follow")) <= len(movers)
    send(victim, victim.activity("Reject", object=victim.told("Follow")[-1]["id"]))
    assert follows(fediverse, victim.uri) == 0


def test_inb_21_nobody_blocks_in_the_name_of_another(
    fediverse: Fediverse, victim: Attacker, attacker: Attacker
) -> None:
    send(victim, victim.follow())
    stranger = fediverse.attacker(host=NEIGHBOUR)
    for liar in (attacker, stranger):
        block = liar.activity("Block", object=fediverse.actor)
        send(liar, block | {"actor": victim.uri}, block | {"actor": [liar.uri, victim.uri]})
        send(liar, liar.activity("Block", object=victim.uri), block)
        assert follows(fediverse, liar.uri) == 0
    assert follows(fediverse, victim.uri) == 1


# ---------------------------------------------------------------- reports


def reports(fediverse: Fediverse, attacker: Attacker) -> list[str]:
    return fediverse.rows(f"SELECT objects, content FROM report WHERE actor = '{attacker.uri}'")


def test_inb_21_a_report_is_about_what_is_ours_and_may_be_seen(
    fediverse: Fediverse, attacker: Attacker, note: Json
) -> None:
    news, hidden = fediverse.announce(), fediverse.announce(scope="village")
    foreign = [
        note["id"],
        hidden.uri,
        f"{fediverse.origin}/o/{'0' * 26}",
        "https://evil.example/x",
        "x",
        5,
        {},
    ]
    told = {attacker.post(attacker.activity("Flag", object=[uri])).body for uri in foreign[:4]}
    assert len(told) == 1
    send(attacker, attacker.activity("Flag", object=foreign))
    assert reports(fediverse, attacker) == []
    many = [f"https://evil.example/{n}" for n in range(9_000)]
    flag = attacker.activity("Flag", object=[news.uri, hidden.uri, *many], content="<b>x</b> " * 50_000)
    send(attacker, flag)
    [row] = reports(fediverse, attacker)
    objects, _, content = row.partition("|")
    assert json.loads(objects) == [news.uri]
    assert len(content) <= 5_000
    assert "<b>" not in content
    assert attacker.told() == []


def test_inb_21_a_flood_of_reports_is_cut_off(fediverse: Fediverse) -> None:
    news = fediverse.announce()
    angry = fediverse.attacker(host=STRANGER)
    send(angry, *(angry.activity("Flag", object=[news.uri], content="x") for _ in range(40)))
    assert len(reports(fediverse, angry)) <= 30
    [case] = set(fediverse.rows(f"SELECT case_id FROM complaint WHERE host LIKE '{STRANGER}%'"))
    assert STRANGER in fediverse.agents_page(f"/moderation/cases/{case}")
    assert angry.told() == []


# ---------------------------------------------------------------- what does not concern us


def test_inb_22_junk_that_is_announced_is_not_kept_and_not_fetched(
    fediverse: Fediverse, attacker: Attacker, friend: Attacker, note: Json
) -> None:
    news, hidden, deleted = fediverse.announce(), fediverse.announce(scope="village"), fediverse.announce()
    fediverse.press(f"/{deleted.code}/delete")
    unknown = attacker.note()
    attacker.serve(unknown["id"], unknown)
    asked = len(fediverse.peer.requests)
    junk: list[Any] = [
        hidden.uri,
        deleted.uri,
        f"{fediverse.origin}/o/{'0' * 26}",
        fediverse.actor,
        attacker.uri,
    ]
    junk += [unknown["id"], [news.uri, *(f"https://evil.example/{n}" for n in range(100))], fediverse.origin]
    junk += [f"{fediverse.origin}/{news.code}", attacker.activity("Announce", object=hidden.uri)]
    send(attacker, *(attacker.activity("Announce", object=each, to=[PUBLIC]) for each in junk))
    assert not fediverse.knows(unknown["id"])
    paths = [request.path for request in fediverse.peer.requests[asked:]]
    assert [path for path in paths if "/inbox" not in path] == [attacker._path(attacker.uri)]
    shares = (
        f"SELECT count(*) FROM reaction WHERE actor_id IN (SELECT id FROM actor WHERE uri = '{attacker.uri}')"
    )
    assert int(fediverse.value(shares)) <= 1  # the first of the hundred
    assert numbers(fediverse, hidden.uri) == numbers(fediverse, deleted.uri) == "0|0|0"
    send(friend, friend.activity("Announce", object=hidden.uri, to=[PUBLIC]))
    send(
        friend,
        friend.activity("Announce", object=friend.activity("Announce", object=note["id"]), to=[PUBLIC]),
    )
    assert numbers(fediverse, hidden.uri) == numbers(fediverse, note["id"]) == "0|0|0"


def test_inb_24_what_concerns_nobody_here_is_not_stored(
    fediverse: Fediverse, attacker: Attacker, note: Json
) -> None:
    unwanted = [
        attacker.note(),
        attacker.note(inReplyTo="https://elsewhere.example/o/1"),
        attacker.note(to=[PUBLIC], cc=["https://elsewhere.example/a/b"]),
        attacker.note(tag=[{"type": "Mention", "href": f"{fediverse.origin}/a/nobody", "name": "@x"}]),
        attacker.note(inReplyTo=f"{fediverse.origin}/o/{'0' * 26}"),
    ]
    bare = attacker.place("bare")
    send(attacker, *(attacker.create(each) for each in unwanted))
    send(attacker, attacker.activity("Create", object=bare, to=[PUBLIC]), attacker.follow())
    assert not [each for each in unwanted if fediverse.knows(each["id"])]
    assert attacker.asked(bare) == []


def test_inb_25_nobody_puts_anything_on_the_list_of_another(
    fediverse: Fediverse, victim: Attacker, note: Json, attacker: Attacker
) -> None:
    news = fediverse.announce()
    for each in (victim, attacker):
        each.publish(featured=f"{each.uri}/featured")
        send(each, each.activity("Update", object=each.document(featured=f"{each.uri}/featured")))
    lists = [f"{victim.uri}/featured", f"{attacker.uri}/featured", f"{fediverse.actor}/featured"]
    lists += [f"{fediverse.origin}/a/besoins/moderators", f"{fediverse.actor}/followers"]
    for target in lists:
        for thing in (note["id"], note, news.uri, attacker.uri):
            send(
                attacker,
                *(attacker.activity(kind, object=thing, target=target) for kind in ("Add", "Remove")),
            )
            send(attacker, attacker.activity("Add", object=thing, target=target))
    pinned = "SELECT uri FROM publication WHERE pinned_at IS NOT NULL"
    assert fediverse.rows(pinned) == []
    own = attacker.mention()
    send(attacker, attacker.create(own), attacker.activity("Add", object=own["id"], target=lists[1]))
    assert fediverse.rows(pinned) == [own["id"]]
    assert fediverse.document(f"{fediverse.actor}/featured").get("orderedItems", []) == []
    assert fediverse.document(f"{fediverse.origin}/a/besoins/moderators")["orderedItems"] == [fediverse.actor]


def test_inb_26_what_is_for_others_is_not_shown_to_who_got_it(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    somebody = "https://elsewhere.example/a/somebody"
    private = attacker.note("for somebody else", to=[somebody], cc=[])
    followers = attacker.note("for followers", to=[attacker.followers], cc=[])
    send(attacker, attacker.create(private), attacker.create(followers), to=f"{fediverse.actor}/inbox")
    news = fediverse.announce()
    below = attacker.note("below", to=[somebody], cc=[], inReplyTo=news.uri)
    send(attacker, attacker.create(below), to=f"{fediverse.actor}/inbox")
    for note in (private, followers, below):
        assert not fediverse.knows(note["id"])
    assert "for somebody else" not in fediverse.agents_page("/network")
    assert attacker.post(attacker.follow(), to=f"{fediverse.origin}/a/nobody/inbox").status == 404


# ---------------------------------------------------------------- odd kinds, odd times


def test_inb_28_unknown_types_are_taken_and_ignored(
    fediverse: Fediverse, attacker: Attacker, note: Json
) -> None:
    rows = "SELECT (SELECT count(*) FROM publication), (SELECT count(*) FROM follow)"
    send(attacker, attacker.create(attacker.mention()))
    before = fediverse.value(rows)
    for kind in (
        "Foo",
        "https://evil.example/ns#Follow",
        "EmojiReact",
        "View",
        "Arrive",
        "follow",
        "FOLLOW ",
    ):
        assert attacker.post(attacker.activity(kind, object=fediverse.actor)).status == 202
    fediverse.settle()
    assert fediverse.value(rows) == before


def test_inb_28_of_several_types_the_first_known_one_counts(fediverse: Fediverse, attacker: Attacker) -> None:
    one, other = attacker.mention("kept"), attacker.mention("also kept")
    send(attacker, attacker.create(one, type=["Create", "Delete"]))
    send(attacker, attacker.create(other | {"type": ["Foo", "Note", "Tombstone"]}, type=["Foo", "Create"]))
    assert fediverse.stored(one["id"]) == "<p>kept</p>"
    assert fediverse.stored(other["id"]) == "<p>also kept</p>"
    send(attacker, attacker.delete(one["id"], type=["Delete", "Create"]))
    assert not fediverse.knows(one["id"])
    assert fediverse.knows(other["id"])


INTERNAL = ["fediverse.fetch_object", "fediverse.verify_gone", "members.send_sign_in_link", "__delete", "Job"]


@pytest.mark.parametrize("kind", INTERNAL)
def test_inb_31_no_activity_is_a_job_of_ours(
    fediverse: Fediverse, attacker: Attacker, note: Json, kind: str
) -> None:
    target = attacker.place("wanted")
    inside = {"name": kind, "arguments": json.dumps({"uri": target}), "uri": target, "actor_id": 1}
    queue = {
        "attempts": -99,
        "not_before": "2000-01-01",
        "failed_at": None,
        "signer": note["id"],
        "inbox": "x",
    }
    activity = attacker.activity(kind, object={"type": kind, "id": target, **inside}, **inside | queue)
    activity["actor"] = attacker.uri
    send(attacker, activity, attacker.activity(f"Create {kind}", object=target))
    assert waiting_jobs(fediverse) == []
    assert attacker.asked(target) == []
    assert fediverse.value("SELECT count(*) FROM received") == "0"


@pytest.mark.parametrize(
    "date",
    ["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "tomorrow", "-1", "x", 5, ""],
)
def test_inb_30_a_date_that_cannot_be_never_stays_on_top(
    fediverse: Fediverse, attacker: Attacker, date: Any
) -> None:
    news = fediverse.announce()
    written = (datetime.now(UTC) + timedelta(days=10)).isoformat() if date == "tomorrow" else date
    note = attacker.mention(inReplyTo=news.uri, published=written)
    send(attacker, attacker.create(note, published=written))
    send(attacker, attacker.update(note | {"updated": written, "content": "<p>second</p>"}))
    stored = fediverse.value(f"SELECT published_at, received_at FROM publication WHERE uri = '{note['id']}'")
    published_at, received_at = (datetime.fromisoformat(text) for text in stored.split("|"))
    assert datetime(2026, 1, 1, tzinfo=UTC) < published_at <= received_at
    for path in (f"/{news.code}", "/network"):
        assert fediverse.village.administrator.get(path).status_code == 200


# ---------------------------------------------------------------- groups


def board(fediverse: Fediverse) -> str:
    return f"{fediverse.origin}/a/besoins"


def test_grp_02_nobody_else_moderates_our_boards(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker, note: Json
) -> None:
    news = fediverse.announce()
    attacker.publish(type="Group", attributedTo=f"{attacker.uri}/moderators", moderators=[attacker.uri])
    send(attacker, attacker.follow(board(fediverse)))
    for kind in ("Delete", "Lock", "Remove", "Add", "Block", "Undo", "Update"):
        for thing in (news.uri, note["id"], fediverse.actor, board(fediverse), victim.uri):
            about = {"object": thing, "target": board(fediverse), "audience": board(fediverse)}
            send(
                attacker,
                attacker.activity(kind, **about, to=[PUBLIC, board(fediverse)]),
                to=f"{board(fediverse)}/inbox",
            )
    assert fediverse.document(news.uri)["type"] == "Note"
    assert fediverse.document(board(fediverse))["type"] == "Group"
    assert fediverse.knows(note["id"])
    assert fediverse.knows(victim.uri)
    moderators = fediverse.document(f"{board(fediverse)}/moderators")
    assert moderators["orderedItems"] == [fediverse.actor]


def test_grp_04_an_administrator_elsewhere_ends_only_what_its_own_server_says_is_gone(
    fediverse: Fediverse, victim: Attacker, note: Json
) -> None:
    own, other = fediverse.attacker(), fediverse.attacker(host=NEIGHBOUR)
    for administrator in (own, other):
        administrator.publish(type="Application")
        send(administrator, administrator.delete(note["id"]))
        assert fediverse.knows(note["id"])
    fediverse.peer.on(victim._path(note["id"]), answers.status(410), host=victim.host)
    send(other, other.delete(note["id"]))
    assert fediverse.knows(note["id"])
    gone = victim.mention("removed by its administrator")
    send(victim, victim.create(gone))
    fediverse.peer.on(victim._path(gone["id"]), answers.status(410), host=victim.host)
    send(own, own.delete(gone["id"]))
    assert not fediverse.knows(gone["id"])


def test_grp_06_a_board_shows_nothing_because_somebody_says_so(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    for facts in (
        {"audience": board(fediverse)},
        {"to": [PUBLIC, board(fediverse)]},
        {"context": board(fediverse)},
    ):
        note = attacker.mention("claims to be there", **facts)
        send(attacker, attacker.create(note, **facts), to=f"{board(fediverse)}/inbox")
    assert fediverse.document(f"{board(fediverse)}/outbox")["totalItems"] == 0
    for path in ("/@besoins", "/", "/news"):
        assert "claims to be there" not in fediverse.page(path)


def test_grp_07_what_we_pass_on_is_passed_on_once(fediverse: Fediverse, friend: Attacker) -> None:
    friend.publish(type="Group")
    send(friend, friend.follow(), friend.follow(board(fediverse)))
    note = friend.mention("pass it on")
    send(friend, friend.create(note))
    fediverse.agents_page("/network")
    code = fediverse.value(f"SELECT code FROM publication WHERE uri = '{note['id']}'")
    for _ in range(2):
        fediverse.press(f"/{code}/boost")
    fediverse.settle()
    [announced] = [each for each in friend.told("Announce") if each["object"] == note["id"]]
    for thing in (announced["id"], announced, note["id"], note):
        for to in (fediverse.shared_inbox, f"{board(fediverse)}/inbox"):
            send(friend, friend.activity("Announce", object=thing, to=[PUBLIC, board(fediverse)]), to=to)
    assert fediverse.value("SELECT count(*) FROM activity WHERE type = 'Announce'") == "1"


def test_grp_10_who_wants_in_does_not_let_themself_in(fediverse: Fediverse, attacker: Attacker) -> None:
    fediverse.press("/admin/network/followers/valbrume/approval", approves="yes")
    try:
        asked = attacker.follow()
        send(attacker, asked)
        for kind in ("Accept", "Join", "Invite", "Add"):
            for thing in (asked["id"], asked, fediverse.actor):
                send(attacker, attacker.activity(kind, object=thing, target=f"{fediverse.actor}/followers"))
        send(attacker, attacker.activity("Accept", object=asked, id=f"{attacker.uri}/accepts/1"))
        pending = f"SELECT count(*) FROM follow WHERE uri = '{asked['id']}' AND accepted_at IS NULL"
        assert fediverse.value(pending) == "1"
        assert attacker.told("Accept") == []
        fediverse.announce("for followers first")
        fediverse.settle()
        assert attacker.told("Create") == []
    finally:
        fediverse.press("/admin/network/followers/valbrume/approval")
