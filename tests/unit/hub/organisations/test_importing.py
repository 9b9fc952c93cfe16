"""A table is taken over as a whole, or not at all."""

import pytest
import pytest_asyncio

from hub.actors.models import Handle
from hub.config import Config
from hub.errors import InvalidInput
from hub.organisations import listing
from hub.organisations.actions import add_spokesperson, list_organisation
from hub.organisations.importing import Outcome, compare, import_entries
from hub.organisations.models import Kind, Organisation, OrganisationDraft


@pytest_asyncio.fixture(autouse=True)
async def _database(database: Config) -> None:
    """Each test here has one."""


def entries(text: str):
    return listing.read(text).entries


async def outcomes(text: str) -> list[str]:
    return [change.outcome.value for change in await compare(entries(text))]


async def test_new_rows_are_added_with_a_handle_made_of_their_name():
    await import_entries(entries("nom;type;tel\nClub des Tilleuls;;0465712060\nFaure;entreprise;\n"))
    club, company = await Organisation.listed()
    assert (club.handle, club.kind, club.phone) == ("club-des-tilleuls", Kind.ASSOCIATION, "04 65 71 20 60")
    assert (company.handle, company.kind, company.claimed_at) == ("faure", Kind.COMPANY, None)
    assert await Handle.exists(name="club-des-tilleuls")


async def test_a_listed_organisation_is_recognised_by_its_name_and_changed():
    await list_organisation(OrganisationDraft(name="Comité des Fêtes", kind=Kind.GROUP, area="Le bourg"))
    await import_entries(entries("nom;activité\nCOMITE DES FETES;bal\n"))
    (listed,) = await Organisation.all()
    assert (listed.name, listed.kind, listed.activity, listed.area) == (
        *("Comité des Fêtes", Kind.GROUP, "bal", "Le bourg"),
    )


async def test_an_empty_cell_changes_nothing():
    await list_organisation(OrganisationDraft(name="Foyer", mail="foyer@example.fr"))
    assert await outcomes("nom;courriel;lieu\nFoyer;;\n") == [Outcome.SAME]


async def test_a_table_that_was_taken_over_has_nothing_more_to_say():
    text = "nom;activité;type\nFoyer;fête;\nClub;sport;association\n"
    await import_entries(entries(text))
    assert await outcomes(text) == [Outcome.SAME, Outcome.SAME]


async def test_a_page_that_its_own_people_look_after_is_left_to_them(town):
    rosa = await town.member("Rosa")
    club = await list_organisation(OrganisationDraft(name="Club", activity="cards"))
    await add_spokesperson(club, "rosa@example.org", manages=True, by=rosa.id)
    text = "nom;activité\nClub;sport\nFoyer;fête\n"
    assert await outcomes(text) == [Outcome.MANAGED, Outcome.ADDED]
    await import_entries(entries(text))
    assert (await Organisation.get(handle="club")).activity == "cards"


async def test_nothing_is_taken_over_when_the_last_row_cannot_be():
    taken = ["foyer", *(f"foyer-{number}" for number in range(2, 100))]
    for name in taken:
        await Handle.give(name)
    with pytest.raises(InvalidInput):
        await import_entries(entries("nom\nClub\nFoyer\n"))
    assert await Organisation.all().count() == 0
    assert await Handle.all().count() == len(taken)
