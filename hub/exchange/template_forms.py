"""The form about a kind of need or offer: what an agent wrote -> a draft, or messages by field."""

import re
from collections.abc import Mapping
from typing import Any

from hub import limits
from hub.exchange.actions import DAYS
from hub.exchange.categories import CATEGORIES
from hub.exchange.models import Mode, Template
from hub.exchange.templates import TemplateDraft
from hub.publications.models import Kind
from hub.text import LOCALES, N_
from hub.web.fields import MISSING, Form

KINDS = (Kind.NEED.value, Kind.OFFER.value)
ASKS: Mapping[str, str] = {
    "wanted": N_("How many, and of what"),
    "when": N_("Which day, at what time"),
    "slots": N_("Several times, each with its own number"),
    "nights": N_("From which night to which; then the number is for each night"),
    "until": N_("Until which day"),
    "area": N_("On which side of the village"),
    "place": N_("Where exactly, for those whose help is accepted"),
    "minutes": N_("About how long it takes"),
    "mode": N_("On what terms"),
    "distance": N_("Whether one can help from afar"),
    "link": N_("A page for gifts of money, and who receives; nobody promises anything here then"),
}
WHICH_KIND = N_("Tick at least one of the two.")
NIGHTS_OR_DAY = N_("Ask for nights or for a day, not for both.")
NIGHTS_NEED_NUMBER = N_("Nights need a number: tick “How many” as well.")
NOT_SO_MANY_DAYS = N_("Write a number of days from 30 to 90.")


def parse_template(data: Mapping[str, Any], known: Template | None = None) -> TemplateDraft:
    """The draft; questions keep their names, so that answers given before still find them."""
    form = Form(data)
    names = _by_locale(form, "name", 80)
    if not names:
        form.wrong(f"name_{next(iter(LOCALES))}", MISSING)
    draft = TemplateDraft(
        kinds=_ticked(form, "kind", KINDS),
        names=names,
        hints=_by_locale(form, "hint", 200),
        notices=_by_locale(form, "notice", 600),
        category=form.choice("category", list(CATEGORIES)),
        unit=_by_locale(form, "unit", 40),
        mode=form.choice("mode", list(Mode), default=Mode.GIFT),
        asks=_asks(form),
        questions=_questions(form, known),
        days=_days(form),
    )
    if not draft.kinds:
        form.wrong("kind_need", WHICH_KIND)
    form.check()
    return draft


def _asks(form: Form) -> list[str]:
    asks = _ticked(form, "asks", ASKS)
    if "nights" in asks and "when" in asks:
        form.wrong("asks_nights", NIGHTS_OR_DAY)
    if "nights" in asks and "wanted" not in asks:
        form.wrong("asks_nights", NIGHTS_NEED_NUMBER)
    return asks


def _ticked(form: Form, prefix: str, names: Any) -> list[str]:
    return [name for name in names if form.ticked(f"{prefix}_{name}")]


def _by_locale(form: Form, name: str, length: int) -> dict[str, str]:
    words = {
        locale: form.text(f"{name}_{locale}", max_length=length, required=False, lines=True)
        for locale in LOCALES
    }
    return {locale: text for locale, text in words.items() if text}


def _questions(form: Form, known: Template | None) -> list[dict[str, Any]]:
    """Those with words, in their order; a new one gets a name that no other has."""
    names = [str(one["name"]) for one in known.questions] if known is not None else []
    free = (name for name in (f"q{number}" for number in range(1, 100)) if name not in names)
    found = []
    for number in range(1, limits.QUESTIONS_PER_TEMPLATE + 1):
        label = _by_locale(form, f"question{number}", 200)
        name = names[number - 1] if number <= len(names) else next(free)
        if label:
            required = form.ticked(f"question{number}_required")
            found.append({"name": name, "label": label, "required": required})
    return found


def _days(form: Form) -> int:
    text = form.text("days", max_length=10)
    days = int(text) if re.fullmatch("[0-9]{1,3}", text) else 0
    if days not in DAYS:
        form.wrong("days", NOT_SO_MANY_DAYS)
    return days


def values_of(template: Template) -> dict[str, str]:
    """What the fields say for a template that is there."""
    words = {
        "name": template.names,
        "hint": template.hints,
        "notice": template.notices,
        "unit": template.unit,
    }
    values = {
        f"{name}_{locale}": text for name, by_locale in words.items() for locale, text in by_locale.items()
    }
    for number, question in enumerate(template.questions, start=1):
        values |= {f"question{number}_{locale}": text for locale, text in question["label"].items()}
        values[f"question{number}_required"] = "yes" if question.get("required") else ""
    ticks = [f"kind_{kind}" for kind in template.kinds] + [f"asks_{ask}" for ask in template.asks]
    return {
        **values,
        **dict.fromkeys(ticks, "yes"),
        "category": template.category,
        "mode": template.mode.value,
        "days": str(template.days),
    }
