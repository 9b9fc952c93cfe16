"""One mail to one person, by SMTP, or into a file where no mail server is set.

Only jobs call this: a mail server that is down must not fail a page, and the job tries again.
"""

import asyncio
import logging
import os
import re
import secrets
import time
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub import text
from hub.config import Config
from hub.jobs import Away, bring_back
from hub.observations import Observation, Seen, observe
from hub.village.models import Village
from hub.web.templates import render_text

log = logging.getLogger(__name__)

FILES_KEPT = timedelta(days=30)
REST = 4  # times as long as it kept us waiting in vain, a server is left alone

_config: ContextVar[Config] = ContextVar("mail_config")
_rests_until = 0.0  # by the monotonic clock


def use_config(config: Config) -> None:
    """Where mails go, for every task that starts from here."""
    global _rests_until  # noqa: PLW0603 (one process, one mail server)
    _config.set(config)
    _rests_until = 0.0


async def send(
    to: str, *, locale: str | None, template: str, stop: str | None = None, **context: Any
) -> None:
    """Write `templates/email/TEMPLATE.txt` to `to`; its first line is the subject.

    `locale` None: the village's. `stop`: token of the link by which one gets no more of these.
    Raises OSError; the job edge then tries again later.
    """
    config, village = _config.get(), await Village.current()
    sender = village.name if village else "Lavoir"
    context["timezone"] = village.timezone if village else "UTC"
    phone = village.phone.replace(" ", text.NO_BREAK) if village else ""
    context["signature"] = f"{sender}, {phone}" if phone else sender  # who is lost calls
    with text.speaking(locale or (village.locale if village else text.DEFAULT_LOCALE)):
        words = render_text(
            f"email/{template}.txt", village=sender, origin=config.origin, stop=stop, **context
        )
    message = compose(config, sender=sender, to=to, words=words)
    if stop is not None:
        # RFC 8058: the mail program stops it with one click, with a POST that no person has to press.
        message["List-Unsubscribe"] = f"<{config.origin}/stop/{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if config.smtp_url is None:
        await asyncio.to_thread(write_file, message, config.data / "mail")
    else:
        await _submit(message, config.smtp_url)


class Refused(OSError):
    """The mail server works; it does not want this mail."""


async def _submit(message: EmailMessage, smtp_url: str) -> None:
    """What is wrong with the server is said once, however many mails wait for it."""
    if time.monotonic() < _rests_until:
        raise Away("the mail server did not answer a moment ago")
    before = await Observation.of(Seen.MAIL)
    well = before is None or before.well
    try:
        await _try_server(message, smtp_url)
    except Refused:
        raise
    except OSError as error:
        if well:
            log.error("mail server takes no mails", extra={"reason": str(error)})
        await observe(Seen.MAIL, well=False, reason=str(error))
        raise
    await observe(Seen.MAIL, well=True)
    if not well:
        log.info("mail server takes mails again")
        await bring_back()


async def _try_server(message: EmailMessage, smtp_url: str) -> None:
    """Half a minute in vain for each mail would keep all other jobs waiting: these go first then."""
    global _rests_until  # noqa: PLW0603 (as above)
    began = time.monotonic()
    try:
        await submit(message, smtp_url)
    except Away:
        ended = time.monotonic()
        _rests_until = ended + REST * (ended - began)
        raise


def compose(config: Config, *, sender: str, to: str, words: str) -> EmailMessage:
    """The message; header injection is refused by the standard library's address and policy."""
    subject, _, body = words.partition("\n")
    host = urlsplit(config.origin).hostname or "localhost"
    host = "localhost" if ":" in host else host  # no mail comes from http://[::1]
    mailbox = urlsplit(config.smtp_url or "").username or ""
    sender_address = unquote(mailbox) if "@" in unquote(mailbox) else f"lavoir@{host}"
    message = EmailMessage(policy=policy.default.clone(max_line_length=900))  # folding loses spaces
    message["From"] = Address(sender, addr_spec=sender_address)
    message["To"] = ascii_address(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=host)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.strip() + "\n")
    return message


def ascii_address(address: str) -> str:
    """The host's name as mail servers know it: `rosa@xn--caf-dma.example` for `rosa@café.example`."""
    local, _, host = address.rpartition("@")
    return f"{local}@{host if host.isascii() else host.encode('idna').decode('ascii')}"


def write_file(message: EmailMessage, folder: Path) -> None:
    """One `.eml` file for each mail, readable by the operator alone; complete or absent."""
    for each in (folder.parent, folder):  # `parents=True` would leave the data folder open to all
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}.eml"
    unfinished = folder / f".{name}.part"  # not yet what somebody finds who looks for *.eml
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(bytes(message))
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / name)


async def forget_files(now: datetime | None = None) -> None:
    """Mails that were written into files hold ways to reach people: like these they are not kept for ever."""
    oldest = ((now or datetime.now(UTC)) - FILES_KEPT).timestamp()
    await asyncio.to_thread(_forget_files, _config.get().data / "mail", oldest)


def _forget_files(folder: Path, oldest: float) -> None:
    for file in folder.glob("*.eml"):
        with suppress(FileNotFoundError):  # somebody has just taken it away
            if file.stat().st_mtime < oldest:
                file.unlink()


async def submit(message: EmailMessage, smtp_url: str) -> None:
    """`smtp://user:pass@host:587?starttls=1`, or `smtps://` for TLS from the first byte.

    Raises Refused, Away; OSError where the server does not take what is in the mail.
    """
    import aiosmtplib  # 14 MB that a village without a mail server never needs

    parts = urlsplit(smtp_url)
    encrypted = parts.scheme == "smtps"
    try:
        await aiosmtplib.send(
            message,
            hostname=parts.hostname,
            port=parts.port or (465 if encrypted else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=encrypted,
            start_tls=parse_qs(parts.query).get("starttls") == ["1"] if not encrypted else False,
            timeout=30,
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        # Mail servers repeat in their answers whom the mail is for, which the log must not say.
        told = re.sub(r"[^\s<>'\"]+@[^\s<>'\"]+", "…", str(error))
        raise _kind(error)(f"{type(error).__name__}: {told}") from None


def _kind(error: Exception) -> type[OSError]:
    """Whether the server is away, or something is wrong with this mail."""
    import aiosmtplib

    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return Refused
    return OSError if isinstance(error, aiosmtplib.SMTPDataError) and error.code >= 500 else Away
