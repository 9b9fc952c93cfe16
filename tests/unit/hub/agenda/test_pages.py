"""The page of an event says what one must know, to those who may see it."""

import pytest

from hub.agenda.actions import cancel, delete_event
from hub.agenda.coming import count_as_coming
from hub.agenda.models import Attendance, Event, JoinMode, Presence, Rhythm
from hub.exchange.models import Voice
from hub.members.models import Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.models import Person
from hub.publications import groups
from hub.publications.models import Kind, Publication, Scope
from hub.web.page_cache import forget_pages
from hub.web.visit import token_of
from tests import factories, others
from tests.unit.hub.agenda.conftest import event, in_days
from tests.unit.hub.media.conftest import picture
from tests.unit.hub.village.visitors import errors, page, sent_again, statements, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture
async def visitor(visitors, village):
    return await visitors.browser()


async def shown(browser, one):
    return await browser.get(f"/{one.publication.code}")


async def test_day_hours_place_and_who_invites(visitor):
    workshop = await event(address="1 place Neuve", online_url="https://visio.example/salle", capacity=12)
    found = await shown(visitor, workshop)
    said = words(found)
    for fact in ("Atelier vélo", "Salle des fêtes, 1 place Neuve", "Rosa, du village", "À venir"):
        assert fact in said
    assert page(found).select_one(".leaf b").text == str(workshop.starts_at.day)
    assert page(found).select_one("a[href='https://visio.example/salle']") is not None
    assert page(found).select_one(f"a[href='/{workshop.publication.code}.ics']") is not None


async def test_programs_are_led_to_its_document(visitor):
    workshop = await event()
    answer = await visitor.client.get(
        f"/{workshop.publication.code}", headers={"accept": "application/activity+json"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, workshop.publication.uri)


async def test_what_is_for_the_village_is_for_members(visitor, visitors):
    workshop = await event(scope=Scope.VILLAGE)
    member = await visitors.browser(await factories.member("Paul"))
    assert (await shown(visitor, workshop)).status_code == 404
    found = await shown(member, workshop)
    assert "Le village seul" in words(found)
    assert page(found).select_one("a[href^='mailto:?']") is None


async def test_how_one_comes_is_said_where_one_does_not_sign_up_here(visitor):
    simply = await event(join_mode=JoinMode.NONE)
    assert page(await shown(visitor, simply)).select_one("form[action$='/coming']") is None
    elsewhere = await event(join_mode=JoinMode.EXTERNAL, join_url="https://billets.example/bal")
    found = page(await shown(visitor, elsewhere))
    assert found.select_one("a[href='https://billets.example/bal'][rel~=noopener]") is not None


async def test_cancelled_it_says_so_first_and_names_other_dates(visitor):
    first = await event(repeats=Rhythm.WEEKLY, until=in_days(40).date())
    await cancel(first, "Il pleut.")
    found = await shown(visitor, first)
    assert "pas lieu" in page(found).select_one(".flash.no h2").text
    assert "Il pleut." in words(found)
    dates = page(found).select("#dates ~ ul a")
    assert len(dates) == 4
    other = await visitor.get(dates[0]["href"])
    assert "Chaque semaine" in words(other)
    assert "Annulé" in page(other).select_one("#dates ~ ul").text


async def test_what_is_gone_says_so_only_to_who_could_see_it(visitor, visitors):
    public, private = await event(), await event(scope=Scope.VILLAGE)
    for each in (public, private):
        await delete_event(each)
    member = await visitors.browser(await factories.member("Paul"))
    assert [(await shown(visitor, each)).status_code for each in (public, private)] == [410, 404]
    assert [(await shown(member, each)).status_code for each in (public, private)] == [410, 410]


async def test_what_has_been_says_so_and_takes_nobody(visitor):
    workshop = await event()
    await Event.filter(id=workshop.id).update(starts_at=in_days(-3), ends_at=in_days(-2))
    found = await shown(visitor, workshop)
    assert "C’est passé" in words(found)
    assert page(found).select_one("form[action$='/coming']") is None


async def test_an_association_is_named_with_its_page(visitor):
    rosa = await factories.member("Rosa")
    club = await Organisation.create(
        handle="club", name="Club", name_key="club", kind=OrganisationKind.ASSOCIATION
    )
    await Spokesperson.create(member=rosa, organisation=club)
    person = Person(name="Rosa", member_id=rosa.id)
    workshop = await event(person=person, voice=Voice.ORGANISATION, organisation_id=club.id)
    link = page(await shown(visitor, workshop)).select_one("a[href='/@club']")
    assert link.text == "Club, association"


async def project_of(member_id):
    """A publication that stands for a project."""
    workshop = await event(title="Le Comptoir")
    publication = workshop.publication
    publication.kind = Kind.PROJECT
    await publication.save()
    return publication


async def test_a_part_of_a_project_leads_to_it(visitor):
    project = await project_of(1)
    workshop = await event(project_id=project.id)
    assert page(await shown(visitor, workshop)).select_one(f".crumb a[href='/{project.code}']") is not None
    project.scope = Scope.VILLAGE
    await project.save()
    forget_pages()
    assert "Le Comptoir" not in (await shown(visitor, workshop)).text


async def test_only_members_of_a_project_announce_for_it(visitors, village, monkeypatch):
    rosa, paul = await factories.member("Rosa"), await factories.member("Paul")
    project = await project_of(rosa.id)

    async def projects_of(member_id):
        return [project] if member_id == rosa.id else []

    monkeypatch.setattr(groups, "finders", [projects_of])
    fields = {
        "starts": in_days(7).strftime("%d/%m/%Y"),
        "from": "14 h",
        "to": "16 h",
        "title": "Chantier",
        "place": "École",
        "project": project.code,
    }
    browser = await visitors.browser(rosa)
    form = await browser.get(f"/new/event?project={project.code}")
    assert page(form).select_one(f"[name=project] option[selected][value='{project.code}']") is not None
    await browser.post("/new/event", **(sent_again(form) | fields))
    assert (await Event.get(publication__title="Chantier")).project_id == project.id
    other = await visitors.browser(paul)
    assert (await other.post("/new/event", **fields)).status_code == 422


async def test_who_carries_the_project_looks_after_its_events(visitors, village, monkeypatch):
    paul = await factories.member("Paul")
    project = await project_of(1)
    workshop = await event(project_id=project.id)

    async def carries(member_id, project_id):
        return (member_id, project_id) == (paul.id, project.id)

    browser = await visitors.browser(paul)
    assert (await browser.get(f"/{workshop.publication.code}/change")).status_code == 404
    monkeypatch.setattr(groups, "carriers", [carries])
    assert (await browser.get(f"/{workshop.publication.code}/change")).status_code == 200


async def answer(one, html):
    """What somebody wrote below it on the open network, as it is stored."""
    ana = await others.somebody()
    reply = await others.announcement(ana, in_reply_to=one.publication.uri, root_id=one.publication_id)
    reply.kind, reply.html = Kind.ANSWER, html
    await reply.save()
    return reply


async def test_an_answer_of_the_open_network_is_counted_after_their_own_yes(visitors, village):
    rosa = await factories.member("Rosa")
    workshop = await event(person=Person(name="Rosa", member_id=rosa.id))
    reply = await answer(workshop, "<p>Je viens !</p>")
    browser, stranger = await visitors.browser(rosa), await visitors.browser(await factories.member("Paul"))
    address = f"/{workshop.publication.code}/count"
    assert page(await shown(browser, workshop)).select_one(f"form[action='{address}']") is not None
    assert (await stranger.post(address, answer=str(reply.id))).status_code == 404
    sent = await browser.post(address, answer=str(reply.id))
    assert sent.headers["location"].endswith("?said=coming-counted")
    asked = await Attendance.get()
    assert (asked.presence, asked.reply_id) == (Presence.ASKED, reply.id)
    found = page(await shown(browser, workshop))
    assert found.select_one(".said .pill") is not None
    assert found.select_one(f"form[action='{address}']") is None


@pytest.mark.parametrize("presence", [Presence.ASKED, Presence.COMING, Presence.WAITING])
async def test_what_came_of_an_answer_is_shown_to_the_team_alone(visitors, village, presence):
    rosa, paul = await factories.member("Rosa"), await factories.member("Paul")
    workshop = await event(person=Person(name="Rosa", member_id=rosa.id))
    await count_as_coming(workshop, await answer(workshop, "<p>Je viens !</p>"))
    await Attendance.all().update(presence=presence)
    team = page(await shown(await visitors.browser(rosa), workshop))
    assert len(team.select(".said .pill")) == 1
    for other in (await visitors.browser(), await visitors.browser(paul)):
        found = page(await shown(other, workshop))
        assert "Je viens\u202f!" in found.text
        assert found.select(".said .pill") == []


async def test_a_page_asks_as_often_for_many_dates_as_for_few(visitors, visitor):
    few = await event(repeats=Rhythm.WEEKLY, until=in_days(21).date())
    many = await event(repeats=Rhythm.WEEKLY, until=in_days(60).date(), title="Bal")
    for each in (few, many):
        await shown(visitor, each)
    forget_pages()
    with statements() as for_few:
        await shown(visitor, few)
    with statements() as for_many:
        await shown(visitor, many)
    assert len(for_many) == len(for_few)


async def test_agents_see_what_is_hidden(visitors, visitor):
    workshop = await event()
    await Publication.filter(id=workshop.publication_id).update(hidden_at=in_days(0))
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert (await shown(visitor, workshop)).status_code == 404
    assert (await shown(agent, workshop)).status_code == 200


async def test_photos_hang_on_the_page_and_stay_when_it_is_changed(visitors, village):
    rosa = await factories.member("Rosa")
    browser = await visitors.browser(rosa)
    form = sent_again(await browser.get("/new/event")) | {
        "starts": in_days(7).strftime("%d/%m/%Y"),
        "title": "Bal",
        "from": "14 h",
        "to": "13 h",
        "place": "Halle",
        "photo1-alt": "Des lampions",
        "photo-consent": "nobody",
        "go": "publish",
        "_token": token_of(browser.client.cookies[browser.session]),
    }
    file = {"photo1": ("bal.jpg", picture(size=(800, 600)), "image/jpeg")}
    wrong = await browser.client.post("/new/event", data=form, files=file)
    assert errors(wrong) == {"to"}
    again = sent_again(wrong) | {"to": "18 h", "photo-consent": "nobody", "go": "publish"}
    await browser.post("/new/event", **again)
    bal = await Event.get().select_related("publication")
    [shown_photo] = page(await shown(browser, bal)).select(".gallery img")
    assert shown_photo["alt"] == "Des lampions"
    address = f"/{bal.publication.code}/change"
    await browser.post(address, **(sent_again(await browser.get(address)) | {"go": "save", "place": "École"}))
    assert (await Event.get()).place == "École"
    assert len(page(await shown(browser, bal)).select(".gallery img")) == 1
