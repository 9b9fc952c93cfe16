"""What a project taught: written once it is closed, read and begun from elsewhere, with the credit kept."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from federation.documents import Document, parse
from hub.actors.models import Actor
from hub.db import rows
from hub.errors import Conflict, InvalidInput, NotFound
from hub.fediverse import interests
from hub.fediverse.known import Known
from hub.fediverse.models import Activity
from hub.feed.jobs import index_the_rest
from hub.members.models import Role
from hub.participants.models import Person
from hub.projects.actions import close, delete_project, refuse
from hub.projects.experiences import credit_of, interest, publish_experience, withdraw_experience
from hub.projects.models import Closing, CostBand, Experience, ExperienceDraft, Project, Remains, Stage
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.unit.hub.projects.conftest import project
from tests.unit.hub.village.visitors import page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors

CLOSING = Closing(
    stage=Stage.KEPT_ALIVE,
    remains=Remains.ASSOCIATION,
    remains_words="L’association Le Comptoir prend la suite.",
    remains_contact="Inès, comptoir@example.fr",
    thanks="Merci à tous les peintres.",
)
LEARNT = ExperienceDraft(
    context="Plus d’épicerie depuis dix ans.",
    steps="Cent réponses, quatre ateliers.",
    pitfalls="Compter deux fois le temps prévu.",
    cost=CostBand.LARGE,
    months=18,
    people=31,
)


async def closed(**facts):
    comptoir = await project(**facts)
    await close(comptoir, CLOSING, by="Inès")
    return comptoir


async def test_nobody_closes_a_project_that_leaves_something_without_saying_whom_to_ask(village):
    comptoir = await project()
    with pytest.raises(InvalidInput):
        await close(comptoir, Closing(stage=Stage.DONE, remains=Remains.MUNICIPAL), by="Inès")
    assert (await Project.get(id=comptoir.id)).is_active


async def test_what_it_taught_is_written_once_it_is_closed(village):
    comptoir = await project()
    with pytest.raises(Conflict):
        await publish_experience(comptoir, LEARNT)
    await close(comptoir, CLOSING, by="Inès")
    first = await publish_experience(comptoir, LEARNT)
    again = await publish_experience(comptoir, LEARNT)
    assert first.publication_id == again.publication_id
    document = (await Publication.get(id=first.publication_id)).document
    assert document["lavoir:kind"] == "experience"
    assert document["lavoir:experience"]["cost"] == "under-100000"
    assert "Compter deux fois" in document["content"]


async def test_another_village_reads_it_with_whose_it_is(village):
    sheet = await publish_experience(await closed(), LEARNT)
    theirs = await from_elsewhere((await Publication.get(id=sheet.publication_id)).document)
    read = await Experience.get(publication_id=theirs.id).select_related("publication__author")
    assert (read.context, read.months, read.people, read.cost) == (LEARNT.context, 18, 31, CostBand.LARGE)
    assert read.publication.kind is Kind.EXPERIENCE
    assert read.publication.title == "Le Comptoir du lavoir"
    assert credit_of(read) == credit_of(sheet)


async def test_a_sheet_with_nonsense_in_it_is_read_as_far_as_it_makes_sense(village):
    sheet = await publish_experience(await closed(), LEARNT)
    document = dict((await Publication.get(id=sheet.publication_id)).document)
    document["lavoir:experience"] = {"context": ["x"], "cost": {"a": 1}, "months": "many", "people": -3}
    theirs = await from_elsewhere(document)
    read = await Experience.get(publication_id=theirs.id)
    assert (read.context, read.cost, read.months, read.people) == ("", None, None, None)


async def test_it_goes_with_its_project(village):
    comptoir = await closed()
    sheet = await publish_experience(comptoir, LEARNT)
    await delete_project(comptoir)
    assert (await Publication.get(id=sheet.publication_id)).deleted_at is not None
    assert (await Experience.get(id=sheet.id)).context == ""


async def test_nothing_is_learnt_in_public_from_a_project_that_the_town_hall_has_not_read(village):
    unread = await closed(trusted=False)
    refused = await project(trusted=False)
    await refuse(refused, "Ce projet existe déjà.", by="Marie")
    hidden = await closed()
    await Publication.filter(id=hidden.publication_id).update(hidden_at=datetime.now(UTC))
    for one in (unread, refused, hidden):
        with pytest.raises(NotFound):
            await publish_experience(one, LEARNT)
    assert not await Experience.exists()
    assert not await Activity.filter(object_uri__not=hidden.publication.uri, type="Create").exists()


async def test_who_carries_a_project_in_review_is_not_asked_what_it_taught(visitors, village):
    nina = await factories.member("Nina", trusted=False)
    comptoir = await project(trusted=False, person=Person(name="Nina", member_id=nina.id))
    browser, path = await visitors.browser(nina), f"/{comptoir.publication.code}"
    ended = {"stage": "ended", "remains": "nothing"}
    sent = await browser.post(f"{path}/closing", **ended)
    assert sent.headers["location"].partition("?")[0] == path
    assert not page(await browser.get(path)).select(f"a[href='{path}/experience']")
    assert (await browser.get(f"{path}/experience")).status_code == 404
    assert (await browser.post(f"{path}/experience", context="Partout dans les boîtes.")).status_code == 404
    assert not await Experience.exists()


async def test_other_villages_are_promised_only_what_reaches_them(visitors, village):
    ines = await factories.member("Inès", mail="ines@example.fr")
    browser = await visitors.browser(ines)
    for scope, reached in ((Scope.VILLAGE, False), (Scope.PUBLIC, True)):
        ended = await closed(person=Person(name="Inès", member_id=ines.id), scope=scope)
        asked = words(await browser.get(f"/{ended.publication.code}/experience"))
        assert ("pour d’autres villages" in asked) is reached
        assert ("pour votre village" in asked) is not reached


async def test_what_was_taken_down_is_not_sent_again(visitors, village):
    ines = await factories.member("Inès", mail="ines@example.fr")
    comptoir = await closed(person=Person(name="Inès", member_id=ines.id))
    browser, path = await visitors.browser(ines), f"/{comptoir.publication.code}/experience"
    form = sent_again(await browser.get(path))
    sheet = await publish_experience(comptoir, LEARNT)
    await withdraw_experience(sheet)
    sent = await Activity.all().count()
    assert (await browser.post(path, **form)).status_code == 409
    assert "a été retiré" in words(await browser.get(path))
    with pytest.raises(Conflict):
        await publish_experience(comptoir, LEARNT)
    gone = await Publication.get(id=sheet.publication_id)
    assert (gone.html, gone.source, gone.document) == ("", "", None)
    assert (await Experience.get(id=sheet.id)).steps == ""
    assert await Activity.all().count() == sent


async def test_who_carries_it_withdraws_it_and_nobody_else(visitors, village):
    ines = await factories.member("Inès", mail="ines@example.fr")
    comptoir = await closed(person=Person(name="Inès", member_id=ines.id))
    sheet = await publish_experience(comptoir, LEARNT)
    path = f"/{sheet.publication.code}"
    hers = await visitors.browser(ines)
    rosa = await visitors.browser(await factories.member("Rosa"))
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert (await rosa.get(f"{path}/remove")).status_code == 404
    assert (await rosa.post(f"{path}/remove")).status_code == 404
    for browser, links in ((rosa, 0), (agent, 1), (hers, 1)):
        assert len(page(await browser.get(path)).select(f"a[href='{path}/remove']")) == links
    assert "?" in words(await hers.get(f"{path}/remove"))
    assert (await hers.post(f"{path}/remove")).status_code == 303
    assert (await hers.get(path)).status_code == 410
    assert (await hers.post(f"{path}/remove")).status_code == 404
    assert await Activity.filter(type="Delete", object_uri=sheet.publication.uri).count() == 1
    assert (await Publication.get(id=comptoir.publication_id)).deleted_at is None, "the project stays"


async def test_a_sheet_of_elsewhere_leads_to_no_project_of_ours(visitors, village):
    ours = await project(scope=Scope.VILLAGE)
    sheet = await publish_experience(await closed(code="bcdfgh"), LEARNT)
    document = dict((await Publication.get(id=sheet.publication_id)).document)
    document["lavoir:experience"] = {"context": "Chez nous.", "project": ours.publication.uri}
    theirs = await Publication.get(id=(await from_elsewhere(document)).id)
    assert (await Experience.get(publication_id=theirs.id)).project_uri == ours.publication.uri
    for browser in (await visitors.browser(), await visitors.browser(await factories.member("Rosa"))):
        shown = await browser.get(f"/{theirs.code}")
        assert "Chez nous." in words(shown)
        assert not page(shown).select(f"a[href='/{ours.publication.code}']")


async def test_the_story_is_linked_for_whoever_may_read_it(visitors, village):
    comptoir = await closed()
    sheet = await publish_experience(comptoir, LEARNT)
    visitor, rosa = await visitors.browser(), await visitors.browser(await factories.member("Rosa"))

    async def link(browser):
        shown = page(await browser.get(f"/{sheet.publication.code}"))
        return len(shown.select(f"a[href='/{comptoir.publication.code}']"))

    assert (await link(visitor), await link(rosa)) == (1, 1)
    await Publication.filter(id=comptoir.publication_id).update(scope=Scope.VILLAGE)
    assert (await link(visitor), await link(rosa)) == (0, 1)


async def test_what_another_village_takes_back_leaves_no_words_here(village):
    sheet = await publish_experience(await closed(), LEARNT)
    theirs = await from_elsewhere((await Publication.get(id=sheet.publication_id)).document)
    await theirs.fetch_related("author")
    await interests.remove(theirs, at=datetime.now(UTC))
    read = await Experience.get(publication_id=theirs.id)
    assert (read.context, read.steps, read.pitfalls) == ("", "", "")


async def test_it_is_found_by_its_words(visitors, village):
    sheet = await publish_experience(await closed(), LEARNT)
    theirs = await from_elsewhere((await Publication.get(id=sheet.publication_id)).document)
    theirs = await Publication.get(id=theirs.id)
    browser = await visitors.browser()

    async def found(text):
        links = page(await browser.get(f"/search?q={text}")).select("main .grid h3 a")
        return {str(link["href"]).strip("/") for link in links}

    both = {sheet.publication.code, theirs.code}
    assert await found("ateliers+temps+prevu") == both
    assert await found("boulanger") == set()
    comptoir = await Project.get(id=sheet.project_id)
    await publish_experience(comptoir, replace(LEARNT, steps="Un boulanger, des ateliers."))
    assert await found("boulangers") == {sheet.publication.code}
    await rows("DELETE FROM search")
    await index_the_rest()
    assert await found("ateliers+temps+prevu") == both
    await withdraw_experience(sheet)
    assert await found("ateliers+temps+prevu") == {theirs.code}


async def from_elsewhere(document):
    """The same document, as a neighbour would have written it."""
    author = await Actor.create(
        uri="https://val.example/a/commune",
        host="val.example",
        name="commune",
        kind="Organization",
        inbox="x",
    )
    theirs = {**document, "id": "https://val.example/o/1", "attributedTo": author.uri}
    parsed = parse(theirs, now=datetime.now(UTC))
    assert isinstance(parsed, Document)
    publication = await Publication.create(
        uri=parsed.id,
        author=author,
        kind=Kind.POST,
        type="Note",
        scope=Scope.PUBLIC,
        published_at=parsed.published_at,
        language="fr",
    )
    interests.interests[:] = [interest]
    await interests.tell(publication, parsed, Known(), newer=True)
    return publication
