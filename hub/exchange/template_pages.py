"""The kinds of needs and offers, as agents change them: add, edit, withdraw, bring back."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import InvalidInput, NotFound
from hub.exchange import template_forms, templates
from hub.exchange.categories import CATEGORIES
from hub.exchange.models import Mode, Template, words_in
from hub.exchange.words import MODE_NAMES
from hub.text import LOCALES, N_, current_locale, gettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

said = {
    "template-added": N_("It can be chosen from now on."),
    "template-changed": N_("It is changed, for what is written from now on."),
    "template-withdrawn": N_("It can no longer be chosen. What hangs already stays."),
    "template-back": N_("It can be chosen again."),
}

NEW = {"category": "other", "mode": Mode.GIFT.value, "days": "60", "kind_need": "yes", "asks_wanted": "yes"}


async def list_templates(request: Request) -> Response:
    found = await Template.all().order_by("position", "id")
    return render(
        request,
        "exchange/templates.html",
        offered=[one for one in found if one.retired_at is None],
        withdrawn=[one for one in found if one.retired_at is not None],
        categories=CATEGORIES,
        in_words=_in_words,
    )


def _in_words(words: dict[str, str]) -> str:
    return words_in(words, current_locale())


async def new(request: Request) -> Response:
    return _form(request, None, values=NEW)


async def add(request: Request) -> Response:
    try:
        draft = template_forms.parse_template(request.state.form)
    except InvalidInput as problem:
        return _form(request, None, problem, values=request.state.form)
    await templates.add_template(draft)
    return see_other("/admin/templates", said="template-added")


async def edit(request: Request) -> Response:
    template = await _find(request)
    return _form(request, template, values=template_forms.values_of(template))


async def change(request: Request) -> Response:
    template = await _find(request)
    try:
        draft = template_forms.parse_template(request.state.form, template)
    except InvalidInput as problem:
        return _form(request, template, problem, values=request.state.form)
    await templates.change_template(template, draft)
    return see_other("/admin/templates", said="template-changed")


async def withdraw(request: Request) -> Response:
    await templates.withdraw_template(await _find(request))
    return see_other("/admin/templates", said="template-withdrawn")


async def bring_back(request: Request) -> Response:
    await templates.bring_back_template(await _find(request))
    return see_other("/admin/templates", said="template-back")


async def _find(request: Request) -> Template:
    template = await Template.get_or_none(id=request.path_params["template_id"])
    if template is None:
        raise NotFound
    return template


def _form(
    request: Request, template: Template | None, problem: InvalidInput | None = None, **context: Any
) -> Response:
    return render(
        request,
        "exchange/template.html",
        status=422 if problem else 200,
        edited=template,
        in_words=_in_words,
        locales=LOCALES,
        asks=[(ask, gettext(words)) for ask, words in template_forms.ASKS.items()],
        modes=[(mode.value, gettext(words)) for mode, words in MODE_NAMES.items()],
        categories=[(one.key, gettext(one.name)) for one in CATEGORIES.values()],
        numbers=range(1, limits.QUESTIONS_PER_TEMPLATE + 1),
        errors=problem.by_field if problem else {},
        **context,
    )


HERE = "/admin/templates"
ONE = f"{HERE}/{{template_id:id}}"
routes = [
    Page(HERE, list_templates, access=Access.AGENT),
    Page(f"{HERE}/new", new, access=Access.AGENT),
    Page(f"{HERE}/new", add, access=Access.AGENT, methods=["POST"]),
    Page(ONE, edit, access=Access.AGENT),
    Page(ONE, change, access=Access.AGENT, methods=["POST"]),
    Page(f"{ONE}/withdraw", withdraw, access=Access.AGENT, methods=["POST"]),
    Page(f"{ONE}/bring-back", bring_back, access=Access.AGENT, methods=["POST"]),
]
