"""Pages from templates: one environment, one way to render."""

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub import text
from hub.web import visit
from hub.web.cookies import set_cookie
from hub.web.fields import lenient_split
from hub.web.static_files import static_url

ICONS: dict[str, str] = json.loads((Path(__file__).parent / "icons.json").read_text(encoding="utf-8"))


def template_folder() -> Path:
    """Beside the package when installed, at the top of the checkout otherwise."""
    installed = Path(__file__).parent.parent / "templates"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "templates"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(template_folder()),
        autoescape=lambda name: name is None or not name.endswith(".txt"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(text.gettext, text.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"icon": _icon, "static": static_url, "languages": text.LOCALES}
    environment.filters |= {
        "typeset": text.typeset,
        "day_name": text.day_name,
        "local_time": text.local_time,
        "local_day": text.local_day,
        "local_clock": text.local_clock,
        "ago": lambda at: text.ago(at, datetime.now(UTC)),
        "lines": _lines,
        "excerpt": excerpt,
        "host_of": lambda url: lenient_split(url).netloc,
        "unbroken": lambda phone: phone.replace(" ", text.NO_BREAK),
        "tel": lambda phone: "".join(mark for mark in phone if mark.isdigit() or mark == "+"),
    }
    return environment


@pass_context
def _icon(context: Context, name: str) -> Markup:
    """Show an icon and remember that this page needs its drawing."""
    context["icons_in_use"].add(name)
    return _use(name)


@lru_cache(maxsize=500)
def _use(name: str) -> Markup:
    return Markup('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>').format(name)


def _lines(value: str) -> Markup:
    return Markup("<br>").join(value.splitlines())


def excerpt(html: str, length: int = 200) -> str:
    """The first words of clean HTML, as plain text; a list becomes a sentence."""
    html = re.sub(r"</li>\s*<li>", ", ", html).replace("</li>", ". ").replace("<", " <")
    words = re.sub(r" (?=[.,] )", "", " ".join(Markup(html).striptags().split()) + " ").strip()
    return words if len(words) <= length else words[:length].rsplit(" ", 1)[0].rstrip(" .,;:!?") + "…"


ENVIRONMENT = _environment()


def render_text(template: str, **context: Any) -> str:
    """A template without a page around it: a mail."""
    return ENVIRONMENT.get_template(template).render(**context)


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """The page, with what every page shows: village, viewer, language, today.

    A page with a form gives the browser a key first, if it holds none (see visit.Csrf).
    """
    state, fresh_key = request.state, None

    def token() -> str:
        nonlocal fresh_key
        key = visit.form_key(request) or fresh_key
        if key is None:
            key = fresh_key = visit.new_form_key()
        return visit.token_of(key)

    html = ENVIRONMENT.get_template(template).render(
        {
            "site": state.site,
            "viewer": state.viewer,
            "guest": state.guest,
            "locale": state.locale,
            "path": request.url.path,
            "today": datetime.now(ZoneInfo(state.site.timezone)).date(),
            "said": _said(request),
            "token": token,
            "icons_in_use": set(),
            "icon_drawings": ICONS,
            "values": {},
            "errors": {},
            "labels": {},
            "kept": True,
            **context,
        }
    )
    if state.locale == "fr":
        html = text.typeset_page(html)
    response = HTMLResponse(html, status, headers={"content-language": state.locale})
    if fresh_key is not None:
        set_cookie(request, response, name="form", value=fresh_key)
    return response


def _said(request: Request) -> str | None:
    """What the form before has done; a link from elsewhere cannot make us say it."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return None
    sentences: dict[str, str] = request.app.state.said
    return sentences.get(request.query_params.get("said", ""))


def see_other(path: str, said: str | None = None) -> Response:
    """After a form: go and look at `path`; `said` names the sentence that is shown there once."""
    mark = "&" if "?" in path else "?"
    return RedirectResponse(path if said is None else f"{path}{mark}said={said}", 303)
