"""What the machine found is for people to look at: who sees it, who is told, what they can do about it."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.errors import NotFound
from hub.exchange import actions, pledges
from hub.matching import suggesting
from hub.matching.explaining import reasons_words
from hub.matching.models import Suggestion
from hub.members.models import Role
from hub.notifications.models import Notice
from hub.participants.actions import new_key
from hub.participants.models import Participant, Person
from hub.publications.models import Kind, Publication, Scope
from hub.text import speaking
from tests import factories
from tests.unit.hub.exchange.conftest import hands, need
from tests.unit.hub.village.visitors import visitors as visitors
from tests.unit.hub.village.visitors import words

WHY = {"category": "things", "km": 6.2, "day": "2027-04-10", "words": ["échelle"], "number": True}
LUCIE = Person(name="Lucie", mail="lucie@example.fr")


async def ladder(person=LUCIE, **facts):
    """An offer."""
    usual = {
        "kind": Kind.OFFER,
        "title": "Une échelle de trois mètres",
        "text": "À emprunter.",
        "category": "things",
        "wanted": 1,
        "unit": "",
    }
    return await need(person=person, **(usual | facts))


async def found(asked, offered, **facts):
    usual = {"score": 0.8, "reasons": WHY}
    return await Suggestion.create(need=asked, offer=offered, **(usual | facts))


@pytest_asyncio.fixture
async def both(village):
    """Rosa needs a ladder, Lucie lends one; the machine has seen it."""
    asked, offered = await need(title="Changer une ampoule"), await ladder()
    await Notice.all().delete()
    return await found(asked, offered)


async def person(name):
    member = await factories.member(name)
    return member, Person(name=name, member_id=member.id)


def later(days):
    return datetime.now(UTC) + timedelta(days=days)


def test_the_reasons_are_words():
    with speaking("fr"):
        said = reasons_words(WHY).replace("\u202f", " ").replace("\xa0", " ")
    expected = "même sujet (Objets à prêter ou donner), à 6 km, samedi 10 avril, il y en a assez"
    assert said == f"{expected}, à propos de : échelle"


def test_odd_reasons_of_another_version_are_left_out():
    odd = {"category": "x", "km": "far", "day": "soon", "weekdays": [9, "x"], "words": "a", "new": 1}
    with speaking("fr"):
        assert reasons_words(odd) == ""


async def test_both_sides_are_told_once_and_not_how_to_reach_each_other(both):
    for _ in range(2):
        await suggesting.tell_found()
    told = {notice.name: notice for notice in await Notice.all()}
    assert set(told) == {"Rosa", "Lucie"}
    assert "échelle" in told["Rosa"].values["found"]
    assert "6" in told["Rosa"].values["found"]
    assert "ampoule" in told["Lucie"].values["found"]
    for notice in told.values():
        assert "@example.fr" not in str(notice.values)
        assert "chemin des Combes" not in str(notice.values)
        assert not notice.urgent  # in their rhythm


async def test_one_message_names_the_best_and_the_next_waits_a_day(village):
    asked = await need()
    for number in range(5):
        await found(asked, await ladder(title=f"Échelle {number}"), score=0.5 + number / 100)
    await Notice.all().delete()
    await suggesting.tell_found()
    [notice] = await Notice.filter(name="Rosa")
    assert [f"Échelle {number}" in notice.values["found"] for number in range(5)] == [False] * 2 + [True] * 3
    await found(asked, await ladder(title="Échelle neuve"))
    await suggesting.tell_found(later(0.5))
    assert await Notice.filter(name="Rosa", kind="suggested").count() == 1
    await suggesting.tell_found(later(1.1))
    assert await Notice.filter(name="Rosa", kind="suggested").count() == 2


async def test_nobody_is_told_of_what_they_may_not_see_or_what_is_over(village):
    rosa, paul = await need(), await person("Paul")
    quiet = await ladder(scope=Scope.VILLAGE)
    mine = await need(person=paul[1], title="Un membre")
    over = await ladder(title="Rendue")
    for offer in (quiet, over):
        for one in (rosa, mine):
            await found(one, offer)
    await actions.close(over)
    await Notice.all().delete()
    await suggesting.tell_found()
    # without an account, what is for the village is not for her
    assert not await Notice.filter(name="Rosa", kind="suggested").exists()
    [told] = await Notice.filter(member_id=paul[0].id, kind="suggested")
    assert "Rendue" not in told.values["found"]


async def test_who_wrote_it_and_the_town_hall_see_it_and_nobody_else(village, visitors):
    paul = await person("Paul")
    asked, offered = await need(person=paul[1]), await ladder()
    one = await found(asked, offered)
    path = f"/{asked.publication.code}"
    visitor, other = await visitors.browser(), await visitors.browser(await factories.member("Zoé"))
    for browser in (visitor, other):
        assert "échelle" not in (await browser.get(path)).text
    author = await visitors.browser(paul[0])
    shown = words(await author.get(path))
    assert "Une échelle de trois mètres" in shown
    assert "à 6 km" in shown.replace("\u202f", " ").replace("\xa0", " ")
    assert "Proposer aux deux" not in shown
    assert "échelle" in words(await author.get(f"{path}/manage"))
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert "Proposer aux deux" in words(await agent.get(path))
    assert "Rentrer le bois" in words(await agent.get(f"/{offered.publication.code}"))
    for browser in (visitor, other):
        sent = await browser.post(f"{path}/suggestion", suggestion=str(one.id), do="dismiss")
        assert sent.status_code in (303, 404)
        assert (await Suggestion.get(id=one.id)).dismissed_at is None


async def test_what_does_not_suit_goes_and_does_not_come_back(village, visitors):
    paul = await person("Paul")
    asked, offered = await need(person=paul[1]), await ladder()
    one, foreign = await found(asked, offered), await found(await need(), offered)
    author = await visitors.browser(paul[0])
    path = f"/{asked.publication.code}"
    sent = await author.post(f"{path}/suggestion", suggestion=str(one.id), do="dismiss")
    assert sent.headers["location"].startswith(path)
    assert "échelle" not in (await author.get(path)).text
    await Notice.all().delete()
    await suggesting.tell_found()
    assert not await Notice.filter(member_id=paul[0].id).exists()
    for odd in (str(foreign.id), "", "x", "99999999999999999999"):
        assert (await author.post(f"{path}/suggestion", suggestion=odd, do="dismiss")).status_code == 404
    assert (await author.post(f"{path}/suggestion", suggestion=str(one.id), do="put")).status_code == 404


async def test_who_has_no_account_does_it_behind_their_link(both, visitors):
    key = await new_key((await Participant.get(name="Rosa")).id)
    browser = await visitors.browser()
    assert "échelle" in words(await browser.get(f"/mine/{key}"))
    sent = await browser.post(f"/mine/{key}/suggestion", suggestion=str(both.id), do="dismiss")
    assert sent.headers["location"].startswith(f"/mine/{key}")
    assert "échelle" not in words(await browser.get(f"/mine/{key}"))


async def test_an_agent_puts_it_to_both_sides_once(both, visitors):
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    listed = await agent.get("/moderation/silent")
    for title in ("Changer une ampoule", "Une échelle de trois mètres", "Proposer aux deux"):
        assert title in words(listed)
    need_path = f"/{(await (await both.need).publication).code}"
    for _ in range(2):
        sent = await agent.post(
            f"{need_path}/suggestion", suggestion=str(both.id), do="put", **{"from": "silent"}
        )
        assert sent.headers["location"].startswith("/moderation/silent")
    assert {notice.name for notice in await Notice.filter(kind="suggested")} == {"Rosa", "Lucie"}
    assert await Notice.filter(kind="suggested").count() == 2
    assert "Proposé aux deux" in words(await agent.get("/moderation/silent"))


async def test_what_was_answered_is_not_silent(village):
    answered, silent = await need(), await need(title="Toujours rien")
    await need(trusted=False)
    await pledges.pledge(answered, hands(), LUCIE)
    assert [one.id for one in await suggesting.silent_needs()] == [silent.id]


async def test_what_an_agent_hid_is_suggested_to_nobody_not_even_to_agents(both, visitors):
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    path = f"/{both.need.publication.code}"
    assert "Proposer aux deux" in words(await agent.get(path))
    await Publication.filter(id=both.offer.publication_id).update(hidden_at=datetime.now(UTC))
    assert "Proposer aux deux" not in words(await agent.get(path))
    assert "Masqué" in words(await agent.get("/offers"))


async def test_the_list_of_the_silent_is_for_agents(village, visitors):
    for browser in (await visitors.browser(), await visitors.browser(await factories.member("Paul"))):
        assert (await browser.get("/moderation/silent")).status_code in (303, 403, 404)
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert "Chaque besoin a sa réponse" in words(await agent.get("/moderation/silent"))


async def test_there_is_nothing_to_put_where_nothing_was_found(village):
    with pytest.raises(NotFound):
        await suggesting.put_to_both(1)
