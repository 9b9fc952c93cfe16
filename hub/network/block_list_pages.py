"""A block list comes in: choose the file, see what it will do, agree; and ours goes out."""

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import InvalidInput
from hub.members.viewer import member_of
from hub.network import importing
from hub.organisations.forms import read_upload
from hub.organisations.listing import decode
from hub.text import N_
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

SHOWN = 500  # lines of the preview

said = {"list-imported": N_("The list is taken over.")}


async def choose_list(request: Request) -> Response:
    return _choose_list(request)


def _choose_list(request: Request, problem: InvalidInput | None = None) -> Response:
    return render(
        request,
        "network/admin_import.html",
        status=422 if problem else 200,
        rows=limits.BLOCK_LIST_ROWS,
        kept=False,
        errors=problem.by_field if problem else {},
    )


async def preview(request: Request) -> Response:
    """What each line would do; nothing is done."""
    try:
        text = decode(await read_upload(request.state.form))
        found = importing.read(text)
    except InvalidInput as problem:
        return _choose_list(request, problem)
    changes = await importing.compare(found.entries)
    outcomes = [each.outcome for each in changes]
    return render(
        request,
        "network/admin_import_preview.html",
        text=text,
        found=found,
        changes=changes,
        shown=SHOWN,
        counts={outcome.value: outcomes.count(outcome) for outcome in importing.Outcome},
        limited=sum(each.may_be_blocked for each in changes),
        follows=sum(each.follows for each in changes if each.outcome is importing.Outcome.NEW),
    )


async def take_over(request: Request) -> Response:
    """The list as it was shown, read once more: a form can be changed on its way."""
    form = request.state.form
    try:
        found = importing.read(decode(str(form.get("list", "")).encode()))
    except InvalidInput as problem:
        return _choose_list(request, problem)
    by = await member_of(request)
    await importing.take_over(found.entries, limited_too=form.get("limited") == "yes", by=by)
    return see_other("/admin/network?show=blocked", said="list-imported")


async def export(request: Request) -> Response:
    headers = {"content-disposition": 'attachment; filename="block-list.csv"'}
    return Response(await importing.export(), media_type="text/csv; charset=utf-8", headers=headers)


routes = [
    Page("/admin/network/import", choose_list, access=Access.ADMINISTRATOR, confirmed=True),
    Page("/admin/network/import", preview, access=Access.ADMINISTRATOR, confirmed=True, methods=["POST"]),
    Page(
        "/admin/network/import/confirm",
        take_over,
        access=Access.ADMINISTRATOR,
        confirmed=True,
        methods=["POST"],
    ),
    Page("/admin/network/export.csv", export, access=Access.ADMINISTRATOR, confirmed=True),
]
