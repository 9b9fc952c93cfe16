"""Forms about needs and offers: three screens of fields -> a draft, or messages by field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub import limits
from hub.exchange.actions import TAKEN_AWAY
from hub.exchange.categories import CATEGORIES
from hub.exchange.models import (
    Mode,
    Moment,
    Proposal,
    ProposalDraft,
    Slot,
    SlotDraft,
    Template,
    Voice,
    words_in,
)
from hub.exchange.screening import Found, screen
from hub.exchange.typed import NO_BEGINNING, NO_END, count_of, day_of, hour_of, minutes_of, while_words
from hub.organisations.models import Spokesperson
from hub.participants.forms import HereAndNow
from hub.participants.models import Person
from hub.publications.groups import NOT_IN_PROJECT
from hub.publications.models import Kind, Publication, Scope
from hub.text import N_
from hub.web.fields import MISSING, Form
from hub.web.viewer import Site, Viewer

SCREENS = ("what", "when", "you")
FIRST = frozenset({"title", "text", "template"})
LAST = frozenset({"as", "name", "contact", "scope", "widens", "project", "sure"})
_MIDDLE = frozenset(
    (
        "wanted unit category beneficiary link starts moment from to ends due"
        " area place distance mode minutes"
    ).split()
)
_OWN = re.compile(
    r"q_[a-z0-9_]{1,40}|slot[0-9]{1,2}_(?:day|from|to|wanted)|photo[1-9]-(?:kept|alt|decorative)|photo-consent"
)
_TITLE_LENGTH, _ANSWER_LENGTH = 120, 1000

PAST_DAY = N_("That day is past. Choose today or later.")
PAST_HOUR = N_("That time is past. Choose a later one.")
TOO_FAR = N_("That is more than a year away. Choose an earlier day.")
ENDS_FIRST = N_("This is before the beginning.")
WHICH_DAY = N_("Say which day, too.")
AT_LEAST_ONE = N_("Write a number, at least 1.")
TOO_MANY = N_("That is more than can be asked for here: at most 10,000.")
NOT_SAFE = N_("Give the whole address of the page. It begins with https://.")
PUBLISH_ANYHOW = N_("Tick this box if it may stay, or take it out of your text.")
SAY_WHY = N_("Say why: the person will read it.")

# The hours that a moment stands for; a day without any is the whole of it.
_HOURS = {
    Moment.ANY: (time(8), time(23, 59)),
    Moment.MORNING: (time(8), time(12)),
    Moment.AFTERNOON: (time(13), time(18)),
    Moment.EVENING: (time(18), time(23)),
}


@dataclass(frozen=True, kw_only=True)
class Setting(HereAndNow):
    """What a form is read against. `known`: what is being changed, whose past days may stay."""

    kind: Kind
    templates: Sequence[Template]
    known: Proposal | None = None

    def template(self, key: object) -> Template | None:
        return next((one for one in self.templates if one.key == key), None)


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Who publishes it, in whose name, for whom."""

    person: Person
    voice: Voice
    organisation_id: int | None
    scope: Scope
    widens: bool = False


def screen_of(field: str) -> str:
    """On which of the three screens a field is."""
    if field in FIRST:
        return "what"
    return "you" if not field or field in LAST or field.startswith("photo") else "when"


def known_fields(data: Mapping[str, Any]) -> dict[str, str]:
    """Every answer that was sent, of whatever screen, as it was written."""
    names = FIRST | LAST | _MIDDLE | {"code", "for"}
    return {
        name: value
        for name, value in data.items()
        if isinstance(value, str) and value and (name in names or _OWN.fullmatch(name))
    }


def parse_proposal(data: Mapping[str, Any], setting: Setting, *, until: str = "you") -> ProposalDraft | None:
    """What and when; None where only the first screen was asked for. Raises InvalidInput."""
    form = Form(data)
    title = form.text("title", max_length=_TITLE_LENGTH)
    text = form.text("text", max_length=limits.TEXT_LENGTH, required=False, lines=True)
    template = _template(form, setting)
    if until == "what" or template is None:
        form.check()
        return None
    facts = _when(form, template, setting)
    form.check()
    return ProposalDraft(
        kind=setting.kind,
        title=title,
        text=text,
        language=setting.site.locale,
        template=template.key,
        **facts,
    )


def _template(form: Form, setting: Setting) -> Template | None:
    key = form.text("template", max_length=40)
    template = setting.template(key)
    if key and template is None:
        form.wrong("template", TAKEN_AWAY)
    return template


def _when(form: Form, template: Template, setting: Setting) -> dict[str, Any]:
    """The answers to what this template asks, and to nothing else."""
    asks = frozenset(template.asks)
    at_distance = "distance" in asks and form.ticked("distance")
    facts = {
        "category": _category(form, template),
        "mode": form.choice("mode", list(Mode), default=template.mode) if "mode" in asks else template.mode,
        "minutes": form.parsed("minutes", minutes_of, required=False) if "minutes" in asks else None,
        "at_distance": at_distance,
        "area": form.text("area", max_length=80, required=False) if "area" in asks else "",
        "exact_place": form.text("place", max_length=500, required=False, lines=True)
        if "place" in asks
        else "",
        "details": _details(form, template),
        "wanted": None,
        **(_gift(form) if "link" in asks else {}),
        **(_wanted(form, template, setting) if "wanted" in asks else {}),
    }
    return {**facts, **_times(form, asks, setting)}


def _category(form: Form, template: Template) -> str:
    """The template's; of the blank one its author says what it is about."""
    if template.category != "other":
        return template.category
    return form.choice("category", list(CATEGORIES), default="other")


def _details(form: Form, template: Template) -> dict[str, str]:
    answers = {
        question["name"]: form.text(
            f"q_{question['name']}",
            max_length=_ANSWER_LENGTH,
            required=bool(question.get("required")),
            lines=True,
        )
        for question in template.questions
    }
    return {name: words for name, words in answers.items() if words}


def _gift(form: Form) -> dict[str, Any]:
    """Who receives the money, and on which page of theirs."""
    link = form.page("link") or ""
    if link and not link.startswith("https://"):
        form.wrong("link", NOT_SAFE)
    return {"beneficiary": form.text("beneficiary", max_length=160), "link": link}


def _wanted(form: Form, template: Template, setting: Setting) -> dict[str, Any]:
    """How many of what; empty: as many as there are, but beds have a number."""
    unit = form.text("unit", max_length=40, required=False)
    return {
        "wanted": _number(form, "wanted", required="nights" in template.asks),
        "unit": unit or words_in(template.unit, setting.site.locale),
    }


def _number(form: Form, name: str, *, required: bool = False) -> int | None:
    text = form.text(name, max_length=200, required=required)
    if not text:
        return None
    number = count_of(text) or 0
    if number < 1:
        form.wrong(name, AT_LEAST_ONE)
    elif number > limits.WANTED:
        form.wrong(name, TOO_MANY)
    return number


def _times(form: Form, asks: frozenset[str], setting: Setting) -> dict[str, Any]:
    slots = _slots(form, setting) if "slots" in asks else ()
    if slots:
        return {
            "slots": slots,
            "starts_at": min(slot.starts_at for slot in slots),
            "ends_at": max(slot.ends_at for slot in slots),
            "wanted": sum(slot.wanted for slot in slots),
        }
    if "nights" in asks:
        return _nights(form, setting)
    if "when" in asks:
        return _day_and_moment(form, setting)
    if "until" in asks:
        due = _day(form, "due", setting)
        return {"ends_at": setting.at(due, time(23, 59)) if due else None}
    return {}


def _day_and_moment(form: Form, setting: Setting) -> dict[str, Any]:
    """A day, and the part of it; or the hours of the clock."""
    day = _day(form, "starts", setting)
    moment = form.choice("moment", list(Moment), default=Moment.ANY)
    if form.text("from", required=False) or form.text("to", required=False):
        moment = Moment.HOURS  # who says the hours need not say the part of the day
    if moment is Moment.HOURS:
        hours = _hours(form, "from", "to")
        if day is None and "starts" not in form.problems:
            form.wrong("starts", WHICH_DAY)
    else:
        hours = _HOURS[moment]
    if day is None or hours is None:
        return {"moment": moment}
    if (kept := _kept(setting, day, moment)) is not None:
        return {"moment": moment, **kept}
    starts, ends = setting.at(day, hours[0]), setting.at(day, hours[1])
    if ends <= setting.now and not (setting.known is not None and ends == setting.known.ends_at):
        form.wrong("from" if moment is Moment.HOURS else "moment", PAST_HOUR)
    return {"moment": moment, "starts_at": starts, "ends_at": ends}


def _hours(form: Form, first: str, last: str) -> tuple[time, time] | None:
    for name, problem in ((first, NO_BEGINNING), (last, NO_END)):
        if not form.text(name, required=False):
            form.wrong(name, problem)
    starts, ends = form.parsed(first, hour_of), form.parsed(last, hour_of)
    if starts is None or ends is None:
        return None
    if ends <= starts:
        form.wrong(last, ENDS_FIRST)
        return None
    return starts, ends


def _nights(form: Form, setting: Setting) -> dict[str, Any]:
    """The first and the last night; noon, so that the day is the same everywhere near."""
    first, last = _day(form, "starts", setting, required=True), _day(form, "ends", setting, required=True)
    if first is None or last is None:
        return {"nights": True}
    if last < first:
        form.wrong("ends", ENDS_FIRST)
    return {"nights": True, "starts_at": setting.at(first, time(12)), "ends_at": setting.at(last, time(12))}


def _day(form: Form, name: str, setting: Setting, *, required: bool = False) -> date | None:
    day = form.parsed(name, lambda text: day_of(text, setting.today), required=required)
    if day is None:
        return None
    if day < setting.today and not _is_kept_day(setting, day):
        form.wrong(name, PAST_DAY)
    elif day > setting.today + timedelta(days=limits.DAYS_AHEAD):
        form.wrong(name, TOO_FAR)
    else:
        return day
    return None


def _kept(setting: Setting, day: date, moment: Moment) -> dict[str, Any] | None:
    """The times of what is being changed, where neither day nor part of the day is another one."""
    known = setting.known
    if known is None or known.starts_at is None or moment is Moment.HOURS or moment is not known.moment:
        return None
    same = known.starts_at.astimezone(setting.zone).date() == day
    return {"starts_at": known.starts_at, "ends_at": known.ends_at} if same else None


def _is_kept_day(setting: Setting, day: date) -> bool:
    if setting.known is None:
        return False
    kept = (setting.known.starts_at, setting.known.ends_at)
    return any(at is not None and at.astimezone(setting.zone).date() == day for at in kept)


def _slots(form: Form, setting: Setting) -> tuple[SlotDraft, ...]:
    """Rows in which somebody wrote anything; each has its day, hours and number."""
    rows = [row for row in range(1, limits.SLOTS_PER_PROPOSAL + 1) if is_used(form.data, row)]
    found = [_slot(form, f"slot{row}_", setting) for row in rows]
    return tuple(slot for slot in found if slot is not None)


def is_used(data: Mapping[str, Any], row: int) -> bool:
    return any(str(data.get(f"slot{row}_{part}") or "").strip() for part in ("day", "from", "to"))


def _slot(form: Form, prefix: str, setting: Setting) -> SlotDraft | None:
    day = _day(form, f"{prefix}day", setting, required=True)
    hours = _hours(form, f"{prefix}from", f"{prefix}to")
    wanted = _number(form, f"{prefix}wanted") or 1
    if day is None or hours is None:
        return None
    starts, ends = setting.at(day, hours[0]), setting.at(day, hours[1])
    if ends <= setting.now:
        form.wrong(f"{prefix}from", PAST_HOUR)
    return SlotDraft(starts_at=starts, ends_at=ends, wanted=wanted)


def parse_speaker(
    data: Mapping[str, Any],
    viewer: Viewer | None,
    *,
    speaks_for: Sequence[Spokesperson],
    scopes: Iterable[Scope],
    locale: str,
) -> Speaker:
    """Who publishes: a member, or a name and one way to reach them. Raises InvalidInput."""
    form = Form(data)
    handles = {f"@{one.organisation.handle}": one.organisation_id for one in speaks_for}
    voice = form.choice("as", [Voice.SELF.value, Voice.TOWN_HALL.value, *handles], default=Voice.SELF.value)
    speaker = Speaker(
        person=_person(form, viewer, locale),
        voice=Voice.ORGANISATION if voice in handles else Voice(voice),
        organisation_id=handles.get(voice),
        scope=form.choice("scope", list(scopes), default=Scope.VILLAGE),
        widens=form.ticked("widens"),
    )
    form.check()
    return speaker


def _person(form: Form, viewer: Viewer | None, locale: str) -> Person:
    if viewer is not None:
        return Person(name=viewer.name, member_id=viewer.member_id, locale=locale)
    name = form.text("name", max_length=80)
    mail, phone = form.contact("contact")
    return Person(name=name, mail=mail, phone=phone, locale=locale)


def parse_project(data: Mapping[str, Any], projects: Iterable[Publication]) -> int | None:
    """The project of theirs for which it is asked, by its publication. Raises InvalidInput."""
    form, codes = Form(data), {one.code: one.id for one in projects}
    code = form.text("project", max_length=20, required=False).lower()
    if code and code not in codes:
        form.wrong("project", NOT_IN_PROJECT)
    form.check()
    return codes.get(code)


def found_in(draft: ProposalDraft) -> list[Found]:
    """What everybody would read there and perhaps should not."""
    return screen([draft.title, draft.text, draft.unit, *draft.details.values()], draft.area)


def parse_sure(data: Mapping[str, Any], found: Sequence[Found]) -> None:
    """Raises InvalidInput where something was found and nobody said that it may stay."""
    form = Form(data)
    if found and not form.ticked("sure"):
        form.wrong("sure", PUBLISH_ANYHOW)
    form.check()


def parse_words(data: Mapping[str, Any], name: str, *, missing: str = MISSING, required: bool = True) -> str:
    """Some lines: a reason, thanks, a note."""
    form = Form(data)
    text = form.text(name, max_length=_ANSWER_LENGTH, required=False, lines=True)
    if required and not text:
        form.wrong(name, missing)
    form.check()
    return text


def defaults_of(template: Template, site: Site) -> dict[str, str]:
    """What the fields of a template say before anybody has written in them."""
    asks = template.asks
    return {
        "wanted": "1" if "wanted" in asks and "until" not in asks else "",
        "unit": words_in(template.unit, site.locale),
        "mode": template.mode.value,
        "distance": "yes" if "distance" in asks and "area" not in asks else "",
        "category": template.category,
    }


def asked_fields(template: Template, rows: Iterable[int]) -> set[str]:
    """The fields of the second screen, for this template."""
    asks = frozenset(template.asks)
    found = {"category"} if template.category == "other" else set()
    found |= {f"q_{question['name']}" for question in template.questions}
    for ask, names in _FIELDS.items():
        found |= set(names.split()) if ask in asks else set()
    if "slots" in asks:
        found |= {f"slot{row}_{part}" for row in rows for part in ("day", "from", "to", "wanted")}
    return found


_FIELDS = {
    "wanted": "wanted unit",
    "link": "beneficiary link",
    "when": "starts moment from to",
    "nights": "starts ends",
    "until": "due",
    "area": "area",
    "place": "place",
    "distance": "distance",
    "mode": "mode",
    "minutes": "minutes",
}


def values_of(proposal: Proposal, slots: Sequence[Slot], *, timezone: str) -> dict[str, str]:
    """What the fields of the form say for something that hangs already."""
    zone, publication = ZoneInfo(timezone), proposal.publication
    starts = proposal.starts_at.astimezone(zone) if proposal.starts_at else None
    ends = proposal.ends_at.astimezone(zone) if proposal.ends_at else None
    by_hours = proposal.moment is Moment.HOURS and starts is not None and ends is not None
    first, last = _typed_day(starts), _typed_day(ends)
    values = {
        "title": publication.title,
        "text": publication.source,
        "template": proposal.template,
        "category": proposal.category,
        "wanted": str(proposal.wanted or ""),
        "unit": proposal.unit,
        "starts": "" if slots else first,
        "ends": last,
        "due": last if starts is None else "",
        "moment": proposal.moment.value,
        "from": _typed_hour(starts) if by_hours else "",
        "to": _typed_hour(ends) if by_hours else "",
        "area": proposal.area,
        "place": proposal.exact_place,
        "distance": "yes" if proposal.at_distance else "",
        "mode": proposal.mode.value,
        "minutes": while_words(proposal.minutes),
        "beneficiary": proposal.beneficiary,
        "link": proposal.link,
    }
    return values | {f"q_{name}": words for name, words in proposal.details.items()}


def _typed_day(at: datetime | None) -> str:
    return at.strftime("%d/%m/%Y") if at else ""


def _typed_hour(at: datetime | None) -> str:
    return f"{at.hour} h {at.minute:02}" if at and at.minute else f"{at.hour} h" if at else ""
