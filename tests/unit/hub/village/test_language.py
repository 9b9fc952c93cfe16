"""In which language somebody reads: the village's, unless they chose."""

import pytest

from hub.members.models import Member
from hub.web.cookies import cookie_name
from tests import factories
from tests.unit.hub.village.visitors import Browser, Visitors, page
from tests.unit.hub.village.visitors import engine as engine  # forms and words


async def language(browser: Browser) -> str:
    answer = await browser.get("/charter")
    assert answer.headers["content-language"] == page(answer).html["lang"]
    assert page(answer).h1.text == {"fr": "Notre charte", "en": "Our charter"}[str(page(answer).html["lang"])]
    return str(page(answer).html["lang"])


@pytest.mark.parametrize("locale", ["fr", "en"])
async def test_pages_speak_the_language_of_the_village(visitors: Visitors, locale: str) -> None:
    await factories.village(locale=locale)
    assert await language(await visitors.browser()) == locale


async def test_a_visitor_chooses_for_this_browser_and_stays_on_the_page(visitors: Visitors) -> None:
    await factories.village(locale="fr")
    visitor = await visitors.browser()
    link = page(await visitor.get("/charter")).footer.select_one("a[hreflang=en]")
    assert (link["href"], link.text) == ("/language?next=/charter", "English")
    form = page(await visitor.get(str(link["href"])))
    assert form.select_one("input[name=next]")["value"] == "/charter"
    sent = await visitor.post("/language", locale="en", next="/charter")
    assert (sent.status_code, sent.headers["location"]) == (303, "/charter")
    assert await language(visitor) == "en"
    assert await language(await visitors.browser()) == "fr"
    kept = next(line for line in sent.headers.get_list("set-cookie") if "=en" in line)
    assert "Max-Age=31536000" in kept
    assert "HttpOnly" in kept


async def test_the_choice_of_a_member_follows_them_to_other_browsers(visitors: Visitors) -> None:
    await factories.village(locale="fr")
    rosa = await factories.member("Rosa")
    phone, desk = await visitors.browser(rosa), await visitors.browser(rosa)
    await phone.post("/language", locale="en")
    assert (await Member.get(id=rosa.id)).locale == "en"
    assert await language(desk) == "en"
    await desk.post("/me", name="Rosa", locale="fr", rhythm="weekly")
    assert await language(phone) == "fr"


async def test_a_member_reads_the_language_of_the_village_until_they_choose(visitors: Visitors) -> None:
    await factories.village(locale="en")
    assert await language(await visitors.browser(await factories.member("Rosa"))) == "en"


@pytest.mark.parametrize("locale", ["", "de", "FR", "fr-FR", "../en", "x" * 1000])
async def test_a_language_that_nobody_translated_is_no_choice(visitors: Visitors, locale: str) -> None:
    await factories.village(locale="fr")
    visitor = await visitors.browser()
    assert (await visitor.post("/language", locale=locale)).status_code == 404
    name = cookie_name(visitors.config, "lang")
    visitor.client.cookies.set(name, locale.replace("/", "") or "-", domain="localhost.local")
    assert await language(visitor) == "fr"


@pytest.mark.parametrize("elsewhere", ["https://else.example", "//else.example", "/\\else.example"])
async def test_a_choice_never_leads_to_another_site(visitors: Visitors, elsewhere: str) -> None:
    await factories.village()
    visitor = await visitors.browser()
    sent = await visitor.post("/language", locale="en", next=elsewhere)
    assert (sent.status_code, sent.headers["location"]) == (303, "/")
    form = page(await visitor.get(f"/language?next={elsewhere}"))
    assert form.select_one("input[name=next]")["value"] == "/"


async def test_before_there_is_a_village_a_language_can_be_chosen(visitors: Visitors) -> None:
    visitor = await visitors.browser()
    assert (await visitor.get("/language")).status_code == 200
    await visitor.post("/language", locale="en", next="/setup")
    assert "This wash-house has no village yet" in (await visitor.get("/setup")).text
