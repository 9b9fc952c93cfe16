"""Open data: what anybody may see and nothing else, in three formats, as files and page by page."""

import csv
import io
import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from hub import limits
from hub.actors.hosts import policies_changed
from hub.actors.models import Actor, Host, Policy
from hub.agenda.models import Event, Standing
from hub.db import rows
from hub.exchange.models import Pledge, PledgeState, Proposal, State, Voice
from hub.exchange.templates import establish_templates
from hub.fediverse.models import AgreementState, Neighbour
from hub.participants.models import Participant
from hub.projects.models import Project, Stage
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope
from hub.region import data, dump
from hub.region.jobs import jobs
from hub.region.sources import Sources
from hub.village.models import Village, Visibility
from tests import factories
from tests.bench.plans import listening
from tests.unit.hub.exchange.conftest import ROSA, need
from tests.unit.hub.region.valley import actor, hung, neighbour
from tests.unit.hub.village.visitors import Browser, Visitors, page, words
from tests.unit.hub.village.visitors import visitors as visitors

Json = dict[str, Any]


@pytest.fixture
async def visitor(visitors: Visitors) -> Browser:
    await factories.village(locale="en")
    await establish_templates()
    return await visitors.browser()


async def figures(visitor: Browser) -> list[Json]:
    """As they are written now."""
    await dump.write_open_data()
    return await records(visitor, "figures")


async def records(visitor: Browser, name: str = "needs") -> list[Json]:
    found: list[Json] = (await visitor.get(f"/open-data/{name}.json")).json()["records"]
    return found


async def titles(visitor: Browser, name: str = "needs") -> list[str]:
    return [each["title"] for each in await records(visitor, name)]


def table(response: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"), newline="")))


async def event(title: str = "Fête", *, author: Actor | None = None, **facts: Any) -> Event:
    number, begins = await Publication.all().count(), datetime.now(UTC) + timedelta(days=3)
    publication = await Publication.create(
        uri=f"https://somewhere.example/o/event-{number}",
        author=author or await Actor.village(),
        kind=Kind.EVENT,
        type="Event",
        scope=facts.pop("scope", Scope.PUBLIC),
        title=title,
        published_at=datetime.now(UTC),
    )
    usual = {"standing": Standing.PLANNED, "starts_at": begins, "ends_at": begins, "sent_at": begins}
    return await Event.create(publication=publication, **(usual | facts))


async def project(title: str = "Four à pain", **facts: Any) -> Project:
    publication = await Publication.create(
        uri=f"https://somewhere.example/o/project-{title}",
        author=await Actor.village(),
        kind=Kind.PROJECT,
        type="Note",
        scope=facts.pop("scope", Scope.PUBLIC),
        title=title,
        published_at=datetime.now(UTC),
    )
    return await Project.create(publication=publication, **({"stage": Stage.RUNNING} | facts))


# ------------------------------------------------------------------ what they say


async def test_a_need_is_said_with_its_facts_the_code_of_its_village_and_its_page(visitor: Browser) -> None:
    wood = (await need(area="Hameau des Combes")).publication
    [found] = await records(visitor)
    assert found["id"] == wood.uri
    assert found["url"] == wood.url
    assert (found["title"], found["category"], found["state"]) == ("Rentrer le bois", "hand", "open")
    assert (found["wanted"], found["unit"], found["mode"]) == (5, "personnes", "gift")
    assert (found["village"], found["insee"]) == ("Saint-Martin", "26046")
    assert (found["latitude"], found["longitude"]) == (44.58, 5.13)
    assert found["starts"].endswith("T09:00:00Z")


async def test_neither_text_nor_address_nor_names_of_people_are_in_any_format(visitor: Browser) -> None:
    await need(text="Chez Jeanne, au fond du jardin.", exact_place="12, chemin des Combes")
    await event(place="Chez Paul", address="3, rue Haute", latitude=44.58123, longitude=5.13123)
    await dump.write_open_data()
    for name in ("needs", "events"):
        for extension in ("json", "csv", "geojson"):
            body = (await visitor.get(f"/open-data/{name}.{extension}")).text
            for secret in ("Jeanne", "Combes", "Rosa", "rosa@", "Paul", "rue Haute", "44.58123"):
                assert secret not in body, (name, extension, secret)


async def test_the_place_of_an_event_is_said_where_an_association_or_the_town_hall_invites(
    visitor: Browser,
) -> None:
    await event(place="Salle des fêtes", voice=Voice.ORGANISATION)
    assert [each["place"] for each in await records(visitor, "events")] == ["Salle des fêtes"]


async def test_a_number_of_people_below_five_is_not_said(visitor: Browser) -> None:
    first, second = await need(title="Peu"), await need(title="Beaucoup")
    await Proposal.filter(id=first.id).update(promised=4)
    await Proposal.filter(id=second.id).update(promised=5)
    await event("Petite", coming=4, came=3)
    await event("Grande", coming=40, came=5)
    await project("Trois", members=3)
    await project("Sept", members=7)
    assert [each["promised"] for each in await records(visitor)] == [None, 5]
    assert [(each["coming"], each["came"]) for each in await records(visitor, "events")] == [
        (None, None),
        (40, 5),
    ]
    assert [each["members"] for each in await records(visitor, "projects")] == [None, 7]


async def test_who_helped_is_said_as_a_number_once_they_are_five(visitor: Browser) -> None:
    wood = await need()

    async def helped(name: str) -> None:
        somebody = await Participant.create(name=name)
        await Pledge.create(proposal=wood, participant=somebody, state=PledgeState.DONE)

    for name in ("Ida", "Léa", "Max", "Zoé"):
        await helped(name)
    assert (await figures(visitor))[0]["helpers"] is None
    await helped("Noé")
    total, *others = await figures(visitor)
    assert (total["category"], total["helpers"], total["needs_open"]) == ("all", 5, 1)
    assert [each["helpers"] for each in others] == [None] * len(others)


async def test_figures_are_said_by_village_and_by_theme(visitor: Browser) -> None:
    await neighbour("Vaubelle")
    await hung("Tracteur", category="transport")
    await hung("Foin", category="garden", state=State.COVERED)
    await hung("Échelle", kind=Kind.OFFER, category="things")
    await event()
    await project()
    found = {(each["village"], each["category"]): each for each in await figures(visitor)}
    there = found["Vaubelle", "all"]
    assert (there["needs_open"], there["needs_covered"], there["offers_open"]) == (1, 1, 1)
    assert found["Vaubelle", "transport"]["needs_open"] == 1
    assert found["Vaubelle", "garden"]["needs_open"] == 0
    here = found["Saint-Martin", "all"]
    assert (here["events_to_come"], here["projects_active"], here["projects_closed"]) == (1, 1, 0)


# ------------------------------------------------------------------ what is in them


async def test_only_what_everybody_may_see_is_in_them_whoever_asks(
    visitors: Visitors, visitor: Browser
) -> None:
    await need(title="Pour tous")
    for scope in (Scope.VILLAGE, Scope.NEIGHBOURS):
        await need(title=scope.value, scope=scope)
    await hung("Pour les suivre", scope=Scope.FOLLOWERS)
    await neighbour("Vaubelle")
    await hung("En deux mots", brief=True)
    await need(title="À relire", trusted=False)
    for title, facts in (("Cachée", "hidden_at"), ("Partie", "deleted_at")):
        publication = (await need(title=title)).publication
        await Publication.filter(id=publication.id).update(**{facts: datetime.now(UTC)})
    for state in (State.CLOSED, State.EXPIRED, State.REFUSED):
        await Proposal.filter(id=(await need(title=state.value)).id).update(state=state)
    late = await need(title="Passée")
    await Proposal.filter(id=late.id).update(expires_at=datetime.now(UTC) - timedelta(hours=1))
    done = await need(title="Couverte")
    await Proposal.filter(id=done.id).update(state=State.COVERED, expires_at=datetime.now(UTC))
    administrator = await visitors.administrator()
    for who in (visitor, administrator):
        assert await titles(who) == ["Pour tous", "Couverte"]
    await dump.write_open_data()
    for who in (visitor, administrator):
        assert await titles(who) == ["Pour tous", "Couverte"]


async def test_events_and_projects_that_nobody_was_told_of_are_not_in_them(visitor: Browser) -> None:
    await event("Dite")
    await event("Dans six mois", sent_at=None)
    await event("À relire", standing=Standing.REVIEW)
    await event("Entre nous", scope=Scope.VILLAGE)
    await event("Annulée", standing=Standing.CANCELLED)
    await project("Lu")
    await project("À relire", is_reviewed=False)
    await project("Entre nous", scope=Scope.VILLAGE)
    assert await titles(visitor, "events") == ["Dite", "Annulée"]
    assert await titles(visitor, "projects") == ["Lu"]


async def test_things_of_others_are_in_them_while_there_is_an_agreement(visitor: Browser) -> None:
    agreement = await neighbour("Vaubelle")
    await hung("Tracteur")
    await hung("Étranger", at="Loin")  # a hub that nothing was agreed with
    assert await titles(visitor) == ["Tracteur"]
    assert [each["village"] for each in await records(visitor)] == ["Vaubelle"]
    for state in (AgreementState.PAUSED, AgreementState.ENDED, AgreementState.ASKS):
        await Neighbour.filter(id=agreement.id).update(state=state)
        assert await titles(visitor) == [], state


async def test_nothing_of_a_blocked_host_or_a_suspended_actor_is_in_them(visitor: Browser) -> None:
    await neighbour("Vaubelle")
    tractor = await hung("Tracteur")
    await Actor.filter(id=tractor.publication.author_id).update(suspended_at=datetime.now(UTC))
    assert await titles(visitor) == []
    await Actor.filter(id=tractor.publication.author_id).update(suspended_at=None)
    await Host.filter(name="vaubelle.example").update(policy=Policy.BLOCKED)
    policies_changed()
    assert await titles(visitor) == []
    assert [each["name"] for each in await records(visitor, "villages")] == ["Saint-Martin"]


async def test_what_a_region_passes_on_is_in_them_with_the_host_of_its_village(visitor: Browser) -> None:
    region = await neighbour("Val", is_region=True)
    tractor = await hung("Tracteur", at="Loin")
    assert await titles(visitor) == []
    person = await actor(region.host, "u/rosa", "Rosa", kind="Person")
    service = await actor(region.host, "a/val", "Val", kind="Service")
    boosted = {"deed": Deed.ANNOUNCE, "publication": tractor.publication}
    await Reaction.create(uri="https://val.example/1", actor=person, **boosted)
    assert await titles(visitor) == []
    await Reaction.create(uri="https://val.example/2", actor=service, **boosted)
    [found] = await records(visitor)
    assert (found["title"], found["village"], found["insee"]) == ("Tracteur", "loin.example", None)
    await Neighbour.filter(id=region.id).update(state=AgreementState.ENDED)
    assert await titles(visitor) == []


async def test_villages_have_the_code_of_the_commune_of_their_name_there(
    visitor: Browser,
) -> None:
    await neighbour("Crest", place=(44.73, 5.02))
    await neighbour("Die", place=(48.0, 2.0))  # of that name, and elsewhere
    await neighbour("Val", is_region=True)
    found = {each["name"]: each for each in await records(visitor, "villages")}
    assert {name: each["insee"] for name, each in found.items()} == {
        "Saint-Martin": "26046",
        "Crest": "26108",
        "Die": None,
    }
    assert found["Crest"]["site"] == "https://crest.example/"
    assert (found["Saint-Martin"]["is_here"], found["Crest"]["is_here"]) == (True, False)


# ------------------------------------------------------------------ how they come


async def test_each_format_says_the_same(visitor: Browser) -> None:
    await need()
    await Village.filter(id=1).update(latitude=None, longitude=None)
    [as_json] = await records(visitor)
    [as_csv] = table(await visitor.get("/open-data/needs.csv"))
    assert list(as_csv) == list(as_json)
    assert as_csv["id"] == as_json["id"]
    assert (as_csv["at_distance"], as_csv["promised"], as_csv["wanted"]) == ("false", "", "5")
    collection = (await visitor.get("/open-data/needs.geojson")).json()
    [feature] = collection["features"]
    assert (collection["type"], feature["type"]) == ("FeatureCollection", "Feature")
    assert (feature["id"], feature["geometry"]) == (as_json["id"], None)
    await Village.filter(id=1).update(latitude=44.58, longitude=-5.13)
    [feature] = (await visitor.get("/open-data/needs.geojson")).json()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-5.13, 44.58]}
    [as_csv] = table(await visitor.get("/open-data/needs.csv"))
    assert as_csv["longitude"] == "-5.13"


async def test_no_title_is_a_formula_in_a_spreadsheet(visitor: Browser) -> None:
    wood = await need()
    for title in ("=HYPERLINK(1)", "+33", "-2+3", "@SUM(A1)", "\t=1+1"):
        await Publication.filter(id=wood.publication_id).update(title=title)
        [line] = table(await visitor.get("/open-data/needs.csv"))
        assert line["title"] == f"'{title}"
        assert await titles(visitor) == [title]


async def test_every_file_but_figures_can_be_had_with_no_file_written_and_all_afterwards(
    visitor: Browser,
) -> None:
    await need()
    described = (await visitor.get("/open-data/datapackage.json")).json()
    names = [each["path"] for each in described["resources"]]
    assert len(names) == 3 * len(data.DATASETS) - 1
    read = [name for name in names if not name.startswith("figures")]
    before = {name: (await visitor.get(f"/open-data/{name}")).content for name in read}
    await dump.write_open_data()
    after = {name: await visitor.get(f"/open-data/{name}") for name in names}
    assert {name: after[name].content for name in read} == before
    assert all(int(each.headers["content-length"]) == len(each.content) for each in after.values())
    described = (await visitor.get("/open-data/datapackage.json")).json()
    for each in described["resources"]:
        assert each["bytes"] == len(after[each["path"]].content)
        if each["format"] == "csv":
            [head, *_] = csv.reader(io.StringIO(after[each["path"]].text.removeprefix("\ufeff")))
            assert [field["name"] for field in each["schema"]["fields"]] == head


async def test_a_file_that_has_not_changed_is_not_sent_again(visitor: Browser) -> None:
    wood = await need()
    await dump.write_open_data()
    first = await visitor.get("/open-data/needs.csv")
    await dump.write_open_data()

    async def again() -> httpx.Response:
        known = {"if-none-match": first.headers["etag"]}
        return await visitor.client.get("/open-data/needs.csv", headers=known)

    assert (await again()).status_code == 304
    await Publication.filter(id=wood.publication_id).update(title="Rentrer tout le bois")
    await dump.write_open_data()
    assert (await again()).status_code == 200


async def test_what_is_withdrawn_is_gone_from_the_next_files_and_no_file_is_given_after_a_day(
    visitor: Browser,
) -> None:
    agreement = await neighbour("Vaubelle")
    wood = await need()
    await hung("Tracteur")
    await dump.write_open_data()
    await Publication.filter(id=wood.publication_id).update(deleted_at=datetime.now(UTC))
    await Neighbour.filter(id=agreement.id).update(state=AgreementState.ENDED)
    assert await titles(visitor) == ["Rentrer le bois", "Tracteur"]
    yesterday = time.time() - limits.OPEN_DATA_KEPT_HOURS * 3600 - 1
    os.utime(dump._folder / "datapackage.json", (yesterday, yesterday))
    assert await titles(visitor) == []
    await dump.write_open_data()
    assert await titles(visitor) == []
    for file in dump._folder.iterdir():
        assert b"Tracteur" not in file.read_bytes(), file


async def test_the_files_are_written_several_times_a_day(visitor: Browser) -> None:
    [periodic] = [each for each in jobs if getattr(each, "function", None) is dump.write_open_data]
    assert periodic.every <= timedelta(hours=limits.OPEN_DATA_KEPT_HOURS / 2)


async def test_a_writing_that_fails_leaves_the_files_as_they_were(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await need()
    await dump.write_open_data()
    before = {file.name: file.read_bytes() for file in dump._folder.iterdir()}
    await need(title="Encore")

    async def fails(sources: Sources, after: int) -> None:
        raise OSError("no room")

    monkeypatch.setitem(
        data.DATASETS, "needs", data.Dataset(**(vars(data.DATASETS["needs"]) | {"read": fails}))
    )
    with pytest.raises(OSError, match="no room"):
        await dump.write_open_data()
    assert {file.name: file.read_bytes() for file in dump._folder.iterdir()} == before


async def test_what_stands_there_now_is_read_page_by_page(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OPEN_DATA_ROWS", 2)
    await dump.write_open_data()
    for number in range(3):
        await need(title=f"Besoin {number}")
        await need(title=f"Caché {number}", scope=Scope.VILLAGE)
    found, pages, address = [], 0, "/open-data/needs.json?after=0"
    while address:
        answer = await visitor.get(address)
        found += [each["title"] for each in answer.json()["records"]]
        pages, address = pages + 1, answer.json()["next"]
        assert (answer.headers.get("link") == f'<{address}>; rel="next"') is bool(address)
    assert found == ["Besoin 0", "Besoin 1", "Besoin 2"]
    assert pages == 4
    assert await titles(visitor) == []  # the file, as it was written
    assert len(table(await visitor.get("/open-data/needs.csv?after=4"))) == 1


async def test_the_files_are_the_same_however_few_rows_are_read_at_once(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await need(title=f"Besoin {number}", scope=Scope.VILLAGE if number in (0, 2, 3) else Scope.PUBLIC)
    await dump.write_open_data()
    whole = {
        file.name: file.read_bytes()
        for file in dump._folder.iterdir()
        if not file.name.startswith(("datapackage", "figures"))
    }
    monkeypatch.setattr(limits, "OPEN_DATA_ROWS", 1)
    for name, content in whole.items():
        (dump._folder / name).unlink()
        assert (await visitor.get(f"/open-data/{name}")).content == content
    await dump.write_open_data()
    assert {name: (dump._folder / name).read_bytes() for name in whole} == whole


@pytest.mark.parametrize("name", ["figures.json", "figures.csv"])
async def test_figures_are_counted_for_the_files_alone_and_by_nobody_who_asks(
    visitor: Browser, name: str
) -> None:
    await need()
    address = f"/open-data/{name}"
    for asked in (address, f"{address}?after=0"):
        with listening() as questions:
            answer = await visitor.get(asked)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
        assert not [statement for statement, _ in questions if "GROUP BY" in statement]
    await dump.write_open_data()
    written = (dump._folder / name).read_bytes()
    for asked in (address, f"{address}?after=0", f"{address}?after=1"):
        assert (await visitor.get(asked)).content == written


async def test_no_page_looks_through_a_whole_table(visitor: Browser, engine: str) -> None:
    if engine == "postgres":
        await rows("SET enable_seqscan = off")  # it likes to, while there is next to nothing
    await neighbour("Val", is_region=True)
    explain = "EXPLAIN" if engine == "postgres" else "EXPLAIN QUERY PLAN"
    sources = await Sources.now()
    for table in ("needs", "events", "projects", "experiences"):
        reading = data.DATASETS[table].read.__self__  # type: ignore[attr-defined]
        plan = str(
            [tuple(row.values()) for row in await rows(f"{explain} {reading._statement(sources)}", 1, 2)]
        )
        for name in (reading.name, "publication", "actor", "reaction"):
            assert f"SCAN {name}" not in plan, plan
            assert f"Seq Scan on {name} " not in plan, plan


async def test_a_page_after_nonsense_is_refused_in_words_and_other_names_are_no_files(
    visitor: Browser,
) -> None:
    await dump.write_open_data()
    for after in ("", "x", "-1", "1e3", "9" * 19, "٣"):
        answer = await visitor.get(f"/open-data/needs.json?after={after}")
        assert answer.status_code == 400, after
        assert "“after” is a number" in answer.text
    for name in "needs needs.xml figures.geojson needs.json.part %2e%2e%2flavoir.sqlite3 .json x".split():
        assert (await visitor.get(f"/open-data/{name}")).status_code == 404, name


async def test_programs_of_other_sites_may_read_what_everybody_may_see(
    visitor: Browser,
) -> None:
    for written in (False, True):
        if written:
            await dump.write_open_data()
        for address in ("/open-data/needs.json", "/open-data/needs.json?after=0"):
            assert (await visitor.get(address)).headers["access-control-allow-origin"] == "*"
    await Village.filter(id=1).update(visibility=Visibility.MEMBERS)
    answer = await visitor.get("/open-data/needs.json")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/open-data/needs.json")


async def test_a_page_says_what_there_is_and_what_is_not(visitors: Visitors, visitor: Browser) -> None:
    await need()
    assert "being written" in words(await visitor.get("/open-data/"))
    await dump.write_open_data()
    shown = await visitor.get("/open-data/")
    links = [str(link["href"]) for link in page(shown).select("main a[href^='/open-data/']")]
    for link in links:
        assert (await visitor.get(link)).status_code == 200, link
    assert "Licence Ouverte 2.0" in words(shown)
    assert "Numbers of people below 5" in words(shown)
    assert 'src="http://localhost:8000/embed?show=needs"' in words(shown)
    assert (await visitor.get("/data")).headers["location"] == "/open-data/"
    assert ROSA.name not in shown.text
