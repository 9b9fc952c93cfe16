"""Who may be listed under which name, and who may speak."""

import asyncio

import pytest

from hub.actors.models import TAKEN, WRONG_SHAPE, Handle
from hub.errors import Conflict, InvalidInput, NotFound, TooMany
from hub.jobs import Job
from hub.organisations import actions
from hub.organisations.models import (
    Claim,
    Organisation,
    OrganisationDraft,
    Spokesperson,
    manages,
    words_key,
)

CLUB = OrganisationDraft(name="Club des Tilleuls")


class Someone:
    def __init__(self, member_id: int, *, is_agent: bool = False) -> None:
        self.member_id = member_id
        self.is_agent = is_agent


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Comité des Fêtes", "COMITE  DES FETES"),
        ("L'Œuvre", "l’oeuvre"),
        ("Les Paniers (du Vallon)", "les paniers du vallon"),
        ("Fe\u0301te", "Fête"),
    ],
)
def test_names_are_the_same_without_capitals_accents_and_signs(one, other):
    assert words_key(one) == words_key(other)


def test_names_of_signs_alone_or_in_other_letters_stay_different():
    assert len({words_key(name) for name in ("!!!", "???", "日本", "中国", "Дом")}) == 5


async def test_a_handle_is_made_of_the_name_or_chosen(database):
    assert (await actions.list_organisation(CLUB)).handle == "club-des-tilleuls"
    chosen = await actions.list_organisation(OrganisationDraft(name="Foyer"), "@Le-Foyer")
    assert chosen.handle == "le-foyer"


@pytest.mark.parametrize(
    ("handle", "problem"),
    [("mairie", TAKEN), ("a b", WRONG_SHAPE), ("é", WRONG_SHAPE), ("x" * 41, WRONG_SHAPE)],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_a_handle_that_cannot_be_given_leaves_nothing_behind(database, handle, problem):
    with pytest.raises(InvalidInput) as refused:
        await actions.list_organisation(CLUB, handle)
    assert refused.value.by_field == {"handle": problem}
    assert await Organisation.all().count() == await Handle.all().count() == 0


async def test_a_name_is_listed_once(database):
    await actions.list_organisation(CLUB)
    with pytest.raises(InvalidInput) as refused:
        await actions.list_organisation(OrganisationDraft(name="CLUB DES TILLEULS"))
    assert refused.value.by_field == {"name": actions.NAME_LISTED}


async def test_two_people_who_list_the_same_name_at_once_get_one_entry(database):
    both = (actions.list_organisation(CLUB, handle) for handle in ("one", "two"))
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(isinstance(result, Organisation) for result in results) == [False, True]
    assert any(isinstance(result, InvalidInput | Conflict) for result in results)
    assert await Organisation.all().count() == await Handle.all().count() == 1


async def test_the_handle_of_a_removed_organisation_is_never_given_again(database):
    await actions.remove_organisation(await actions.list_organisation(CLUB))
    assert not await Organisation.exists()
    with pytest.raises(InvalidInput):
        await actions.list_organisation(CLUB, "club-des-tilleuls")
    assert (await actions.list_organisation(CLUB)).handle == "club-des-tilleuls-2"


async def test_a_change_keeps_the_handle_and_may_keep_the_name(database):
    club = await actions.list_organisation(CLUB)
    await actions.change_organisation(club, OrganisationDraft(name="Club des tilleuls", activity="cards"))
    await club.refresh_from_db()
    assert (club.handle, club.name, club.activity) == ("club-des-tilleuls", "Club des tilleuls", "cards")


async def test_a_change_to_the_name_of_another_is_refused(database):
    await actions.list_organisation(CLUB)
    foyer = await actions.list_organisation(OrganisationDraft(name="Foyer"))
    with pytest.raises(InvalidInput):
        await actions.change_organisation(foyer, OrganisationDraft(name="Club des Tilleuls"))


async def test_what_was_removed_meanwhile_cannot_be_changed(database):
    club = await actions.list_organisation(CLUB)
    await actions.remove_organisation(club)
    with pytest.raises(NotFound):
        await actions.change_organisation(club, CLUB)


async def test_a_granted_claim_makes_a_manager_and_has_them_told(town):
    rosa, club = await town.member("Rosa"), await actions.list_organisation(CLUB)
    await actions.claim_organisation(club, rosa.id, "I am the treasurer")
    assert not await manages(Someone(rosa.id), club)
    claim = await Claim.waiting().get()
    await actions.answer_claim(claim.id, granted=True, answer="")
    assert await manages(Someone(rosa.id), club)
    await club.refresh_from_db()
    assert club.claimed_at is not None
    told = ["organisations.claim_asked", "organisations.claim_answer"]
    assert [job.name for job in await Job.all().order_by("id")] == told


async def test_a_declined_claim_gives_nothing_and_has_the_person_told(town):
    rosa, club = await town.member("Rosa"), await actions.list_organisation(CLUB)
    await actions.claim_organisation(club, rosa.id, "hello")
    await actions.answer_claim((await Claim.waiting().get()).id, granted=False, answer="We asked around")
    assert not await Spokesperson.exists()
    assert await Job.filter(name="organisations.claim_answer").count() == 1
    assert await Claim.waiting().count() == 0


async def test_a_claim_is_decided_once(town):
    rosa, club = await town.member("Rosa"), await actions.list_organisation(CLUB)
    await actions.claim_organisation(club, rosa.id, "hello")
    claim = await Claim.get()
    await actions.answer_claim(claim.id, granted=False, answer="no")
    with pytest.raises(Conflict):
        await actions.answer_claim(claim.id, granted=True, answer="")
    assert not await Spokesperson.exists()


async def test_a_page_that_somebody_looks_after_cannot_be_claimed(town):
    rosa, paul = await town.member("Rosa"), await town.member("Paul")
    club = await actions.list_organisation(CLUB)
    await actions.add_spokesperson(club, "rosa@example.org", manages=True, by=rosa.id)
    with pytest.raises(Conflict):
        await actions.claim_organisation(club, paul.id, "me too")


async def test_one_asks_once_and_a_few_times_a_day_at_most(town):
    rosa, club = await town.member("Rosa"), await actions.list_organisation(CLUB)
    await actions.claim_organisation(club, rosa.id, "hello")
    for _ in range(4):
        with pytest.raises(Conflict):
            await actions.claim_organisation(club, rosa.id, "hello")
    with pytest.raises(TooMany):
        await actions.claim_organisation(club, rosa.id, "hello")
    assert await Claim.all().count() == 1


async def test_the_last_who_manages_a_page_stays_unless_they_are_sure(town):
    rosa, club = await town.member("Rosa"), await actions.list_organisation(CLUB)
    await actions.add_spokesperson(club, "rosa@example.org", manages=True, by=rosa.id)
    with pytest.raises(InvalidInput):
        await actions.remove_spokesperson(club, rosa.id)
    with pytest.raises(InvalidInput):
        await actions.change_spokesperson(club, rosa.id, manages=False)
    assert await manages(Someone(rosa.id), club)
    await actions.remove_spokesperson(club, rosa.id, sure=True)
    assert not await Spokesperson.exists()


async def test_of_two_managers_who_leave_at_once_one_stays(town):
    rosa, paul = await town.member("Rosa"), await town.member("Paul")
    club = await actions.list_organisation(CLUB)
    for mail in ("rosa@example.org", "paul@example.org"):
        await actions.add_spokesperson(club, mail, manages=True, by=rosa.id)
    both = (actions.remove_spokesperson(club, member.id) for member in (rosa, paul))
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(result, InvalidInput) for result in results) == 1
    assert await Spokesperson.managing().count() == 1


async def test_a_closed_account_manages_nothing(town):
    rosa, club = await town.member("Rosa"), await actions.list_organisation(CLUB)
    await actions.add_spokesperson(club, "rosa@example.org", manages=True, by=rosa.id)
    rosa.suspended_at = rosa.joined_at
    await rosa.save()
    assert not await manages(Someone(rosa.id), club)


async def test_a_member_who_is_erased_leaves_the_page_free_again(town):
    rosa, paul = await town.member("Rosa"), await town.member("Paul")
    club = await actions.list_organisation(CLUB)
    await actions.add_spokesperson(club, "rosa@example.org", manages=True, by=rosa.id)
    await rosa.delete()
    await actions.claim_organisation(club, paul.id, "Rosa left")
    assert await Claim.waiting().count() == 1


async def test_somebody_without_an_account_cannot_be_added(town):
    rosa, club = await town.member("Rosa"), await actions.list_organisation(CLUB)
    with pytest.raises(InvalidInput) as refused:
        await actions.add_spokesperson(club, "nobody@example.org", manages=False, by=rosa.id)
    assert refused.value.by_field == {"mail": actions.NO_SUCH_MEMBER}


async def test_nobody_is_added_twice_or_loses_the_page_by_it(town):
    rosa, club = await town.member("Rosa"), await actions.list_organisation(CLUB)
    await actions.add_spokesperson(club, "rosa@example.org", manages=True, by=rosa.id)
    with pytest.raises(InvalidInput):
        await actions.add_spokesperson(club, "Rosa@example.org", manages=False, by=rosa.id)
    assert await manages(Someone(rosa.id), club)


async def test_an_agent_manages_every_page(town):
    assert await manages(Someone(1, is_agent=True), await actions.list_organisation(CLUB))
