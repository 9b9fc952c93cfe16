"""Pages of words (charter, legal notice…), the language, and the village's settings."""

import json
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

import hub
from hub import limits
from hub.db import transaction
from hub.errors import InvalidInput, NotFound
from hub.text import LOCALES, N_, gettext, speaking
from hub.village import actions, forms
from hub.village.models import Village, WrittenText
from hub.web.cookies import set_cookie
from hub.web.fields import local_path
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Handler, Page

TEXTS = {
    "about": N_("About the village and this site"),
    "charter": N_("Our charter"),
    "legal": N_("Legal notice"),
    "privacy": N_("Personal data"),
    "accessibility": N_("Accessibility"),
}

said = {"village-saved": N_("Saved. The pages show it already."), "text-saved": N_("Saved.")}

SOMEBODY_WAS_FASTER = N_(
    "Somebody else changed these words a moment ago. What you wrote is here: compare it with the page, and"
    " send it again."
)

CHARTER = (
    N_("Everyone may ask, everyone may offer. Nobody counts."),
    N_("We speak as we would at the wash-house: kindly, and to a neighbour."),
    N_("We say what works, what worries us, what we propose."),
    N_("What I learn about somebody here stays here."),
    N_("I write no address and no phone number in public, neither mine nor somebody else's."),
    N_("I keep my word, or say in time that I cannot."),
    N_("No advertising, no campaign, no paid work."),
    N_("Something is wrong? I tell the town hall, and get an answer with a reason."),
)


class Charter(NamedTuple):
    """The village's own words, or else the lines that come with Lavoir."""

    html: str
    locale: str
    lines: tuple[str, ...]


async def charter(request: Request) -> Charter:
    """The charter that a newcomer agrees with."""
    written = await _written(request, "charter")
    return (
        Charter(written.html, written.locale, ()) if written else Charter("", request.state.locale, CHARTER)
    )


async def _written(request: Request, key: str) -> WrittenText | None:
    return await WrittenText.shown(key, locale=request.state.locale, otherwise=request.state.site.locale)


def words(key: str) -> Handler:
    """The page of a text: the facts of the village, and what its people wrote."""

    async def show(request: Request) -> Response:
        written = await _written(request, key)
        return render(
            request,
            f"village/{key}.html",
            village=await Village.current(),
            title=TEXTS[key],
            written=written if key != "charter" else None,
            charter=await charter(request) if key == "charter" else None,
            federates=request.state.config.federation != "off",
            limits=limits,
            origin=request.state.config.origin,
            version=hub.__version__,
        )

    show.__name__ = key
    return show


async def choose_language(request: Request) -> Response:
    return render(request, "village/language.html", next=local_path(request.query_params.get("next")))


async def change_language(request: Request) -> Response:
    """A choice of this browser, kept a year; members also have one in their account."""
    locale = str(request.state.form.get("locale", ""))
    if locale not in LOCALES:
        raise NotFound
    if request.state.viewer is not None:
        await request.app.state.remember_locale(request.state.viewer.member_id, locale)
    response = see_other(local_path(request.state.form.get("next")))
    set_cookie(request, response, name="lang", value=locale, seconds=365 * 86400)
    return response


async def settings(request: Request) -> Response:
    return await _settings(request)


async def _settings(request: Request, errors: dict[str, str] | None = None) -> Response:
    village = await _village()
    shown = forms.values_of(village.draft())
    values = request.state.form if errors else shown | {"was": json.dumps(shown)}
    return render(
        request,
        "village/settings.html",
        status=422 if errors else 200,
        village=village,
        texts=TEXTS,
        config=request.state.config,
        values=values,
        errors=errors or {},
    )


async def change_settings(request: Request) -> Response:
    try:
        async with transaction():  # what somebody else changes in the same instant counts as well
            village = await actions.locked()
            data = forms.changed_in(request.state.form, forms.values_of(village.draft()))
            await actions.change_village(forms.parse_village(data, handle=village.handle))
    except InvalidInput as problem:
        return await _settings(request, problem.by_field)
    return see_other("/admin", said="village-saved")


async def _village() -> Village:
    village = await Village.current()
    assert village is not None, "no page but /setup answers before the set-up"
    return village


async def edit_text(request: Request) -> Response:
    key, locale = _text_of(request)
    written = await WrittenText.get_or_none(key=key, locale=locale)
    return render(
        request,
        "village/edit_text.html",
        key=key,
        title=TEXTS[key],
        text_locale=locale,
        values={"text": written.source if written else _first_words(key, locale), "seen": _seen(written)},
    )


def _first_words(key: str, locale: str) -> str:
    """What to begin with: the charter is edited, the other pages are added to."""
    if key != "charter":
        return ""
    with speaking(locale):
        return "\n".join(f"{number}. {gettext(line)}" for number, line in enumerate(CHARTER, 1))


async def write_text(request: Request) -> Response:
    key, locale = _text_of(request)
    form, now = request.state.form, ""
    try:
        async with transaction():
            await actions.locked()
            now = _seen(await WrittenText.get_or_none(key=key, locale=locale))
            source = forms.parse_text(form)
            if form.get("seen", now) != now:
                raise InvalidInput({"text": SOMEBODY_WAS_FASTER})
            await actions.write_text(key, locale, source)
    except InvalidInput as problem:
        return render(
            request,
            "village/edit_text.html",
            status=422,
            key=key,
            title=TEXTS[key],
            text_locale=locale,
            values=dict(form) | {"seen": now},
            errors=problem.by_field,
        )
    return see_other(f"/{key}", said="text-saved")


def _seen(written: WrittenText | None) -> str:
    """Which words somebody had before them."""
    return written.written_at.isoformat() if written else ""


def _text_of(request: Request) -> tuple[str, str]:
    key, locale = request.path_params["key"], request.path_params["locale"]
    if key not in TEXTS or locale not in LOCALES:
        raise NotFound
    return key, locale


routes = [
    *(Page(f"/{key}", words(key), access=Access.ALWAYS) for key in TEXTS),
    Page("/language", choose_language, access=Access.ALWAYS),
    Page("/language", change_language, access=Access.ALWAYS, methods=["POST"]),
    Page("/admin", settings, access=Access.ADMINISTRATOR, confirmed=True),
    Page("/admin", change_settings, access=Access.ADMINISTRATOR, confirmed=True, methods=["POST"]),
    Page("/admin/texts/{key}/{locale}", edit_text, access=Access.ADMINISTRATOR),
    Page("/admin/texts/{key}/{locale}", write_text, access=Access.ADMINISTRATOR, methods=["POST"]),
]
