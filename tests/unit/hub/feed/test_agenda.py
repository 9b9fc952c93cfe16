"""Dates and projects on the first page, in the search, in feeds and in the digest."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from hub.agenda.actions import cancel, delete_event
from hub.agenda.coming import join
from hub.agenda.models import Event, JoinDraft
from hub.feed.digest import send_digest, send_digests
from hub.feed.jobs import index_the_rest
from hub.jobs import Job
from hub.members.models import Member
from hub.participants.models import Person
from hub.publications import search
from hub.publications.models import Publication, Scope
from tests import factories
from tests.mail import Mailbox
from tests.unit.hub.agenda.conftest import event, in_days
from tests.unit.hub.village.visitors import Browser, Visitors, page, words

ATOM = "{http://www.w3.org/2005/Atom}"


def next_friday() -> datetime:
    """Half past eight, or nine, in France."""
    morning = datetime.now(UTC).replace(hour=7, minute=30, second=0, microsecond=0)
    return morning + timedelta(days=(4 - morning.weekday()) % 7 + 7)


def week(response) -> list[str]:
    return [link.text for link in page(response).select("section[aria-labelledby=h-week] .day a")]


def found(response) -> list[str]:
    return [link.text for link in page(response).select("a.title")]


async def test_the_first_page_says_what_is_going_on_this_week(visitor: Browser) -> None:
    await event(title="Plus tard", starts_at=in_days(20), ends_at=in_days(20, 16))
    assert week(await visitor.get("/")) == ["Plus tard"], "where nothing is on, what comes next"
    for day in (5, 4, 3, 2, 1):
        await event(title=f"Jour {day}", starts_at=in_days(day), ends_at=in_days(day, 16))
    await event(title="Du village", starts_at=in_days(1), ends_at=in_days(1, 16), scope=Scope.VILLAGE)
    assert week(await visitor.get("/")) == ["Jour 1", "Jour 2", "Jour 3", "Jour 4"]


async def test_dates_are_found_what_is_to_come_first_and_what_is_taken_down_no_more(visitor: Browser) -> None:
    past = await event(title="Fête passée", place="Le préau")
    await Event.filter(id=past.id).update(starts_at=in_days(-3), ends_at=in_days(-3, 16))
    old = datetime.now(UTC) + timedelta(minutes=5)  # published later, and over all the same
    await Publication.filter(id=past.publication_id).update(published_at=old)
    await event(title="Bal", place="Le préau")
    await event(title="Caché", place="Le préau", trusted=False)
    gone = await event(title="Retiré", place="Le préau")
    await delete_event(gone)
    shown = await visitor.get("/search?q=preau")
    assert found(shown) == ["Bal", "Fête passée"]
    assert "Salle" not in words(shown)


async def test_dates_of_before_the_index_join_it(visitor: Browser) -> None:
    made = await event(title="Bal")
    await search.forget(await Publication.get(id=made.publication_id))
    assert found(await visitor.get("/search?q=bal")) == []
    await index_the_rest()
    assert found(await visitor.get("/search?q=bal")) == ["Bal"]


async def test_the_agenda_has_a_feed_that_says_when_and_where(visitor: Browser) -> None:
    await event(title="Bal")
    await event(title="Du village", scope=Scope.VILLAGE)
    await cancel(await event(title="Annulé"))
    later = await event(title="D’une série")
    await Event.filter(id=later.id).update(sent_at=None)
    for path in ("/agenda.atom", "/@agenda.atom", "/feed.atom"):
        feed = ElementTree.fromstring((await visitor.get(path)).content)
        assert [title.text for title in feed.iterfind(f"{ATOM}entry/{ATOM}title")] == ["Bal"], path
    content = feed.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert "Salle des fêtes" in content


async def test_the_digest_says_what_is_going_on_and_where_its_reader_comes(
    visitors: Visitors, visitor: Browser, database
) -> None:
    rosa, friday = await factories.member("Rosa"), next_friday()
    await Member.filter(id=rosa.id).update(joined_at=friday - timedelta(days=90))
    soon, late = friday + timedelta(days=2), friday + timedelta(days=20)
    await event(title="Bal", starts_at=soon, ends_at=soon + timedelta(hours=2))
    loto = await event(title="Loto", starts_at=late, ends_at=late + timedelta(hours=2))
    await join(loto, JoinDraft(), Person(name="Rosa", member_id=rosa.id))
    await send_digests(friday)
    for job in await Job.filter(name="feed.send_digest"):
        await send_digest(**json.loads(job.arguments), now=friday)
    mail = Mailbox(database.data / "mail").next(to="rosa@example.fr")
    assert "1 date" in mail.subject
    themes = mail.text.partition("IN THE AGENDA")[2]
    assert "Bal" in themes
    assert "Loto" not in themes
    assert "You are coming: Loto" in mail.text
