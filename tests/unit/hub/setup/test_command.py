"""`lavoir setup`: the same village without a browser, and changes to it."""

import asyncio
from typing import Any

import pytest

from hub.actors.models import Handle
from hub.config import Config
from hub.errors import Conflict, InvalidInput, LinkSpent
from hub.jobs import Job
from hub.members.models import Member, Role
from hub.setup.actions import FirstMinute, make_set_up_link
from hub.setup.actions import set_up as open_village
from hub.setup.command import set_up
from hub.village.models import SignUp, Village, VillageDraft, Visibility
from tests import factories

FIRST = {"name": "Saint-Martin", "admin_email": "mairie@example.fr"}


async def test_two_options_are_enough(database: Config) -> None:
    said = await set_up(database, FIRST)
    assert said == "Saint-Martin is set up at http://localhost:8000; a sign-in link goes to mairie@example.fr"
    village, administrator = await Village.get(), await Member.get()
    assert (village.name, village.handle, village.locale) == ("Saint-Martin", "saint-martin", "fr")
    assert (village.publisher, village.visibility) == ("Saint-Martin", Visibility.PUBLIC)
    assert (administrator.name, administrator.mail, administrator.role) == (
        *("Mairie", "mairie@example.fr", Role.ADMINISTRATOR),
    )
    assert (await Job.get()).name == "members.sign_in_link"


async def test_who_keeps_a_network_is_not_called_a_town_hall(database: Config) -> None:
    await set_up(database, {"name": "Val", "admin_email": "val@example.fr", "is_region": True})
    await set_up(database, {"admin_email": "autre@example.fr"})
    assert await Member.all().values_list("name", flat=True) == ["Réseau", "Réseau"]


async def test_a_code_of_a_commune_gives_name_and_place(database: Config) -> None:
    await set_up(database, {"insee": "26314", "admin_email": "mairie@example.fr", "locale": "en"})
    village = await Village.get()
    assert (village.name, village.handle) == ("Saint-Martin-d'Août", "saint-martin-d-aout")
    assert (village.insee, village.latitude, village.longitude) == ("26314", 45.2181, 4.9841)
    assert (await Member.get()).name == "Town hall"


async def test_what_is_given_counts_more_than_the_list_of_communes(database: Config) -> None:
    await set_up(database, FIRST | {"insee": "26314", "latitude": 45.0, "longitude": 5.0})
    village = await Village.get()
    assert (village.name, village.latitude, village.longitude) == ("Saint-Martin", 45.0, 5.0)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, {"name", "admin-email"}),
        ({"insee": "99999"}, {"insee", "admin-email"}),
        ({"insee": "26314"}, {"admin-email"}),
        (FIRST | {"name": "x" * 121}, {"name", "publisher"}),
        (FIRST | {"admin_email": "mairie"}, {"admin-email"}),
        (FIRST | {"admin_email": ""}, {"admin-email"}),
        (FIRST | {"handle": "Ça va"}, {"handle"}),
        (FIRST | {"insee": "261"}, {"insee"}),
        (FIRST | {"latitude": 91.0, "longitude": 5.0}, {"latitude"}),
        (FIRST | {"latitude": 45.0}, {"longitude"}),
        (FIRST | {"latitude": float("nan"), "longitude": float("inf")}, {"latitude", "longitude"}),
        (FIRST | {"publisher": " "}, {"publisher"}),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_a_wrong_option_is_named_and_nothing_is_made(
    database: Config, given: dict[str, Any], named: set[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await set_up(database, given)
    assert refused.value.by_field.keys() == named
    assert not [model for model in (Village, Member, Handle, Job) if await model.exists()]


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({"name": "Valbrume"}, {"name": "Valbrume"}),
        ({"publisher": "Ana"}, {"publisher": "Ana"}),
        ({"visibility": "members"}, {"visibility": Visibility.MEMBERS}),
        ({"locale": "en"}, {"locale": "en"}),
        ({"is_region": True}, {"is_region": True}),
        ({"is_region": False}, {}),
        ({"latitude": 45.5}, {"latitude": 45.5}),
        ({"latitude": -0.00001, "longitude": 0.0}, {"latitude": -0.00001, "longitude": 0.0}),
        ({"insee": "26314"}, {"insee": "26314"}),
        ({"handle": "saint-martin"}, {}),
        ({}, {}),
    ],
)
async def test_repeated_it_changes_only_what_is_given(
    database: Config, given: dict[str, Any], changed: dict[str, Any]
) -> None:
    await factories.village(
        sign_up=SignUp.INVITATION, address="1 place\n26330 Ici", phone="04 75 68 40 00", host="Example SAS"
    )
    before = vars((await Village.get()).draft())
    assert "changed what was given" in await set_up(database, given)
    assert vars((await Village.get()).draft()) == before | changed
    assert not await Job.exists()
    assert await Handle.filter(name="saint-martin").count() == 1


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"handle": "elsewhere"}, {"handle"}),
        ({"name": ""}, {"name"}),
        ({"latitude": 91.0}, {"latitude"}),
        ({"admin_email": "mairie"}, {"admin-email"}),
        ({"name": "Valbrume", "admin_email": "mairie"}, {"admin-email"}),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_repeated_with_a_wrong_option_it_changes_nothing(
    database: Config, given: dict[str, Any], named: set[str]
) -> None:
    before = vars((await factories.village()).draft())
    with pytest.raises(InvalidInput) as refused:
        await set_up(database, given)
    assert refused.value.by_field.keys() == named
    assert vars((await Village.get()).draft()) == before
    assert not await Member.exists()


async def test_another_administrator_is_added_and_gets_a_link(database: Config) -> None:
    await set_up(database, FIRST)
    await set_up(database, {"admin_email": "ana@example.fr"})
    assert await Member.filter(role=Role.ADMINISTRATOR).count() == 2
    assert (await Member.get(mail_key="mairie@example.fr")).role is Role.ADMINISTRATOR
    assert await Job.all().count() == 2


async def test_a_member_is_raised_to_administrator_and_keeps_name_and_account(database: Config) -> None:
    await factories.village()
    rosa = await factories.member("Rosa")
    await set_up(database, {"admin_email": "ROSA@example.fr"})
    await rosa.refresh_from_db()
    assert (rosa.name, rosa.role) == ("Rosa", Role.ADMINISTRATOR)
    assert await Member.all().count() == 1


async def test_the_same_command_twice_is_the_same_village(database: Config) -> None:
    await set_up(database, FIRST | {"handle": "st-martin", "locale": "en"})
    await set_up(database, FIRST | {"handle": "st-martin", "locale": "en"})
    assert (await Village.all().count(), await Member.all().count()) == (1, 1)


async def test_a_closed_account_is_not_raised(database: Config) -> None:
    village = await factories.village()
    rosa = await factories.member("Rosa", suspended_at=village.opened_at)
    with pytest.raises(InvalidInput) as refused:
        await set_up(database, {"name": "Valbrume", "admin_email": "rosa@example.fr"})
    assert refused.value.by_field.keys() == {"admin-email"}
    await rosa.refresh_from_db()
    assert rosa.role is Role.RESIDENT
    assert (await Village.get()).name == "Saint-Martin"


@pytest.mark.parametrize("with_key", [True, False])
async def test_two_set_ups_at_once_make_one_village(database: Config, with_key: bool) -> None:
    token = await make_set_up_link() if with_key else None
    village: dict[str, Any] = {"insee": None, "latitude": None, "longitude": None, "publisher": "Ana"}
    drafts = [
        VillageDraft(name="A", handle=f"a{n}", locale="fr", visibility=Visibility.PUBLIC, **village)
        for n in range(3)
    ]
    tries = (
        open_village(FirstMinute(draft, "Rosa", f"{draft.handle}@example.fr"), token=token)
        for draft in drafts
    )
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(end) for end in ends].count(Member) == 1
    assert all(isinstance(end, Member | Conflict | LinkSpent) for end in ends)
    assert await Village.all().count() == await Member.all().count() == await Job.all().count() == 1
    assert await Handle.filter(name__startswith="a").exclude(name="agenda").count() == 1
