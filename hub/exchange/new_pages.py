"""Write a need or an offer: what, when and where, who. Three screens; the form itself keeps everything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.actors.models import Actor
from hub.actors.peers import is_on
from hub.errors import Conflict, InvalidInput, TooMany
from hub.exchange import actions, forms, speaking
from hub.exchange.cards import Card, Here, card_of
from hub.exchange.categories import CATEGORIES
from hub.exchange.forms import SCREENS, Setting, Speaker
from hub.exchange.models import Proposal, ProposalDraft, Slot, State, Template, Voice, words_in
from hub.exchange.speaking import speak
from hub.exchange.words import MODE_NAMES, MOMENT_NAMES
from hub.media.forms import Photos, Uploader, no_photos, take_photos
from hub.organisations.home import spoken_for
from hub.organisations.models import Organisation, Spokesperson
from hub.publications.documents import new_code, parse_code
from hub.publications.groups import projects_of
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication, Scope
from hub.publications.visibility import ANYBODY, visible_to
from hub.text import N_, current_locale, gettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Handler, Page
from hub.web.visit import visitor_network

said = {
    "proposal-published": N_("It hangs on the board."),
}

WAIT_A_MOMENT = N_("That was a lot in a short time. Wait some minutes, then press the button again.")
_MOST_AREAS, _LATELY = 30, 200
_FEWEST_ROWS = 3  # of times, for who has none yet


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A form as it arrived: who sent it from which screen, and what it is read against."""

    request: Request
    setting: Setting
    values: dict[str, str]
    photos: Photos

    @property
    def screen(self) -> str:
        """The one that it was sent from."""
        here = str(self.request.state.form.get("screen"))
        return here if here in SCREENS else SCREENS[0]

    @property
    def target(self) -> str:
        """Where the button leads: another screen, or to the board."""
        wanted = self.request.state.form.get("go")
        if wanted in (*SCREENS, "publish"):
            return str(wanted)
        return (*SCREENS, "publish")[SCREENS.index(self.screen) + 1]

    @property
    def goes_back(self) -> bool:
        return self.target in SCREENS[:2] and SCREENS.index(self.target) <= SCREENS.index(self.screen)


async def choose(request: Request) -> Response:
    return _at_home(request, Kind.NEED) or render(request, "exchange/new.html")


async def begin(request: Request, kind: Kind) -> Response:
    setting = await setting_of(request, kind)
    asked = {name: request.query_params.get(name, "")[: limits.TEXT_LENGTH] for name in _PREFILLED}
    if setting.template(asked["template"]) is None and setting.templates:
        asked["template"] = setting.templates[0].key
    sent = Sent(request=request, setting=setting, values={**asked, "code": new_code()}, photos=no_photos())
    return await _screen(sent, "what")


_PREFILLED = (*sorted(forms.FIRST), "project")


async def write(request: Request, kind: Kind) -> Response:
    """One of the screens came back: go on, go back, or hang it on the board."""
    form = request.state.form
    sent = await _sent(request, kind)
    if sent.goes_back:
        return await _screen(sent, sent.target)
    try:
        draft = forms.parse_proposal(form, sent.setting, until="what" if sent.target == "when" else "you")
    except InvalidInput as problem:
        first = min((SCREENS.index(forms.screen_of(name)) for name in problem.by_field), default=0)
        return await _screen(sent, SCREENS[first], problem)
    if draft is None or sent.target in SCREENS:
        return await _screen(sent, sent.target, draft=draft)
    return await _publish(sent, draft)


async def _sent(request: Request, kind: Kind) -> Sent:
    """Photos are kept at once, whatever else is wrong: their names go on in the form."""
    form, values = request.state.form, forms.known_fields(request.state.form)
    code = parse_code(form)
    before = await Publication.get_or_none(code=code) if code else None  # the same form, a moment ago
    photos = await take_photos(form, uploader(request, before.id if before is not None else None))
    kept = {f"{slot.name}-kept": slot.photo.file for slot in photos.slots if slot.photo is not None}
    values = {name: value for name, value in values.items() if not name.endswith("-kept")} | kept
    return Sent(request=request, setting=await setting_of(request, kind), values=values, photos=photos)


def uploader(request: Request, publication_id: int | None = None) -> Uploader:
    viewer = request.state.viewer
    return Uploader(
        address=visitor_network(request),
        member_id=None if viewer is None else viewer.member_id,
        publication_id=publication_id,
    )


async def _publish(sent: Sent, draft: ProposalDraft) -> Response:
    request = sent.request
    try:
        speaker = await _check_last(sent, draft)
        await count_writing(request)
        proposal = await actions.publish_proposal(
            replace(
                draft,
                scope=speaker.scope,
                widens=speaker.widens and kind_widens(draft, speaker.scope),
                photos=sent.photos.drafts,
                project_id=forms.parse_project(request.state.form, await _projects(request)),
            ),
            speaker.person,
            voice=speaker.voice,
            organisation_id=speaker.organisation_id,
            code=await free_code(request.state.form, Kind.NEED, Kind.OFFER),
            trusted=_is_trusted(request, draft, speaker.voice),
        )
    except InvalidInput as problem:
        return await _screen(sent, "you", problem, draft=draft)
    except Conflict as problem:
        field = {actions.TAKEN_AWAY: "template", speaking.NOT_YOURS: "as"}.get(problem.message, "")
        again = InvalidInput({field: problem.message})
        return await _screen(sent, forms.screen_of(field), again, draft=draft)
    return _after(request, proposal, speaker)


def _after(request: Request, proposal: Proposal, speaker: Speaker) -> Response:
    """To the board where it hangs, or to what happens next."""
    publication = proposal.publication
    if proposal.state is not State.REVIEW:
        return see_other(f"/{publication.code}", said="proposal-published")
    by = "member" if request.state.viewer else "mail" if speaker.person.mail else "phone"
    return see_other(f"/new/sent?kind={publication.kind.value}&by={by}")


async def _check_last(sent: Sent, draft: ProposalDraft) -> Speaker:
    """Every problem of the last screen at once."""
    form, problems, speaker = sent.request.state.form, dict(sent.photos.problems), None
    try:
        speaker = await _speaker(sent.request)
    except InvalidInput as problem:
        problems |= problem.by_field
    try:
        forms.parse_project(form, await _projects(sent.request))
    except InvalidInput as problem:
        problems |= problem.by_field
    try:
        forms.parse_sure(form, forms.found_in(draft))
    except InvalidInput as problem:
        problems |= problem.by_field
    if speaker is None or problems:
        raise InvalidInput(problems)
    return speaker


async def sent_page(request: Request) -> Response:
    """What happens next with what is read first; the same for everybody, so that it tells nothing."""
    query = request.query_params
    return render(
        request,
        "exchange/new_sent.html",
        kind="offer" if query.get("kind") == "offer" else "need",
        by=query.get("by", ""),
    )


async def setting_of(request: Request, kind: Kind, known: Proposal | None = None) -> Setting:
    return Setting(
        kind=kind,
        site=request.state.site,
        templates=await Template.offered(kind),
        now=datetime.now(UTC),
        known=known,
    )


def kind_widens(draft: ProposalDraft, scope: Scope) -> bool:
    """Whether it can ask around later: a need that is not for everybody anyway, for one time."""
    return draft.kind is Kind.NEED and scope is not Scope.PUBLIC and not draft.slots and not draft.link


def scopes() -> list[Scope]:
    """For whom something can be published here, the narrowest first."""
    return [Scope.VILLAGE, *([Scope.NEIGHBOURS] if is_on() else []), Scope.PUBLIC]


def _is_trusted(request: Request, draft: ProposalDraft, voice: Voice = Voice.SELF) -> bool:
    """Whether it hangs at once. Where money is asked for, or in the town hall's name, only what it wrote."""
    viewer = request.state.viewer
    if viewer is None or not viewer.trusted:
        return False
    return viewer.is_agent or not (draft.link or voice is Voice.TOWN_HALL)


async def _speaker(request: Request) -> Speaker:
    return forms.parse_speaker(
        request.state.form,
        request.state.viewer,
        speaks_for=await spoken_for(request.state.viewer),
        scopes=scopes(),
        locale=request.state.locale,
    )


async def _projects(request: Request) -> list[Publication]:
    """For which this member may say what is needed."""
    viewer = request.state.viewer
    return await projects_of(None if viewer is None else viewer.member_id)


async def count_writing(request: Request) -> None:
    """Whoever publishes does so a number of times in a while.

    Raises InvalidInput, so that nothing that was written is lost.
    """
    viewer = request.state.viewer
    try:
        if viewer is None:
            await limits.spend(limits.PROPOSALS_PER_ADDRESS, visitor_network(request))
        elif not viewer.is_agent:
            await limits.spend(limits.PROPOSALS_PER_MEMBER, str(viewer.member_id))
    except TooMany:
        raise InvalidInput({"": WAIT_A_MOMENT}) from None


async def free_code(form: Mapping[str, Any], *kinds: Kind) -> str:
    """The form's, unless something else than these kinds is published under it."""
    code = parse_code(form)
    taken = Publication.filter(code=code).exclude(kind__in=list(kinds))
    return new_code() if not code or await taken.exists() else code


async def _screen(
    sent: Sent, screen: str, problem: InvalidInput | None = None, *, draft: ProposalDraft | None = None
) -> Response:
    """One of the three, with what was written on the others in hidden fields."""
    template = sent.setting.template(sent.values.get("template"))
    values = dict(sent.values)
    if screen == "when" and template is not None and values.get("for") != template.key:
        values = forms.defaults_of(template, sent.setting.site) | values | _fitting(values, template, sent)
    errors = problem.by_field if problem else {}
    shown = {name: message for name, message in errors.items() if not name or forms.screen_of(name) == screen}
    return render(
        sent.request,
        f"exchange/{screen}.html",
        status=422 if problem else 200,
        kind=sent.setting.kind.value,
        screen=screen,
        values=values,
        errors=shown,
        carried=carried(values, shown_fields(screen, template, values, signed_in=_signed_in(sent))),
        templates=sent.setting.templates,
        **await when_context(sent.setting, template, values),
        **(await _last(sent, draft) if screen == "you" else {}),
    )


def _signed_in(sent: Sent) -> bool:
    return sent.request.state.viewer is not None


def _fitting(values: Mapping[str, str], template: Template, sent: Sent) -> dict[str, str]:
    """What follows from the template where it was chosen just now: unit, terms, distance."""
    new = forms.defaults_of(template, sent.setting.site)
    names = ("unit", "mode", "distance", "category") if "for" in values else ()
    return {"for": template.key, **{name: new[name] for name in names}}


async def when_context(
    setting: Setting, template: Template | None, values: Mapping[str, str]
) -> dict[str, Any]:
    """What the fields of the second screen need, also where something is changed."""
    return {
        "in_words": lambda words: words_in(words, current_locale()),
        "chosen": template,
        "asks": frozenset(template.asks) if template is not None else frozenset(),
        "example": (setting.today + timedelta(days=7)).strftime("%d/%m/%Y"),
        "areas": await _areas() if template is not None else [],
        "rows": rows_of(values),
        "has_slots": any(forms.is_used(values, row) for row in rows_of(values)),
        "modes": [(mode.value, gettext(words)) for mode, words in MODE_NAMES.items()],
        "moments": [(moment.value, gettext(words)) for moment, words in MOMENT_NAMES.items()],
        "categories": [(one.key, gettext(one.name)) for one in CATEGORIES.values()],
    }


async def _areas() -> list[str]:
    """Quarters and hamlets that everybody knows already, to choose from; any other can be written."""
    known = await Organisation.exclude(area="").distinct().limit(_MOST_AREAS).values_list("area", flat=True)
    shown = Publication.filter(visible_to(ANYBODY), proposal__owner_id__not_isnull=True)
    lately = shown.exclude(proposal__area="").order_by("-id").limit(_LATELY)
    used = await lately.values_list("proposal__area", flat=True)
    return sorted({str(area) for area in [*known, *used]})[:_MOST_AREAS]


def rows_of(values: Mapping[str, str]) -> list[int]:
    """Which rows of times are shown: those with something in them, and some empty ones."""
    used = [row for row in range(1, limits.SLOTS_PER_PROPOSAL + 1) if forms.is_used(values, row)]
    last = max(used, default=0)
    return list(range(1, min(max(_FEWEST_ROWS, last + 2), limits.SLOTS_PER_PROPOSAL) + 1))


def shown_fields(
    screen: str, template: Template | None, values: Mapping[str, str], *, signed_in: bool
) -> set[str]:
    """The fields that a screen shows itself."""
    if screen == "what":
        return set(forms.FIRST)
    if screen == "you":
        photos = {name for name in values if name.startswith("photo")}
        return set(forms.LAST) - ({"name", "contact"} if signed_in else set()) | photos
    return forms.asked_fields(template, rows_of(values)) if template is not None else set()


def carried(values: Mapping[str, str], shown: set[str]) -> dict[str, str]:
    """What goes on in hidden fields; that something may stay is said anew each time."""
    return {name: value for name, value in values.items() if value and name not in shown and name != "sure"}


async def _last(sent: Sent, draft: ProposalDraft | None) -> dict[str, Any]:
    """The last screen: who may speak, for whom, and how it will look."""
    assert draft is not None, "the last screen comes after the others are right"
    speaks_for = await spoken_for(sent.request.state.viewer)
    return {
        "photos": sent.photos,
        "found": forms.found_in(draft),
        "speaks_for": speaks_for,
        "projects": [(one.code, one.title) for one in await _projects(sent.request)],
        "scopes": [scope.value for scope in scopes()],
        "can_widen": is_on() and kind_widens(draft, Scope.VILLAGE),
        "card": await _card(sent, draft, speaks_for),
        "html": html_of(draft.text),
        "answers": _answers(sent, draft),
        "at_once": _is_trusted(sent.request, draft),
        "exact_place": draft.exact_place,
    }


def _answers(sent: Sent, draft: ProposalDraft) -> list[tuple[str, str]]:
    """What the template asked, and what was said: others read that, too."""
    template = sent.setting.template(draft.template)
    asked = template.questions if template is not None else []
    labels = [(words_in(one["label"], current_locale()), draft.details.get(one["name"], "")) for one in asked]
    return [(label, words) for label, words in labels if words]


async def _card(sent: Sent, draft: ProposalDraft, speaks_for: list[Spokesperson]) -> Card:
    """As it will hang, made of what is written so far."""
    village = await Actor.village()
    publication = Publication(
        code="", author=village, kind=draft.kind, title=draft.title, language=draft.language
    )
    proposal = Proposal(state=State.OPEN, **{name: getattr(draft, name) for name in _ON_THE_CARD})
    proposal.publication = publication
    speak(proposal, sent.values.get("as", ""), name=_name(sent), speaks_for=speaks_for)
    slots = [Slot(starts_at=slot.starts_at, ends_at=slot.ends_at, wanted=slot.wanted) for slot in draft.slots]
    return card_of(proposal, Here(timezone=sent.setting.site.timezone), slots=slots)


def _name(sent: Sent) -> str:
    viewer = sent.request.state.viewer
    return sent.values.get("name", "") if viewer is None else str(viewer.name)


_ON_THE_CARD = (
    "category wanted unit starts_at ends_at moment nights minutes at_distance area mode beneficiary link"
).split()


def _at_home(request: Request, kind: Kind) -> Response | None:
    """A network has no board of its own: who wants to write on one is asked where they live."""
    return see_other(f"/region/at-home?new={kind.value}") if request.state.site.is_region else None


def _pages(kind: Kind) -> list[Page]:
    async def show(request: Request) -> Response:
        return _at_home(request, kind) or await begin(request, kind)

    async def send(request: Request) -> Response:
        return _at_home(request, kind) or await write(request, kind)

    path = f"/new/{kind.value}"
    opened: Handler = show
    pressed: Handler = send
    opened.__name__, pressed.__name__ = f"new_{kind.value}", f"write_{kind.value}"
    return [
        Page(path, opened, access=Access.VISITOR),
        Page(path, pressed, access=Access.VISITOR, methods=["POST"], uploads=True),
    ]


routes = [
    Page("/new", choose, access=Access.VISITOR),
    *_pages(Kind.NEED),
    *_pages(Kind.OFFER),
    Page("/new/sent", sent_page, access=Access.VISITOR),
]
