"""From what somebody is told to their mailbox: in their rhythm, once, and never more than they want."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from hub.db import transaction
from hub.jobs import Job
from hub.members.actions import suspend
from hub.members.models import Member, Rhythm, Role
from hub.notifications import mails
from hub.notifications.actions import (
    Act,
    Message,
    Recipient,
    digest_sent,
    forget_about,
    mark_seen,
    sweep,
    tell,
    tell_agents,
)
from hub.notifications.models import Digest, MailLink, MailStop, Notice
from hub.village.models import Village
from tests import factories

NOON = datetime(2026, 4, 14, 10, tzinfo=UTC)  # a Tuesday
FRIDAY = datetime(2026, 4, 17, 7, tzinfo=UTC)


def message(subject: str = "Hello", **facts: object) -> Message:
    return Message(
        **{"kind": "test", "subject": subject, "text": "%(who)s.", "values": {"who": "Paul"}} | facts
    )  # type: ignore[arg-type]


async def told(recipient: Recipient, *messages: Message, at: datetime = NOON) -> None:
    """As if it had been said then, in a village in France."""
    await Village.all().update(timezone="Europe/Paris")
    async with transaction():
        for each in messages or (message(),):
            await tell(recipient, each)
    await Notice.filter(mail_after__not_isnull=True).update(mail_after=at, made_at=at)


def member(person: Member) -> Recipient:
    return Recipient(name=person.name, member_id=person.id)


VISITOR = Recipient(name="Noé", mail="noe@example.fr")


async def read(mailbox, reader: str | None = None, *, now: datetime = NOON) -> list[str]:
    """Subjects of the mails that go out at `now`."""
    for key in {notice.reader for notice in await Notice.all()} if reader is None else {reader}:
        await mails.deliver(key, now)
    return [mailbox.next(to=mail.to).subject for mail in mailbox.unread()]


async def test_what_was_told_is_mailed_once(mailbox):
    await told(VISITOR)
    assert await read(mailbox) == ["Hello"]
    assert await read(mailbox) == []
    notice = await Notice.get()
    assert (notice.mailed_at, notice.mail_after, notice.held_until) == (NOON, None, None)


async def test_several_at_one_moment_are_one_mail(mailbox):
    await told(VISITOR, message("One"), message("Two"), message("Three"))
    assert await read(mailbox) == ["One (et 2 autres messages)"]


async def test_each_message_of_a_mail_begins_with_what_it_is_about(mailbox):
    """Many read the mail without its subject: on paper, or read aloud by somebody else."""
    for titles, said in ((("One",), "One"), (("One", "Two"), "* One")):
        await Notice.all().delete()
        await told(VISITOR, *map(message, titles))
        await mails.deliver((await Notice.first()).reader, NOON)
        [mail] = mailbox.unread()
        mailbox.next(to=mail.to)
        assert mail.text.split("\n\n")[1] == said


async def test_two_workers_send_one_mail(mailbox):
    await told(VISITOR, message("One"), message("Two"))
    reader = (await Notice.first()).reader
    await asyncio.gather(*(mails.deliver(reader, NOON) for _ in range(4)))
    assert len(mailbox.unread()) == 1


async def test_what_a_dead_worker_held_is_sent_two_minutes_later(mailbox):
    await told(VISITOR)
    reader = (await Notice.first()).reader
    await mails.take(reader, NOON)  # and then the power went
    assert await read(mailbox) == []
    again = await Job.filter(name="notifications.deliver").order_by("-id").first()
    assert again.due_at == NOON + timedelta(minutes=2)
    assert json.loads(again.arguments) == {"reader": reader}
    assert await read(mailbox, now=again.due_at) == ["Hello"]


async def test_a_mail_server_that_is_down_loses_nothing(mailbox, monkeypatch):
    await told(VISITOR)

    async def down(*args: object, **facts: object) -> None:
        raise OSError("nobody answers")

    with monkeypatch.context() as without:
        without.setattr("hub.notifications.mails.send", down)
        with pytest.raises(OSError, match="nobody answers"):
            await mails.deliver((await Notice.first()).reader, NOON)
    assert await read(mailbox) == ["Hello"]


async def test_a_reminder_that_waited_for_the_mail_server_until_it_is_of_no_use_is_not_sent(mailbox):
    midnight = NOON + timedelta(hours=12)
    await told(VISITOR, message("Hello", urgent=True))
    await Notice.all().update(before=midnight)
    assert await read(mailbox, now=NOON + timedelta(days=3)) == []
    assert (await Notice.get()).mail_after is None
    await told(VISITOR, message("Hello", urgent=True))
    await Notice.all().update(before=midnight)
    assert await read(mailbox, now=midnight - timedelta(minutes=1)) == ["Hello"]


async def test_at_night_it_waits_for_the_morning(mailbox):
    night = NOON + timedelta(hours=12)
    await told(VISITOR, at=night)
    assert await read(mailbox, now=night) == []
    assert await read(mailbox, now=datetime(2026, 4, 15, 6, tzinfo=UTC)) == ["Hello"]


async def test_who_has_just_acted_is_awake(mailbox):
    await Village.all().update(timezone="Europe/Paris")
    await tell(VISITOR, message(awake=True))
    assert await read(mailbox, now=datetime.now(UTC)) == ["Hello"]


async def test_a_member_hears_in_their_rhythm_and_at_once_unless_they_chose(mailbox):
    for name, rhythm in (("Rosa", None), ("Ana", Rhythm.DAILY), ("Paul", Rhythm.WEEKLY)):
        await told(member(await factories.member(name, own_rhythm=rhythm)), message(name))
    assert await read(mailbox) == ["Rosa"]
    assert await read(mailbox, now=datetime(2026, 4, 15, 6, tzinfo=UTC)) == ["Ana"]
    assert await read(mailbox, now=FRIDAY) == ["Paul"]


async def test_what_is_urgent_does_not_wait_for_friday(mailbox):
    paul = await factories.member("Paul", own_rhythm=Rhythm.WEEKLY)
    await told(member(paul), message("Later"), message("Sooner", urgent=True))
    assert await read(mailbox) == ["Sooner"]
    assert await read(mailbox, now=FRIDAY) == ["Later"]


async def test_never_is_never_by_mail_and_still_on_the_page(mailbox):
    rosa = await factories.member("Rosa", own_rhythm=Rhythm.NEVER)
    await told(member(rosa), message(urgent=True))
    assert await read(mailbox, now=FRIDAY) == []
    await Member.filter(id=rosa.id).update(own_rhythm=None)
    assert await read(mailbox, now=FRIDAY) == []
    assert await Notice.filter(member_id=rosa.id).count() == 1


async def test_what_was_seen_on_the_page_needs_no_mail(mailbox):
    rosa = await factories.member("Rosa", own_rhythm=Rhythm.DAILY)
    await told(member(rosa), message("Seen"))
    await mark_seen(rosa.id)
    assert await read(mailbox, now=FRIDAY) == []


async def test_it_is_in_the_language_that_its_reader_chose(mailbox):
    rosa = await factories.member("Rosa", locale="en")
    await told(member(rosa), message("One"), message("Two"))
    assert await read(mailbox) == ["One (and another message)"]


async def test_it_goes_to_the_address_of_now(mailbox):
    rosa = await factories.member("Rosa")
    await told(member(rosa))
    await Member.filter(id=rosa.id).update(mail="new@example.fr")
    await mails.deliver(f"member:{rosa.id}", NOON)
    assert mailbox.next(to="new@example.fr").subject == "Hello"


async def test_who_is_suspended_or_gone_is_told_nothing(mailbox):
    rosa, paul = await factories.member("Rosa"), await factories.member("Paul")
    await told(member(rosa))
    await told(member(paul))
    await suspend(rosa.id, await factories.member("Claire", role=Role.ADMINISTRATOR))
    await paul.delete()
    assert await read(mailbox) == []
    await tell(member(rosa), message("After"))
    assert await Notice.filter(subject="After").count() == 0


async def test_all_agents_are_told_and_nobody_else(mailbox):
    await factories.member("Rosa")
    for name in ("Marie", "Luc"):
        await factories.member(name, role=Role.AGENT)
    await tell_agents(message())
    assert {notice.name for notice in await Notice.all()} == {"Marie", "Luc"}


async def test_where_no_mail_goes_somebody_calls(mailbox):
    blanc = await factories.member("Blanc", mail=None, phone="04 65 71 20 31")
    await told(member(blanc), message("Important"), message("Not so much", call=False))
    await told(Recipient(name="Roux", phone="04 65 71 20 88"))
    assert await read(mailbox) == []
    calls = await Notice.filter(call_after__not_isnull=True).order_by("id")
    assert [(call.name, call.subject, call.phone) for call in calls] == [
        ("Blanc", "Important", "04 65 71 20 31"),
        ("Roux", "Hello", "04 65 71 20 88"),
    ]


async def test_what_is_not_due_yet_waits(mailbox):
    await Village.all().update(timezone=factories.zone_at_noon())
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await tell(VISITOR, message(due_at=tomorrow))
    assert await read(mailbox, now=datetime.now(UTC)) == []
    assert await read(mailbox, now=tomorrow + timedelta(minutes=1)) == ["Hello"]


async def test_a_message_whose_placeholder_has_no_value_stops_the_writer_not_the_worker(mailbox):
    with pytest.raises(KeyError):
        await tell(VISITOR, message("%(nothing)s"))


async def test_who_stopped_gets_nothing_more_and_others_do(mailbox):
    await told(VISITOR)
    await told(Recipient(name="Ana", mail="ana@example.fr"))
    await MailStop.create(reader=(await Notice.get(name="Noé")).reader)
    assert await read(mailbox) == ["Hello"]
    assert await Notice.filter(mail_after__not_isnull=True).count() == 0


async def test_everything_is_forgotten_in_time(mailbox):
    await told(VISITOR, message(acts=[Act(name="x", label="y")]))
    await read(mailbox)
    assert await MailLink.all().count() == 2  # the act, and the way to stop
    await sweep(datetime.now(UTC) + timedelta(days=15))
    assert await MailLink.all().count() == 1
    await sweep(datetime.now(UTC) + timedelta(days=400))
    assert await MailLink.all().count() == await Notice.all().count() == 0


async def test_what_was_told_about_something_is_forgotten_with_it(mailbox):
    await told(VISITOR)
    await forget_about([1])
    assert await Notice.all().count() == 1


async def test_until_when_somebody_had_the_digest_is_written_once(mailbox):
    rosa = await factories.member("Rosa")
    await digest_sent(rosa.id, NOON)
    await digest_sent(rosa.id, FRIDAY)
    assert [each.until for each in await Digest.all()] == [FRIDAY]
