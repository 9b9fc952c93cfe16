"""What only the team of an event sees: who comes, how to reach them, notes, lists to print, the door."""

import pytest
import pytest_asyncio

from hub.agenda.actions import cancel
from hub.agenda.coming import join
from hub.agenda.models import (
    Attendance,
    Contribution,
    Event,
    JoinDraft,
    Presence,
    Shift,
    ShiftDraft,
    TeamNote,
)
from hub.exchange.models import Voice
from hub.members.models import Role
from hub.notifications.models import Notice
from hub.organisations.models import Kind, Organisation, Spokesperson
from hub.participants.actions import new_key
from hub.participants.models import Participant, Person
from hub.publications import groups
from hub.publications.models import Scope
from hub.web.page_cache import forget_pages
from tests import factories
from tests.unit.hub.agenda.conftest import PAUL, event, in_days
from tests.unit.hub.village.visitors import errors, page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors

LUCIE = Person(name="Lucie Moulin", mail="lucie@example.fr")


@pytest.fixture(autouse=True)
def _forget(village):
    forget_pages()


@pytest_asyncio.fixture
async def rosa(visitors):
    """Who announced it, signed in."""
    return await factories.member("Rosa")


@pytest_asyncio.fixture
async def workshop(rosa):
    return await event(
        person=Person(name="Rosa", member_id=rosa.id),
        scope=Scope.VILLAGE,
        shifts=(ShiftDraft(name="Buvette", wanted=2, private_place="Chez Jeanne"),),
        contributions=("Une salade",),
    )


def team(workshop):
    return f"/{workshop.publication.code}/team"


async def test_only_the_team_sees_who_comes_and_nobody_else_learns_that_the_page_exists(
    visitors, workshop, rosa
):
    await join(workshop, JoinDraft(note="Sans gluten."), LUCIE)
    club = await Organisation.create(
        name="Foyer rural", handle="foyer-rural", name_key="foyer rural", kind=Kind.ASSOCIATION
    )
    farid, nobody = await factories.member("Farid"), await factories.member("Zoé")
    await Spokesperson.create(organisation=club, member=farid)
    agent = await factories.member("Marie", role=Role.AGENT)
    for member in (rosa, agent):
        shown = words(await (await visitors.browser(member)).get(team(workshop)))
        for expected in ("Lucie Moulin", "lucie@example.fr", "Sans gluten.", "Chez Jeanne"):
            assert expected in shown, expected
    for stranger in (await visitors.browser(nobody), await visitors.browser(farid)):
        for address in (team(workshop), f"{team(workshop)}/sheet", "/bcdfgh/team"):
            assert (await stranger.get(address)).status_code == 404
        assert (await stranger.post(team(workshop), do="note", text="Bonjour")).status_code == 404
    await Event.filter(id=workshop.id).update(voice=Voice.ORGANISATION, organisation_id=club.id)
    assert "Lucie" in words(await (await visitors.browser(farid)).get(team(workshop)))


async def test_who_carries_the_project_is_of_the_team(visitors, workshop, monkeypatch):
    ines = await factories.member("Inès", mail="ines@example.fr")
    project = (await event(title="Le Comptoir")).publication
    await Event.filter(id=workshop.id).update(project_id=project.id)
    browser = await visitors.browser(ines)
    assert (await browser.get(team(workshop))).status_code == 404

    async def carries(member_id, project_id):
        return (member_id, project_id) == (ines.id, project.id)

    monkeypatch.setattr(groups, "carriers", [carries])
    assert (await browser.get(team(workshop))).status_code == 200


async def test_who_announced_it_without_an_account_has_the_same_page_behind_their_link(visitors):
    workshop, other = await event(), await event(title="Un autre")
    await join(workshop, JoinDraft(), LUCIE)
    key, browser = await new_key(workshop.owner_id), await visitors.browser()
    address = f"/mine/{key}{team(workshop)}"
    mine = await browser.get(f"/mine/{key}")
    assert page(mine).select_one(f'a[href="{address}"]')
    shown = await browser.get(address)
    assert "lucie@example.fr" in words(shown)
    assert (shown.headers["cache-control"], shown.headers["referrer-policy"]) == (
        "private, no-store",
        "strict-origin",
    )
    assert (await browser.get(f"{address}/sheet")).status_code == 200
    sent = await browser.post(address, do="line", what="Un gâteau")
    assert sent.headers["location"] == f"{address}?said=team-line"
    for wrong in (f"/mine/{key}{team(other)}", f"/mine/nobody{team(workshop)}"):
        assert (await browser.get(wrong)).status_code == 404
        assert (await browser.post(wrong, do="line", what="Rien")).status_code == 404
    guest = await Participant.get(name="Lucie Moulin")
    assert (await browser.get(f"/mine/{await new_key(guest.id)}{team(workshop)}")).status_code == 404


async def test_the_team_ticks_who_was_there_and_keeps_what_others_ticked_meanwhile(visitors, workshop, rosa):
    lucie, paul, zoe = [
        await join(workshop, JoinDraft(), person) for person in (LUCIE, PAUL, Person(name="Zoé"))
    ]
    browser = await visitors.browser(rosa)
    await browser.post(team(workshop), do="tick", before="", **{f"came-{lucie.id}": "yes"})
    await browser.post(team(workshop), do="tick", before="", **{f"came-{paul.id}": "yes"})
    assert await Attendance.filter(came_at__not_isnull=True).count() == 2
    form = {"before": f"{lucie.id} {paul.id}", f"came-{paul.id}": "yes", f"came-{zoe.id}": "yes"}
    await browser.post(team(workshop), do="tick", **form)
    there = await Attendance.filter(came_at__not_isnull=True).order_by("id").values_list("id", flat=True)
    assert list(there) == [paul.id, zoe.id]
    elsewhere = await join(await event(), JoinDraft(), LUCIE)
    await browser.post(team(workshop), do="tick", before="", **{f"came-{elsewhere.id}": "yes"})
    assert (await Attendance.get(id=elsewhere.id)).came_at is None


async def test_the_team_writes_down_who_said_so_by_telephone(visitors, workshop, rosa):
    bar, browser = await Shift.get(), await visitors.browser(rosa)
    form = {"code": "a" * 32, "name": "Jeanne", "contact": "06 11 22 33 44", "people": "2"}
    for _ in range(2):
        await browser.post(team(workshop), do="add", **form, shift=str(bar.id))
    jeanne = await Attendance.get().select_related("participant")
    assert (jeanne.people, jeanne.shift_id, jeanne.participant.phone) == (2, bar.id, "06 11 22 33 44")
    assert jeanne.participant.member_id is None
    refused = await browser.post(team(workshop), do="add", name="", contact="x", people="99", shift="7")
    assert refused.status_code == 422
    assert errors(refused) == {"name", "contact", "people", "shift"}


async def test_after_the_end_the_list_on_paper_is_typed_in(visitors, workshop, rosa):
    await Event.filter(id=workshop.id).update(starts_at=in_days(-2), ends_at=in_days(-1))
    bar, browser = await Shift.get(), await visitors.browser(rosa)
    assert page(await browser.get(team(workshop))).select_one("#h-add") is not None
    form = {"code": "a" * 32, "name": "Jeanne", "contact": "", "people": "2", "shift": str(bar.id)}
    for _ in range(2):
        sent = await browser.post(team(workshop), do="add", **form)
        assert sent.status_code == 303
    jeanne = await Attendance.get()
    assert (jeanne.people, jeanne.shift_id, jeanne.presence) == (2, bar.id, Presence.COMING)
    assert jeanne.came_at is not None
    assert not await Notice.filter(kind="event-joined").exists()


async def test_who_is_there_is_written_down_also_where_it_is_full(visitors, workshop, rosa):
    await Event.filter(id=workshop.id).update(starts_at=in_days(0, 0), ends_at=in_days(1), capacity=1)
    await join(workshop, JoinDraft(), PAUL)
    browser, form = await visitors.browser(rosa), {"code": "a" * 32, "name": "Jeanne", "people": "1"}
    await browser.post(team(workshop), do="add", there="yes", **form)
    jeanne = await Attendance.get(participant__name="Jeanne")
    assert (jeanne.presence, jeanne.came_at is None) == (Presence.COMING, False)


async def test_to_what_does_not_take_place_nobody_was(visitors, workshop, rosa):
    await cancel(workshop)
    await Event.filter(id=workshop.id).update(starts_at=in_days(-2), ends_at=in_days(-1))
    form = {"code": "a" * 32, "name": "Jeanne", "people": "1"}
    sent = await (await visitors.browser(rosa)).post(team(workshop), do="add", **form)
    assert sent.status_code == 409
    assert await Attendance.all().count() == 0


async def test_the_team_takes_somebody_off_the_list_who_is_told_why(visitors, workshop, rosa):
    lucie = await join(workshop, JoinDraft(), LUCIE)
    browser = await visitors.browser(rosa)
    await browser.post(team(workshop), do="off", who=str(lucie.id), reason="Seulement les adultes.")
    assert (await Attendance.get()).presence is Presence.DECLINED
    told = await Notice.filter(kind="event-declined").get()
    assert (told.name, told.mail) == ("Lucie Moulin", "lucie@example.fr")
    assert "Seulement les adultes." in str(told.values)
    assert "Lucie" not in words(await browser.get(team(workshop)))
    elsewhere = await join(await event(), JoinDraft(), PAUL)
    assert (await browser.post(team(workshop), do="off", who=str(elsewhere.id))).status_code == 404


async def test_the_list_of_what_to_bring_grows_and_shrinks(visitors, workshop, rosa):
    browser = await visitors.browser(rosa)
    for _ in range(2):
        await browser.post(team(workshop), do="line", what="Un gâteau")
    cake = await Contribution.get(what="Un gâteau")
    lucie = await join(workshop, JoinDraft(contributions=(cake.id,)), LUCIE)
    printed = words(await browser.get(f"{team(workshop)}/brings"))
    assert "Un gâteau Lucie Moulin" in printed
    assert "Une salade" in printed
    await browser.post(team(workshop), do="unline", line=str(cake.id))
    assert not await Contribution.exists(what="Un gâteau")
    assert (await Attendance.get(id=lucie.id)).presence is Presence.COMING
    assert errors(await browser.post(team(workshop), do="line", what="")) == {"what"}


async def test_notes_are_for_the_team_say_when_they_go_and_name_nobody(visitors, workshop, rosa):
    browser = await visitors.browser(rosa)
    for _ in range(2):
        await browser.post(team(workshop), do="note", text="Il manquait des gobelets.")
    assert await TeamNote.all().count() == 1
    shown = words(await browser.get(team(workshop)))
    assert "Il manquait des gobelets." in shown
    assert "S’efface toute seule le" in shown
    for secret in ("Appeler le 06 12 34 56 78", "Chez 4 rue du Puits", "jeanne@example.fr"):
        refused = await browser.post(team(workshop), do="note", text=secret)
        assert errors(refused) == {"text"}
        assert secret in words(refused)
    note = await TeamNote.get()
    await browser.post(team(workshop), do="unnote", note=str(note.id))
    assert not await TeamNote.exists()


async def test_lists_to_print_and_the_code_for_the_door(visitors, workshop, rosa):
    await join(workshop, JoinDraft(), LUCIE)
    browser = await visitors.browser(rosa)
    sheet = await browser.get(f"{team(workshop)}/sheet")
    assert "Lucie Moulin" in words(sheet)
    assert "lucie@example.fr" not in words(sheet)
    door = await browser.get(f"{team(workshop)}/door")
    assert f"/{workshop.publication.code}/door/{workshop.check_in}" in words(door)
    assert page(door).select_one(".qr svg")
    assert (await browser.get(f"{team(workshop)}/napkin")).status_code == 404


async def test_an_unknown_button_does_nothing(visitors, workshop, rosa):
    browser = await visitors.browser(rosa)
    for deed in ("", "fly", "tick-all"):
        assert (await browser.post(team(workshop), do=deed)).status_code == 404


async def test_many_people_take_no_more_questions_to_the_database(visitors, workshop, rosa):
    browser, counts = await visitors.browser(rosa), []
    for _ in range(2):
        for number in range(3):
            await join(workshop, JoinDraft(), Person(name=f"P{number}", mail="p@example.fr"))
        with statements() as asked:
            await browser.get(team(workshop))
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("deed", ["tick", "add", "off", "line", "note"])
async def test_of_what_was_taken_down_the_team_has_nothing_left(visitors, workshop, rosa, deed):
    from hub.agenda.actions import delete_event

    await delete_event(workshop)
    browser = await visitors.browser(rosa)
    assert (await browser.get(team(workshop))).status_code == 404
    assert (await browser.post(team(workshop), do=deed, what="x", text="x", name="x")).status_code == 404
