"""What a project taught: written once it is closed, read and begun from elsewhere, with the credit kept."""

from datetime import UTC, datetime

import pytest

from federation.documents import Document, parse
from hub.actors.models import Actor
from hub.errors import Conflict, InvalidInput
from hub.fediverse import interests
from hub.projects.actions import close, delete_project
from hub.projects.experiences import credit_of, interest, publish_experience
from hub.projects.models import Closing, CostBand, Experience, ExperienceDraft, Project, Remains, Stage
from hub.publications.models import Kind, Publication, Scope
from tests.unit.hub.projects.conftest import project

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


async def closed():
    comptoir = await project()
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
    await interests.tell(publication, parsed, newer=True)
    return publication
