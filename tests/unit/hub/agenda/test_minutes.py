"""What was said and decided: written by the team, read by everybody; the ways to work together."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from hub.agenda.actions import cancel, delete_event
from hub.agenda.methods import establish_methods, offered, sheet_of, shipped, withdraw_method
from hub.agenda.minutes import MinutesDraft, decisions_of, minutes_of, record_minutes
from hub.agenda.models import Event, Resolution, Standing
from hub.errors import Conflict
from hub.members.models import Role
from hub.participants.models import Person
from hub.text import LOCALES, speaking
from tests import factories
from tests.unit.hub.agenda.conftest import event
from tests.unit.hub.village.visitors import errors, page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors


async def held(**facts):
    """A workshop that began yesterday."""
    began = datetime.now(UTC) - timedelta(days=1)
    return await event(starts_at=began, ends_at=began + timedelta(hours=2), **facts)


async def test_minutes_are_read_by_everybody_and_can_be_changed(village):
    workshop = await held()
    await record_minutes(workshop, MinutesDraft(text="On a parlé des **murs**.", decisions=("On repeint.",)))
    await record_minutes(
        workshop,
        MinutesDraft(
            text="On a parlé.", decisions=("On repeint.", "En mai."), next_step="Paul appelle.", came=9
        ),
    )
    written = await minutes_of(await Event.get(id=workshop.id))
    assert (written.decisions, written.next_step, written.came) == (
        ("On repeint.", "En mai."),
        "Paul appelle.",
        9,
    )
    assert "On a parlé." in written.html


async def test_nobody_writes_down_what_has_not_begun(village):
    workshop = await event()
    with pytest.raises(Conflict):
        await record_minutes(workshop, MinutesDraft(text="Tout va bien.", decisions=("Oui.",)))
    assert await decisions_of(workshop) == ()
    assert await minutes_of(workshop) is None


async def test_there_is_no_form_for_what_has_not_been(visitors, village):
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    ahead, off = await event(), await event()
    await cancel(off, "Il pleut.")
    began = await held()
    for workshop in (ahead, off, began):
        links = page(await agent.get(f"/{workshop.publication.code}")).select("main a[href$='/minutes']")
        assert len(links) == (1 if workshop is began else 0)
    for workshop, why in ((ahead, "n’a pas encore commencé"), (off, "a été annulé")):
        refused = await agent.get(f"/{workshop.publication.code}/minutes")
        assert refused.status_code == 409
        assert why in words(refused)
        assert not page(refused).select("main textarea")


async def test_what_is_written_meanwhile_is_not_lost_where_the_event_is_cancelled(visitors, village):
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    workshop = await held()
    form = await agent.get(f"/{workshop.publication.code}/minutes")
    await Event.filter(id=workshop.id).update(standing=Standing.CANCELLED)
    sent = sent_again(form) | {"minutes": "On a parlé des murs."}
    refused = await agent.post(f"/{workshop.publication.code}/minutes", **sent)
    assert errors(refused) == {"minutes"}
    assert sent_again(refused)["minutes"] == "On a parlé des murs."


async def test_a_method_is_found_by_time_and_number_of_people(village):
    await establish_methods()
    await establish_methods()
    for_a_large_room = {method.key for method in await offered(minutes=90, people=50)}
    assert "world-cafe" in for_a_large_room
    assert "frame-first" not in for_a_large_room
    assert len(await offered()) == len(shipped())


async def test_more_people_than_there_are_find_no_method(visitors, village):
    await establish_methods()
    shown = await (await visitors.browser()).get(f"/methods?people={'9' * 13}")
    assert shown.status_code == 200
    assert not page(shown).select("main article, main li a[href^='/methods/']")


async def test_what_agents_withdrew_stays_withdrawn(village):
    await establish_methods()
    [first, *_] = await offered()
    await withdraw_method(first)
    await establish_methods()
    assert first.key not in {method.key for method in await offered()}


async def test_a_method_in_french_has_no_line_that_begins_with_a_question_mark(village):
    await establish_methods()
    with speaking("fr"):
        sheets = [sheet_of(method) for method in await offered()]
    words = "\n".join(line for sheet in sheets for line in (sheet.purpose, sheet.material, *sheet.steps))
    assert "\N{NARROW NO-BREAK SPACE}?" in words
    assert not re.search(" [:;!?»]|« ", words)


@pytest.mark.parametrize("locale", LOCALES)
async def test_each_method_is_whole_in_each_language(village, locale):
    await establish_methods()
    with speaking(locale):
        sheets = [sheet_of(method) for method in await offered()]
    for sheet in sheets:
        assert sheet.name, sheet.key
        assert sheet.purpose
        assert len(sheet.steps) >= 3
        assert sheet.report
        assert sheet.people[0] < sheet.people[1]
    assert len({sheet.name for sheet in sheets}) == len(sheets)
    for facts in shipped():
        assert set(LOCALES) <= facts["names"].keys() & facts["steps"].keys() & facts["report"].keys()


async def test_of_two_who_write_at_once_the_second_reads_first_what_the_first_wrote(visitors):
    await factories.village(locale="en")
    member = await factories.member("Rosa")
    workshop = await held(person=Person(name="Rosa", member_id=member.id))
    browser = await visitors.browser(member)
    path = f"/{workshop.publication.code}/minutes"
    opened = sent_again(await browser.get(path))
    assert (await browser.post(path, **opened | {"minutes": "Les murs."})).status_code == 303
    late = opened | {"minutes": "Le toit.", "decisions": "On repeint."}
    wrong = await browser.post(path, **late | {"came": "beaucoup"})
    assert errors(wrong) == {"came"}
    refused = await browser.post(path, **sent_again(wrong) | {"came": "neuf personnes"})
    assert (refused.status_code, errors(refused)) == (422, {"minutes"})
    assert (await Event.get(id=workshop.id)).minutes == "Les murs."
    filled = sent_again(refused)
    assert (filled["minutes"], filled["decisions"], filled["came"]) == (
        "Le toit.",
        "On repeint.",
        "neuf personnes",
    )
    assert (await browser.post(path, **filled | {"minutes": "Les murs. Le toit."})).status_code == 303
    assert (await Event.get(id=workshop.id)).came == 9
    assert (await Event.get(id=workshop.id)).minutes == "Les murs. Le toit."


async def test_decisions_go_with_the_event_that_is_taken_down(village):
    workshop = await held()
    await record_minutes(workshop, MinutesDraft(text="On a parlé.", decisions=("On repeint.",)))
    await delete_event(workshop)
    assert not await Resolution.exists()
