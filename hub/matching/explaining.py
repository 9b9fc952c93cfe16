"""Why an offer seems to suit a need, in words: `même catégorie, à 6 km, samedi 18 avril`."""

from collections.abc import Callable, Mapping
from datetime import date

from babel import dates

from hub.exchange.categories import CATEGORIES
from hub.text import N_, current_locale, day_name, gettext

_SHELF, _KM, _ALIKE = N_("both about “%(name)s”"), N_("at %(km)s km"), N_("about: %(words)s")
_HERE, _ENOUGH = N_("very near"), N_("there is enough of it")


def reasons_words(reasons: Mapping[str, object]) -> str:
    """One line of what holds; empty where nothing is known. Reasons of other versions are left out."""
    known = [name for name in _SAY if name in reasons and not (name == "weekdays" and "day" in reasons)]
    said = [_SAY[name](reasons[name]) for name in known]
    return ", ".join(filter(None, said))


def _category(key: object) -> str:
    known = CATEGORIES.get(str(key))
    return gettext(_SHELF) % {"name": gettext(known.name)} if known is not None else ""


def _words(words: object) -> str:
    found = [str(word) for word in words] if isinstance(words, list | tuple) else []
    return gettext(_ALIKE) % {"words": ", ".join(found)} if found else ""


def _km(km: object) -> str:
    if not isinstance(km, int | float):
        return ""
    return gettext(_HERE) if km < 1 else gettext(_KM) % {"km": round(km)}


def _day(day: object) -> str:
    try:
        return day_name(date.fromisoformat(str(day)))
    except ValueError:
        return ""


def _weekdays(days: object) -> str:
    """0 is Monday."""
    names = dates.get_day_names("wide", locale=current_locale())
    listed = days if isinstance(days, list) else []
    return ", ".join(names[day] for day in listed if isinstance(day, int) and 0 <= day <= 6)


def _number(enough: object) -> str:
    return gettext(_ENOUGH) if enough else ""


_SAY: dict[str, Callable[[object], str]] = {
    "category": _category,
    "km": _km,
    "day": _day,
    "weekdays": _weekdays,
    "number": _number,
    "words": _words,
}
