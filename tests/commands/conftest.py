"""A site that its operator has before them: to be set up, started, backed up, asked how it is."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from hub.config import Config
from tests.site import Site

SET_UP = ("setup", "--name", "Valbrume", "--admin-email", "rosa@example.fr", "--locale", "en")


def site_of(config: Config, *, afresh: bool = False) -> Site:
    return Site(config.data, database_url=config.database_url, afresh=afresh)


@pytest.fixture
def site(engine_config: Config) -> Iterator[Site]:
    """A site that does not run, on an empty database; what a test starts is ended."""
    site = site_of(engine_config)
    yield site
    site.kill()


@pytest.fixture
def lone_site(tmp_path: Path) -> Iterator[Site]:
    """The same, on SQLite alone: for what the engine has no part in."""
    site = Site(tmp_path / "data")
    yield site
    site.kill()


def fill_in(client: httpx.Client, path: str) -> httpx.Response:
    """Open a page, and press the button of its form."""
    form = BeautifulSoup(client.get(path).text, "html.parser").select_one("main form[method=post]")
    assert form is not None, f"no form on {path}"
    hidden = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
    return client.post(str(form.get("action") or path), data=hidden)


def signs_in(site: Site, link: str) -> str | None:
    """The name of the account that a link opens, or None."""
    with httpx.Client(base_url=site.address, timeout=30) as client:
        path = httpx.URL(link).path
        if BeautifulSoup(client.get(path).text, "html.parser").select_one("main form[method=post]") is None:
            return None
        answer = fill_in(client, path)
        cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        page = BeautifulSoup(client.get("/me", headers={"cookie": cookie}).text, "html.parser")
        field = page.select_one("input[name=name]")
        return str(field["value"]) if field is not None else None


def assert_refused(ended: subprocess.CompletedProcess[str], words: str) -> None:
    """One clear line, and the status of what was given wrongly."""
    lines = [line for line in ended.stderr.splitlines() if "Lavoir cannot start" not in line]
    assert (ended.returncode, ended.stdout, len(lines)) == (2, "", 1), ended.stderr
    assert words in lines[0]
