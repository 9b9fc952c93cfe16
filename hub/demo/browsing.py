"""People of the demo and their browsers: pages are opened, forms filled in and sent, as anybody would."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from secrets import token_hex
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from hub.errors import HubError

T = TypeVar("T")
SECONDS = 120  # for a page of the smallest board
PATIENCE = 300


class DemoFailed(HubError):
    """A page did not do what the story needs."""


@dataclass
class Form:
    """A form of a page: where it goes, and what it would send as it is."""

    action: str
    is_sent: bool = True  # by POST; others only look for something
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def offers(self, button: str, words: str) -> bool:
        """Whether a button with this value also says these words."""
        return any(value == button and words in told for value, told in self.buttons)


@dataclass
class Page:
    """An answer, read: its forms, its links with their words, and all of its words."""

    status: int
    location: str
    text: str
    forms: list[Form]
    links: list[tuple[str, str]]

    def form(self, to: str | None = None) -> Form:
        """The first that goes there; without `to`, the first that goes to its own page."""
        found = [form for form in self.forms if form.action == (to or "")] or self.forms
        if not found or (to is not None and found[0].action not in (to, "")):
            raise DemoFailed(f"no form to {to or 'itself'}: {self.text[:300]}")
        return found[0]

    def link(self, words: str) -> str:
        """Where the link with these words leads; empty, where there is none."""
        return next((href for href, told in self.links if words in told), "")


class Browser:
    """Of one person: their own address, their cookies, and the files that they choose."""

    def __init__(self, port: int, *, address: str) -> None:
        self._port = port
        self._address = address
        self._cookies: dict[str, str] = {}
        self._token = ""

    def get(self, path: str) -> Page:
        page = self._send("GET", path)
        if page.status != 200:
            raise DemoFailed(f"{path} answers {page.status}: {page.text[:300]}")
        return page

    def post(self, path: str, fields: Mapping[str, str], photo: bytes | None = None) -> str:
        """A form, sent without opening its page; where its answer leads."""
        if not self._token:
            self._token = self.get("/language").form("/language").fields["_token"]
        kind, body = _encoded({"_token": self._token, **fields}, photo)
        page = self._send("POST", path, body=body, kind=kind)
        if page.status != 303:
            raise DemoFailed(f"{path} answers {page.status}: {page.text[:600]}")
        return page.location

    def submit(self, path: str, *, to: str | None = None, **fields: str) -> str:
        """Open a page, fill in its form, press its button; where that leads."""
        form = self.get(path).form(to)
        return self.press(form, path, **fields)

    def press(self, form: Form, path: str, **fields: str) -> str:
        return self.post(form.action or path.partition("?")[0], form.fields | fields)

    def _send(self, method: str, path: str, *, body: bytes | None = None, kind: str = "") -> Page:
        headers = {"X-Forwarded-For": self._address, "Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if kind:
            headers["Content-Type"] = kind
        connection = HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        try:
            connection.request(method, path_of(path), body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except OSError as error:
            raise DemoFailed(f"nobody answers on port {self._port} any more ({error})") from error
        finally:
            connection.close()
        self._keep_cookies(answer)
        location = path_of(answer.headers.get("location", "")).partition("?")[0]
        return read_page(text, status=answer.status, location=location)

    def _keep_cookies(self, answer: HTTPResponse) -> None:
        for line in answer.headers.get_all("set-cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            if "max-age=0" in line.lower():
                self._cookies.pop(name, None)
            else:
                self._cookies[name] = value
            self._token = ""  # it hangs on the session


class _Reader(HTMLParser):
    """Collects forms, links and words while a page is parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._given: dict[str, str] = {}
        self._area: str | None = None
        self._select = ""
        self._said: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag in ("a", "button"):
            self._given, self._said = given, []
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), is_sent=given.get("method") == "post"))
        elif self.forms and tag in ("input", "textarea", "select", "option"):
            self._take(tag, given)

    def _take(self, tag: str, given: dict[str, str]) -> None:
        name, value, form = given.get("name", ""), given.get("value", ""), self.forms[-1]
        if tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in form.fields or "selected" in given):
            form.fields[self._select] = value
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "input" and name and _is_filled(given):
            form.fields[name] = value
        if given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        words = " ".join("".join(self._said).split())
        if tag == "a":
            self.links.append((self._given.get("href", ""), words))
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append((self._given.get("value", ""), words))
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        self._said.append(data)
        if self._area is not None:
            self.forms[-1].fields[self._area] += data


def _is_filled(given: dict[str, str]) -> bool:
    kind = given.get("type", "text")
    return kind not in ("radio", "checkbox", "file", "submit") or "checked" in given


def read_page(text: str, *, status: int = 200, location: str = "") -> Page:
    """What is between the header and the footer, with the forms that change something."""
    reader = _Reader()
    reader.feed(text.partition("<main")[2].partition(">")[2] or text)
    words = " ".join("".join(reader.words).split())
    forms = [form for form in reader.forms if form.is_sent]
    return Page(status, location, words, forms, reader.links)


def path_of(address: str) -> str:
    """Without scheme and host."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _encoded(fields: Mapping[str, str], photo: bytes | None) -> tuple[str, bytes]:
    """The type and the body of a form, with its one photo."""
    if photo is None:
        return "application/x-www-form-urlencoded", urlencode(fields).encode()
    mark = token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    file = f'--{mark}\r\nContent-Disposition: form-data; name="photo1"; filename="photo.jpg"\r\n\r\n'
    body = b"".join([*parts, file.encode(), photo, f"\r\n--{mark}--\r\n".encode()])
    return f"multipart/form-data; boundary={mark}", body


class Mailbox:
    """The mails that a hub without a mail server writes into its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: set[Path] = set()

    def link(self, to: str, *, with_path: str) -> str:
        """The link to such a path in a mail to this address; waits for it."""
        return eventually(lambda: self._find(to, with_path))

    def _find(self, to: str, with_path: str) -> str:
        for path in sorted(self._folder.glob("*.eml")):
            if path not in self._read:
                message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
                links = [word for word in message.get_content().split() if with_path in word]
                if to in str(message["To"]) and links:
                    self._read.add(path)
                    return path_of(links[0])
        return ""


def eventually(what: Callable[[], T]) -> T:
    """Ask until the answer is true: mails, and what travels between hubs, take a moment."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := what()):
        if time.monotonic() > deadline:
            raise DemoFailed(f"it takes too long: {what.__qualname__}")
        time.sleep(0.2)
    return answer
