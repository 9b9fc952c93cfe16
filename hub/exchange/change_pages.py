"""What an author does with a need or an offer: change, renew, close, thank, remove.

By its address for who signed in; by /mine/KEY for somebody without an account, whose link it is.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange import actions, forms
from hub.exchange.forms import Setting
from hub.exchange.models import OVER, Proposal, ProposalDraft, Slot, State, Template
from hub.exchange.new_pages import uploader, when_context
from hub.exchange.rights import may_change
from hub.exchange.showing import find_any
from hub.exchange.words import slot_words
from hub.media.forms import Photos, known_photos, take_photos
from hub.participants.models import Participant
from hub.publications.models import Kind
from hub.text import N_
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Handler, Page

said = {
    "proposal-changed": N_("It is changed."),
    "proposal-removed": N_("It is deleted. Other servers are asked to delete it, too."),
}
BOARDS = {Kind.NEED: "/needs", Kind.OFFER: "/offers"}


@dataclass(frozen=True, kw_only=True)
class Own:
    """What somebody may act on, and by which way they came; `key` is that of their link."""

    proposal: Proposal
    key: str = ""

    @property
    def code(self) -> str:
        return str(self.proposal.publication.code)

    @property
    def home(self) -> str:
        """The author's page."""
        return f"/mine/{self.key}" if self.key else f"/{self.code}/manage"


async def find_own(request: Request) -> Own:
    """What this address names, if the viewer may act on it. Raises NotFound, also for what is not theirs."""
    key = request.path_params.get("key", "")
    proposal = await _of_key(key) if key else await find_any(request)
    if proposal is None or not await may_change(proposal, request.state.viewer, key):
        raise NotFound
    return Own(proposal=proposal, key=key)


async def _of_key(key: str) -> Proposal | None:
    holder = await Participant.of_key(key)
    if holder is None:
        return None
    own = Proposal.filter(owner_id=holder.id, publication__deleted_at=None)
    return await own.select_related("publication__author", "owner", "organisation").first()


async def edit(request: Request) -> Response:
    own = await _living(request)
    slots = await _slots(own.proposal)
    values = forms.values_of(own.proposal, slots, timezone=request.state.site.timezone)
    photos = await known_photos(own.proposal.publication_id)
    return await _form(request, own, values=values, photos=photos)


async def change(request: Request) -> Response:
    own, form = await _living(request), request.state.form
    photos = await take_photos(form, uploader(request, own.proposal.publication_id))
    try:
        draft = await _draft(request, own.proposal)
        _check(form, own.proposal, draft=draft, photos=photos)
        await actions.change_proposal(own.proposal, replace(draft, photos=photos.drafts))
    except InvalidInput as problem:
        return await _form(request, own, values=forms.known_fields(form), photos=photos, problem=problem)
    return see_other(own.home, said="proposal-changed")


async def _living(request: Request) -> Own:
    own = await find_own(request)
    if own.proposal.state in OVER:
        raise Conflict(actions.OVER_ALREADY)
    return own


async def _draft(request: Request, proposal: Proposal) -> ProposalDraft:
    """The new words and facts; what cannot change is as it was."""
    slots, setting = await _slots(proposal), await _setting(request, proposal)
    form = {**request.state.form, "template": setting.templates[0].key}
    draft = forms.parse_proposal(form, setting)
    assert draft is not None, "the template is its own"
    kept = {name: getattr(proposal, name) for name in _WITH_SLOTS} if slots else {}
    language = proposal.publication.language or draft.language
    kept["project_id"] = proposal.project_id
    return replace(draft, template=proposal.template, language=language, **kept)


_WITH_SLOTS = ("wanted", "unit", "starts_at", "ends_at", "moment")


def _check(form: Mapping[str, Any], proposal: Proposal, *, draft: ProposalDraft, photos: Photos) -> None:
    """Photos, and what everybody would read there now and could not before."""
    known = " ".join([proposal.publication.title, proposal.publication.source, *proposal.details.values()])
    known = f"{known} {proposal.area}"
    found = [one for one in forms.found_in(draft) if one.words not in known]
    problems = dict(photos.problems)
    try:
        forms.parse_sure(form, found)
    except InvalidInput as problem:
        problems |= problem.by_field
    if problems:
        raise InvalidInput(problems)


async def _setting(request: Request, proposal: Proposal) -> Setting:
    """Read against its own template alone, also where that was withdrawn since."""
    template = await Template.get_or_none(key=proposal.template) or Template(
        key="blank", category=proposal.category, asks=["wanted", "when", "area", "place", "distance"]
    )
    if await Slot.filter(proposal_id=proposal.id).exists():
        template.asks = [ask for ask in template.asks if ask not in ("wanted", "when", "slots")]
    return Setting(
        kind=proposal.publication.kind,
        site=request.state.site,
        templates=[template],
        now=datetime.now(UTC),
        known=proposal,
    )


async def _slots(proposal: Proposal) -> list[Slot]:
    return await Slot.filter(proposal_id=proposal.id).order_by("starts_at", "id")


async def _form(
    request: Request,
    own: Own,
    *,
    values: dict[str, str],
    photos: Photos,
    problem: InvalidInput | None = None,
) -> Response:
    setting = await _setting(request, own.proposal)
    errors = problem.by_field if problem else {}
    draft = await _draft(request, own.proposal) if "sure" in errors else None
    return render(
        request,
        "exchange/change.html",
        status=422 if problem else 200,
        own=own,
        publication=own.proposal.publication,
        values=values,
        errors=errors,
        photos=photos,
        found=forms.found_in(draft) if draft is not None else [],
        slots=[slot_words(slot, setting.site.timezone) for slot in await _slots(own.proposal)],
        **await when_context(setting, setting.templates[0], values),
    )


@dataclass(frozen=True, kw_only=True)
class Act:
    """One button with a page of its own; `do` gets who did it, where that is shown, and the words."""

    name: str
    do: Callable[[Proposal, str, str], Awaitable[None]]
    said: str
    states: frozenset[State]
    words: str = ""  # name of the field
    required: bool = False


async def _renew(proposal: Proposal, by: str, words: str) -> None:
    await actions.renew(proposal)


async def _close(proposal: Proposal, by: str, words: str) -> None:
    await actions.close(proposal, by=by, note=words)


async def _thank(proposal: Proposal, by: str, words: str) -> None:
    await actions.thank(proposal, words, by=by)


async def _remove(proposal: Proposal, by: str, words: str) -> None:
    await actions.delete_proposal(proposal)


_UNDONE = frozenset(State) - OVER
ACTS: Sequence[Act] = (
    Act(name="renew", do=_renew, said="proposal-renewed", states=_UNDONE - {State.REVIEW, State.COVERED}),
    Act(name="close", do=_close, said="proposal-closed", states=_UNDONE, words="reason"),
    Act(
        name="thank",
        do=_thank,
        said="proposal-thanked",
        states=_UNDONE - {State.REVIEW},
        words="thanks",
        required=True,
    ),
    Act(name="remove", do=_remove, said="proposal-removed", states=frozenset(State)),
)


def _pages(act: Act) -> list[Page]:
    async def ask(request: Request, problem: InvalidInput | None = None) -> Response:
        own = await find_own(request)
        if own.proposal.state not in act.states and problem is None:
            raise Conflict(actions.OVER_ALREADY)
        return render(
            request,
            "exchange/change_ask.html",
            status=422 if problem else 200,
            own=own,
            act=act,
            publication=own.proposal.publication,
            values=request.state.form if problem else {},
            errors=problem.by_field if problem else {},
        )

    async def do(request: Request) -> Response:
        own, words = await find_own(request), ""
        try:
            if act.words:
                words = forms.parse_words(request.state.form, act.words, required=act.required)
        except InvalidInput as problem:
            return await ask(request, problem)
        board = BOARDS[own.proposal.publication.kind]
        await act.do(own.proposal, _by(request, own.proposal), words)
        return see_other(board if act.name == "remove" else own.home, said=act.said)

    return _both(act.name, ask, do)


def _by(request: Request, proposal: Proposal) -> str:
    """The name of an agent who acts on what is another's; of authors no name is shown."""
    viewer = request.state.viewer
    if viewer is None or not viewer.is_agent:
        return ""
    is_own = proposal.owner is not None and proposal.owner.member_id == viewer.member_id
    return "" if is_own else viewer.name


def _both(name: str, ask: Handler, do: Handler, *, uploads: bool = False) -> list[Page]:
    """The page and its form, for who signed in and for who has a link."""
    ask.__name__, do.__name__ = f"ask_{name}", name
    ways = ((f"/{{code:code}}/{name}", Access.MEMBER), (f"/mine/{{key}}/{name}", Access.ALWAYS))
    return [
        page
        for path, access in ways
        for page in (
            Page(path, _private(ask), access=access, name=f"ask_{name}"),
            Page(path, _private(do), access=access, methods=["POST"], uploads=uploads, name=name),
        )
    ]


def _private(handler: Handler) -> Handler:
    """Behind a link the address is a key: no copy is kept, and no other page is told where one came from."""

    async def show(request: Request) -> Response:
        response = await handler(request)
        if "key" in request.path_params:
            response.headers["cache-control"] = "private, no-store"
            response.headers["referrer-policy"] = "strict-origin"
            response.headers["x-robots-tag"] = "noindex"
        return response

    return show


routes = [
    *_both("change", edit, change, uploads=True),
    *(page for act in ACTS for page in _pages(act)),
]
