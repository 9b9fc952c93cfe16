"""The public page about agreements: what everybody reads, and what administrators decide there."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.models import Actor, Host, Policy, Role
from hub.fediverse.models import AgreementState, Follow, Neighbour, Receipt
from hub.members.models import Role as MemberRole
from hub.members.models import Session
from hub.neighbours.models import Objection
from hub.notifications.models import Notice
from tests import factories
from tests.unit.hub.neighbours.around import follow, hub
from tests.unit.hub.village.visitors import errors, page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors

PAGE = "/neighbours"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def village(database):
    return await factories.village(locale="en")


@pytest.fixture
async def mayor(village, visitors):
    return await visitors.administrator()


@pytest.fixture
async def anybody(village, visitors):
    return await visitors.browser()


async def asks(host="val.example", **facts):
    """A hub that proposes, and its Follow."""
    neighbour = await hub(host, state=AgreementState.ASKS, followed=False, **facts)
    theirs = await Actor.get(id=neighbour.actor_id)
    made = await follow(theirs, await Actor.of_role(Role.SERVER))
    await Follow.filter(id=made.id).update(accepted_at=None)
    return neighbour


def cells(response):
    rows = page(response).select("table tbody tr")
    return [[" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])] for row in rows]


async def test_everybody_reads_with_whom_what_and_whether_it_goes_well(anybody, mayor):
    await hub("val.example", receives="offer", sends="need", latitude=44.62, longitude=5.13)
    await hub("asked.example", state=AgreementState.ASKED, followed=False)
    await hub("over.example", state=AgreementState.ENDED, followed=False)
    await asks("eve.example", name="Achetez chez nous", their_why="Publicité")
    failing = await hub("off.example", name="Bellefontaine")
    await Host.filter(name=failing.host).update(failing_since=datetime.now(UTC))
    shown = await anybody.get(PAGE)
    assert [(row[0].split()[0], row[1]) for row in cells(shown)] == [
        ("Asked", "On our side"),
        ("Bellefontaine", "Does not answer any more"),
        ("Val", "On both sides"),
    ]
    assert cells(shown)[2][2] == "Needs, offers"
    assert "4 km" in cells(shown)[2][0]
    assert len(cells(shown)[0]) == 4
    for hidden in ("Achetez", "over.example", "Propose"):  # what a stranger writes is on no public page
        assert hidden not in words(shown)
    assert len(cells(await mayor.get(PAGE))[0]) == 5
    assert "Achetez" in words(await mayor.get(PAGE))


async def test_whom_the_town_hall_blocked_after_an_agreement_stands_there_with_day_and_reason(anybody, mayor):
    await hub("val.example", receives="offer")
    blocked = await hub("ads.cafe.example:8443", state=AgreementState.ENDED, agreed_at=NOW, followed=False)
    await hub("below.val.example", state=AgreementState.ENDED, agreed_at=NOW, followed=False)
    await hub("never.cafe.example", state=AgreementState.ENDED, followed=False)
    facts = {"policy": Policy.BLOCKED, "note": "Publicité répétée", "decided_at": NOW}
    await Host.create(name="cafe.example", **facts)
    shown = cells(await anybody.get(PAGE))
    assert shown[0][1:] == ["Blocked Publicité répétée", "Nothing", "2 March 2026"]
    assert [row[0].split()[0] for row in shown] == ["Ads", "Val"]
    assert not page(await anybody.get(PAGE)).select("tr[data-host='ads.cafe.example:8443'] a")
    assert (await anybody.get(f"{PAGE}/{blocked.id}")).status_code == 404
    whole = await mayor.get(PAGE)
    assert cells(whole)[0][4] == "Look at the block"
    assert page(whole).select("td a[href='/admin/network/hosts/cafe.example']")
    over = page(whole).find("details")
    assert {line["data-host"] for line in over.select("li")} == {"below.val.example", "never.cafe.example"}
    said = words(await mayor.get(f"{PAGE}/{blocked.id}"))
    assert "Blocked on 2 March 2026: Publicité répétée" in said


async def test_what_waits_for_a_decision_has_a_page_for_administrators_alone(anybody, mayor, visitors):
    waits = await asks()
    assert (await anybody.get(f"{PAGE}/{waits.id}")).status_code == 404
    agent = await visitors.browser(await factories.member("Marie", role=MemberRole.AGENT))
    assert (await agent.get(f"{PAGE}/{waits.id}")).status_code == 404
    assert (await agent.post(f"{PAGE}/{waits.id}/accept", sends_need="yes")).status_code == 404
    assert (await mayor.get(f"{PAGE}/{waits.id}")).status_code == 200
    await Session.all().update(confirmed_at=datetime(2020, 1, 1, tzinfo=UTC))
    answer = await mayor.post(f"{PAGE}/{waits.id}/accept", sends_need="yes")
    assert answer.headers["location"].startswith("/confirm")


async def test_it_is_accepted_with_what_is_ticked(mayor):
    waits = await asks()
    wrong = await mayor.post(f"{PAGE}/{waits.id}/accept", within="loin", why="Parce que")
    assert (wrong.status_code, errors(wrong)) == (422, {"sends", "within"})
    assert "Parce que" in wrong.text
    assert (await Neighbour.get()).state is AgreementState.ASKS
    done = await mayor.post(f"{PAGE}/{waits.id}/accept", sends_need="yes", sends_event="yes", within="25 km")
    assert done.headers["location"] == f"{PAGE}?said=agreement-made"
    agreed = await Neighbour.get()
    assert (agreed.state, agreed.sends, agreed.within) == (AgreementState.AGREED, "need,event", 25)
    assert (await mayor.post(f"{PAGE}/{waits.id}/accept", sends_need="yes")).status_code == 409


async def test_it_is_put_off_until_a_day_or_refused_with_a_reason(mayor):
    waits = await asks()
    for day in ("", "gestern", "2001-01-01"):
        wrong = await mayor.post(f"{PAGE}/{waits.id}/delay", until=day)
        assert (wrong.status_code, errors(wrong)) == (422, {"until"})
    day = (datetime.now(UTC) + timedelta(days=20)).date()
    await mayor.post(f"{PAGE}/{waits.id}/delay", until=day.isoformat(), word="Après le conseil")
    assert (await Neighbour.get()).answer_by.date() == day
    assert "You have asked for time until" in words(await mayor.get(PAGE))
    assert errors(await mayor.post(f"{PAGE}/{waits.id}/refuse")) == {"reason"}
    await mayor.post(f"{PAGE}/{waits.id}/refuse", reason="Trop loin")
    assert ((await Neighbour.get()).state, (await Neighbour.get()).by_us) == (AgreementState.REFUSED, True)


async def test_it_is_changed_paused_taken_up_again_and_ended(mayor, anybody):
    neighbour = await hub("val.example", agreed_at=datetime.now(UTC))
    at = f"{PAGE}/{neighbour.id}"
    for deed, state in (
        ("terms", AgreementState.AGREED),
        ("pause", AgreementState.PAUSED),
        ("resume", AgreementState.AGREED),
        ("end", AgreementState.ENDED),
    ):
        assert (await anybody.get(at)).status_code == 200
        assert (await mayor.post(f"{at}/{deed}", sends_need="yes")).status_code == 303
        assert (await Neighbour.get()).state is state
    assert (await anybody.get(at)).status_code == 404
    assert (await mayor.get(at)).status_code == 200
    assert "Refused or ended Val" in words(await mayor.get(PAGE))


async def test_a_proposal_with_an_address_that_is_none_keeps_what_was_typed(mayor):
    shown = await mayor.get(f"{PAGE}/new?address=mirevent.example")
    assert page(shown).find("input", {"name": "address"})["value"] == "mirevent.example"
    assert len(page(shown).select("input[type=checkbox][checked]")) == 5
    wrong = await mayor.post(f"{PAGE}/new", address="nicht so", sends_offer="yes", within="12", why="Amis")
    assert (wrong.status_code, errors(wrong)) == (422, {"address"})
    kept = page(wrong)
    assert kept.find("input", {"name": "within"})["value"] == "12"
    assert [box["name"] for box in kept.select("input[type=checkbox][checked]")] == ["sends_offer"]
    assert not await Neighbour.exists()


async def test_a_resident_objects_and_the_town_hall_answers_on_the_page(mayor, anybody, visitors):
    neighbour = await hub("val.example")
    at = f"{PAGE}/{neighbour.id}"
    rosa = await visitors.browser(await factories.member("Rosa"))
    newcomer = await visitors.browser(await factories.member("Zoé", trusted=False))
    assert (await newcomer.post(f"{at}/object", objection="Non")).status_code == 404
    assert errors(await rosa.post(f"{at}/object", objection=" ")) == {"objection"}
    await rosa.post(f"{at}/object", objection="Ils revendent nos annonces.")
    assert (await rosa.post(f"{at}/object", objection="Encore")).status_code == 409
    seen = words(await anybody.get(at))
    assert "Ils revendent nos annonces." in seen
    assert "Rosa" not in seen
    assert "Rosa" in words(await mayor.get(at))
    assert await Notice.filter(kind="neighbour").exists()
    number = (await Objection.get()).id
    assert (await rosa.post(f"{PAGE}/objections/{number}/answer", answer="Non")).status_code == 404
    assert errors(await mayor.post(f"{PAGE}/objections/{number}/answer", answer="")) == {"answer"}
    await mayor.post(f"{PAGE}/objections/{number}/answer", answer="Nous leur avons écrit.")
    assert "Nous leur avons écrit." in words(await anybody.get(at))
    assert await Notice.filter(kind="objection").count() == 1
    assert (await mayor.post(f"{PAGE}/objections/{number}/answer", answer="x")).status_code == 409


async def test_the_end_of_an_agreement_answers_whoever_objects_to_it(mayor, visitors):
    at = f"{PAGE}/{(await hub('val.example')).id}"
    rosa = await visitors.browser(await factories.member("Rosa"))
    await rosa.post(f"{at}/object", objection="Ils revendent nos annonces.")
    await mayor.post(f"{at}/end")
    objection = await Objection.get()
    assert (objection.answer, objection.answered_at is None) == ("The agreement is over.", False)
    told = await Notice.get(kind="objection")
    assert told.path == PAGE
    assert "waits for an answer" not in words(await mayor.get("/desk"))


async def test_removals_without_a_word_are_seen_by_administrators(mayor, anybody):
    neighbour = await hub("val.example")
    now = datetime.now(UTC)
    for number, facts in enumerate([{"times": 7}, {"acknowledged_at": now}]):
        uri = f"https://bourg.example/o/{number}"
        await Receipt.create(
            neighbour=neighbour, uri=f"{uri}/delete", object_uri=uri, asked_at=now, sent_at=now, **facts
        )
    assert "1 removal is not confirmed" in words(await mayor.get(PAGE))
    shown = words(await mayor.get(f"{PAGE}/{neighbour.id}"))
    assert "No word: call them" in shown
    assert "Gone there too" in shown
    assert "No word" not in words(await anybody.get(f"{PAGE}/{neighbour.id}"))


async def test_many_agreements_cost_as_many_queries_as_one(anybody):
    await hub("a.example", followed=False)
    with statements() as few:
        await anybody.get(PAGE)
    for number in range(60):
        await hub(f"n{number:02}.example", followed=False)
    with statements() as many:
        shown = await anybody.get(PAGE)
    assert len(many) <= len(few)
    assert len(cells(shown)) == 50
    assert len(cells(await anybody.get(f"{PAGE}?page=2"))) == 11
