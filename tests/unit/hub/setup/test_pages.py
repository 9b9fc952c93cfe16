"""The first minute in a browser: the key, the form, a village or nothing."""

import asyncio

import httpx
import pytest

from hub.actors.actions import SERVER_NAME
from hub.actors.models import Actor, Handle
from hub.config import Config
from hub.jobs import Job
from hub.members import mails
from hub.members.models import Link, Member, Role
from hub.setup.actions import make_set_up_link
from hub.village.models import Village, Visibility
from tests import factories
from tests.conftest import ENGINES
from tests.mail import Mailbox
from tests.unit.hub.village.visitors import Browser, Visitors, errors, page, sent_again, words
from tests.unit.hub.village.visitors import engine as engine  # forms and words

FORM = {
    "name": "Saint-Martin-d'Août",
    "handle": "saint-martin",
    "administrator": "Rosa",
    "contact": "Rosa@example.fr",
    "publisher": "Claire Auzias",
    "visibility": "public",
    "locale": "en",
    "latitude": "45.2181",
    "longitude": "4.9841",
    "insee": "26314",
}


@pytest.fixture
async def key(visitors: Visitors) -> str:
    key = await make_set_up_link()
    assert key is not None
    return key


@pytest.fixture
async def operator(visitors: Visitors) -> Browser:
    browser = await visitors.browser()
    await browser.post("/language", locale="en")
    return browser


async def nothing_was_made() -> bool:
    return not [model for model in (Village, Member, Handle, Job) if await model.exists()]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/about", "/admin", "/@mairie", "/nowhere"])
async def test_before_the_set_up_every_page_leads_to_it(operator: Browser, path: str) -> None:
    answer = await operator.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/setup")
    assert (await operator.get("/health")).status_code == 200


async def test_who_has_no_key_learns_where_it_is_and_no_more(operator: Browser, key: str) -> None:
    without, wrong = await operator.get("/setup"), await operator.get(f"/setup?key={'x' * 43}")
    assert (without.status_code, wrong.status_code) == (200, 403)
    for answer in (without, wrong):
        assert "in the window where the program runs" in words(answer)
        assert page(answer).select("main form") == []
        assert key not in answer.text
        assert page(answer).select_one("meta[name=robots][content=noindex]"), "nothing for search engines yet"


@pytest.mark.parametrize("wrong", ["", "x" * 43, "x" * 10_000, "é"])
async def test_a_wrong_key_opens_no_village(operator: Browser, key: str, wrong: str) -> None:
    answer = await operator.post("/setup", **FORM, key=wrong)
    assert answer.status_code in (200, 403)
    assert "in the window where the program runs" in words(answer)
    assert await nothing_was_made()


async def test_a_sign_in_link_is_no_key(operator: Browser, key: str) -> None:
    await Link.all().update(purpose="sign-in")
    assert (await operator.post("/setup", **FORM, key=key)).status_code == 403
    assert await nothing_was_made()


async def test_another_start_makes_another_key_and_voids_the_one_before(operator: Browser, key: str) -> None:
    fresh = await make_set_up_link()
    assert (await operator.get(f"/setup?key={key}")).status_code == 403
    assert (await operator.get(f"/setup?key={fresh}")).status_code == 200


async def test_a_commune_is_found_by_its_name_and_fills_the_form(operator: Browser, key: str) -> None:
    found = page(await operator.get(f"/setup?key={key}&q=st+martin+d'aout"))
    link = found.select_one("main li a[href*=insee]")
    assert link.text.strip() == "Saint-Martin-d'Août"
    assert "26330" in found.select_one("main ul li").text
    form = await operator.get(str(link["href"]))
    facts = {"name": "Saint-Martin-d'Août", "handle": "saint-martin-d-aout", "insee": "26314"}
    place = {"latitude": "45.21810", "longitude": "4.98410", "visibility": "public", "locale": "en"}
    assert sent_again(form).items() >= (facts | place | {"key": key}).items()
    assert "approximate" not in words(form)


async def test_an_approximate_position_is_called_so(operator: Browser, key: str) -> None:
    form = await operator.get(f"/setup?key={key}&insee=26315")
    assert sent_again(form)["name"] == "Saint-Martin-en-Vercors"
    assert "This position is approximate" in words(form)


@pytest.mark.parametrize("insee", ["none", "00000", "", "x" * 500])
async def test_a_place_that_is_in_no_list_is_typed(operator: Browser, key: str, insee: str) -> None:
    form = await operator.get(f"/setup?key={key}&insee={insee}")
    assert form.status_code == 200
    assert [sent_again(form)[name] for name in ("name", "latitude", "insee")] == ["", "", ""]


@pytest.mark.parametrize("query", ["q=zzzzzz", "q=%25", "q=%3Cscript%3E"])
async def test_a_name_that_no_commune_has_says_what_to_try(operator: Browser, key: str, query: str) -> None:
    answer = await operator.get(f"/setup?key={key}&{query}")
    assert "No commune has this name." in words(answer)
    assert "<script>" not in answer.text


async def test_a_search_for_nothing_says_what_to_type(operator: Browser, key: str) -> None:
    for query in ("q=", "q=%20%20"):
        assert "Type the name or the postcode of the commune first" in words(
            await operator.get(f"/setup?key={key}&{query}")
        )
    assert "Type the name" not in words(await operator.get(f"/setup?key={key}"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", ""), ("name", "x" * 121), ("handle", ""), ("handle", "Ça va"), ("handle", "x" * 41)),
        *(("administrator", ""), ("administrator", "x" * 81), ("contact", ""), ("contact", "04 65 71 20 14")),
        *(("contact", "a@b"), ("publisher", ""), ("visibility", "some"), ("locale", "de")),
        *(("latitude", "x"), ("latitude", ""), ("longitude", "181"), ("insee", "26")),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_made(
    operator: Browser, key: str, field: str, value: str
) -> None:
    answer = await operator.post("/setup", **FORM | {field: value}, key=key)
    assert answer.status_code == 422
    assert errors(answer) == {field}
    kept = {name: text for name, text in FORM.items() if name not in ("visibility", "locale", field)}
    assert sent_again(answer).items() >= (kept | {"key": key}).items()
    assert await nothing_was_made()
    assert (await operator.post("/setup", **FORM, key=key)).status_code == 303


async def test_a_village_opens_and_its_administrator_comes_in(
    operator: Browser, key: str, database: Config
) -> None:
    sent = await operator.post("/setup", **FORM | {"visibility": "members"}, key=key)
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in/sent")
    village, rosa = await Village.get(), await Member.get()
    assert (village.name, village.handle, village.insee) == ("Saint-Martin-d'Août", "saint-martin", "26314")
    assert (village.latitude, village.longitude) == (45.2181, 4.9841)
    assert village.visibility is Visibility.MEMBERS
    assert (rosa.name, rosa.mail, rosa.mail_key) == ("Rosa", "Rosa@example.fr", "rosa@example.fr")
    assert (rosa.role, rosa.trusted_at is None) == (Role.ADMINISTRATOR, False)
    await factories.do_jobs(mails.sign_in_link)
    (mail,) = Mailbox(database.data / "mail").unread()
    assert mail.to == "Rosa@example.fr"
    assert "Saint-Martin-d'Août" in mail.subject
    signed_in = await operator.open_link(mail.link)
    assert (signed_in.status_code, signed_in.headers["location"].partition("?")[0]) == (303, "/admin")
    assert (await operator.get("/admin")).status_code == 200


async def test_only_the_least_must_be_known(operator: Browser, key: str) -> None:
    left_out = ("visibility", "latitude", "longitude", "insee")
    least = {name: value for name, value in FORM.items() if name not in left_out}
    assert (await operator.post("/setup", **least, key=key)).status_code == 303
    village = await Village.get()
    assert (village.visibility, village.latitude, village.insee) == (Visibility.PUBLIC, None, None)


async def test_a_network_of_villages_is_set_up_as_one(operator: Browser, key: str) -> None:
    first = page(await operator.get(f"/setup?key={key}"))
    link = first.find("a", string="It is a network: it shows several villages, and is none itself")
    assert link is not None
    form = await operator.get(str(link["href"]))
    assert "Your network of villages" in words(form)
    assert sent_again(form)["is_region"] == "yes"
    assert (await operator.post("/setup", **FORM, is_region="yes", key=key)).status_code == 303
    assert (await Village.get()).is_region
    assert "This network is set up" in words(await operator.get(f"/setup?key={key}"))
    assert "To follow the network" in (await Actor.get(name=SERVER_NAME)).summary


async def test_once_there_is_a_village_there_is_no_such_page(operator: Browser, key: str) -> None:
    await operator.post("/setup", **FORM, key=key)
    for path in ("/setup", "/setup?key=x"):
        assert (await operator.get(path)).status_code == 404
    assert (await operator.post("/setup", **FORM)).status_code == 404
    assert (await Village.get()).name == FORM["name"]
    assert await make_set_up_link() is None


async def test_who_has_the_link_after_somebody_else_used_it_reads_what_happened(
    operator: Browser, key: str
) -> None:
    await operator.post("/setup", **FORM, key=key)
    late = await operator.post("/setup", **FORM | {"name": "Another"}, key=key)
    for answer in (late, await operator.get(f"/setup?key={key}&insee=none")):
        assert answer.status_code == 410
        assert f"It is called {FORM['name']}" in words(answer)
        assert "lavoir setup --admin-email" in words(answer)
    assert not await Village.exclude(name=FORM["name"]).exists()


@pytest.mark.parametrize("engine", ENGINES)
async def test_of_two_who_press_at_once_one_opens_the_village(operator: Browser, key: str) -> None:
    await operator.get(f"/setup?key={key}&insee=none")
    presses = (operator.post("/setup", **FORM | {"contact": f"{n}@example.fr"}, key=key) for n in range(4))
    answers: list[httpx.Response] = await asyncio.gather(*presses)
    assert sorted(answer.headers["location"] for answer in answers) == [
        *["/setup?key=" + key] * 3,
        "/sign-in/sent",
    ]
    late = await operator.get(f"/setup?key={key}")
    assert (late.status_code, f"It is called {FORM['name']}" in words(late)) == (410, True)
    assert await Village.all().count() == await Member.all().count() == await Job.all().count() == 1


async def test_hostile_words_stay_words(operator: Browser, key: str) -> None:
    hostile = "\"'><script>alert(1)</script>"
    refused = await operator.post("/setup", **dict.fromkeys(FORM, hostile), key=key)
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text
