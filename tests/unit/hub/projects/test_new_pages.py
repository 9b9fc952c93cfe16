"""A project is begun on one page: from nothing, from a process, or from what another village learnt."""

import pytest

from hub.members.models import Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.projects.models import Chapter, Contributor, Experience, Part, Project, Stage, Version
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.others import announcement, somebody
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors

COMPTOIR = {
    "title": "Le Comptoir du lavoir",
    "text": "Une épicerie, un salon de thé et un atelier.\n\nDans l’ancienne école.",
    "contact_shown": "comptoir@saint-martin.example",
}


@pytest.fixture
async def ines(village):
    return await factories.member("Inès", mail="ines@example.fr")


async def the_project():
    return await Project.all().select_related("publication__author", "actor").first()


async def test_a_member_begins_one_and_carries_it(visitors, ines):
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get("/new/project")) | COMPTOIR
    sent = await browser.post("/new/project", **form)
    assert sent.status_code == 303
    project = await the_project()
    assert sent.headers["location"].startswith(f"/{project.publication.code}")
    assert (project.stage, project.is_reviewed, project.members) == (Stage.OBSERVED, True, 1)
    assert project.publication.scope is Scope.PUBLIC
    carrier = await Contributor.get().select_related("participant")
    assert (carrier.part, carrier.participant.name, carrier.contact) == (
        Part.CARRIER,
        "Inès",
        "comptoir@saint-martin.example",
    )
    assert (await Version.get()).number == 1
    assert (await browser.get(sent.headers["location"])).status_code == 200


async def test_the_same_form_sent_twice_makes_one(visitors, ines):
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get("/new/project")) | COMPTOIR
    first, second = [await browser.post("/new/project", **form) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert await Project.all().count() == 1


async def test_who_goes_back_to_the_form_and_writes_something_else_begins_two(visitors, ines):
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get("/new/project")) | COMPTOIR
    for title in ("Le Comptoir du lavoir", "Le four à pain"):
        assert (await browser.post("/new/project", **form | {"title": title})).status_code == 303
    assert await Project.all().count() == 2


async def test_nothing_is_lost_and_each_problem_is_at_its_field(visitors, ines):
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get("/new/project"))
    wrong = {"title": "Un four", "due": "hier", "contact_shown": "nulle part", "step1_title": "Réunion"}
    refused = await browser.post("/new/project", **form | wrong)
    assert refused.status_code == 422
    assert errors(refused) == {"text", "due", "contact_shown", "step1_on"}
    assert (form | wrong).items() <= sent_again(refused).items()
    assert not await Project.exists()


async def test_a_phone_number_in_the_words_is_asked_about(visitors, ines):
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get("/new/project")) | COMPTOIR | {"text": "Appelez le 06 12 34 56 78."}
    refused = await browser.post("/new/project", **form)
    assert errors(refused) == {"sure"}
    assert "06 12 34 56 78" in words(refused)
    assert (await browser.post("/new/project", **form | {"sure": "yes"})).status_code == 303


async def test_a_process_fills_in_the_form_and_its_steps_are_to_come(visitors, ines):
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get("/new/project?template=creche"))
    assert "Ce qui n’est pas négociable" in form["text"]
    titles = [form[f"step{row}_title"] for row in range(1, 7)]
    assert titles == [
        "Le cadre est posé",
        "La carte des acteurs",
        "Les entretiens",
        "Le groupe mixte se réunit",
        "Les ateliers",
        "La restitution devant tous",
    ]
    form |= {"title": "Garder nos enfants", "contact_shown": "06 12 34 56 78", "step4_title": ""}
    assert (await browser.post("/new/project", **form)).status_code == 303
    assert (await the_project()).template == "creche"
    planned = await Chapter.filter(planned=True).order_by("on")
    assert [one.title for one in planned] == [*titles[1:3], *titles[4:]]


async def test_what_a_newcomer_begins_is_read_first(visitors, village):
    newcomer = await factories.member("Nina", trusted=False)
    browser, stranger = await visitors.browser(newcomer), await visitors.browser()
    form = sent_again(await browser.get("/new/project")) | COMPTOIR
    sent = await browser.post("/new/project", **form)
    project = await the_project()
    path = f"/{project.publication.code}"
    assert not project.is_reviewed
    assert "la mairie" in words(await browser.get(sent.headers["location"]))
    assert (await stranger.get(path)).status_code == 404
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert "Le Comptoir du lavoir" in words(await agent.get("/moderation/projects"))
    assert (await agent.post(f"{path}/hang-up")).status_code == 303
    assert (await stranger.get(path)).status_code == 200


async def test_visitors_are_asked_to_sign_in(visitors, village):
    browser = await visitors.browser()
    assert "/sign-in" in (await browser.get("/new/project")).headers.get("location", "")


async def test_somebody_who_speaks_for_an_association_carries_it_in_its_name(visitors, ines):
    club = await Organisation.create(
        handle="club", name="Club des Tilleuls", name_key="club", kind=OrganisationKind.ASSOCIATION
    )
    await Spokesperson.create(member=ines, organisation=club)
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get("/new/project")) | COMPTOIR | {"as": "@club"}
    sent = await browser.post("/new/project", **form)
    shown = words(await browser.get(sent.headers["location"]))
    assert "Club des Tilleuls , association" in shown or "Club des Tilleuls, association" in shown
    assert page(await browser.get("/new/project")).select_one("input[value='@club']") is not None


async def test_what_does_not_fit_is_set_aside_with_a_reason(visitors, village):
    nina = await factories.member("Nina", trusted=False)
    browser = await visitors.browser(nina)
    await browser.post("/new/project", **sent_again(await browser.get("/new/project")) | COMPTOIR)
    path = f"/{(await the_project()).publication.code}"
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    reason = f"reason-{path.strip('/')}"
    assert errors(await agent.post(f"{path}/set-aside", **{reason: ""})) == {reason}
    assert (await agent.post(f"{path}/set-aside", **{reason: "Ce projet existe déjà."})).status_code == 303
    assert "Le Comptoir" not in words(await agent.get("/moderation/projects"))
    assert "mis de côté" in words(await browser.get(path))
    assert (await (await visitors.browser()).get(path)).status_code == 404


async def test_it_begins_from_what_another_village_learnt_and_credit_stays(visitors, ines):
    author = await somebody("diois", "diois.example", display_name="Le Diois")
    theirs = await announcement(author, title="Notre café associatif")
    await Publication.filter(id=theirs.id).update(kind=Kind.EXPERIENCE)
    await Experience.create(publication=theirs, context="Un bourg sans café.", steps="Une fête d’abord.")
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get(f"/new/project?experience={theirs.code}"))
    assert form["title"] == "Notre café associatif"
    assert "Une fête d’abord." in form["text"]
    more = {"contact_shown": "06 12 34 56 78", "source_name": "C’est moi"}
    assert (await browser.post("/new/project", **form | more)).status_code == 303
    project = await the_project()
    assert project.inspired_by == theirs.uri
    assert project.inspired_by_name == "Notre café associatif (Le Diois)"
    assert (await Version.get()).source_name == project.inspired_by_name
    assert "Notre café associatif (Le Diois)" in words(await browser.get(f"/{project.publication.code}"))
