"""The page of a project: an absent person understands in five minutes; nobody reads what is not for them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.agenda.actions import publish_event
from hub.agenda.models import Event, EventDraft, Resolution, Rhythm, Series
from hub.exchange.actions import publish_proposal
from hub.exchange.models import ProposalDraft
from hub.members.models import Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.models import Person
from hub.projects import actions, coverage, membership
from hub.projects.models import ChapterDraft, ContributorDraft, HeardNeedDraft, Project, Stage
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.others import announcement, somebody
from tests.unit.hub.projects.conftest import PAUL, project
from tests.unit.hub.village.visitors import page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors


def in_days(days, hour=18):
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


@pytest.fixture
async def ines(village):
    return await factories.member("Inès", mail="ines@example.fr")


@pytest.fixture
async def comptoir(ines):
    return await project(person=Person(name="Inès", member_id=ines.id))


async def workshop(comptoir, *, days, title="Le comptoir prend forme", **facts):
    usual = {
        "title": title,
        "text": "On choisit les étagères.",
        "starts_at": in_days(days),
        "ends_at": in_days(days, 20),
        "place": "Salle de l’école",
        "scope": Scope.PUBLIC,
        "method": "world-cafe",
        "project_id": comptoir.publication_id,
    }
    return await publish_event(EventDraft(**(usual | facts)), PAUL, trusted=True)


async def need(comptoir, title="Poser les étagères", **facts):
    usual = {
        "kind": Kind.NEED,
        "title": title,
        "text": "",
        "scope": Scope.PUBLIC,
        "category": "works",
        "wanted": 2,
        "unit": "personnes",
        "project_id": comptoir.publication_id,
    }
    return await publish_proposal(ProposalDraft(**(usual | facts)), PAUL, trusted=True)


def path_of(comptoir):
    return f"/{comptoir.publication.code}"


def story(response):
    """The timeline as it is read: look, day and kind, title."""
    return [
        (item["class"][0], " ".join(item.time.get_text().split()), " ".join(item.h3.get_text().split()))
        for item in page(response).select("ol.tl > li")
    ]


async def test_the_story_is_in_order_done_now_and_to_come(visitors, comptoir):
    heard = ChapterDraft(on=date(2025, 5, 20), title="103 personnes ont répondu")
    opening = ChapterDraft(on=in_days(90).date(), title="Ouverture, et merci")
    for draft in (opening, heard):
        await actions.tell(comptoir, draft, by="Inès")
    await actions.reach_stage(
        comptoir, Stage.DECIDED, by="Inès", title="Le conseil municipal dit oui", on=date(2026, 1, 22)
    )
    past = await workshop(comptoir, days=-7, title="Premier atelier")
    await Event.filter(id=past.id).update(
        minutes="On a parlé du **bail**.",
        minutes_at=datetime.now(UTC),
        next_step="Visiter le Diois.",
        came=12,
    )
    await Resolution.create(
        event=past, project_id=comptoir.publication_id, text="Neuf ans", decided_on=datetime.now(UTC).date()
    )
    await Resolution.create(
        project_id=comptoir.publication_id, text="Le nom est choisi", decided_on=date(2025, 9, 1)
    )
    await workshop(comptoir, days=7)
    browser = await visitors.browser()
    shown = await browser.get(path_of(comptoir))
    told = story(shown)
    assert [look for look, _, _ in told] == ["done"] * 4 + ["now"] + ["next"] * 2
    assert [title for _, _, title in told] == [
        "103 personnes ont répondu",
        "Le nom est choisi",
        "Premier atelier",
        "Constat",
        "Le conseil municipal dit oui",
        "Le comptoir prend forme",
        "Ouverture, et merci",
    ]
    assert told[0][1] == "Fait : 20 mai 2025"
    assert told[1][1] == "Fait : 1er septembre 2025 · Décision"
    assert told[4][1] == "En ce moment · Décidé · depuis le 22 janvier 2026"
    assert "À venir · Atelier" in told[5][1]
    text = words(shown)
    assert "On a parlé du bail" in text
    assert "12 personnes étaient là." in text
    assert "Neuf ans" in text
    assert "Visiter le Diois." in text


async def test_stages_move_on_and_the_last_one_stands_now(comptoir, visitors):
    for stage in (Stage.EXPLORED, Stage.RUNNING):
        await actions.reach_stage(comptoir, stage, by="Inès")
    told = story(await (await visitors.browser()).get(path_of(comptoir)))
    assert [(look, title) for look, _, title in told] == [
        ("done", "Constat"),
        ("done", "Réflexion"),
        ("now", "Travaux en cours"),
    ]


async def test_a_weekly_round_is_one_line(visitors, comptoir):
    series = await Series.create(
        rhythm=Rhythm.WEEKLY,
        until=in_days(60).date(),
        made_until=in_days(60).date(),
        starts_at=in_days(-28),
        ends_at=in_days(-28, 20),
    )
    for week in range(-4, 4):
        event = await workshop(comptoir, days=7 * week - 1, title="Samedi de chantier", method="")
        await Event.filter(id=event.id).update(series_id=series.id)
    told = story(await (await visitors.browser()).get(path_of(comptoir)))
    assert [title for _, _, title in told].count("Samedi de chantier") == 1
    shown = words(await (await visitors.browser()).get(path_of(comptoir)))
    assert "8 fois, dont 5 sont faites" in shown


async def test_what_is_for_the_village_stays_in_the_village(visitors, comptoir, ines):
    await workshop(comptoir, days=3, title="Réunion entre nous", scope=Scope.VILLAGE)
    await need(comptoir, "Une clé de la salle", scope=Scope.VILLAGE)
    stranger, member = await visitors.browser(), await visitors.browser(ines)
    shown = words(await stranger.get(path_of(comptoir)))
    assert "Réunion entre nous" not in shown
    assert "Une clé de la salle" not in shown
    shown = words(await member.get(path_of(comptoir)))
    assert "Réunion entre nous" in shown
    assert "Une clé de la salle" in shown


async def test_carriers_are_named_with_what_they_are_and_members_are_a_number(visitors, comptoir, ines):
    club = await Organisation.create(
        handle="club", name="Club des Tilleuls", name_key="club", kind=OrganisationKind.ASSOCIATION
    )
    jeanne = await factories.member("Jeanne")
    await Spokesperson.create(member=jeanne, organisation=club)
    hers = await membership.join(
        comptoir, ContributorDraft(organisation_id=club.id), Person(name="Jeanne", member_id=jeanne.id)
    )
    await membership.make_carrier(hers, "06 12 34 56 78")
    await membership.join(comptoir, ContributorDraft(), PAUL)
    stranger, member = await visitors.browser(), await visitors.browser(ines)
    shown = await stranger.get(path_of(comptoir))
    text = words(shown)
    assert "Inès , à titre personnel" in text
    assert "Club des Tilleuls , association" in text
    assert page(shown).select_one("a[href='mailto:comptoir@saint-martin.example']") is not None
    assert page(shown).select_one("a[href='tel:0612345678']") is not None
    assert "Et encore une personne dans le groupe. On peut encore le rejoindre." in text
    assert "Paul" not in text
    assert "Paul" in words(await member.get(path_of(comptoir)))
    assert "@le-comptoir-du-lavoir@bourg.example" in text
    follow = page(shown).select_one("a[href='/@le-comptoir-du-lavoir/follow']")
    assert (await stranger.get(str(follow["href"]))).status_code == 200


async def test_the_table_says_which_need_is_answered_by_what(visitors, comptoir):
    await coverage.name_components(comptoir, ["Épicerie", "Salon de thé"])
    shop, tea = [one.id for one in await coverage.Component.all().order_by("position")]
    on_board = await need(comptoir, "Une navette")
    rows = (
        HeardNeedDraft(title="Acheter à pied", said_by={"resident": 71}, covered_by=[shop], is_covered=True),
        HeardNeedDraft(
            title="Se retrouver",
            said_by={"resident": 58, "association": 3},
            covered_by=[shop, tea],
            is_covered=False,
        ),
        HeardNeedDraft(
            title="Y aller sans voiture",
            said_by={"resident": 1},
            covered_by=[],
            need_id=on_board.publication_id,
        ),
    )
    for row in rows:
        await coverage.hear(comptoir, row)
    shown = page(await (await visitors.browser()).get(path_of(comptoir)))
    told = [
        [" ".join(cell.get_text().split()) for cell in row.select("th,td")]
        for row in shown.select("tbody tr")
    ]
    assert told == [
        ["Acheter à pied", "71 habitants", "Oui", "", "Couvert"],
        ["Se retrouver", "58 habitants, 3 associations", "Oui", "Oui", "En partie"],
        ["Y aller sans voiture", "1 habitant", "", "", "Pas encore"],
    ]
    assert shown.select_one(f"tbody a[href='/{on_board.publication.code}']") is not None


async def test_a_need_that_one_may_not_see_is_no_link(visitors, comptoir, ines):
    on_board = await need(comptoir, "Une navette", scope=Scope.VILLAGE)
    row = HeardNeedDraft(title="Sans voiture", said_by={}, covered_by=[], need_id=on_board.publication_id)
    await coverage.hear(comptoir, row)
    address = f"tbody a[href='/{on_board.publication.code}']"
    stranger, member = await visitors.browser(), await visitors.browser(ines)
    assert page(await stranger.get(path_of(comptoir))).select_one(address) is None
    assert page(await member.get(path_of(comptoir))).select_one(address) is not None


async def test_what_is_missing_hangs_there_as_cards_of_the_board(visitors, comptoir):
    await need(comptoir)
    other = await project(title="Un autre", code="bcdfgh")
    await need(other, "Rien à voir")
    shown = page(await (await visitors.browser()).get(path_of(comptoir)))
    cards = shown.select("#missing .notice.need")
    assert [card.select_one(".title").text for card in cards] == ["Poser les étagères"]
    assert shown.select_one("a[href='#missing']") is not None


async def test_a_project_that_is_not_shown_answers_like_none(visitors, village):
    secret = await project(trusted=False)
    for_village = await project(scope=Scope.VILLAGE, code="bcdfgh", title="Entre nous")
    stranger, member = await visitors.browser(), await visitors.browser(await factories.member("Rosa"))
    missing = page(await stranger.get("/zzzzzz"))
    for hidden in (secret, for_village):
        answer = await stranger.get(path_of(hidden))
        assert answer.status_code == 404
        assert page(answer).h1 == missing.h1
        assert hidden.publication.title not in answer.text
    assert (await member.get(path_of(secret))).status_code == 404
    assert (await member.get(path_of(for_village))).status_code == 200


async def test_one_that_was_deleted_says_so_to_who_could_see_it(visitors, comptoir):
    await actions.delete_project(comptoir)
    assert (await (await visitors.browser()).get(path_of(comptoir))).status_code == 410


async def test_other_servers_are_led_to_its_document(visitors, comptoir):
    browser = await visitors.browser()
    asked = await browser.client.get(path_of(comptoir), headers={"accept": "application/activity+json"})
    assert (asked.status_code, asked.headers["location"]) == (303, comptoir.publication.uri)


async def test_only_who_carries_it_is_led_to_what_there_is_to_do(visitors, comptoir, ines):
    jeanne = await factories.member("Jeanne")
    await membership.join(comptoir, ContributorDraft(), Person(name="Jeanne", member_id=jeanne.id))
    path = path_of(comptoir)
    links = {}
    for name, member in (("ines", ines), ("jeanne", jeanne), ("nobody", None)):
        shown = page(await (await visitors.browser(member)).get(path))
        links[name] = {str(link["href"]) for link in shown.select("main a")}
    assert {f"{path}/stage", f"{path}/change", f"{path}/coverage", f"{path}/chapters/new"} <= links["ines"]
    assert f"{path}/change" in links["jeanne"]
    assert f"{path}/stage" not in links["jeanne"]
    assert f"/new/need?project={comptoir.publication.code}" in links["jeanne"]
    assert not {f"{path}/change", f"{path}/stage"} & links["nobody"]


async def test_the_page_asks_the_database_as_often_however_long_the_story_is(visitors, comptoir, ines):
    browser = await visitors.browser(ines)
    await workshop(comptoir, days=5)
    await need(comptoir)
    await browser.get(path_of(comptoir))
    with statements() as before:
        await browser.get(path_of(comptoir))
    for number in range(6):
        await actions.tell(comptoir, ChapterDraft(on=date(2025, 1, number + 1), title="Un pas"), by="Inès")
        await workshop(comptoir, days=number + 6)
        await need(comptoir, f"Encore {number}")
        await coverage.hear(comptoir, HeardNeedDraft(title=f"Besoin {number}", said_by={}, covered_by=[]))
        await membership.join(
            comptoir, ContributorDraft(), Person(name=f"Paul {number}", mail="p@example.fr")
        )
    await browser.get(path_of(comptoir))
    with statements() as after:
        await browser.get(path_of(comptoir))
    assert len(after) <= len(before)
    assert len(after) <= 32


async def test_a_project_of_another_village_is_shown_as_one(visitors, village):
    author = await somebody("voisin", "voisin.example", display_name="Le Voisin")
    theirs = await announcement(author, title="Le four")
    await Publication.filter(id=theirs.id).update(kind=Kind.PROJECT)
    await Project.create(publication=theirs, stage=Stage.RUNNING)
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    shown = words(await agent.get(f"/{theirs.code}"))
    assert "D’un autre village, voisin.example." in shown
    assert "Le Voisin" in shown
    for act in ("change", "stage", "coverage", "remove"):
        assert (await agent.get(f"/{theirs.code}/{act}")).status_code == 404, act


async def test_on_paper_the_minutes_are_whole(visitors, comptoir):
    past = await workshop(comptoir, days=-7, title="Premier atelier")
    minutes = "Un mot. " * 100 + "Le dernier."
    await Event.filter(id=past.id).update(minutes=minutes, minutes_at=datetime.now(UTC))
    browser = await visitors.browser()
    shown = await browser.get(path_of(comptoir))
    assert "Le dernier." not in words(shown)
    assert "Lire tout le compte rendu" in words(shown)
    assert "Le dernier." in words(await browser.get(f"{path_of(comptoir)}/story"))


async def test_what_others_write_to_it_is_read_below_it(visitors, comptoir):
    author = await somebody(display_name="Ana")
    answer = await announcement(author)
    facts = {"html": "<p>Bravo pour l’épicerie !</p>", "kind": Kind.ANSWER}
    await Publication.filter(id=answer.id).update(root_id=comptoir.publication_id, **facts)
    assert "Bravo pour l’épicerie" in words(await (await visitors.browser()).get(path_of(comptoir)))


async def test_who_carries_it_still_sees_what_was_hidden(visitors, comptoir, ines):
    await membership.join(comptoir, ContributorDraft(), PAUL)
    rosa = await factories.member("Rosa")
    await membership.join(comptoir, ContributorDraft(), Person(name="Rosa", member_id=rosa.id))
    await Publication.filter(id=comptoir.publication_id).update(hidden_at=datetime.now(UTC))
    for member, status in ((None, 404), (rosa, 404), (ines, 200)):
        shown = await (await visitors.browser(member)).get(path_of(comptoir))
        assert shown.status_code == status
    assert "a masqué cette page" in words(shown)


async def test_anybody_may_say_that_they_do_not_feel_at_ease(visitors, comptoir):
    assert (await (await visitors.browser()).get(f"{path_of(comptoir)}/report")).status_code == 200


async def test_every_link_of_the_page_leads_somewhere(visitors, comptoir):
    agent = await visitors.browser(await factories.member("Claire", role=Role.ADMINISTRATOR))
    await workshop(comptoir, days=5)
    shown = page(await agent.get(path_of(comptoir)))
    paths = {str(link["href"]).partition("#")[0] for link in shown.select("main a[href^='/']")}
    assert f"{path_of(comptoir)}/closing" in paths
    answers = {path: (await agent.get(path)).status_code for path in sorted(paths)}
    assert {path: status for path, status in answers.items() if status >= 400} == {}


async def test_its_group_is_among_those_whose_followers_administrators_see(visitors, comptoir):
    agent = await visitors.browser(await factories.member("Claire", role=Role.ADMINISTRATOR))
    assert "Le Comptoir du lavoir" in words(await agent.get("/admin/network/followers"))
