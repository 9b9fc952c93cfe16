"""Somebody who talks to a running site without a browser, so that they may send what no browser would."""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
from bs4 import BeautifulSoup, Tag

TOKEN = re.compile(r'<input [^>]*name="_token" value="([^"]*)"')

_numbers = count(1)


def fresh_address() -> str:
    """An address that nobody used before, so that nobody's rate is spent."""
    number = next(_numbers)
    return f"100.{64 + number // 65536}.{number // 256 % 256}.{number % 256}"


class Visitor:
    """Cookies, an address of their own (told by the trusted proxy), and forms with their hidden fields."""

    def __init__(self, client: httpx.Client, *, address: str | None = None) -> None:
        self.client = client
        self.headers = {"x-forwarded-for": address or fresh_address()}
        self.cookies: dict[str, str] = {}
        self._tokens: dict[str, str] = {}

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        """One request, as it is; cookies are sent and kept, redirects are not followed."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = self.headers | ({"cookie": cookie} if cookie else {}) | dict(headers or {})
        response = self.client.request(method, path_of(path), headers=sent, **body)
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return response

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None, **options: Any) -> httpx.Response:
        """A form with its token, without looking at the page that shows it."""
        return self.send("POST", path, data={"_token": self.token()} | dict(data or {}), **options)

    def token(self) -> str:
        """The value of the hidden field that our own pages show to this browser."""
        key = str(sorted(self.cookies.items()))
        if key not in self._tokens:
            field = TOKEN.search(self.get("/language").text)
            assert field is not None
            self._tokens[str(sorted(self.cookies.items()))] = field[1]
        return self._tokens[str(sorted(self.cookies.items()))]

    def submit(self, path: str, *, to: str | None = None, **fields: str) -> httpx.Response:
        """Open a page, fill in its form (the one that goes to `to`), press its button."""
        response = self.get(path)
        assert response.status_code == 200, f"{path} answers {response.status_code}"
        form = form_of(page(response), to)
        return self.send("POST", str(form.get("action") or path), data=filled(form) | fields)

    def come_in(self, link: str, **fields: str) -> httpx.Response:
        """Open the link of a mail or a slip and press the button of its page."""
        response = self.submit(link, **fields)
        assert response.status_code == 303, heading(response)
        return response

    def cookie_name(self, name: str) -> str:
        """As the site of a local port names it: villages at other ports have cookies of their own."""
        return f"{name}-{self.client.base_url.port}"

    @property
    def session(self) -> str:
        """The secret by which the site knows who this is."""
        return self.cookies[self.cookie_name("session")]

    @property
    def session_cookie(self) -> str:
        """As a browser sends it."""
        return f"{self.cookie_name('session')}={self.session}"

    @property
    def signed_in(self) -> bool:
        return self.get("/me").status_code == 200


def path_of(address: str) -> str:
    """Without scheme and host: a link of a mail leads to the site that the test started."""
    parts = urlsplit(address)
    return address if not parts.scheme else f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def page(response: httpx.Response) -> BeautifulSoup:
    """To be read only: whoever asks for a page until it says something gets the same one again and again."""
    return _parsed(response.text)


@lru_cache(maxsize=8)
def _parsed(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def heading(response: httpx.Response) -> str:
    """What went wrong, in one line."""
    told = page(response).select("h1, .err, .lead")
    return " | ".join([str(response.status_code), *(" ".join(each.text.split()) for each in told)])


def form_of(soup: BeautifulSoup, to: str | None = None) -> Tag:
    for form in soup.select("form[method=post]"):
        if (to is None and "data-passkey" not in form.attrs) or form.get("action") == to:
            return form
    raise AssertionError(f"no form to {to or 'itself'} on this page: {soup.h1}")


def filled(form: Tag) -> dict[str, str]:
    """What a browser would send if the person changed nothing and pressed Enter."""
    fields: dict[str, str] = {}
    for element in form.select("input[name], textarea[name]"):
        kind = element.get("type", "text")
        if element.name == "textarea":
            fields[str(element["name"])] = element.text
        elif kind not in ("radio", "checkbox", "file", "submit") or element.has_attr("checked"):
            fields[str(element["name"])] = str(element.get("value", ""))
    for choice in form.select("select[name]"):
        option = choice.select_one("option[selected]") or choice.select_one("option")
        if option is not None:
            fields[str(choice["name"])] = str(option.get("value", option.text))
    return fields
