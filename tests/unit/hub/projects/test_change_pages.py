"""Who carries a project tells its story and moves it on; the group improves its words, with credit."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.journal import Entry
from hub.members.models import Role
from hub.participants.models import Person
from hub.projects import actions, membership
from hub.projects.models import Chapter, ContributorDraft, HeardNeed, Project, ProjectDraft, Stage, Version
from hub.publications.models import Publication
from tests import factories
from tests.unit.hub.projects.conftest import project
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors

ACTS = ("change", "stage", "chapters/new", "coverage", "coverage/new", "remove")


@pytest.fixture
async def ines(village):
    return await factories.member("Inès", mail="ines@example.fr")


@pytest.fixture
async def comptoir(ines):
    return await project(person=Person(name="Inès", member_id=ines.id))


@pytest.fixture
async def jeanne(comptoir):
    """She takes part, and carries nothing."""
    jeanne = await factories.member("Jeanne")
    await membership.join(comptoir, ContributorDraft(), Person(name="Jeanne", member_id=jeanne.id))
    return jeanne


def at(comptoir, act):
    return f"/{comptoir.publication.code}/{act}"


async def fresh(comptoir):
    return await Project.get(id=comptoir.id).select_related("publication")


async def test_nobody_else_learns_that_there_is_anything_to_do(visitors, comptoir, jeanne):
    rosa = await visitors.browser(await factories.member("Rosa"))
    hers, agent = (
        await visitors.browser(jeanne),
        await visitors.browser(await factories.member("Marie", role=Role.AGENT)),
    )
    for act in ACTS:
        assert (await rosa.get(at(comptoir, act))).status_code == 404, act
        assert (await agent.get(at(comptoir, act))).status_code == 200, act
        assert (await hers.get(at(comptoir, act))).status_code == (200 if act == "change" else 404), act
    await rosa.post(at(comptoir, "stage"), stage="running")
    await hers.post(at(comptoir, "remove"))
    assert (await fresh(comptoir)).stage is Stage.OBSERVED
    assert (await fresh(comptoir)).publication.deleted_at is None


async def test_the_form_shows_what_is_there_and_changes_it(visitors, comptoir, ines):
    browser = await visitors.browser(ines)
    form = sent_again(await browser.get(at(comptoir, "change")))
    assert form["title"] == "Le Comptoir du lavoir"
    assert (await browser.post(at(comptoir, "change"), **form)).status_code == 303
    assert await Version.all().count() == 1, "words that nobody changed are no version"
    better = {"text": "Une épicerie et un four.", "change": "Le four", "area": "L’ancienne école"}
    await browser.post(at(comptoir, "change"), **form | better)
    after = await fresh(comptoir)
    assert (after.publication.source, after.area) == ("Une épicerie et un four.", "L’ancienne école")
    version = await Version.get(number=2)
    assert (version.by, version.change) == ("Inès", "Le four")


async def test_somebody_of_the_group_improves_the_words_and_nothing_else(visitors, comptoir, jeanne):
    browser = await visitors.browser(jeanne)
    form = sent_again(await browser.get(at(comptoir, "change")))
    assert not {"call", "photo1"} & set(form)
    more = {
        "text": "Avec un salon de thé.",
        "call": "Du monde",
        "approves": "yes",
        "source_name": "Le Café du Diois",
    }
    assert (await browser.post(at(comptoir, "change"), **form | more)).status_code == 303
    after = await fresh(comptoir)
    assert (after.publication.source, after.call, after.approves) == ("Avec un salon de thé.", "", False)
    assert (await Version.get(number=2)).source_name == "Le Café du Diois"


async def test_a_newcomer_of_the_group_reads_only(visitors, comptoir):
    nina = await factories.member("Nina", trusted=False)
    await membership.join(comptoir, ContributorDraft(), Person(name="Nina", member_id=nina.id))
    browser = await visitors.browser(nina)
    assert (await browser.get(at(comptoir, "change"))).status_code == 404


async def test_two_who_write_at_once_lose_nothing(visitors, comptoir, ines, jeanne):
    hers, his = await visitors.browser(ines), await visitors.browser(jeanne)
    first, second = [sent_again(await one.get(at(comptoir, "change"))) for one in (hers, his)]
    await hers.post(at(comptoir, "change"), **first | {"text": "Avec un four."})
    refused = await his.post(at(comptoir, "change"), **second | {"text": "Avec un jardin."})
    assert refused.status_code == 422
    again = sent_again(refused)
    assert again["text"] == "Avec un jardin."
    assert (await his.post(at(comptoir, "change"), **again)).status_code == 303
    assert [one.text for one in await Version.all().order_by("number")][1:] == [
        "Avec un four.",
        "Avec un jardin.",
    ]


async def test_a_mistake_in_the_form_does_not_hide_that_somebody_else_wrote(visitors, comptoir, ines, jeanne):
    hers, his = await visitors.browser(ines), await visitors.browser(jeanne)
    form = sent_again(await hers.get(at(comptoir, "change")))
    other = sent_again(await his.get(at(comptoir, "change")))
    await his.post(at(comptoir, "change"), **other | {"text": "Une épicerie et un four."})
    again = await hers.post(at(comptoir, "change"), **form | {"title": "", "text": "Une épicerie et un bar."})
    fixed = sent_again(again) | {"title": "Le Comptoir du lavoir"}
    assert (await hers.post(at(comptoir, "change"), **fixed)).status_code == 422
    assert (await fresh(comptoir)).publication.source == "Une épicerie et un four."


async def test_it_moves_on_with_a_day_and_words(visitors, comptoir, ines):
    browser = await visitors.browser(ines)
    tomorrow = (datetime.now(UTC).date() + timedelta(days=2)).strftime("%d/%m/%Y")
    refused = await browser.post(at(comptoir, "stage"), stage="decided", on=tomorrow)
    assert errors(refused) == {"on"}
    told = {
        "stage": "decided",
        "on": "22/01/2026",
        "title": "Le conseil dit oui",
        "text": "Bail de neuf ans.",
    }
    assert (await browser.post(at(comptoir, "stage"), **told)).status_code == 303
    await browser.post(at(comptoir, "stage"), **told)
    assert (await fresh(comptoir)).stage is Stage.DECIDED
    chapter = await Chapter.get(stage=Stage.DECIDED)
    assert (chapter.on, chapter.title, chapter.text) == (
        date(2026, 1, 22),
        "Le conseil dit oui",
        "Bail de neuf ans.",
    )
    assert (await browser.post(at(comptoir, "stage"), stage="done")).status_code == 422, "closing asks more"


async def test_its_story_is_told_changed_and_taken_out(visitors, comptoir, ines):
    browser = await visitors.browser(ines)
    assert errors(await browser.post(at(comptoir, "chapters/new"), on="40/01/2026")) == {"on", "title"}
    told = {
        "on": "20/05/2025",
        "title": "103 réponses",
        "text": "Trois besoins.",
        "link": "example.fr/synthese",
    }
    assert (await browser.post(at(comptoir, "chapters/new"), **told)).status_code == 303
    chapter = await Chapter.get(title="103 réponses")
    assert (chapter.link, chapter.by, chapter.planned) == ("https://example.fr/synthese", "Inès", False)
    path = at(comptoir, f"chapters/{chapter.id}")
    form = sent_again(await browser.get(path))
    assert form["on"] == "20/05/2025"
    ahead = (datetime.now(UTC).date() + timedelta(days=30)).strftime("%d/%m/%Y")
    await browser.post(path, **form | {"on": ahead, "title": "La synthèse"})
    assert (await Chapter.get(id=chapter.id)).planned
    await browser.post(f"{path}/remove")
    assert not await Chapter.exists(id=chapter.id)


async def test_a_stage_cannot_be_taken_out_of_the_story(visitors, comptoir, ines):
    browser = await visitors.browser(ines)
    stage = await Chapter.get(stage=Stage.OBSERVED)
    await browser.post(at(comptoir, f"chapters/{stage.id}/remove"))
    assert await Chapter.exists(id=stage.id)


async def test_a_chapter_of_another_project_is_not_found(visitors, comptoir, ines):
    other = await project(title="Un autre", code="bcdfgh")
    chapter = await Chapter.get(project_id=other.id)
    browser = await visitors.browser(ines)
    assert (await browser.get(at(comptoir, f"chapters/{chapter.id}"))).status_code == 404


async def test_once_it_is_closed_its_words_stay(visitors, comptoir, ines):
    await Project.filter(id=comptoir.id).update(stage=Stage.DONE)
    browser = await visitors.browser(ines)
    for act in ("change", "stage"):
        assert (await browser.get(at(comptoir, act))).status_code == 409, act


async def test_it_is_deleted_after_it_was_asked(visitors, comptoir, ines):
    browser = await visitors.browser(ines)
    assert "?" in words(await browser.get(at(comptoir, "remove")))
    assert (await browser.post(at(comptoir, "remove"))).status_code == 303
    assert (await Publication.get(id=comptoir.publication_id)).deleted_at is not None


# ------------------------------------------------------------------ versions


async def rewritten(comptoir, member, text, **facts):
    draft = ProjectDraft(title=comptoir.publication.title, text=text)
    await actions.rewrite(comptoir, draft, Person(name=member.name, member_id=member.id), **facts)


async def test_the_history_shows_who_added_what(visitors, comptoir, jeanne):
    text = comptoir.publication.source
    await rewritten(
        comptoir,
        jeanne,
        text + " Et un jardin partagé.",
        change="Le jardin",
        source=("Le jardin de Die", "https://die.example/jardin"),
    )
    shown = await (await visitors.browser()).get(at(comptoir, "versions"))
    assert "Commencé par Inès." in words(shown)
    assert "Jeanne" in words(shown)
    assert [one.get_text().split(":")[-1].strip() for one in page(shown).select("ins")] == [
        "Et un jardin partagé."
    ]
    assert not page(shown).select("del")
    assert page(shown).select_one("a[href='https://die.example/jardin']").text == "Le jardin de Die"
    old = await (await visitors.browser()).get(at(comptoir, "versions/1"))
    assert "jardin" not in words(old)
    assert (await (await visitors.browser()).get(at(comptoir, "versions/3"))).status_code == 404


async def test_the_first_author_contests_and_nobody_else(visitors, comptoir, ines, jeanne):
    await rewritten(comptoir, jeanne, "Un supermarché.")
    hers, his = await visitors.browser(jeanne), await visitors.browser(ines)
    path = at(comptoir, "versions/2")
    assert (await hers.post(f"{path}/contest", words="Non")).status_code == 404
    assert (await his.post(at(comptoir, "versions/1/contest"), words="Non")).status_code == 404
    assert errors(await his.post(f"{path}/contest", words="")) == {"words"}
    assert (await his.post(f"{path}/contest", words="Ce n'était pas mon idée.")).status_code == 303
    for shown in (path, at(comptoir, "versions")):
        assert "Ce n'était pas mon idée." in words(await (await visitors.browser()).get(shown))


async def test_old_words_come_back_as_a_new_version(visitors, comptoir, ines, jeanne):
    first = comptoir.publication.source
    await rewritten(comptoir, jeanne, "Un supermarché.")
    hers, his = await visitors.browser(jeanne), await visitors.browser(ines)
    assert (await hers.post(at(comptoir, "versions/1/bring-back"))).status_code == 404
    assert (await his.post(at(comptoir, "versions/1/bring-back"))).status_code == 303
    assert (await fresh(comptoir)).publication.source == first
    assert await Version.all().count() == 3


async def test_the_town_hall_takes_what_must_not_stay_out_of_an_old_version(visitors, comptoir, ines, jeanne):
    await rewritten(comptoir, jeanne, "Écrire à Paul, 4 rue du Four.", change="Appeler Paul")
    await rewritten(comptoir, ines, "Écrire à la mairie.")
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    his, visitor = await visitors.browser(ines), await visitors.browser()
    path, act = at(comptoir, "versions/2"), at(comptoir, "versions/2/take-out")
    assert "rue du Four" in words(await visitor.get(at(comptoir, "versions")))
    for browser in (his, visitor):
        assert not page(await browser.get(path)).select(f"form[action='{act}']")
        await browser.post(act, reason="Je ne veux plus.")
    assert (await Version.get(number=2)).text
    assert page(await agent.get(path)).select(f"form[action='{act}']")
    assert errors(await agent.post(act, reason=" ")) == {"reason"}
    assert errors(await agent.post(act, reason="x" * 301)) == {"reason"}
    for _ in range(2):
        assert (await agent.post(act, reason="Une adresse privée.")).status_code == 303
    for browser in (agent, visitor):
        for shown in (path, at(comptoir, "versions"), at(comptoir, "story")):
            read = words(await browser.get(shown))
            assert "Retiré par la mairie : Une adresse privée." in read, shown
            assert not any(gone in read for gone in ("rue du Four", "Appeler Paul")), shown
    assert not page(await visitor.get(at(comptoir, "versions"))).select("ins, del")
    entry = await Entry.get(act="version-taken-out")
    assert (entry.by, entry.about, entry.why) == ("Marie", path, "Une adresse privée.")
    assert (await his.post(at(comptoir, "versions/2/bring-back"))).status_code == 404
    assert (await fresh(comptoir)).publication.source == "Écrire à la mairie."


async def test_the_words_of_today_are_changed_and_not_taken_out(visitors, comptoir):
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    act = at(comptoir, "versions/1/take-out")
    assert not page(await agent.get(at(comptoir, "versions/1"))).select(f"form[action='{act}']")
    assert (await agent.post(act, reason="Une adresse privée.")).status_code == 409
    assert (await agent.post(at(comptoir, "versions/7/take-out"), reason="Non.")).status_code == 404
    assert (await Version.get()).text


# ------------------------------------------------------------------ coverage


async def test_the_table_is_written_part_by_part(visitors, comptoir, ines):
    browser = await visitors.browser(ines)
    await browser.post(at(comptoir, "coverage"), part1="Épicerie", part2="", part3="Atelier")
    form = sent_again(await browser.get(at(comptoir, "coverage/new")))
    wrong = form | {"title": "", "said_resident": "beaucoup", "need": "nulle part"}
    assert errors(await browser.post(at(comptoir, "coverage/new"), **wrong)) == {
        "title",
        "said_resident",
        "need",
    }
    shown = page(await browser.get(at(comptoir, "coverage/new")))
    shop, workshop = [str(box["name"]) for box in shown.select("input[type=checkbox]")]
    right = {"title": "Acheter à pied", "said_resident": "71 habitants", "covered": "yes", shop: "yes"}
    assert (await browser.post(at(comptoir, "coverage/new"), **right)).status_code == 303
    heard = await HeardNeed.get()
    assert (heard.said_by, heard.is_covered, heard.covered_by) == (
        {"resident": 71},
        True,
        [int(shop.removeprefix("by_"))],
    )
    path = at(comptoir, f"coverage/{heard.id}")
    again = sent_again(await browser.get(path))
    assert (again["said_resident"], again[shop], again["covered"]) == ("71", "yes", "yes")
    assert workshop not in again
    await browser.post(path, **again | {"covered": "part"})
    assert (await HeardNeed.get()).is_covered is False
    await browser.post(at(comptoir, "coverage"), part1="Atelier")
    assert (await HeardNeed.get()).covered_by == [], "a part that is gone covers nothing"
    await browser.post(f"{path}/remove")
    assert not await HeardNeed.exists()
