"""`/me`: one's own name, address, language, sessions; take one's data along, or leave."""

import json

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import InvalidInput, LinkSpent
from hub.members import actions, forms, sessions
from hub.members.models import Link, Member, Passkey, Purpose, Session
from hub.text import N_
from hub.web.cookies import drop_cookie
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

said = {
    "profile-saved": N_("Saved."),
    "mail-asked": N_("A link is on its way to the new address. Nothing changes before you open it."),
    "mail-changed": N_("From now on links go to the new address. Your other browsers are signed out."),
    "session-ended": N_("That browser is signed out."),
    "sessions-ended": N_("All your other browsers are signed out."),
    "erased": N_("Your account is erased. Thank you for having been here."),
}


async def me(request: Request) -> Response:
    return await _account(request)


async def _account(request: Request, errors: dict[str, str] | None = None) -> Response:
    viewer = request.state.viewer
    member = await Member.get(id=viewer.member_id)
    return render(
        request,
        "members/me.html",
        status=422 if errors else 200,
        member=member,
        sessions=await Session.filter(member=member).order_by("-seen_at"),
        mine=await request.app.state.mine(viewer.member_id),
        waiting=await request.app.state.waiting() if viewer.is_agent else [],
        passkeys=await Passkey.filter(member=member).count(),
        values=getattr(request.state, "form", {}) if errors else {},
        errors=errors or {},
    )


async def change_profile(request: Request) -> Response:
    try:
        profile = forms.parse_profile(request.state.form)
    except InvalidInput as problem:
        return await _account(request, problem.by_field)
    await actions.change_profile(request.state.viewer.member_id, **profile._asdict())
    return see_other("/me", said="profile-saved")


async def ask_new_mail(request: Request) -> Response:
    form = request.state.form
    try:
        mail = forms.parse_mail(form)
    except InvalidInput as problem:
        return render(request, "members/change_mail.html", status=422, values=form, errors=problem.by_field)
    await actions.ask_new_mail(request.state.viewer.member_id, mail)
    return see_other("/me", said="mail-asked")


async def change_mail(request: Request) -> Response:
    return render(request, "members/change_mail.html")


async def show_new_mail_link(request: Request) -> Response:
    living = Link.living(request.path_params["token"], Purpose.NEW_MAIL)
    link = await living.filter(member_id=request.state.viewer.member_id).first()
    if link is None:
        return render(request, "members/new_mail_spent.html", status=LinkSpent.status)
    return render(request, "members/use_new_mail.html", mail=link.details["mail"])


async def use_new_mail_link(request: Request) -> Response:
    viewer, token = request.state.viewer, request.path_params["token"]
    try:
        await actions.take_new_mail(token, member_id=viewer.member_id, session_id=viewer.session_id)
    except LinkSpent:
        return render(request, "members/new_mail_spent.html", status=LinkSpent.status)
    return see_other("/me", said="mail-changed")


async def end_session(request: Request) -> Response:
    await sessions.end(request.path_params["session_id"], request.state.viewer.member_id)
    return see_other("/me", said="session-ended")


async def end_other_sessions(request: Request) -> Response:
    await sessions.end_all(request.state.viewer.member_id, but=request.state.viewer.session_id)
    return see_other("/me", said="sessions-ended")


async def export(request: Request) -> Response:
    """All that is kept about the member, each slice its part, as one JSON file."""
    member_id = request.state.viewer.member_id
    parts = {name: await part(member_id) for name, part in request.app.state.exports.items()}
    disposition = {"content-disposition": 'attachment; filename="lavoir.json"'}
    return Response(
        json.dumps(parts, default=str, ensure_ascii=False, indent=1),
        headers=disposition,
        media_type="application/json",
    )


async def leave(request: Request) -> Response:
    return render(request, "members/leave.html")


async def erase(request: Request) -> Response:
    await actions.erase(request.state.viewer.member_id)
    response = see_other("/", said="erased")
    drop_cookie(request, response, "session")
    return response


routes = [
    Page("/me", me, access=Access.MEMBER),
    Page("/me", change_profile, access=Access.MEMBER, methods=["POST"]),
    Page("/me/mail", change_mail, access=Access.MEMBER, confirmed=True),
    Page("/me/mail", ask_new_mail, access=Access.MEMBER, confirmed=True, methods=["POST"]),
    Page("/me/mail/{token}", show_new_mail_link, access=Access.MEMBER),
    Page("/me/mail/{token}", use_new_mail_link, access=Access.MEMBER, methods=["POST"]),
    Page("/me/sessions/end", end_other_sessions, access=Access.MEMBER, methods=["POST"]),
    Page("/me/sessions/{session_id:id}/end", end_session, access=Access.MEMBER, methods=["POST"]),
    Page("/me/export", export, access=Access.MEMBER, confirmed=True),
    Page("/me/erase", leave, access=Access.MEMBER, confirmed=True),
    Page("/me/erase", erase, access=Access.MEMBER, confirmed=True, methods=["POST"]),
]
