"""What the people of the town hall read about the machine, in words that need no terminal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup, Tag

from hub.actors.models import Actor, Host
from hub.config import Config
from hub.fediverse.models import AgreementState, Neighbour
from hub.health.noticing import note_troubles
from hub.health.pages import waiting
from hub.members.models import Role
from hub.observations import Observation, Seen, observe
from hub.text import speaking
from hub.village.models import Village
from tests import factories
from tests.unit.hub.village.visitors import Visitors, visitors

__all__ = ["visitors"]


async def page_for_agents(config: Config) -> Tag:
    browser = await Visitors(config).browser(await factories.member("Ana", role=Role.AGENT))
    answer = await browser.get("/admin/status")
    assert answer.status_code == 200
    main = BeautifulSoup(answer.text, "html.parser").main
    assert main is not None
    return main


def said(page: Tag) -> str:
    return " ".join(page.get_text(" ").replace("\u202f", " ").replace("\xa0", " ").replace("’", "'").split())


@pytest.fixture
async def village(database: Config) -> Config:
    await factories.village()
    return replace(database, smtp_url="smtp://smtp.example.fr")


async def test_an_agent_reads_that_all_is_well(village: Config) -> None:
    await observe(Seen.MAIL, well=True)
    await observe(Seen.BACKUP, well=True, file="/srv/a.tar", bytes=25_000_000, rows=12)
    await observe(Seen.RESTORE, well=True, file="/srv/a.tar", rows=12, restored=True)
    words = said(await page_for_agents(village))
    assert "Oui. Il n'y a rien à faire ici." in words
    assert "Elle pèse 25 Mo." in words
    assert "tout y était" in words
    assert "Le dernier mail est parti" in words
    assert "À regarder" not in words


async def test_an_agent_reads_what_is_not_well_and_whom_to_tell(village: Config) -> None:
    await observe(Seen.MAIL, well=False, reason="SMTPConnectError: no route")
    await observe(Seen.BACKUP, well=True, file="/srv/a.tar", bytes=1, rows=12)
    await observe(Seen.BACKUP, well=False, reason="12 MB are free")
    await observe(Seen.RESTORE, well=False, reason="is damaged")
    words = said(await page_for_agents(village))
    assert "3 points demandent votre attention." in words
    for reason in ("no route", "12 MB are free", "is damaged", "La suivante a échoué."):
        assert reason in words
    assert "lavoir doctor" in words


async def test_an_agent_does_not_read_that_all_is_well_where_no_mail_leaves(village: Config) -> None:
    words = said(await page_for_agents(replace(village, smtp_url=None)))
    assert "Presque : aucun mail ne part de ce serveur." in words
    assert "Il n'y a rien à faire ici." not in words


@pytest.mark.parametrize(("days", "told"), [(1, True), (8, False)])
async def test_after_a_backup_was_put_back_agents_read_for_a_week_which_hours_are_missing(
    village: Config, days: int, told: bool
) -> None:
    await Village.all().update(timezone="Europe/Paris")
    await observe(Seen.PUT_BACK, well=True, as_of="2026-04-16T01:15:00.123456+00:00")
    at = datetime(2026, 4, 17, 9, 30, tzinfo=UTC)
    await Observation.all().update(at=at)
    with time_machine.travel(at + timedelta(days=days), tick=True):
        words = said(await page_for_agents(village))
        with speaking("fr"):
            waits = await waiting()
    assert ("le village est ce qu'il était le 16 avril 2026 à 3 h 15." in words) is told
    assert bool(waits) is told


async def test_a_neighbour_that_does_not_answer_has_its_name_there(village: Config) -> None:
    now = datetime.now(UTC)
    await Host.create(name="b.example", failing_since=now - timedelta(days=2), asked_at=now, failures=9)
    uri = "https://b.example/actor"
    actor = await Actor.create(uri=uri, host="b.example", name="b", kind="Service", inbox=f"{uri}/inbox")
    agreed = {"state": AgreementState.AGREED, "asked_at": now, "changed_at": now}
    await Neighbour.create(actor=actor, host="b.example", name="Hautbrume", **agreed)
    words = said(await page_for_agents(village))
    assert "1 voisin ne répond pas" in words
    assert "Hautbrume" in words


async def test_it_is_not_for_everybody_and_agents_are_led_there(visitors: Visitors) -> None:
    await factories.village()
    assert (await (await visitors.browser()).get("/admin/status")).status_code == 303
    resident = await visitors.browser(await factories.member("Rosa"))
    assert (await resident.get("/admin/status")).status_code == 404
    await observe(Seen.RESTORE, well=False, reason="is damaged")
    await note_troubles()
    agent = await visitors.browser(await factories.member("Ana", role=Role.AGENT))
    account = BeautifulSoup((await agent.get("/me")).text, "html.parser")
    assert "1 point du site ne fonctionne pas" in said(account)
    assert account.select_one('section[aria-labelledby="h-waiting"] a[href="/admin/status"]')


@pytest.mark.parametrize("well", [True, False])
async def test_who_waits_for_a_link_reads_whether_mails_leave(village: Config, well: bool) -> None:
    await observe(Seen.MAIL, well=well)
    answer = await (await Visitors(village).browser()).get("/sign-in/sent")
    words = said(BeautifulSoup(answer.text, "html.parser"))
    assert ("En ce moment, aucun mail ne part de ce site." in words) is not well
