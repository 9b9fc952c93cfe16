"""The ways to work together: found by time and number of people, printed; agents change them."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.agenda import methods
from hub.agenda.methods import MethodDraft, offered, sheet_of
from hub.agenda.models import Method
from hub.errors import InvalidInput, NotFound
from hub.exchange.typed import count_of, counted
from hub.text import LOCALES, N_
from hub.web.fields import MISSING, Form
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

MOST_STEPS = 20
STEP_LENGTH = 400
NOT_A_NUMBER = N_("Write a number, like 12.")
LEAST_AND_MOST = N_("The second number is not below the first.")
TOO_MANY_STEPS = N_("At most twenty lines of 400 characters each.")

said = {
    "method-added": N_("It can be chosen from now on."),
    "method-changed": N_("It is changed, also for workshops that follow it."),
    "method-withdrawn": N_("It can no longer be chosen. Workshops that follow it keep it."),
    "method-back": N_("It can be chosen again."),
}


async def list_methods(request: Request) -> Response:
    query = request.query_params
    minutes, people = _asked(query.get("minutes")), count_of(query.get("people", ""))
    if people is not None:
        people = min(people, limits.WANTED)  # no database holds more in a column of numbers
    found = await offered(minutes=minutes, people=people)
    return render(
        request,
        "agenda/methods.html",
        sheets=[sheet_of(method) for method in found],
        values={"minutes": minutes or "", "people": people or ""},
        errors={},
    )


def _asked(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 6 else None


async def show_method(request: Request) -> Response:
    method = await Method.get_or_none(key=request.path_params["method"])
    if method is None:
        raise NotFound
    return render(request, "agenda/method.html", sheet=sheet_of(method), method=method)


async def edit_list(request: Request) -> Response:
    found = await Method.all().order_by("position", "id")
    return render(
        request,
        "agenda/edit_methods.html",
        offered=[(one, sheet_of(one)) for one in found if one.retired_at is None],
        withdrawn=[(one, sheet_of(one)) for one in found if one.retired_at is not None],
    )


async def new(request: Request) -> Response:
    return _form(request, None, values={"minutes": "60", "people_least": "3", "people_most": "30"})


async def add(request: Request) -> Response:
    try:
        draft = parse_method(request.state.form)
    except InvalidInput as problem:
        return _form(request, None, problem, values=request.state.form)
    await methods.add_method(draft)
    return see_other(HERE, said="method-added")


async def edit(request: Request) -> Response:
    method = await _find(request)
    return _form(request, method, values=_values(method))


async def change(request: Request) -> Response:
    method = await _find(request)
    try:
        draft = parse_method(request.state.form)
    except InvalidInput as problem:
        return _form(request, method, problem, values=request.state.form)
    await methods.change_method(method, draft)
    return see_other(HERE, said="method-changed")


async def withdraw(request: Request) -> Response:
    await methods.withdraw_method(await _find(request))
    return see_other(HERE, said="method-withdrawn")


async def bring_back(request: Request) -> Response:
    await methods.bring_back_method(await _find(request))
    return see_other(HERE, said="method-back")


def parse_method(data: Mapping[str, Any]) -> MethodDraft:
    """Words in each language, one step on each line. Raises InvalidInput."""
    form = Form(data)
    names = _words(form, "name", 80)
    if not names:
        form.wrong(f"name_{next(iter(LOCALES))}", MISSING)
    steps = _lines(form, "steps")
    if not steps:
        form.wrong(f"steps_{next(iter(LOCALES))}", MISSING)
    draft = MethodDraft(
        names=names,
        purposes=_words(form, "purpose", 300),
        minutes=_number(form, "minutes"),
        people_least=form.parsed("people_least", _people, NOT_A_NUMBER) or 1,
        people_most=form.parsed("people_most", _people, NOT_A_NUMBER) or 1,
        material=_words(form, "material", 500),
        steps=steps,
        report=_lines(form, "report"),
    )
    if draft.people_least > draft.people_most:
        form.wrong("people_most", LEAST_AND_MOST)
    form.check()
    return draft


def _words(form: Form, name: str, length: int) -> dict[str, str]:
    found = {one: form.text(f"{name}_{one}", max_length=length, required=False) for one in LOCALES}
    return {locale: text for locale, text in found.items() if text}


def _lines(form: Form, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for locale in LOCALES:
        field = f"{name}_{locale}"
        text = form.text(field, max_length=MOST_STEPS * STEP_LENGTH, required=False, lines=True)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > MOST_STEPS or any(len(line) > STEP_LENGTH for line in lines):
            form.wrong(field, TOO_MANY_STEPS)
        if lines:
            found[locale] = lines
    return found


_people = counted(1, limits.WANTED)


def _number(form: Form, name: str) -> int:
    text = form.text(name, max_length=6)
    if not text.isdecimal() or not 1 <= int(text) <= limits.WANTED:
        form.wrong(name, NOT_A_NUMBER)
        return 1
    return int(text)


def _values(method: Method) -> dict[str, str]:
    """What the fields say for a method that is there."""
    words = {"name": method.names, "purpose": method.purposes, "material": method.material}
    lines = {"steps": method.steps, "report": method.report}
    numbers = ("minutes", "people_least", "people_most")
    return {
        **{f"{name}_{locale}": text for name, one in words.items() for locale, text in one.items()},
        **{
            f"{name}_{locale}": "\n".join(all_) for name, one in lines.items() for locale, all_ in one.items()
        },
        **{name: str(getattr(method, name)) for name in numbers},
    }


async def _find(request: Request) -> Method:
    method = await Method.get_or_none(id=request.path_params["method_id"])
    if method is None:
        raise NotFound
    return method


def _form(
    request: Request, method: Method | None, problem: InvalidInput | None = None, **context: Any
) -> Response:
    return render(
        request,
        "agenda/edit_method.html",
        status=422 if problem else 200,
        edited=None if method is None else sheet_of(method),
        locales=LOCALES,
        errors=problem.by_field if problem else {},
        **context,
    )


HERE = "/admin/methods"
ONE = f"{HERE}/{{method_id:id}}"
routes = [
    Page("/methods", list_methods, access=Access.VISITOR),
    Page("/methods/{method}", show_method, access=Access.VISITOR),
    Page(HERE, edit_list, access=Access.AGENT),
    Page(f"{HERE}/new", new, access=Access.AGENT),
    Page(f"{HERE}/new", add, access=Access.AGENT, methods=["POST"]),
    Page(ONE, edit, access=Access.AGENT),
    Page(ONE, change, access=Access.AGENT, methods=["POST"]),
    Page(f"{ONE}/withdraw", withdraw, access=Access.AGENT, methods=["POST"]),
    Page(f"{ONE}/bring-back", bring_back, access=Access.AGENT, methods=["POST"]),
]
