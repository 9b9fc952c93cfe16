"""The mails that say what somebody is told: everything that is due for one reader is one mail.

A job writes it. While it is sent its notices are held, so that two workers do not send it twice; what a
crash leaves held is written again two minutes later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub import text
from hub.db import transaction
from hub.jobs import enqueue
from hub.notifications.mail import send
from hub.notifications.models import ACT_LASTS, STOP_LASTS, STOP_NOTICES, MailLink, MailStop, Notice
from hub.notifications.people import Account, people
from hub.notifications.rhythm import Rhythm, time_to_send
from hub.text import ngettext
from hub.tokens import hash_of, new_token
from hub.village.models import Village

HELD = timedelta(minutes=2)  # longer than a mail server may take


@dataclass(frozen=True, kw_only=True)
class Reader:
    """To whom a mail goes."""

    key: str
    name: str
    mail: str
    locale: str
    timezone: str
    rhythm: Rhythm = Rhythm.AT_ONCE
    member_id: int | None = None
    participant_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One notice as its reader gets it; `acts`: words and the token of the link."""

    subject: str
    text: str
    path: str
    acts: Sequence[tuple[str, str]]


async def deliver(reader: str, now: datetime | None = None) -> None:
    """Mail what is due for this reader by now; what is left comes again by itself."""
    now = now or datetime.now(UTC)
    found, notices, again_at = await take(reader, now)
    if found is not None and notices:
        try:
            await _send(found, notices)
        except Exception:
            await release(notices)
            raise
        await sent(notices, now)
    if again_at is not None:
        await enqueue(deliver, due_at=again_at, reader=reader)


async def take(
    key: str, now: datetime, *, weekly_too: bool = False
) -> tuple[Reader | None, list[Notice], datetime | None]:
    """Hold what is due for one reader: who it is, the notices, and when to come back for others.

    `weekly_too`: the digest goes out, and takes along what waits for the end of the week.
    """
    async with transaction():
        waiting = Notice.filter(reader=key, mail_after__not_isnull=True).order_by("id")
        notices: list[Notice] = list(await waiting.select_for_update())
        reader = await _reader(notices) if notices else None
        if reader is None:
            await Notice.filter(id__in=[notice.id for notice in notices]).update(mail_after=None)
            return None, [], None
        due, later, over = _sorted(notices, reader, now, weekly_too=weekly_too)
        await Notice.filter(id__in=[notice.id for notice in over]).update(mail_after=None)
        await Notice.filter(id__in=[notice.id for notice in due]).update(held_until=now + HELD)
        return reader, due, min(later, default=None)


def _sorted(
    notices: Sequence[Notice], reader: Reader, now: datetime, *, weekly_too: bool
) -> tuple[list[Notice], list[datetime], list[Notice]]:
    """To be sent now; when the others are; what needs no mail any more."""
    due, later, over = [], [], []
    for notice in notices:
        at = _time_of(notice, reader)
        if at is None or _comes_too_late(notice, now):
            over.append(notice)
        elif notice.held_until is not None and notice.held_until > now:
            later.append(notice.held_until)
        elif at <= now or (weekly_too and notice.mail_after is not None and notice.mail_after <= now):
            due.append(notice)
        else:
            later.append(at)
    return due, later, over


def _comes_too_late(notice: Notice, now: datetime) -> bool:
    """It waited for the mail server until it was of no use; what answers at once has no such moment."""
    return notice.before is not None and notice.made_at < notice.before <= now


def _time_of(notice: Notice, reader: Reader) -> datetime | None:
    if notice.mail_after is None or (notice.seen_at is not None and not notice.urgent):
        return None
    return time_to_send(
        notice.mail_after,
        reader.rhythm,
        timezone=reader.timezone,
        urgent=notice.urgent,
        before=notice.before,
    )


async def _reader(notices: Sequence[Notice]) -> Reader | None:
    """To whom these go; None for who left, was suspended, or wants no more mails."""
    last, village = notices[-1], await Village.current()
    locale, timezone = (village.locale, village.timezone) if village else (text.DEFAULT_LOCALE, "UTC")
    if last.member_id is not None:
        account = await people().find(last.member_id)
        return None if account is None else reader_of_account(account, locale=locale, timezone=timezone)
    if last.mail is None or await MailStop.exists(reader=last.reader):
        return None
    return Reader(
        key=last.reader,
        name=last.name,
        mail=last.mail,
        locale=last.language or locale,
        timezone=timezone,
        participant_id=last.participant_id,
    )


def reader_of_account(account: Account, *, locale: str, timezone: str) -> Reader | None:
    """None where no mail reaches this member."""
    if not account.mail:
        return None
    return Reader(
        key=f"member:{account.member_id}",
        name=account.name,
        mail=account.mail,
        locale=account.locale or locale,
        timezone=timezone,
        rhythm=account.rhythm,
        member_id=account.member_id,
    )


async def _send(reader: Reader, notices: Sequence[Notice]) -> None:
    with text.speaking(reader.locale):
        letters = await letters_of(notices)
        subject = _subject(letters)
    participant_id = reader.participant_id
    await send(
        reader.mail,
        locale=reader.locale,
        template="notice",
        stop=await stop_token(STOP_NOTICES, reader),
        subject=subject,
        name=reader.name,
        letters=letters,
        key=await people().new_key(participant_id) if participant_id is not None else "",
        member=reader.member_id is not None,
    )


def _subject(letters: Sequence[Letter]) -> str:
    first, more = letters[0].subject, len(letters) - 1
    if not more:
        return first
    return ngettext("%(first)s (and another message)", "%(first)s (and %(count)s other messages)", more) % {
        "first": first,
        "count": more,
    }


async def letters_of(notices: Sequence[Notice]) -> list[Letter]:
    """Their words in the language of the moment, with fresh links."""
    letters = []
    for notice in notices:
        labels = [str(act["label"]) for act in notice.acts]
        tokens = [await _link(notice, act) for act in notice.acts]
        acts = zip(map(text.gettext, labels), tokens, strict=True)
        words = notice.text_words()
        letters.append(Letter(subject=notice.subject_words(), text=words, path=notice.path, acts=tuple(acts)))
    return letters


async def _link(notice: Notice, act: dict[str, Any]) -> str:
    token = new_token()
    await MailLink.create(
        hash=hash_of(token),
        name=act["name"],
        label=act["label"],
        explains=act.get("explains", ""),
        arguments=act["arguments"],
        notice_id=notice.id,
        member_id=notice.member_id,
        reader=notice.reader,
        ends_at=datetime.now(UTC) + ACT_LASTS,
    )
    return token


async def stop_token(name: str, reader: Reader) -> str:
    """A link to hear no more of this sort, which works for a year without signing in."""
    token = new_token()
    await MailLink.create(
        hash=hash_of(token),
        name=name,
        member_id=reader.member_id,
        reader=reader.key,
        ends_at=datetime.now(UTC) + STOP_LASTS,
    )
    return token


async def release(notices: Sequence[Notice]) -> None:
    """Their mail did not go out."""
    await Notice.filter(id__in=[notice.id for notice in notices]).update(held_until=None)


async def sent(notices: Sequence[Notice], now: datetime) -> None:
    """Their mail is out."""
    done = Notice.filter(id__in=[notice.id for notice in notices])
    await done.update(mailed_at=now, mail_after=None, held_until=None)
