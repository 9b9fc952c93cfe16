"""A network of villages is no village: its pages and mails speak of the network, never of its town hall."""

import asyncio

import pytest
from bs4 import BeautifulSoup

from hub.app import PAGES
from hub.config import Config
from hub.members import mails
from hub.members.models import Role
from tests import factories
from tests.mail import Mailbox
from tests.unit.hub.village.visitors import Browser, Visitors, words
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import visitors as visitors

# Of the villages that it shows.
OF_VILLAGES = (
    "collectifs, mairies",
    "groups, town halls",
    "se fait aussi à la mairie de votre village",
    "La mairie d’un village dit oui",
    "Sa mairie décide",
    "Demandez à sa mairie",
    "Le site d’une mairie",
    "Mairie ou collectivité",
    "at the town hall of your village",
    "The town hall of a village says yes",
    "Its town hall decides",
    "Ask its town hall",
    "The site of a town hall",
    "Town hall or public body",
)


async def network(visitors: Visitors, *, locale: str) -> Browser:
    """In front of it, its administrator."""
    facts = {"name": "Vallée de la Drôme", "handle": "vallee", "phone": "04 75 00 00 00"}
    await factories.village(**facts, is_region=True, locale=locale)
    return await visitors.administrator()


async def said(browser: Browser) -> list[tuple[str, str]]:
    """Each page that has an address of its own, with the words that it shows."""
    found = []
    for page in PAGES:
        if "{" not in page.path and "GET" in (page.methods or ()):
            answer = await browser.get(page.path)
            if answer.status_code == 200 and "html" in answer.headers["content-type"]:
                text = BeautifulSoup(answer.text, "html.parser").get_text(" ")
                found.append((page.path, " ".join(text.split())))
    return found


@pytest.mark.parametrize(("locale", "town_hall"), [("fr", "mairie"), ("en", "town hall")])
async def test_no_page_of_a_network_speaks_of_a_town_hall_of_its_own(visitors, locale, town_hall):
    keeper = await network(visitors, locale=locale)
    for browser in (await visitors.browser(), keeper):
        for path, text in await said(browser):
            for words_of_villages in OF_VILLAGES:
                text = text.replace(words_of_villages, "")
            assert town_hall not in text.lower(), path


async def test_charter_and_personal_data_are_those_of_the_network(visitors):
    browser = await network(visitors, locale="fr")
    assert "Je le dis au réseau. Il me répond" in words(await browser.get("/charter"))
    assert "Aussi longtemps que le réseau" in words(await browser.get("/privacy"))


async def test_its_mails_are_those_of_the_network(visitors, database: Config):
    await network(visitors, locale="fr")
    rosa = await factories.member("Rosa", role=Role.AGENT)
    # As a worker does it, who knows nothing yet of whose mail this is.
    await asyncio.create_task(mails.security_notice(rosa.id, "rosa@example.fr", "role-changed"))
    mail = Mailbox(database.data / "mail").next(to="rosa@example.fr")
    assert "Le réseau a changé ce que vous pouvez faire ici." in mail.text
    assert "mairie" not in mail.text


async def test_a_village_beside_it_has_its_town_hall(visitors):
    await factories.village(locale="fr")
    assert "Je le dis à la mairie. Elle me répond" in words(await (await visitors.browser()).get("/charter"))
