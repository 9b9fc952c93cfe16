"""The village's facts: who changes them, what is refused, where they show."""

from dataclasses import replace

import pytest

from hub.actors.models import Actor, Handle, Role
from hub.db import transaction
from hub.errors import Conflict, InvalidInput
from hub.fediverse.serving import serve
from hub.members import models as members
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft
from hub.publications.models import Scope
from hub.village.actors import BOARDS
from hub.village.models import SignUp, Village, Visibility
from tests import factories
from tests.others import announcement
from tests.unit.hub.region.valley import neighbour
from tests.unit.hub.test_at_once import in_line
from tests.unit.hub.village.visitors import Visitors, errors, page, sent_again, words
from tests.unit.hub.village.visitors import engine as engine  # forms and words

FACTS = {
    "name": "Saint-Martin-d'Août",
    "publisher": "Claire Auzias",
    "visibility": "public",
    "sign_up": "invitation",
    "colours": "vine",
    "conformity": "partial",
    "locale": "en",
    "address": "1 place du Lavoir\n26330 Saint-Martin-d'Août",
    "hours": "Tuesday, 9 to 12",
    "phone": "0475684000",
    "mail": "mairie@example.fr",
    "host": "Example SAS",
    "latitude": "45.2408",
    "longitude": "5.0142",
    "insee": "26314",
}


async def test_what_is_saved_shows_on_the_pages_at_once(visitors: Visitors) -> None:
    await factories.village()
    mayor = await visitors.administrator()
    sent = await mayor.post("/admin", **FACTS)
    assert (sent.status_code, sent.headers["location"]) == (303, "/admin?said=village-saved")
    home = await (await visitors.browser()).get("/")
    assert "Saint-Martin-d'Août" in page(home).title.text
    assert page(home).html["class"] == ["vine"]
    assert page(home).html["lang"] == "en"
    footer = page(home).footer.get_text(" ", strip=True)
    assert "1 place du Lavoir 26330 Saint-Martin-d'Août Tuesday, 9 to 12 04\xa075\xa068\xa040\xa000" in footer
    assert "Accessibility: partially compliant" in footer
    assert "One joins by invitation" in words(home)
    assert sent_again(await mayor.get("/admin")).items() >= (FACTS | {"phone": "04 75 68 40 00"}).items()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("publisher", " \u200b "),
        ("publisher", "x" * 121),
        ("visibility", "everybody"),
        ("sign_up", ""),
        ("colours", "red"),
        ("conformity", "perfect"),
        ("locale", "de"),
        ("address", "x" * 501),
        ("hours", "x" * 501),
        ("host", "x" * 501),
        ("phone", "ask Rosa"),
        ("phone", "0" * 40),
        ("mail", "mairie"),
        ("mail", "a@b.fr, c@d.fr"),
        ("latitude", "91"),
        ("latitude", "north"),
        ("longitude", "180.5"),
        ("longitude", ""),
        ("latitude", ""),
        ("insee", "2604"),
        ("insee", "2C046"),
    ],
)
async def test_a_wrong_field_is_named_and_the_rest_comes_back(
    visitors: Visitors, field: str, value: str
) -> None:
    await factories.village(locale="en")
    before = vars((await Village.get()).draft())
    answer = await (await visitors.administrator()).post("/admin", **FACTS | {field: value})
    assert answer.status_code == 422
    assert errors(answer) == {field}
    assert page(answer).title.text.startswith("Error:")
    choices = ("visibility", "sign_up", "colours", "conformity", "locale")
    kept = {name: text for name, text in (FACTS | {field: value}).items() if name not in choices}
    kept |= {name: FACTS[name] for name in choices if name != field}
    assert sent_again(answer).items() >= kept.items()
    assert vars((await Village.get()).draft()) == before


async def test_all_that_is_wrong_is_named_at_once(visitors: Visitors) -> None:
    await factories.village(locale="en")
    answer = await (await visitors.administrator()).post("/admin", name="", mail="mairie", locale="fr")
    assert errors(answer) == {
        *("name", "publisher", "visibility", "sign_up", "colours", "conformity", "mail")
    }
    assert "7 things to put right" in words(answer)


async def test_hostile_facts_stay_words(visitors: Visitors) -> None:
    await factories.village(locale="en")
    mayor, hostile = await visitors.administrator(), "</title><script>alert(1)</script>"
    written = dict.fromkeys(("name", "publisher", "address", "hours", "host"), hostile)
    assert (await mayor.post("/admin", **FACTS | written)).status_code == 303
    for path in ("/", "/legal", "/about", "/privacy", "/admin"):
        shown = await mayor.get(path)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
        assert "&lt;script&gt;alert" in shown.text


async def test_two_who_change_settings_at_once_keep_what_the_other_changed(visitors: Visitors) -> None:
    await factories.village(locale="fr", address="1 place du Lavoir\n26330 Saint-Martin")
    claire = await visitors.administrator()
    rosa = await visitors.browser(await factories.member("Rosa", role=members.Role.ADMINISTRATOR))
    hers, his = sent_again(await claire.get("/admin")), sent_again(await rosa.get("/admin"))
    hers["address"] = hers["address"].replace("\n", "\r\n")  # as browsers send it
    assert (await rosa.post("/admin", **his | {"phone": "04 75 68 40 00"})).status_code == 303
    wrong = await claire.post("/admin", **hers | {"hours": "Mardi", "mail": "mairie"})
    assert errors(wrong) == {"mail"}
    again = sent_again(wrong) | {"mail": "mairie@example.fr"}
    assert (await claire.post("/admin", **again)).status_code == 303
    village = await Village.get()
    assert (village.phone, village.hours, village.mail) == ("04 75 68 40 00", "Mardi", "mairie@example.fr")
    assert village.address == "1 place du Lavoir\n26330 Saint-Martin"


async def test_two_forms_of_settings_in_the_same_instant_keep_both_changes(visitors: Visitors) -> None:
    village = await factories.village(locale="fr")
    claire = await visitors.administrator()
    rosa = await visitors.browser(await factories.member("Rosa", role=members.Role.ADMINISTRATOR))
    hers, his = sent_again(await claire.get("/admin")), sent_again(await rosa.get("/admin"))
    await in_line(
        village,
        rosa.post("/admin", **his | {"phone": "04 75 68 40 00"}),
        claire.post("/admin", **hers | {"hours": "Mardi"}),
    )
    saved = await Village.get()
    assert (saved.phone, saved.hours) == ("04 75 68 40 00", "Mardi")


@pytest.mark.parametrize("was", ["", "[1]", "{", "[" * 60_000, '{"name": 5, "is_region": null}'])
async def test_what_a_form_says_it_showed_is_no_more_than_a_hint(visitors: Visitors, was: str) -> None:
    await factories.village()
    answer = await (await visitors.administrator()).post("/admin", **FACTS | {"was": was})
    assert answer.status_code == 303
    assert (await Village.get()).name == FACTS["name"]


async def test_a_form_of_settings_changes_neither_the_handle_nor_who_is_who(visitors: Visitors) -> None:
    await factories.village()
    mayor = await visitors.administrator()
    facts = FACTS | {"handle": "elsewhere", "id": "2", "timezone": "UTC"}
    assert (await mayor.post("/admin", **facts)).status_code == 303
    village = await Village.get()
    assert (village.id, village.handle, village.timezone) == (1, "saint-martin", "Europe/Paris")


async def test_the_clocks_of_a_village_are_those_of_its_commune(visitors: Visitors) -> None:
    village = await factories.village(insee="97424")
    assert village.timezone == "Indian/Reunion"
    mayor = await visitors.administrator()
    for insee, timezone in (("97110", "America/Guadeloupe"), ("", "Europe/Paris")):
        assert (await mayor.post("/admin", **FACTS | {"insee": insee})).status_code == 303
        assert (await Village.get()).timezone == timezone


async def test_the_page_of_settings_shows_the_final_name_and_where_mails_go(visitors: Visitors) -> None:
    await factories.village(locale="en")
    shown = words(await (await visitors.administrator()).get("/admin"))
    assert "@saint-martin@localhost:8000" in shown
    assert "No mail leaves this server" in shown


async def test_there_is_one_village(visitors: Visitors) -> None:
    await factories.village()
    with pytest.raises(Conflict):
        await factories.village(handle="another")
    assert await Village.all().count() == 1
    assert not await Handle.exists(name="another")


@pytest.mark.parametrize("locale", ["fr", "en"])
async def test_a_village_keeps_its_own_names_for_itself(visitors: Visitors, locale: str) -> None:
    await factories.village(locale=locale)
    for name in ("saint-martin", *BOARDS["fr"], *BOARDS["en"], "lavoir", "admin"):
        with pytest.raises(InvalidInput) as refused:
            await list_organisation(OrganisationDraft(name=f"Club {name}"), name)
        assert refused.value.by_field.keys() == {"handle"}
    given = set(await Handle.all().values_list("name", flat=True))
    assert given == {"saint-martin", *BOARDS[locale]}


async def test_a_village_may_be_called_like_one_of_its_boards(visitors: Visitors) -> None:
    assert (await factories.village(handle="agenda")).handle == "agenda"


@pytest.mark.parametrize("handle", ["", "Saint Martin", "-a", "a-", "x" * 41, "été", "a/b"])
async def test_a_handle_of_the_wrong_shape_is_refused(visitors: Visitors, handle: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        async with transaction():
            await factories.village(handle=handle)
    assert refused.value.by_field.keys() == {"handle"}
    assert not await Village.exists()


PUBLIC = ("/", "/needs", "/offers", "/agenda", "/associations", "/@club")
ALWAYS = (
    *("/about", "/charter", "/legal", "/privacy", "/accessibility", "/language"),
    *("/sign-in", "/sign-up", "/source", "/robots.txt", "/health"),
)


async def test_a_site_for_members_only_asks_visitors_to_sign_in(visitors: Visitors) -> None:
    await factories.village(visibility=Visibility.MEMBERS)
    await list_organisation(OrganisationDraft(name="Club"))
    visitor, member = await visitors.browser(), await visitors.browser(await factories.member())
    for path in PUBLIC:
        answer = await visitor.get(path)
        there = f"/sign-in?next={path.replace('@', '%40')}"
        assert (path, answer.status_code, answer.headers.get("location")) == (path, 303, there)
        assert (path, (await member.get(path)).status_code) == (path, 200)


async def test_a_site_for_members_only_still_gives_other_servers_what_is_for_everyone(
    visitors: Visitors,
) -> None:
    """And says so where the town hall chooses."""
    await factories.village(visibility=Visibility.MEMBERS, locale="en")
    village = await Actor.of_role(Role.VILLAGE)
    claire = await factories.member("Claire", role=members.Role.ADMINISTRATOR)
    for scope, is_given in ((Scope.PUBLIC, True), (Scope.VILLAGE, False)):
        news = await announcement(village, scope=scope)
        assert (await (await visitors.browser()).get(f"/{news.code}")).status_code == 303
        assert (await serve(news.uri, None) is not None) is is_given
    warned = "What is published for everyone still goes to other sites"
    assert warned in words(await (await visitors.browser(claire)).get("/admin"))
    alone = await Visitors(replace(visitors.config, federation="off")).browser(claire)
    assert warned not in words(await alone.get("/admin"))
    await alone.client.aclose()


async def test_what_the_law_wants_is_there_for_everyone(visitors: Visitors) -> None:
    await factories.village(visibility=Visibility.MEMBERS)
    visitor, member = await visitors.browser(), await visitors.browser(await factories.member())
    for path in ALWAYS:
        assert (path, (await visitor.get(path)).status_code) == (path, 200)
        assert (path, (await member.get(path)).status_code) == (path, 200)


async def test_a_village_that_is_open_again_shows_itself(visitors: Visitors) -> None:
    await factories.village(visibility=Visibility.MEMBERS, sign_up=SignUp.INVITATION)
    visitor, mayor = await visitors.browser(), await visitors.administrator()
    assert (await visitor.get("/")).status_code == 303
    await mayor.post("/admin", **FACTS | {"visibility": "public"})
    assert (await visitor.get("/")).status_code == 200


async def test_a_village_becomes_a_network_and_again_a_village(visitors: Visitors) -> None:
    await factories.village(locale="en")
    claire = await visitors.administrator()
    facts = sent_again(await claire.get("/admin"))
    assert (await claire.post("/admin", **{**facts, "is_region": "yes"})).status_code == 303
    assert (await Village.get()).is_region
    assert "To follow the network" in await said_of_the_server()
    network = sent_again(await claire.get("/admin"))
    assert network.pop("is_region") == "yes"
    assert (await claire.post("/admin", **network)).status_code == 303
    assert not (await Village.get()).is_region
    assert "To follow the village" in await said_of_the_server()


async def said_of_the_server() -> str:
    """To whoever looks it up from another one."""
    return (await Actor.get(role=Role.SERVER)).summary


@pytest.mark.parametrize(
    ("state", "status"), [("asked", 422), ("asks", 422), ("agreed", 422), ("ended", 303)]
)
async def test_what_was_agreed_as_a_village_is_ended_before_it_becomes_a_network(
    visitors: Visitors, state: str, status: int
) -> None:
    await factories.village(locale="en")
    claire = await visitors.administrator()
    await neighbour(state=state)
    facts = sent_again(await claire.get("/admin"))
    answer = await claire.post("/admin", **{**facts, "name": "Valbrume", "is_region": "yes"})
    assert answer.status_code == status
    assert errors(answer) == ({"is_region"} if status == 422 else set())
    village = await Village.get()
    assert (village.is_region, village.name) == (
        (True, "Valbrume") if status == 303 else (False, "Saint-Martin")
    )
