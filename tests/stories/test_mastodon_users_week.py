"""A week of Léa, who has an account on Mastodon and none here: from a search to a thank-you.

Each step is seen three times: by her server, which signs, verifies and drops as Mastodon does, on the
wire, and on the village's pages.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.attacks.visitor import page
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.stories.mastodon import PUBLIC, Json, Mastodon, running_mastodon, shown
from tests.waiting import eventually

PLACE = "12, chemin des Combes"


@pytest.fixture(scope="module")
def hub(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.71", folder / "valbrume", name="Valbrume") as hub:
        yield hub


@pytest.fixture(scope="module")
def lea(authority: Authority) -> Iterator[Mastodon]:
    with running_mastodon(authority, "127.0.0.72") as mastodon:
        yield mastodon


def test_a_week_of_somebody_on_mastodon(hub: Hub, lea: Mastodon) -> None:
    old = hub.ask_for_help("Réparer la barrière", "Deux planches.", wanted=1, place=PLACE, area="Le pré")

    # Monday. She finds the village, whose profile is not empty, then its board of needs, and follows that.
    assert hub.uri(old) in lea.find(hub.handle)["pinned"]
    assert "Réparer la barrière" in shown(lea.posts[hub.uri(old)])
    board = lea.find(f"@besoins@{hub.host}")
    assert (board["type"], board["url"]) == ("Group", f"{hub.origin}/@besoins")
    assert board["name"]
    assert shown({"content": board["summary"], "type": "Note"})
    needs = lea.follow(f"@besoins@{hub.host}")
    eventually(lambda: lea.followed[needs])
    assert hub.followers(needs) == 1
    assert lea.handle in hub.page("/admin/network/followers/besoins").replace(" ", "")

    # Tuesday. A need hangs: the board passes it on, her server asks for it, and all of it can be read there.
    code = hub.ask_for_help("Rentrer le bois", "Huit stères.", wanted=2, place=PLACE, area="Les Combes")
    need = hub.uri(code)
    eventually(lambda: (needs, need) in lea.home)
    post = lea.posts[need]
    for words in ("Rentrer le bois", "Huit stères.", "Les Combes", "0 sur 2 personnes"):
        assert words in shown(post)
    assert not post.get("summary"), "Mastodon would hide it behind a warning"
    assert next(iter(post["contentMap"])) == "fr"

    # She passes it on herself, and likes it; the village counts both.
    boosted = lea.boost(need)
    lea.like(need)
    eventually(lambda: hub.counts(need, "shares") == hub.counts(need, "likes") == 1)
    assert lea.handle not in hub.page(f"/{code}"), "who shared something is nobody's business"

    # She answers. Her words hang below the need, with who she is and where from, and promise nothing.
    answer = lea.answer(need, "Je peux venir samedi, avec une brouette.")
    eventually(hub.shows("avec une brouette", on=f"/{code}"))
    assert "Léa Marchand" in hub.page(f"/{code}")
    assert lea.handle in hub.page(f"/{code}").replace(" ", "")
    assert promised(hub, need) == 0

    # The author takes it for help: she is asked in private, below her own words, and OUI commits.
    hub.count_as_help("avec une brouette", code)
    question = eventually(lambda: lea.notified("OUI ou NON"))
    assert (question["to"], question.get("cc") or []) == ([lea.actor], [])
    assert question["inReplyTo"] == answer
    lea.answer(question["id"], "OUI", privately=True)
    settled = eventually(lambda: lea.notified(PLACE))
    assert settled["to"] == [lea.actor]
    assert promised(hub, need) == 1
    eventually(lambda: "1 sur 2 personnes" in shown(lea.posts[need]))

    # Wednesday. She follows the agenda and reads when and where it is, though Mastodon shows no dates.
    agenda = lea.follow(f"@agenda@{hub.host}")
    eventually(lambda: lea.followed[agenda])
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    event_code = hub.announce_event("Bal au lavoir", "Musique et crêpes.", day=day, capacity=20)
    event = hub.uri(event_code)
    eventually(lambda: (agenda, event) in lea.home)
    for words in ("Bal au lavoir", "Salle des fêtes", "14 h", str(day.day)):
        assert words in shown(lea.posts[event]).replace("\xa0", " ").replace("\u202f", " "), words

    # "Je viens" asks her by itself; her yes is a place, which the agenda tells everybody without her name.
    lea.answer(event, "Je viens !")
    asked = eventually(lambda: lea.notified("Bal au lavoir"))
    lea.answer(asked["id"], "Oui, avec plaisir !", privately=True)
    eventually(lambda: hub.document(f"{event}?fresh")["participantCount"] == 1)
    assert "Léa Marchand" in hub.page(f"/{event_code}/team")

    # Thursday. She follows a project by the handle on its page; what she writes to it reaches all of it.
    project = hub.begin_project("Le four banal", "Le remettre en route, pour le pain.")
    uri = hub.uri(project)
    group_handle = next(tag["name"] for tag in hub.document(uri)["tag"] if tag["type"] == "Mention")
    assert group_handle in hub.page(f"/{project}").replace(" ", "")
    group = lea.follow(group_handle)
    eventually(lambda: lea.followed[group])
    word = lea.post("J’ai de vieilles briques réfractaires.", to=group_handle)
    eventually(lambda: (group, word) in lea.home)
    eventually(hub.shows("briques réfractaires", on=f"/{project}"))

    # Friday. She reports what should not hang there: in the name of her server, as Mastodon does it.
    bad = hub.offer("Crédit facile", "Argent tout de suite.", wanted=1, place=PLACE, area="Partout")
    offers = lea.follow(f"@offres@{hub.host}")
    eventually(lambda: lea.followed[offers])
    lea.report(hub.actor, hub.uri(bad), "C’est une arnaque.")
    case = eventually(lambda: case_about(hub, "C’est une arnaque."))
    assert urlsplit(lea.origin).netloc in hub.page(case)
    assert "Léa" not in hub.page(case)
    assert "Crédit facile" in hub.page(case)

    # Saturday. It is done, and she is thanked, by name and in private.
    hub.decide("done", "Léa Marchand", code)
    hub.decide("thank", "Léa Marchand", code, words="Quel coup de main, Léa !")
    thanks = eventually(lambda: lea.notified("Quel coup de main, Léa !"))
    assert thanks["to"] == [lea.actor]

    # Sunday. She takes her words back and follows no more: they are gone, what she did stays done.
    lea.delete(answer, known_to=hub.actor)
    eventually(lambda: "avec une brouette" not in hub.page(f"/{code}"))
    for followed in (needs, agenda, group, offers):
        lea.unfollow(followed)
    eventually(lambda: not any(map(hub.followers, (needs, agenda, group, offers))))
    assert promised(hub, need) == 1

    check_wire(hub, lea, boosted)


def check_wire(hub: Hub, lea: Mastodon, boosted: str) -> None:
    """Every signature held, nothing was dropped, and nobody else learnt where to come or that it was she."""
    assert lea.refused == []
    assert lea.dropped == []
    told = [activity for activity in lea.heard if PLACE in str(activity)]
    assert told
    assert all(everybody(one) == {lea.actor} for one in told)
    public = [activity for activity in lea.heard if PUBLIC in everybody(activity)]
    assert not [one for one in public if "Léa" in str(one)]
    for path in (hub.actor, f"{hub.origin}/a/besoins"):
        words = hub.fetch(f"{path}/outbox?page=1&fresh").text
        assert not [secret for secret in (PLACE, "Léa", boosted) if secret in words]


def everybody(activity: Json) -> set[str]:
    lists = (activity.get(name) or [] for name in ("to", "cc"))
    return {one for each in lists for one in ([each] if isinstance(each, str) else each)}


def promised(hub: Hub, uri: str) -> int:
    """How many of two are found, as the document says."""
    left = hub.document(f"{uri}?fresh")["publishes"]["availableQuantity"]["hasNumericalValue"]
    return 2 - int(left)


def case_about(hub: Hub, words: str) -> str:
    """The page of the report that says this; empty where there is none yet."""
    for link in page(hub.agent.get("/moderation/cases")).select("a[href^='/moderation/cases/']"):
        if words in hub.page(str(link["href"])):
            return str(link["href"])
    return ""
