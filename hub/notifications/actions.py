"""Somebody is told something: on their page, by mail in their rhythm, or by a call."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub import limits
from hub.db import transaction
from hub.errors import LinkSpent, NotFound
from hub.jobs import enqueue
from hub.notifications import mails
from hub.notifications.models import STOP_DIGEST, STOPS, Digest, MailLink, MailStop, Notice
from hub.notifications.people import Account, Holder, people
from hub.notifications.rhythm import Rhythm, time_to_send
from hub.tokens import hash_of
from hub.village.models import Village

KEPT = timedelta(days=limits.NOTICE_DAYS)
MISSED_AGAIN = timedelta(hours=3)  # after nobody answered the telephone


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A member, or somebody who left a way to reach them; `participant_id`: whose link goes into the mail."""

    name: str
    member_id: int | None = None
    participant_id: int | None = None
    mail: str | None = None
    phone: str | None = None
    locale: str | None = None


@dataclass(frozen=True, kw_only=True)
class Act:
    """What can be done in one click, without signing in: a name of ACTS, and words (a catalogue source).

    `explains`: what happens then, for the page of the link; a source that the message's values fill.
    """

    name: str
    label: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    explains: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """`subject` and `text` are catalogue sources with %(name)s; `values` fills them. `path`: where it leads.

    `urgent`: sent at once, whatever the rhythm but never; not in the quiet hours, unless it would come too
    late then (`before`). `due_at`: not before. `about`: the publication, with whose contacts it is erased.
    `call`: whether somebody without a mail address is called for it. `awake`: it answers what its reader did
    a moment ago, so no night holds it back.
    """

    kind: str
    subject: str
    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"
    acts: Sequence[Act] = ()
    urgent: bool = False
    due_at: datetime | None = None
    before: datetime | None = None
    about: int | None = None
    call: bool = True
    awake: bool = False


async def tell(recipient: Recipient, message: Message) -> None:
    """In the caller's transaction; nothing is sent before it is durable."""
    account = None
    if recipient.member_id is not None:
        account = await people().find(recipient.member_id)
        if account is None:
            return  # erased or suspended
    await _tell(recipient, account, message)


async def tell_agents(message: Message, *, but: Collection[int | None] = ()) -> None:
    """Everybody who does the town hall's part, `but` those who are told in person. They are never called."""
    for account in await people().agents():
        if account.member_id in but:
            continue
        recipient = Recipient(name=account.name, member_id=account.member_id)
        await _tell(recipient, account, message, may_call=False)


async def told_today(kind: str, path: str) -> bool:
    """Whether somebody was told of this within a day: what others can cause again and again is told once."""
    since = datetime.now(UTC) - timedelta(days=1)
    return await Notice.exists(kind=kind, path=path, made_at__gte=since)


async def _tell(
    recipient: Recipient, account: Account | None, message: Message, *, may_call: bool = True
) -> None:
    told_at = datetime.now(UTC)
    notice = _notice(recipient, message, told_at)
    assert notice.subject % notice.values, "each placeholder has its value, before anything is written"
    assert notice.text % notice.values, "a notice says something"
    mail = (account.mail if account else None) or recipient.mail
    phone = recipient.phone or (account.phone if account else None)
    asked = max(told_at, message.due_at or told_at)
    if mail:
        notice.mail_after = asked
    elif phone and message.call and may_call:
        notice.phone, notice.call_after = phone, asked
    await notice.save()
    if mail:
        await _send_later(notice, account.rhythm if account else Rhythm.AT_ONCE)


def _notice(recipient: Recipient, message: Message, told_at: datetime) -> Notice:
    return Notice(
        reader=reader_of(recipient),
        member_id=recipient.member_id,
        participant_id=recipient.participant_id,
        publication_id=message.about,
        name=recipient.name,
        mail=recipient.mail if recipient.member_id is None else None,
        locale=recipient.locale,
        kind=message.kind,
        subject=message.subject,
        text=message.text,
        values=dict(message.values),
        path=message.path,
        acts=[asdict(act) | {"arguments": dict(act.arguments)} for act in message.acts],
        urgent=message.urgent,
        due_at=message.due_at,
        before=told_at if message.awake else message.before,
        made_at=told_at,
    )


def reader_of(recipient: Recipient) -> str:
    """Whose mails are one: a member's, or those of one way to reach somebody who asked or promised once."""
    if recipient.member_id is not None:
        return f"member:{recipient.member_id}"
    if recipient.participant_id is not None:
        return f"participant:{recipient.participant_id}"
    contact = (recipient.mail or recipient.phone or "").casefold()
    return f"contact:{hashlib.sha256(contact.encode()).hexdigest()[:32]}"


async def _send_later(notice: Notice, rhythm: Rhythm) -> None:
    village = await Village.current()
    assert notice.mail_after is not None
    due_at = time_to_send(
        notice.mail_after,
        rhythm,
        timezone=village.timezone if village else "UTC",
        urgent=notice.urgent,
        before=notice.before,
    )
    if due_at is not None:
        await enqueue(mails.deliver, due_at=due_at, reader=notice.reader)


async def mark_seen(member_id: int, now: datetime | None = None) -> None:
    """The member has looked at the list; what was seen needs no mail, unless it is urgent."""
    unseen = Notice.filter(member_id=member_id, seen_at=None)
    await unseen.update(seen_at=now or datetime.now(UTC))


async def find_link(token: str, now: datetime | None = None) -> MailLink:
    """An act that can still be done, with its notice. Raises LinkSpent."""
    living = MailLink.filter(hash=hash_of(token), used_at=None, ends_at__gt=now or datetime.now(UTC))
    link = await living.exclude(name__in=STOPS).select_related("notice").first()
    if link is None or await _holder(link) is None:
        raise LinkSpent
    return link


async def use_link(token: str, now: datetime | None = None) -> tuple[Notice, str]:
    """Do the act, once: its notice, and what was done (a catalogue source). Raises LinkSpent, Conflict…

    The other acts of the notice are over with it: who said yes does not say no by an old mail.
    """
    now = now or datetime.now(UTC)
    async with transaction():
        link = await find_link(token, now)
        # All of its notice, in one order: else a yes and a no at once would wait for each other.
        await MailLink.filter(notice_id=link.notice_id).order_by("hash").select_for_update()
        taken = MailLink.filter(hash=link.hash, used_at=None)
        if await taken.update(used_at=now) != 1 or link.notice is None:
            raise LinkSpent
        holder = await _holder(link)
        done = await _do(link.name, link.arguments, holder)
        await _settled(link.notice, now)
        return link.notice, done


async def _holder(link: MailLink) -> Holder | None:
    """To whom the mail went, as long as they have their account."""
    if link.member_id is None:
        return Holder(name=link.notice.name if link.notice else "")
    account = await people().find(link.member_id)
    return None if account is None else Holder(name=account.name, member_id=account.member_id)


async def _do(name: str, arguments: Mapping[str, Any], holder: Holder | None) -> str:
    act = people().acts.get(name)
    if act is None or holder is None:
        raise LinkSpent
    return await act(holder, **arguments)


async def _settled(notice: Notice, now: datetime) -> None:
    """Somebody acted on it: no other mail or call about it is needed."""
    await MailLink.filter(notice_id=notice.id, used_at=None).delete()
    await Notice.filter(id=notice.id).update(seen_at=notice.seen_at or now, call_after=None, mail_after=None)


async def end_links(member_id: int) -> None:
    """The links that went to a member's mailbox are of no use any more: another address, another role."""
    await MailLink.filter(member_id=member_id, used_at=None).delete()


async def stop(token: str, now: datetime | None = None) -> str | None:
    """No more mails of this sort to whom this link was sent; the sort, None where there is no such link.

    May come again, also from the reader's mail program: it stays stopped.
    """
    now = now or datetime.now(UTC)
    async with transaction():
        link = await MailLink.filter(hash=hash_of(token), name__in=STOPS, ends_at__gt=now).first()
        if link is None:
            return None
        await MailLink.filter(hash=link.hash).update(used_at=now)
        if link.member_id is not None:
            await people().stop(link.member_id, link.name == STOP_DIGEST)
        else:
            await MailStop.bulk_create([MailStop(reader=link.reader)], ignore_conflicts=True)
        return link.name


async def find_stop(token: str, now: datetime | None = None) -> MailLink | None:
    """What stop() would do."""
    found = MailLink.filter(hash=hash_of(token), name__in=STOPS, ends_at__gt=now or datetime.now(UTC))
    return await found.first()


async def called(notice_id: int, *, by: str, now: datetime | None = None) -> None:
    """The agent told them. Raises NotFound."""
    await _call(notice_id)
    now = now or datetime.now(UTC)
    await Notice.filter(id=notice_id).update(call_after=None, called_at=now, called_by=by, seen_at=now)


async def call_missed(notice_id: int, now: datetime | None = None) -> None:
    """Nobody answered: again in some hours. Raises NotFound."""
    await _call(notice_id)
    now = now or datetime.now(UTC)
    await Notice.filter(id=notice_id).update(call_after=now + MISSED_AGAIN, missed_at=now)


async def call_later(notice_id: int, until: datetime) -> None:
    """Raises NotFound."""
    await _call(notice_id)
    await Notice.filter(id=notice_id).update(call_after=until)


async def act_by_call(notice_id: int, number: int, *, by: Holder, now: datetime | None = None) -> str:
    """What somebody said on the telephone is done, by the agent; what was done. Raises NotFound, Conflict…"""
    now = now or datetime.now(UTC)
    async with transaction():
        notice = await _call(notice_id)
        if not 0 <= number < len(notice.acts):
            raise NotFound
        act = notice.acts[number]
        done = await _do(act["name"], act["arguments"], Holder(name=notice.name, member_id=by.member_id))
        await _settled(notice, now)
        await Notice.filter(id=notice_id).update(called_at=now, called_by=by.name)
        return done


async def _call(notice_id: int) -> Notice:
    notice = await Notice.get_or_none(id=notice_id)
    if notice is None or notice.call_after is None:
        raise NotFound
    return notice


async def forget_about(
    publication_ids: Sequence[int], before: datetime | None = None, *, kind: str | None = None
) -> None:
    """What was told about these, or only before then, or of this kind: contacts stood in it.

    In the caller's transaction.
    """
    told = Notice.filter(publication_id__in=list(publication_ids))
    told = told if kind is None else told.filter(kind=kind)
    await (told if before is None else told.filter(made_at__lt=before)).delete()


async def sweep(now: datetime | None = None) -> None:
    """Forget notices after half a year, and links that are of no use any more."""
    now = now or datetime.now(UTC)
    await Notice.filter(made_at__lt=now - KEPT).delete()
    await MailLink.filter(ends_at__lt=now).delete()
    await MailStop.filter(at__lt=now - 2 * KEPT).delete()


async def digest_sent(member_id: int, until: datetime) -> None:
    """What is new in the village up to `until` was told to this member, in the caller's transaction."""
    await Digest.bulk_create(
        [Digest(member_id=member_id, until=until)], update_fields=["until"], on_conflict=["member_id"]
    )
