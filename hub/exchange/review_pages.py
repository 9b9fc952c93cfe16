"""What the town hall reads before it hangs on the board: oldest first, with all that is needed to decide."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import InvalidInput, NotFound
from hub.exchange import actions, forms
from hub.exchange.models import Proposal, Slot, State, Template
from hub.exchange.screening import Found, screen
from hub.exchange.showing import Sheet, find_any
from hub.exchange.words import MODE_NAMES
from hub.media.models import Photo
from hub.media.photos import photos_by_publication
from hub.text import N_, current_locale, ngettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

MOST = 50  # on one page; the others come up as these are decided

said = {
    "proposal-hung-up": N_("It hangs on the board. Its author is told."),
    "proposal-set-aside": N_("It is set aside. Its author reads why."),
}


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Something that waits, with what its reader should look at."""

    sheet: Sheet
    photos: list[Photo]
    found: list[Found]
    kind_name: str

    @property
    def proposal(self) -> Proposal:
        return self.sheet.proposal


async def to_be_read(timezone: str) -> list[Unread]:
    """What waits, the oldest first; four questions to the database, however much it is."""
    waiting = Proposal.filter(state=State.REVIEW, publication__deleted_at=None).order_by("id").limit(MOST)
    found = await waiting.select_related("publication__author", "owner__member", "organisation")
    slots = await Slot.filter(proposal_id__in=[one.id for one in found]).order_by("starts_at", "id")
    templates = {one.key: one for one in await Template.all()}
    photos = await photos_by_publication(one.publication_id for one in found)
    return [
        Unread(
            sheet=Sheet(
                proposal=one,
                pledges=(),
                slots=[slot for slot in slots if slot.proposal_id == one.id],
                template=templates.get(one.template),
                timezone=timezone,
            ),
            photos=photos.get(one.publication_id, []),
            found=_found_in(one, photos.get(one.publication_id, [])),
            kind_name=templates[one.template].name(current_locale()) if one.template in templates else "",
        )
        for one in found
    ]


def _found_in(proposal: Proposal, photos: Iterable[Photo]) -> list[Found]:
    publication = proposal.publication
    texts = [publication.title, publication.source, *proposal.details.values()]
    return screen([*texts, *(photo.alt for photo in photos)], proposal.area)


async def waiting() -> list[tuple[str, str]]:
    """A sentence, and the page where to do it."""
    count = await Proposal.filter(state=State.REVIEW, publication__deleted_at=None).count()
    if not count:
        return []
    sentence = ngettext(
        "%(count)s need or offer is to be read", "%(count)s needs or offers are to be read", count
    )
    return [(sentence % {"count": count}, "/moderation")]


async def moderation(request: Request, problem: InvalidInput | None = None) -> Response:
    return render(
        request,
        "exchange/review.html",
        status=422 if problem else 200,
        unread=await to_be_read(request.state.site.timezone),
        mode_names=MODE_NAMES,
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def hang_up(request: Request) -> Response:
    viewer = request.state.viewer
    await actions.approve(await _unread(request), by=viewer.name, member_id=viewer.member_id)
    return see_other("/moderation", said="proposal-hung-up")


async def set_aside(request: Request) -> Response:
    proposal = await _unread(request)
    name = f"reason-{proposal.publication.code}"
    try:
        reason = forms.parse_words(request.state.form, name, missing=forms.SAY_WHY)
    except InvalidInput as problem:
        return await moderation(request, problem)
    viewer = request.state.viewer
    await actions.refuse(proposal, reason, by=viewer.name, member_id=viewer.member_id)
    return see_other("/moderation", said="proposal-set-aside")


async def _unread(request: Request) -> Proposal:
    """Of ours; what somebody else has decided a moment ago stays decided."""
    proposal = await find_any(request)
    if proposal.owner_id is None:
        raise NotFound
    return proposal


routes = [
    Page("/moderation", moderation, access=Access.AGENT),
    Page("/{code:code}/hang-up", hang_up, access=Access.AGENT, methods=["POST"]),
    Page("/{code:code}/set-aside", set_aside, access=Access.AGENT, methods=["POST"]),
]
