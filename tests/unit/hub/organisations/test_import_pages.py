"""From the file to the directory: shown first, then all of it or nothing."""

import pytest
from bs4 import BeautifulSoup

from hub import limits
from hub.organisations import actions, listing
from hub.organisations.models import Organisation, OrganisationDraft

TABLE = "nom;activité;SIRET\nClub;sport;1\nFoyer;fête;2\nÉcole;;3\n"


def table_of(page) -> list[list[str]]:
    rows = BeautifulSoup(page.text, "html.parser").select("tbody tr")
    return [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in rows]


def words(page) -> str:
    return BeautifulSoup(page.text, "html.parser").main.get_text(" ", strip=True)


async def test_the_preview_says_what_each_row_will_do_and_changes_nothing(town):
    await actions.list_organisation(OrganisationDraft(name="Foyer", activity="bal"))
    await actions.list_organisation(OrganisationDraft(name="École"))
    page = await (await town.agent()).post("/associations/import", file=TABLE.encode("cp1252"))
    assert page.status_code == 200
    assert table_of(page) == [
        ["2", "Club", "New", "Activity sport"],
        ["3", "Foyer", "Changes", "Activity bal fête"],
        ["4", "École", "Stays as it is", ""],
    ]
    assert "left out: SIRET" in words(page)
    assert sorted([each.activity for each in await Organisation.all()]) == ["", "bal"]


async def test_what_the_preview_carries_is_taken_over(town):
    agent = await town.agent()
    page = await agent.post("/associations/import", file=TABLE.encode())
    form = BeautifulSoup(page.text, "html.parser").find("form", action="/associations/import/confirm")
    carried = form.find("input", {"name": "table"})["value"].replace("\n", "\r\n")
    sent = await agent.post(form["action"], table=carried)
    assert (sent.status_code, sent.headers["location"]) == (303, "/associations?said=associations-imported")
    assert [each.name for each in await Organisation.listed()] == ["Club", "École", "Foyer"]


async def test_a_broken_row_is_named_with_its_line_and_nothing_is_imported(town):
    agent = await town.agent()
    text = "nom;courriel\nClub;club@example.fr\nFoyer;<b>nobody\n"
    page = await agent.post("/associations/import", file=text.encode())
    assert page.status_code == 422
    assert table_of(page) == [
        ["3", "This is not a mail address. It looks like name@example.fr.", "courriel", "<b>nobody"]
    ]
    assert "Nothing was imported." in words(page)
    assert (await agent.post("/associations/import/confirm", table=text)).status_code == 422
    assert not await Organisation.exists()


async def test_a_table_that_says_nothing_new_has_no_button(town):
    await actions.list_organisation(OrganisationDraft(name="Foyer"))
    page = await (await town.agent()).post("/associations/import", file=b"nom\nfoyer\n")
    assert "There is nothing to import" in words(page)
    assert "/associations/import/confirm" not in page.text


async def test_hostile_cells_stay_words_in_the_preview(town):
    hostile = "'><script>alert(1)</script>"
    text = f"nom;texte;{hostile}\n{hostile};=cmd();x\n"
    page = await (await town.agent()).post("/associations/import", file=text.encode())
    assert page.status_code == 200
    assert "<script>alert" not in page.text


async def test_a_form_without_a_file_or_with_a_wrong_one_says_so(town):
    agent = await town.agent()
    for sent in (
        await agent.post("/associations/import"),
        await agent.post("/associations/import", file=b""),
        await agent.post("/associations/import", file=b"PK\x03\x04\x00\x00"),
        await agent.post("/associations/import/confirm", table=""),
    ):
        assert sent.status_code == 422
        assert 'id="f-file-e"' in sent.text


@pytest.mark.slow
async def test_the_largest_table_passes_through_the_preview(town):
    agent = await town.agent()
    rows = "".join(f"Club {number};{'x' * 100}\n" for number in range(limits.IMPORT_ROWS))
    page = await agent.post("/associations/import", file=f"nom;texte\n{rows}".encode())
    carried = BeautifulSoup(page.text, "html.parser").find("input", {"name": "table"})["value"]
    sent = await agent.post("/associations/import/confirm", table=carried.replace("\n", "\r\n"))
    assert sent.status_code == 303
    assert await Organisation.all().count() == limits.IMPORT_ROWS


async def test_the_example_is_a_file_to_save(town):
    page = await (await town.agent()).get("/associations/import/example.csv")
    assert page.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in page.headers["content-disposition"]
    assert page.content == listing.example("en")
