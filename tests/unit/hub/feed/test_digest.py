"""The digest of a Friday morning: what concerns its reader, what is new, and nothing where nothing is."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.actors.models import Actor
from hub.announcements.actions import AnnouncementDraft, publish_announcement
from hub.exchange import actions, pledges
from hub.exchange.models import PledgeDraft, Proposal, ProposalDraft
from hub.feed.digest import send_digest, send_digests
from hub.jobs import Job
from hub.members.models import Member, Rhythm, Role
from hub.notifications.actions import Message, Recipient, tell
from hub.notifications.models import Digest, Notice
from hub.participants.models import Person
from hub.publications.models import Kind, Publication, Scope
from hub.village.models import Village
from tests import factories
from tests.mail import Mail, Mailbox
from tests.unit.hub.village.visitors import visitors as visitors

FRIDAY = datetime(2026, 4, 17, 6, 30, tzinfo=UTC)  # half past eight in France
PAUL = Person(name="Paul", mail="paul@example.fr")


@pytest_asyncio.fixture
async def mailbox(visitors, database) -> Mailbox:
    await factories.village()
    return Mailbox(database.data / "mail")


async def reader(name: str = "Rosa", **facts: object) -> Member:
    member = await factories.member(name, **facts)
    await Member.filter(id=member.id).update(joined_at=FRIDAY - timedelta(days=90))
    return member


async def hang(
    title: str, *, days: float = 1, kind: Kind = Kind.NEED, person: Person = PAUL, **facts: object
):
    """On the board, so many days before that Friday."""
    draft = ProposalDraft(kind=kind, title=title, text="…", wanted=2, unit="personnes", **facts)  # type: ignore[arg-type]
    proposal = await actions.publish_proposal(draft, person, trusted=True)
    await Publication.filter(id=proposal.publication_id).update(published_at=FRIDAY - timedelta(days=days))
    await Proposal.filter(id=proposal.id).update(expires_at=FRIDAY + timedelta(days=60))
    return proposal


async def mails_of(mailbox: Mailbox, now: datetime = FRIDAY) -> dict[str, Mail]:
    await send_digests(now)
    for job in await Job.filter(name="feed.send_digest"):
        await send_digest(**json.loads(job.arguments), now=now)
        await job.delete()
    return {mail.to: mailbox.next(to=mail.to) for mail in mailbox.unread()}


async def test_it_says_what_is_new_of_each_kind_once(mailbox):
    await reader()
    await hang("Rentrer le bois", area="Hameau des Combes")
    await hang("Une échelle", kind=Kind.OFFER)
    news = await publish_announcement(
        await Actor.village(), AnnouncementDraft(title="Eau coupée", text="Mardi.")
    )
    await Publication.filter(id=news.id).update(published_at=FRIDAY - timedelta(hours=3))
    mail = (await mails_of(mailbox))["rosa@example.fr"]
    assert mail.subject == "Saint-Martin : 1 besoin, 1 offre, 1 nouvelle"
    assert "- Rentrer le bois, Hameau des Combes\n  http://localhost:8000/" in mail.text
    assert mail.text.index("Rentrer") < mail.text.index("échelle") < mail.text.index("Eau coupée")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert await mails_of(mailbox) == {}
    assert await mails_of(mailbox, FRIDAY + timedelta(days=7)) == {}


async def test_where_nothing_is_new_nothing_is_sent(mailbox):
    rosa = await reader()
    await hang("Il y a longtemps", days=8)
    own = await hang("Mon besoin", person=Person(name="Rosa", member_id=rosa.id, mail=rosa.mail))
    assert await mails_of(mailbox) == {}
    assert (await Digest.get(member_id=rosa.id)).until == FRIDAY
    assert own.state.value == "open"


async def test_it_shows_only_what_everybody_in_the_village_may_see_and_still_do(mailbox):
    await reader("Marie", role=Role.AGENT)
    await hang("Pour le village", scope=Scope.VILLAGE)
    hidden, closed = await hang("Caché"), await hang("Fermé")
    await Publication.filter(id=hidden.publication_id).update(hidden_at=FRIDAY)
    await actions.close(closed)
    await actions.publish_proposal(ProposalDraft(kind=Kind.NEED, title="À relire", text="…"), PAUL)
    text = (await mails_of(mailbox))["marie@example.fr"].text
    assert "Pour le village" in text
    assert not any(title in text for title in ("Caché", "Fermé", "À relire"))


async def test_it_begins_with_what_concerns_its_reader(mailbox):
    rosa = await reader()
    me = Person(name="Rosa", member_id=rosa.id, mail=rosa.mail)
    own = await hang("Mon besoin", days=20, person=me)
    await pledges.pledge(own, PledgeDraft(), PAUL)
    other = await hang("Chez Paul", days=20)
    mine = await pledges.pledge(other, PledgeDraft(), me)
    await pledges.accept(mine)
    await Notice.all().delete()
    await hang("Nouveau")
    text = (await mails_of(mailbox))["rosa@example.fr"].text
    assert "- Mon besoin, 0 sur 2 personnes" in text
    assert "quelqu’un attend votre réponse" in text
    assert "- Vous avez promis\N{NO-BREAK SPACE}: Chez Paul" in text
    assert text.index("Mon besoin") < text.index("Nouveau")


async def test_it_takes_along_what_waited_for_the_end_of_the_week(mailbox):
    rosa = await reader(own_rhythm=Rhythm.WEEKLY)
    message = Message(kind="x", subject="Paul peut aider", text="Samedi.")
    await tell(Recipient(name="Rosa", member_id=rosa.id), message)
    await Notice.all().update(mail_after=FRIDAY - timedelta(days=2))
    mail = (await mails_of(mailbox))["rosa@example.fr"]
    assert mail.subject == "Saint-Martin : Paul peut aider"
    assert (await Notice.get()).mailed_at == FRIDAY


async def test_a_theme_fits_the_screen_of_a_telephone(mailbox):
    await reader()
    for number in range(12):
        await hang(f"Besoin {number}", days=number / 4)
    mail = (await mails_of(mailbox))["rosa@example.fr"]
    assert mail.subject == "Saint-Martin : 12 besoins"
    assert mail.text.count("- Besoin") == 5
    assert "7 autres" in mail.text


@pytest.mark.parametrize(
    ("rhythm", "now", "comes"),
    [
        (Rhythm.WEEKLY, FRIDAY, True),
        (Rhythm.WEEKLY, FRIDAY - timedelta(minutes=31), False),  # still night
        (Rhythm.WEEKLY, FRIDAY + timedelta(hours=24), True),  # the server was down
        (Rhythm.WEEKLY, FRIDAY + timedelta(days=4), False),
        (Rhythm.MONTHLY, FRIDAY, False),
        (Rhythm.MONTHLY, FRIDAY + timedelta(days=14), True),  # the first of May
        (Rhythm.NEVER, FRIDAY, False),
    ],
)
async def test_it_comes_in_the_rhythm_of_its_reader(mailbox, rhythm, now, comes):
    await reader(rhythm=rhythm)
    await hang("Nouveau", days=-0.5 if now > FRIDAY + timedelta(days=7) else 1)
    assert bool(await mails_of(mailbox, now)) is comes


async def test_who_joined_today_waits_a_week_and_who_has_no_mail_is_not_counted(mailbox):
    today = await reader("Ana")
    await Member.filter(id=today.id).update(joined_at=FRIDAY)
    await reader("Blanc", mail=None, phone="04 65 71 20 31")
    suspended = await reader("Luc")
    await Member.filter(id=suspended.id).update(suspended_at=FRIDAY)
    await hang("Nouveau")
    assert await mails_of(mailbox) == {}


async def test_a_mail_server_that_is_down_loses_nothing(mailbox, monkeypatch):
    rosa = await reader()
    await hang("Nouveau")

    async def down(*args: object, **facts: object) -> None:
        raise OSError("nobody answers")

    with monkeypatch.context() as without:
        without.setattr("hub.feed.digest.send", down)
        with pytest.raises(OSError, match="nobody answers"):
            await send_digest(rosa.id, FRIDAY)
    await send_digest(rosa.id, FRIDAY + timedelta(minutes=1))
    assert [mail.to for mail in mailbox.unread()] == ["rosa@example.fr"]


async def test_as_long_as_it_waits_for_the_mail_server_nobody_asks_for_another_one(mailbox):
    """This is looked at each hour: for each of its readers dozens would wait."""
    people = [await reader(name) for name in ("Rosa", "Paul")]
    for hours in range(3):
        await send_digests(FRIDAY + timedelta(hours=hours))
    waiting = await Job.filter(name="feed.send_digest").values_list("arguments", flat=True)
    assert sorted(json.loads(each)["member_id"] for each in waiting) == [member.id for member in people]


async def test_before_the_village_is_set_up_nobody_is_written_to(database):
    await Village.all().delete()
    await send_digests(FRIDAY)


async def test_one_that_waited_for_the_mail_server_is_not_sent_days_later(mailbox):
    rosa = await reader()
    await hang("Nouveau", days=0.5)
    await send_digest(rosa.id, FRIDAY + timedelta(days=4))
    assert mailbox.unread() == []
    assert not await Digest.exists()
