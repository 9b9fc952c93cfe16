"""Invitations, and for the town hall: who is a member, who is known, who may do what."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q

from hub import limits
from hub.errors import ConfirmRequired, InvalidInput, NotFound
from hub.members import actions, forms, second_factor
from hub.members.models import Invitation, Member, Passkey, Role
from hub.members.viewer import member_of
from hub.text import N_, ngettext
from hub.web.fields import page_number, plain_text
from hub.web.qr import qr_svg
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PER_PAGE = 50

said = {
    "invited": N_("The invitation is on its way."),
    "withdrawn": N_("The invitation is taken back."),
    "trusted": N_("Done: what this person publishes shows at once from now on."),
    "role-changed": N_("The role is changed. The person was told, and has to sign in again."),
    "suspended": N_("The account is closed for now, and signed out everywhere."),
    "factor-forgotten": N_(
        "The keys and codes are removed. The person was told, and signs in by mail again."
    ),
    "readmitted": N_("The account is open again."),
}


async def invitations(request: Request) -> Response:
    return await _invitations(request)


async def _invitations(request: Request, errors: dict[str, str] | None = None) -> Response:
    viewer = request.state.viewer
    mine = Invitation.open().select_related("invited_by").order_by("-made_at")
    if not viewer.is_agent:
        mine = mine.filter(invited_by_id=viewer.member_id)
    return render(
        request,
        "members/invitations.html",
        status=422 if errors else 200,
        invitations=await mine,
        values=getattr(request.state, "form", {}),
        errors=errors or {},
    )


async def invite(request: Request) -> Response:
    by = await member_of(request)
    try:
        guest = forms.parse_guest(request.state.form)
        if guest.role is not Role.RESIDENT and not request.state.viewer.confirmed:
            raise ConfirmRequired
        token = await actions.invite(by, guest.name, mail=guest.mail, phone=guest.phone, role=guest.role)
    except InvalidInput as problem:
        return await _invitations(request, problem.by_field)
    return _invited(request, token, guest.name)


def _invited(request: Request, token: str | None, name: str) -> Response:
    """The link went by mail, or is to be handed over."""
    if token is None:
        return see_other("/invitations", said="invited")
    until = datetime.now(UTC) + timedelta(days=limits.INVITATION_DAYS)
    return _slip(request, f"/invitation/{token}", name=name, until=until, back="/invitations")


def _slip(request: Request, path: str, *, name: str, until: datetime, back: str) -> Response:
    """A link to hand over on paper: it is shown this once."""
    url = request.state.config.origin + path
    return render(request, "members/slip.html", url=url, name=name, qr=qr_svg(url), until=until, back=back)


async def renew_invitation(request: Request) -> Response:
    by = await member_of(request)
    place, token = await actions.renew_invitation(request.path_params["invitation_id"], by)
    return _invited(request, token, place.name)


async def withdraw_invitation(request: Request) -> Response:
    by = await member_of(request)
    await actions.withdraw_invitation(request.path_params["invitation_id"], by)
    return see_other("/invitations", said="withdrawn")


async def members(request: Request) -> Response:
    words, page = plain_text(request.query_params.get("q", ""))[:80], page_number(request.query_params)
    found = Member.filter(Q(name__icontains=words) | Q(mail__icontains=words)) if words else Member.all()
    if "newcomers" in request.query_params:
        found = found.filter(trusted_at=None, suspended_at=None)
    people = await found.order_by("-joined_at").offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    return render(
        request,
        "members/members.html",
        people=people[:PER_PAGE],
        more=len(people) > PER_PAGE,
        page=page,
        words=words,
        newcomers=await Member.filter(trusted_at=None, suspended_at=None).count(),
    )


async def waiting() -> list[tuple[str, str]]:
    """Newcomers whom nobody has confirmed: a sentence, and the page."""
    count = await Member.filter(trusted_at=None, suspended_at=None).count()
    if not count:
        return []
    sentence = ngettext("%(count)s newcomer to confirm", "%(count)s newcomers to confirm", count)
    return [(sentence % {"count": count}, "/members?newcomers=yes")]


async def _member(request: Request) -> Member:
    member = await Member.get_or_none(id=request.path_params["member_id"])
    if member is None:
        raise NotFound
    return member


async def show_member(request: Request) -> Response:
    member = await _member(request)
    guarded = member.totp_secret is not None or await Passkey.exists(member=member)
    return render(request, "members/member.html", member=member, guarded=guarded)


async def trust(request: Request) -> Response:
    member = await _member(request)
    await actions.trust(member.id, await member_of(request))
    return see_other(f"/members/{member.id}", said="trusted")


async def change_role(request: Request) -> Response:
    member = await _member(request)
    by = await member_of(request)
    await actions.change_role(member.id, forms.parse_role(request.state.form), by)
    return see_other(f"/members/{member.id}", said="role-changed")


async def suspend(request: Request) -> Response:
    member, by = await _member(request), await member_of(request)
    await actions.suspend(member.id, by)
    return see_other(f"/members/{member.id}", said="suspended")


async def readmit(request: Request) -> Response:
    member, by = await _member(request), await member_of(request)
    await actions.readmit(member.id, by)
    return see_other(f"/members/{member.id}", said="readmitted")


async def forget_second_factor(request: Request) -> Response:
    member = await _member(request)
    await second_factor.forget(member.id, await member_of(request))
    return see_other(f"/members/{member.id}", said="factor-forgotten")


async def print_access(request: Request) -> Response:
    member = await _member(request)
    token = await actions.print_access(member.id)
    until = datetime.now(UTC) + timedelta(days=limits.SLIP_DAYS)
    back = f"/members/{member.id}"
    return _slip(request, f"/sign-in/{token}", name=member.name, until=until, back=back)


MEMBER = "/members/{member_id:id}"
routes = [
    Page("/invitations", invitations, access=Access.TRUSTED),
    Page("/invitations", invite, access=Access.TRUSTED, methods=["POST"]),
    Page(
        "/invitations/{invitation_id:id}/withdraw",
        withdraw_invitation,
        access=Access.TRUSTED,
        methods=["POST"],
    ),
    Page("/invitations/{invitation_id:id}/renew", renew_invitation, access=Access.TRUSTED, methods=["POST"]),
    Page("/members", members, access=Access.AGENT),
    Page(MEMBER, show_member, access=Access.AGENT),
    Page(MEMBER + "/trust", trust, access=Access.AGENT, methods=["POST"]),
    Page(MEMBER + "/role", change_role, access=Access.ADMINISTRATOR, confirmed=True, methods=["POST"]),
    Page(MEMBER + "/suspend", suspend, access=Access.AGENT, confirmed=True, methods=["POST"]),
    Page(MEMBER + "/readmit", readmit, access=Access.AGENT, methods=["POST"]),
    Page(
        MEMBER + "/forget-second-factor",
        forget_second_factor,
        access=Access.ADMINISTRATOR,
        confirmed=True,
        methods=["POST"],
    ),
    Page(MEMBER + "/access", print_access, access=Access.AGENT, confirmed=True, methods=["POST"]),
]
