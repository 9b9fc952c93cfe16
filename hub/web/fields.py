"""Reading forms: one field at a time, every problem collected, then raised together."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from email_validator import EmailNotValidError, validate_email
from starlette.datastructures import FormData

from hub.errors import InvalidInput
from hub.text import N_

T = TypeVar("T")

MISSING = N_("Write something here.")
TOO_LONG = N_("This is too long.")
NOT_A_CHOICE = N_("Choose one of these.")
NOT_A_MAIL = N_("This is not a mail address. It looks like name@example.fr.")
NOT_A_PHONE = N_(
    "This is not a whole phone number. Write it like 04 65 71 20 14, one of another country with its +."
)
NOT_A_PAGE = N_("This is not the address of a page. It begins with https://.")
NOT_A_CONTACT = N_("Write a mail address, or a whole phone number like 06 12 34 56 78.")


class Form:
    """The fields of a sent form; wrong ones are noted, and `check()` raises them all at once.

    >>> form = Form({"name": " Rosa "})
    >>> form.text("name", max_length=80)
    'Rosa'
    """

    def __init__(self, data: FormData | Mapping[str, object]) -> None:
        self.data = data
        self.problems: dict[str, str] = {}

    def check(self) -> None:
        """Raises InvalidInput if any field read so far was wrong."""
        if self.problems:
            raise InvalidInput(self.problems)

    def wrong(self, name: str, message: str) -> None:
        """Note what is wrong with a field; its first problem is the one that is shown."""
        self.problems.setdefault(name, message)

    def text(self, name: str, *, max_length: int = 200, required: bool = True, lines: bool = False) -> str:
        """What was written, without control characters, trimmed; "" when wrong or absent."""
        value = self.data.get(name)
        text = plain_text(value, lines=lines) if isinstance(value, str) else ""
        if required and not text:
            self.wrong(name, MISSING)
        if len(text) > max_length:
            self.wrong(name, TOO_LONG)
            return ""
        return text

    def choice(self, name: str, options: Iterable[T], default: T | None = None) -> T:
        """One of `options`, compared as text."""
        value, options = self.data.get(name), list(options)
        for option in options:
            if str(option) == value:
                return option
        if default is None or value:
            self.wrong(name, NOT_A_CHOICE)
        return options[0] if default is None else default

    def ticked(self, name: str) -> bool:
        return self.data.get(name) == "yes"

    def parsed(
        self, name: str, parse: Callable[[str], T], message: str | None = None, *, required: bool = True
    ) -> T | None:
        """`parse` of the text; None when absent, or when it raised ValueError.

        Without `message`, the ValueError's own text is shown: then it is a catalogue source.
        """
        text = self.text(name, max_length=500, required=required)
        try:
            return parse(text) if text else None
        except ValueError as error:
            self.wrong(name, message or str(error))
            return None

    def mail(self, name: str, *, required: bool = True) -> str | None:
        return self.parsed(name, mail_address, NOT_A_MAIL, required=required)

    def phone(self, name: str, *, required: bool = True) -> str | None:
        return self.parsed(name, phone_number, NOT_A_PHONE, required=required)

    def page(self, name: str, *, required: bool = True) -> str | None:
        return self.parsed(name, page_address, NOT_A_PAGE, required=required)

    def contact(self, name: str) -> tuple[str | None, str | None]:
        """A mail address or a phone number: (mail, phone), one of them None."""
        text = self.text(name, max_length=254)
        if "@" in text:
            return self.mail(name), None
        return None, self.parsed(name, phone_number, NOT_A_CONTACT)


def plain_text(text: str, *, lines: bool = False) -> str:
    """Without control, bidirectional and invisible characters; `lines` keeps line ends."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (mark for mark in text if (lines and mark == "\n") or unicodedata.category(mark) not in _UNSEEN)
    return "".join(kept).strip()


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")


def mail_address(text: str) -> str:
    """The address as it will be written to; raises ValueError. No look-up on the network."""
    try:
        # Few mail servers take accents before the @, and ours may be none of them.
        return validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error


def phone_number(text: str) -> str:
    """Digits, spaces, dots and one leading +, from 3 to 15 digits; raises ValueError.

    What begins with one 0 has ten digits, as in France, or eleven: who leaves out one would wait for a call
    that never comes. Any number may be written with the + of its country.
    """
    number = re.sub(r"[ .\-/()\u00a0\u202f]+", " ", text).strip()
    digits = number.replace(" ", "")
    if re.fullmatch(r"0[1-9]\d{8,9}|00\d{5,13}|\+?[1-9]\d{2,14}", digits) is None:
        raise ValueError(text)
    if re.fullmatch(r"0\d{9}", digits):
        return " ".join(digits[i : i + 2] for i in range(0, 10, 2))
    return number


def page_address(text: str) -> str:
    """An http(s) address; `example.fr` becomes https://example.fr. Raises ValueError."""
    address = text if "://" in text else f"https://{text}"
    parts = urlsplit(address)
    if (
        parts.scheme not in ("http", "https")
        or "." not in (parts.hostname or "")
        or parts.username is not None
    ):
        raise ValueError(text)
    return address


def local_path(value: object, default: str = "/") -> str:
    """A path of this site to go on to, or `default`: never another site, never a control mark."""
    if not isinstance(value, str) or "\\" in value or not re.fullmatch(r"/(?!/)[\x21-\x7e]*", value):
        return default
    return value


def lenient_split(url: str) -> SplitResult:
    """The parts of an address that somebody sent us; all empty where it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def page_number(query: Mapping[str, str]) -> int:
    """`?page=`, from 1; anything odd is the first page."""
    text = query.get("page", "")
    return max(1, int(text)) if re.fullmatch("[0-9]{1,4}", text) else 1


def parse_id(data: Mapping[str, object], name: str) -> int | None:
    """The number of a row, as a button sends it; None where there is none."""
    text = str(data.get(name, ""))
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None
