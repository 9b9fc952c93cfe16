"""The mails that a site without SMTP writes to its folder, as its people would read them."""

import re
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.waiting import GUARD

LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, kw_only=True)
class Mail:
    to: str
    subject: str
    text: str
    message: EmailMessage

    @property
    def link(self) -> str:
        """The first link of the text: what the mail asks its reader to open."""
        found = LINK.search(self.text)
        assert found, f"no link in this mail:\n{self.text}"
        return found[0]


class Mailbox:
    """Hands each mail out once, oldest first, so that no test takes an old link for the new one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: set[Path] = set()
        self._opened: dict[Path, Mail] = {}

    def next(self, *, to: str, within: float = GUARD) -> Mail:
        """The oldest mail to this address that was not handed out yet; waits until it is written."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for path, mail in self._unread():
                if to in mail.to:
                    self._read.add(path)
                    return mail
            time.sleep(0.05)
        others = [f"{mail.to}: {mail.subject}" for _, mail in self._unread()]
        raise AssertionError(f"no new mail to {to} within {within} s; unread mails: {others}")

    def unread(self) -> list[Mail]:
        """What is there now and was not handed out."""
        return [mail for _, mail in self._unread()]

    def _unread(self) -> list[tuple[Path, Mail]]:
        paths = [path for path in self.folder.glob("*.eml") if path not in self._read]
        return [(path, self._mail(path)) for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns)]

    def _mail(self, path: Path) -> Mail:
        """Each is opened once, however often somebody looks for another one."""
        if path not in self._opened:
            self._opened[path] = read_mail(path)
        return self._opened[path]


def read_mail(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return Mail(to=str(message["To"]), subject=str(message["Subject"]), text=text, message=message)
