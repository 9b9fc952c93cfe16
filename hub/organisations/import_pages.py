"""A table of the town hall joins the directory: choose the file, see what it will do, agree."""

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import InvalidInput
from hub.organisations import forms, importing, listing
from hub.organisations.models import FIELD_NAMES, KIND_NAMES
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page


async def choose_table(request: Request) -> Response:
    return _choose_table(request)


def _choose_table(request: Request, problem: InvalidInput | None = None) -> Response:
    return render(
        request,
        "organisations/import.html",
        status=422 if problem else 200,
        columns={FIELD_NAMES[field]: names for field, names in listing.COLUMNS.items()},
        rows=limits.IMPORT_ROWS,
        kept=False,
        errors=problem.by_field if problem else {},
    )


async def preview(request: Request) -> Response:
    try:
        text = listing.decode(await forms.read_upload(request.state.form))
        return await _preview(request, text, listing.read(text))
    except InvalidInput as problem:
        return _choose_table(request, problem)


async def _preview(request: Request, text: str, table: listing.Listing) -> Response:
    """What will happen to each row; or, while one is broken, only what is wrong."""
    if table.broken:
        return render(request, "organisations/import_broken.html", status=422, table=table)
    changes = await importing.compare(table.entries)
    outcomes = [each.outcome for each in changes]
    return render(
        request,
        "organisations/import_preview.html",
        text=text,
        table=table,
        changes=changes,
        counts={outcome.value: outcomes.count(outcome) for outcome in importing.Outcome},
        field_names=FIELD_NAMES,
        kind_names=KIND_NAMES,
    )


async def import_table(request: Request) -> Response:
    """The table as it was shown, checked once more: a form can be changed on its way."""
    text = listing.decode(str(request.state.form.get("table", "")).encode())
    try:
        table = listing.read(text)
        if table.broken:
            return await _preview(request, text, table)
        await importing.import_entries(table.entries)
    except InvalidInput as problem:
        return _choose_table(request, problem)
    return see_other("/associations", said="associations-imported")


async def example(request: Request) -> Response:
    headers = {"content-disposition": 'attachment; filename="associations.csv"'}
    table = listing.example(request.state.locale)
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)


routes = [
    Page("/associations/import", choose_table, access=Access.AGENT),
    Page("/associations/import", preview, access=Access.AGENT, methods=["POST"]),
    Page("/associations/import/confirm", import_table, access=Access.AGENT, methods=["POST"]),
    Page("/associations/import/example.csv", example, access=Access.AGENT),
]
