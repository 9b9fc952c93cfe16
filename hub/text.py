"""Words for people: translations, French typography, dates.

The message ids are the English texts, so English is complete by construction; French is the
catalogue in translations/. The locale of the page, mail or job at hand is a context variable, and so is who
speaks: the messages that a network of villages says otherwise stand in catalogues of their own.
"""

import gettext as stdlib_gettext
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import dates
from babel.messages import mofile, pofile

LOCALES = {"fr": "Français", "en": "English"}
DEFAULT_LOCALE = "fr"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)
_for_network: ContextVar[bool] = ContextVar("for_network", default=False)
_FOLDER = Path(__file__).parent / "translations"

NARROW = "\u202f"  # thin no-break space, before ; ! ? and in thousands
NO_BREAK = "\u00a0"


def current_locale() -> str:
    """`fr` or `en`."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Speak `locale` for the rest of this request or job; unknown ones mean French."""
    _locale.set(locale if locale in LOCALES else DEFAULT_LOCALE)


def speak_for(*, network: bool) -> None:
    """A network of villages has no town hall: whoever reads what this site is says so here."""
    _for_network.set(network)


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Speak `locale` inside the block: a mail is in its reader's language, not its sender's."""
    before = _locale.get()
    set_locale(locale)
    try:
        yield
    finally:
        _locale.set(before)


def N_(message: str) -> str:  # noqa: N802 (the name that gettext tools look for)
    """Mark a message for the catalogue; it is translated later, when it is shown."""
    return message


def gettext(message: str) -> str:
    """The message in the current locale."""
    return _catalogue(_locale.get(), _for_network.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, number: int) -> str:
    """The message that fits the number, in the current locale."""
    return _catalogue(_locale.get(), _for_network.get()).ngettext(singular, plural, number)


@cache
def _catalogue(locale: str, network: bool) -> stdlib_gettext.NullTranslations:
    if not network:
        return _read(locale, "messages")
    own = _read(locale, "network")
    own.add_fallback(_catalogue(locale, False))
    return own


def _read(locale: str, domain: str) -> stdlib_gettext.NullTranslations:
    """Straight from the .po file: no compiled copy that could be stale."""
    path = _FOLDER / locale / "LC_MESSAGES" / f"{domain}.po"
    if not path.exists():
        return stdlib_gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = pofile.read_po(file, locale=locale)
    for message in catalogue:
        if locale == "fr" and message.id:
            message.string = _each(message.string)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)


def _each(strings: str | tuple[str, ...] | list[str] | None) -> str | tuple[str, ...]:
    if isinstance(strings, str):
        return typeset(strings)
    return tuple(typeset(text) for text in strings or ())


_PHONE = re.compile(r"\b0\d(?: \d\d){4}\b")
_TYPOGRAPHY = (
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
    (re.compile(r" (?=[;!?])"), NARROW),
    (re.compile(r" (?=[:»€]|%(?!\())|(?<=«) "), NO_BREAK),  # not before a placeholder: %(name)s
    (re.compile(r"(?<=\d) (?=(?:h|km|kg|m|min|ko|Mo)\b)"), NO_BREAK),
    (re.compile(r"(?<=\d) (?=\d{3}\b)"), NARROW),
)


def typeset(text: str) -> str:
    """French typography: spaces that must not break, and ’ for '.

    Only spaces that the writer typed are changed, so addresses and times stay as they are.
    """
    for pattern, replacement in _TYPOGRAPHY:
        text = pattern.sub(replacement, text)
    return _PHONE.sub(lambda number: number[0].replace(" ", NO_BREAK), text)


# Before signs that end something: in ":)" and ";)" they do not.
_LOOSE = re.compile(r" (?:(?=[:;][\s<]|[!?»][\s<»).,;:!?…])(?<=\S )|(?<=« )(?=\S))")
_AS_TYPED = tuple(f"<{name}" for name in ("textarea", "option", "code", "pre", "script", "style"))


def typeset_page(html: str) -> str:
    """The same for what people typed, as a French page shows it: only in its text, for what stands in fields
    and attributes comes back as it was, and code means its spaces.
    """
    parts: list[str] = []
    end = 0
    for found in _LOOSE.finditer(html):
        at = found.start()
        tag = html.rfind("<", 0, at)
        if html.find(">", tag, at) < 0 or html.startswith(_AS_TYPED, tag):
            continue
        parts += (html[end:at], NARROW if html[at + 1] in ";!?" else NO_BREAK)
        end = at + 1
    return "".join((*parts, html[end:]))


_MOMENT = {"fr": "d MMMM y 'à' H 'h' mm", "en": "d MMMM y 'at' HH:mm"}

_CLOCK = {"fr": "H 'h' mm", "en": "HH:mm"}


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for a formula (HTM-18)


def capital(words: str) -> str:
    """With a capital at the front, as a sentence begins; the rest as it is."""
    return words[:1].upper() + words[1:]


def safe_cell(text: str) -> str:
    """As a cell of a table that spreadsheets open."""
    return f"'{text}" if text.startswith(FORMULA) else text


def day_name(day: date) -> str:
    """`jeudi 16 avril`."""
    return first_of_month(in_form("EEEE d MMMM", day), day)


def in_form(form: str, day: date) -> str:
    """A day as one of Babel's forms has it. Pages name the same few days again and again."""
    return _in_form(form, day, _locale.get())


@lru_cache(maxsize=2000)
def _in_form(form: str, day: date, locale: str) -> str:
    return dates.format_date(day, form, locale=locale)


def first_of_month(words: str, day: date) -> str:
    """In French the first has a word of its own: `1er avril`."""
    return words.replace("1 ", "1er ", 1) if day.day == 1 and _locale.get() == "fr" else words


def month_name(day: date) -> str:
    """`avril 2026`."""
    return in_form("MMMM y", day)


def local_time(at: datetime, timezone: str) -> str:
    """`16 avril 2026 à 10 h 42`, in the village's time zone."""
    at = at.astimezone(ZoneInfo(timezone))
    text = first_of_month(dates.format_datetime(at, _MOMENT[_locale.get()], locale=_locale.get()), at)
    return text.replace(" h ", f"{NO_BREAK}h{NO_BREAK}")


def local_clock(at: datetime, timezone: str) -> str:
    """`10 h 42` where it is of today, else `jeu. 16`: for lists of the day."""
    zone = ZoneInfo(timezone)
    today = at.astimezone(zone).date() == datetime.now(zone).date()
    form = _CLOCK[_locale.get()] if today else "EEE d"
    text = dates.format_datetime(at, form, zone, locale=_locale.get())
    return text.replace(" h ", f"{NO_BREAK}h{NO_BREAK}")


def local_day(at: datetime, timezone: str) -> str:
    """`16 avril 2026`, in the village's time zone."""
    day = at.astimezone(ZoneInfo(timezone)).date()
    return first_of_month(in_form("d MMMM y", day), day)


def ago(at: datetime, now: datetime) -> str:
    """`il y a 3 heures`."""
    return dates.format_timedelta(at - now, add_direction=True, locale=_locale.get())
