"""The directory and its pages, as each kind of person sees them."""

import pytest
from bs4 import BeautifulSoup

from hub.members.models import Role, Session
from hub.organisations import actions, mails
from hub.organisations.models import Claim, Kind, Organisation, OrganisationDraft, Spokesperson
from hub.village.models import Village, Visibility
from tests.conftest import ENGINES
from tests.mail import Mailbox
from tests.unit.hub.village.visitors import engine as engine  # forms and words

HOSTILE = "<script>alert(1)</script>\"'><b>{{ 7*7 }}"
CLUB = OrganisationDraft(name="Club des Tilleuls", activity="cards", phone="04 65 71 20 60", area="Le bourg")


def words(response) -> str:
    return BeautifulSoup(response.text, "html.parser").main.get_text(" ", strip=True)


@pytest.fixture
async def club(town):
    return await actions.list_organisation(CLUB)


@pytest.fixture
async def manager(town, club):
    rosa = await town.member("Rosa")
    await actions.add_spokesperson(club, "rosa@example.org", manages=True, by=rosa.id)
    return await town.browser(rosa)


async def test_an_empty_directory_says_so_and_offers_one_thing_to_do(town):
    visitor, agent = await town.browser(), await town.agent()
    page = await visitor.get("/associations")
    assert "No association is listed yet." in words(page)
    assert 'href="tel:0465712014"' in page.text
    assert 'href="/associations/new"' not in page.text
    assert 'href="/associations/new"' in (await agent.get("/associations")).text


async def test_the_directory_shows_each_with_its_kind_in_words(town, club):
    await actions.list_organisation(OrganisationDraft(name="Faure", kind=Kind.COMPANY))
    text = words(await (await town.browser()).get("/associations"))
    assert "Club des Tilleuls Association · cards Le bourg" in text
    assert "Faure Company" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=tilleuls", {"club-des-tilleuls"}),
        ("q=FETE", {"comite"}),
        ("q=fête+bourg", set()),
        ("kind=company", {"faure"}),
        ("kind=company&q=cards", set()),
        ("kind=nonsense", set()),
        ("page=-1", {"club-des-tilleuls", "comite", "faure"}),
        ("page=99", set()),
        ("q=%25", set()),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
async def test_the_directory_is_searched_by_word_and_by_kind(town, club, query, found):
    await actions.list_organisation(OrganisationDraft(name="Comité", activity="fêtes"))
    await actions.list_organisation(OrganisationDraft(name="Faure", kind=Kind.COMPANY))
    page = BeautifulSoup((await (await town.browser()).get(f"/associations?{query}")).text, "html.parser")
    assert {link["href"][2:] for link in page.select("li.sheet h3 a")} == found


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_long_directory_comes_in_pages(town):
    for number in range(61):
        await actions.list_organisation(OrganisationDraft(name=f"Club {number:03}"))
    visitor = await town.browser()
    first, second = await visitor.get("/associations"), await visitor.get("/associations?page=2")
    assert "Club 059" in first.text
    assert "Club 060" not in first.text
    assert "Club 060" in second.text
    assert len(first.content) < 60_000


async def test_a_page_shows_how_to_reach_them_and_who_listed_them(town, club):
    await actions.change_organisation(
        club, OrganisationDraft(name="Club", website="https://example.org/a?b=1&c")
    )
    page = await (await town.browser()).get("/@Club-Des-Tilleuls")
    link = BeautifulSoup(page.text, "html.parser").find("a", href="https://example.org/a?b=1&c")
    assert link["rel"] == ["nofollow", "noopener"]
    assert "Listed by the town hall; nobody of it has an account yet." in words(page)


async def test_hostile_words_stay_words_everywhere(town):
    fields = dict.fromkeys(("name", "activity", "text", "contact_name", "area"), HOSTILE)
    agent, rosa = await town.agent(), await town.member("Rosa")
    club = await actions.list_organisation(OrganisationDraft(**fields), "club")
    await actions.claim_organisation(club, rosa.id, HOSTILE)
    await actions.add_spokesperson(club, "rosa@example.org", manages=True, by=rosa.id)
    claim = await Claim.get()
    paths = ["", "/edit", "/people", "/remove", "/claim"]
    for path in ["/associations", f"/associations/claims/{claim.id}", *(f"/@club{path}" for path in paths)]:
        page = await agent.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "&lt;script&gt;alert" in page.text, path
    refused = await agent.post("/associations/new", **fields)
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text


async def test_who_speaks_is_shown_to_managers_and_agents_only(town, club, manager):
    neighbour = await town.browser(await town.member("Paul"))
    for browser, sees in ((await town.browser(), False), (neighbour, False), (manager, True)):
        assert ("Rosa" in words(await browser.get("/@club-des-tilleuls"))) is sees
    assert "Rosa" in words(await (await town.agent()).get("/@club-des-tilleuls"))


async def test_a_half_done_sign_in_sees_what_visitors_see(town, club, manager):
    await Session.all().update(awaits_second_factor=True)
    page = await manager.get("/@club-des-tilleuls")
    assert "Rosa" not in words(page)
    assert "/edit" not in page.text


@pytest.mark.parametrize("path", ["/associations", "/@club-des-tilleuls"])
async def test_a_site_for_members_only_shows_no_directory_to_visitors(town, club, path):
    await Village.all().update(visibility=Visibility.MEMBERS)
    page = await (await town.browser()).get(path)
    assert (page.status_code, page.headers["location"]) == (303, f"/sign-in?next={path.replace('@', '%40')}")


# route, and what a visitor, a newcomer, a member, the manager of the page, and an agent get
ROLES = {
    "/associations": (200, 200, 200, 200, 200),
    "/associations/new": (303, 404, 404, 404, 200),
    "/associations/claims": (303, 404, 404, 404, 200),
    "/associations/import": (303, 404, 404, 404, 200),
    "/associations/import/example.csv": (303, 404, 404, 404, 200),
    "/@club-des-tilleuls": (200, 200, 200, 200, 200),
    "/@club-des-tilleuls/edit": (303, 404, 404, 200, 200),
    "/@club-des-tilleuls/people": (303, 404, 404, 200, 200),
    "/@club-des-tilleuls/remove": (303, 404, 404, 404, 200),
    "/@club-des-tilleuls/claim": (303, 404, 200, 200, 200),
    "/@nobody": (404, 404, 404, 404, 404),
    "/@nobody/edit": (303, 404, 404, 404, 404),
}
FORMS = {
    "/associations/new": (303, 404, 404, 404, 422),
    "/associations/import": (303, 404, 404, 404, 422),
    "/associations/import/confirm": (303, 404, 404, 404, 422),
    "/associations/claims/1": (303, 404, 404, 404, 404),
    "/@club-des-tilleuls/edit": (303, 404, 404, 422, 422),
    "/@club-des-tilleuls/people": (303, 404, 404, 422, 422),
    "/@club-des-tilleuls/people/999": (303, 404, 404, 404, 404),
    "/@club-des-tilleuls/people/999/remove": (303, 404, 404, 404, 404),
    "/@club-des-tilleuls/claim": (303, 404, 422, 422, 422),
}


async def test_each_role_reaches_its_pages_and_no_others(town, club, manager):
    newcomer = await town.browser(await town.member("Lucie", trusted=False))
    member = await town.browser(await town.member("Paul"))
    people = (await town.browser(), newcomer, member, manager, await town.agent())
    for path, expected in ROLES.items():
        assert (path, *[(await who.get(path)).status_code for who in people]) == (path, *expected)
    for path, expected in FORMS.items():
        assert (path, *[(await who.post(path)).status_code for who in people]) == (path, *expected)
    assert await Organisation.all().count() == 1


async def test_an_agent_lists_an_association_and_sees_its_page(town):
    agent = await town.agent()
    sent = await agent.post(
        "/associations/new",
        name="Menuiserie Faure",
        kind="company",
        phone="0639981405",
        website="faure.example.fr",
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "/@menuiserie-faure?said=association-added")
    page = await agent.get(sent.headers["location"])
    assert "It is in the list." in words(page)
    assert "06 39 98 14 05".replace(" ", "\N{NO-BREAK SPACE}") in words(page)
    assert 'href="https://faure.example.fr"' in page.text


async def test_a_form_with_errors_comes_back_filled(town, club):
    agent = await town.agent()
    page = await agent.post(
        "/associations/new", name="Foyer", mail="nobody", website="javascript:alert(1)", kind="x"
    )
    assert page.status_code == 422
    form = BeautifulSoup(page.text, "html.parser")
    assert form.find("input", {"name": "name"})["value"] == "Foyer"
    assert {link["href"] for link in form.select(".flash.no a")} == {"#f-mail", "#f-website", "#f-kind"}
    taken = await agent.post("/associations/new", name="club des tilleuls")
    assert "This name is already in the list." in taken.text
    reserved = await agent.post("/associations/new", name="Autre", handle="mairie")
    assert 'id="f-handle-e"' in reserved.text
    assert await Organisation.all().count() == 1


async def test_fields_that_a_form_does_not_have_are_ignored(town, club, manager):
    sent = await manager.post(
        "/@club-des-tilleuls/edit", name="Club", handle="mairie", id="99", claimed_at="", name_key="x"
    )
    assert sent.status_code == 303
    listed = await Organisation.get()
    assert (listed.id, listed.handle, listed.name_key) == (club.id, "club-des-tilleuls", "club")


async def test_who_manages_a_page_changes_it_but_cannot_pose_as_a_town_hall(town, club, manager):
    assert (
        await manager.post("/@club-des-tilleuls/edit", name="Mairie", kind="town-hall")
    ).status_code == 422
    assert 'name="kind"' not in (await manager.get("/@club-des-tilleuls/edit")).text
    assert (await manager.post("/@club-des-tilleuls/edit", name="Club", text="New")).status_code == 303
    listed = await Organisation.get()
    assert (listed.text, listed.kind, listed.phone) == ("New", Kind.ASSOCIATION, "")


async def test_taking_out_of_the_list_is_asked_and_wants_a_fresh_confirmation(town, club):
    agent = await town.agent()
    assert "cannot be undone" in words(await agent.get("/@club-des-tilleuls/remove"))
    await Session.all().update(confirmed_at=None)
    asked = await agent.post("/@club-des-tilleuls/remove")
    assert asked.headers["location"].startswith("/confirm")
    assert await Organisation.exists()
    await Session.all().update(confirmed_at=club.added_at)
    assert (await agent.post("/@club-des-tilleuls/remove")).status_code == 303
    assert not await Organisation.exists()


async def test_a_member_asks_for_a_page_and_the_town_hall_says_yes(town, club):
    rosa, agent = await town.browser(await town.member("Rosa")), await town.agent()
    assert "/@club-des-tilleuls/claim" in (await rosa.get("/@club-des-tilleuls")).text
    sent = await rosa.post("/@club-des-tilleuls/claim", message="I am the treasurer")
    assert "said=claim-sent" in sent.headers["location"]
    assert "You asked" in words(await rosa.get("/@club-des-tilleuls/claim"))
    assert "1 request to answer" in words(await agent.get("/associations"))
    assert "Answer for Club des Tilleuls" in words(await agent.get("/associations/claims"))
    claim = await Claim.get()
    assert "I am the treasurer" in words(await agent.get(f"/associations/claims/{claim.id}"))
    await agent.post(f"/associations/claims/{claim.id}", decision="grant", answer="Welcome")
    assert "Change this page" in words(await rosa.get("/@club-des-tilleuls"))
    assert "You speak here for: Club des Tilleuls" in words(await rosa.get("/associations"))
    assert (await agent.get(f"/associations/claims/{claim.id}")).status_code == 404


async def test_a_no_needs_its_reason(town, club):
    rosa, agent = await town.member("Rosa"), await town.agent()
    await actions.claim_organisation(club, rosa.id, "hello")
    claim = await Claim.get()
    page = await agent.post(f"/associations/claims/{claim.id}", decision="decline")
    assert page.status_code == 422
    assert "Say why" in words(page)
    assert await Claim.waiting().count() == 1


@pytest.mark.parametrize("granted", [True, False])
async def test_the_claimant_gets_the_answer_by_mail(town, club, database, granted):
    rosa = await town.member("Rosa")
    await actions.claim_organisation(club, rosa.id, "hello")
    await actions.answer_claim((await Claim.get()).id, granted=granted, answer="We asked around.")
    await mails.claim_answer((await Claim.get()).id)
    (mail,) = Mailbox(database.data / "mail").unread()
    assert "rosa@example.org" in mail.to
    assert "Club des Tilleuls" in mail.subject
    assert "We asked around." in mail.text
    assert ("/@club-des-tilleuls" in mail.text) is granted


async def test_who_has_no_mail_address_is_to_be_called(town, club):
    rosa, agent = await town.member("Rosa"), await town.agent()
    rosa.mail = rosa.mail_key = None
    rosa.phone = "04 65 71 20 47"
    await rosa.save()
    await actions.claim_organisation(club, rosa.id, "hello")
    claim = await Claim.get()
    assert "04 65 71 20 47" in words(await agent.get(f"/associations/claims/{claim.id}"))
    sent = await agent.post(f"/associations/claims/{claim.id}", decision="grant")
    assert "please call them" in words(await agent.get(sent.headers["location"]))
    await mails.claim_answer(claim.id)


async def test_a_manager_adds_and_removes_people(town, club, manager):
    paul = await town.member("Paul")
    page = "/@club-des-tilleuls/people"
    assert (await manager.post(page, mail="nobody@example.org")).status_code == 422
    assert (await manager.post(page, mail="paul@example.org")).status_code == 303
    assert not (await Spokesperson.get(member=paul)).manages
    await manager.post(f"{page}/{paul.id}", manages="yes")
    assert (await Spokesperson.get(member=paul)).manages
    assert (await manager.post(f"{page}/{paul.id}/remove")).headers["location"].startswith(page)
    assert not await Spokesperson.exists(member=paul)


async def test_the_last_manager_is_told_what_leaving_means_before_it_happens(town, club, manager):
    rosa = await Spokesperson.get()
    path = f"/@club-des-tilleuls/people/{rosa.member_id}/remove"
    asked = await manager.post(path)
    assert asked.status_code == 422
    assert "Nobody else looks after this page." in words(asked)
    assert await Spokesperson.exists()
    form = BeautifulSoup(asked.text, "html.parser").select_one(".flash.no form")
    assert (form["action"], form.find("input", {"name": "sure"})["value"]) == (path, "yes")
    left = await manager.post(path, sure="yes")
    assert left.headers["location"] == "/@club-des-tilleuls?said=spokesperson-removed"
    assert "nobody of it has an account yet" in words(await manager.get("/@club-des-tilleuls"))


async def test_a_member_cannot_touch_another_associations_people(town, club, manager):
    foyer = await actions.list_organisation(OrganisationDraft(name="Foyer"))
    paul = await town.member("Paul")
    await actions.add_spokesperson(foyer, "paul@example.org", manages=True, by=paul.id)
    for path in (f"/@foyer/people/{paul.id}/remove", f"/@club-des-tilleuls/people/{paul.id}/remove"):
        assert (await manager.post(path, sure="yes")).status_code == 404
    assert await Spokesperson.all().count() == 2


async def test_an_administrator_may_do_what_an_agent_may(town, club):
    chief = await town.browser(await town.member("Claire", role=Role.ADMINISTRATOR))
    assert (await chief.get("/associations/new")).status_code == 200
