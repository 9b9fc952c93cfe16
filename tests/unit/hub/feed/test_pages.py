"""Home and the boards: honest when empty, and as few questions to the database as they need."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.hosts import use_federation
from hub.actors.models import Actor, Role
from hub.members.models import Role as MemberRole
from hub.organisations.actions import list_organisation
from hub.organisations.models import Organisation, OrganisationDraft, Spokesperson
from hub.village.models import SignUp, Village
from tests import factories
from tests.unit.hub.village.visitors import Browser, Visitors, page, statements, words

MASTODON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1'


async def test_home_has_three_doors_that_open(visitor: Browser) -> None:
    doors = page(await visitor.get("/")).select("a.door")
    assert [door.b.text for door in doors] == ["I need", "I offer", "What is going on"]
    assert [door["href"] for door in doors] == ["/new/need", "/new/offer", "/agenda"]
    for door in doors:
        assert (await visitor.get(str(door["href"]))).status_code == 200


async def test_an_empty_home_says_so_and_what_to_do(visitor: Browser) -> None:
    shown = words(await visitor.get("/"))
    for sentence in (
        "Nothing is urgent, and no need hangs on the board yet.",
        "Nothing is written in the agenda for this week.",
        "No association is listed yet.",
    ):
        assert sentence in shown
    for empty in page(await visitor.get("/")).select(".empty:has(a)"):
        assert (await visitor.get(str(empty.a["href"]))).status_code == 200


async def test_home_names_the_six_newest_associations(visitor: Browser) -> None:
    for number in range(8):
        listed = await list_organisation(OrganisationDraft(name=f"Club {number} & Co", activity="cards"))
        added_at = datetime.now(UTC) + timedelta(seconds=number)
        await Organisation.filter(id=listed.id).update(added_at=added_at)
    section = page(await visitor.get("/")).select_one("section[aria-labelledby=h-associations]")
    assert [link.text.strip() for link in section.select("li a")] == [
        f"Club {n} & Co" for n in range(7, 1, -1)
    ]
    assert "No association is listed yet." not in section.text
    for link in section.select("a"):
        assert (await visitor.get(str(link["href"]))).status_code == 200


@pytest.mark.parametrize("is_region", [False, True])
async def test_who_types_the_address_of_the_site_on_their_server_finds_the_village(
    visitor: Browser, is_region: bool
) -> None:
    await Village.all().update(is_region=is_region)
    village = await Actor.of_role(Role.VILLAGE)
    asked = await visitor.client.get("/", headers={"accept": MASTODON})
    assert (asked.status_code, asked.headers["location"]) == (303, village.uri)


async def test_home_says_where_the_document_of_the_village_is_unless_nothing_is_exchanged(
    visitor: Browser,
) -> None:
    village, link = await Actor.of_role(Role.VILLAGE), 'link[type="application/activity+json"]'
    shown = await visitor.get("/")
    assert page(shown).select_one(link)["href"] == village.uri
    assert village.uri in shown.headers["link"]
    use_federation("off")
    try:
        assert page(await visitor.get("/")).select_one(link) is None
    finally:
        use_federation("open")


async def test_an_empty_agenda_leads_to_the_form_and_to_a_person(visitor: Browser) -> None:
    assert "No date is in the agenda yet." in words(await visitor.get("/agenda"))
    await Village.all().update(phone="04 65 71 20 14", mail="mairie@example.fr")
    reached = [str(link["href"]) for link in page(await visitor.get("/agenda")).select(".empty a")]
    assert reached == ["/new/event", "tel:0465712014"]


async def test_home_tells_a_visitor_how_to_join_and_a_member_nothing_of_it(
    visitors: Visitors, visitor: Browser
) -> None:
    assert page(await visitor.get("/")).select_one('main a[href="/sign-up"]') is not None
    member = await visitors.browser(await factories.member())
    assert "New in the village?" not in words(await member.get("/"))
    await Village.all().update(sign_up=SignUp.INVITATION)
    assert page(await visitor.get("/")).select_one('main a[href="/sign-up"]') is None
    assert "One joins by invitation" in words(await visitor.get("/"))


async def test_home_asks_little_of_the_database(visitors: Visitors, visitor: Browser) -> None:
    member = await visitors.browser(await factories.member())
    for number in range(10):
        await list_organisation(OrganisationDraft(name=f"Club {number}"))
    with statements() as asked:
        await visitor.get("/")
    assert len(asked) <= 8, asked
    asked.clear()
    with statements() as asked:
        await member.get("/")
    assert len(asked) <= 9, asked


PAGES = (
    "/",
    "/needs",
    "/associations",
    "/members",
    "/invitations",
    "/me",
    "/about",
    "/admin",
    "/@club-0/people",
)


async def questions(browser: Browser, path: str) -> int:
    with statements() as asked:
        assert (await browser.get(path)).status_code == 200, path
    return len(asked)


async def test_more_people_and_associations_mean_no_more_questions(visitors: Visitors) -> None:
    await factories.village()
    mayor = await factories.member("Claire", role=MemberRole.ADMINISTRATOR)
    browser = await visitors.browser(mayor)

    async def grow(numbers: range) -> None:
        club = await Organisation.get_or_none(handle="club-0")
        for number in numbers:
            listed = await list_organisation(OrganisationDraft(name=f"Club {number}", activity=f"a{number}"))
            member = await factories.member(f"Voisin{number}", trusted=number % 2 == 0)
            await Spokesperson.create(organisation=club or listed, member=member, manages=True)
            await Spokesperson.create(organisation=listed, member=mayor)
            club = club or listed

    await grow(range(5))
    few = {path: await questions(browser, path) for path in PAGES}
    await grow(range(5, 50))
    many = {path: await questions(browser, path) for path in PAGES}
    assert {path: number for path, number in many.items() if number > few[path]} == {}
    at_home = few.pop("/me")  # where the town hall sees all that waits, one question for each list
    assert max(few.values()) <= 10
    assert at_home <= 20
