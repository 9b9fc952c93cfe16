"""What people type for a day, an hour, a while. Each raises ValueError, with a catalogue source."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, time, timedelta

from hub.publications.search import fold
from hub.text import N_

NOT_A_DAY = N_("Write the day like 18/04, 18 April or Saturday.")
NOT_THAT_WEEKDAY = N_("Write the day once more: this date falls on another day of the week.")
NOT_AN_HOUR = N_("Write the hour like 9 h or 9 h 30.")
NO_END = N_("Write until when, roughly: the hour is enough.")
NO_BEGINNING = N_("Write from when, roughly: the hour is enough.")
NOT_A_WHILE = N_("Write it like 30 minutes, one hour, or half a day.")

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_NUMBERS = {
    **dict.fromkeys(("zero", "aucun", "aucune", "none", "nobody"), 0),
    **dict.fromkeys(("un", "une", "a", "an", "one"), 1),
    **dict.fromkeys(("deux", "two"), 2),
    **dict.fromkeys(("trois", "three"), 3),
    **dict.fromkeys(("quatre", "four"), 4),
    **dict.fromkeys(("cinq", "five"), 5),
    **dict.fromkeys(("six",), 6),
    **dict.fromkeys(("sept", "seven"), 7),
    **dict.fromkeys(("huit", "eight"), 8),
    **dict.fromkeys(("neuf", "nine"), 9),
    **dict.fromkeys(("dix", "ten"), 10),
    **dict.fromkeys(("onze", "eleven"), 11),
    **dict.fromkeys(("douze", "twelve"), 12),
    **dict.fromkeys(("quinze", "fifteen"), 15),
    **dict.fromkeys(("vingt", "twenty"), 20),
    **dict.fromkeys(("trente", "thirty"), 30),
    "cent": 100,
    "mille": 1000,
}
_BY_THE = {
    "dizaine": 10,
    **dict.fromkeys(("douzaine", "dozen"), 12),
    "quinzaine": 15,
    "vingtaine": 20,
    "trentaine": 30,
    **dict.fromkeys(("centaine", "cent", "hundred"), 100),
    **dict.fromkeys(("millier", "mille", "thousand"), 1000),
}
_AND_SO_ON = frozenset({"ou", "or", "et", "and", "to"})
_UNITS = {
    **dict.fromkeys(("", "min", "mn", "minute", "minutes"), 1),
    **dict.fromkeys(("h", "heure", "heures", "hour", "hours"), 60),
    **dict.fromkeys(("demi-heure", "demi heure", "half hour", "half an hour"), 30),
    **dict.fromkeys(("matinée", "après-midi", "morning", "afternoon", "soirée", "evening"), 240),
    **dict.fromkeys(("demi-journée", "demi journée", "half a day", "half day"), 240),
    **dict.fromkeys(("journée", "jour", "jours", "day", "days"), 480),
}
_DAYS_AHEAD = {
    **dict.fromkeys(("aujourd'hui", "today"), 0),
    **dict.fromkeys(("demain", "tomorrow"), 1),
    **dict.fromkeys(("apres-demain", "apres demain", "the day after tomorrow"), 2),
}


def _each_from(first: int, *names: str) -> dict[str, int]:
    """The places of names that are listed in their order, once for each language."""
    return {name: first + place for line in names for place, name in enumerate(line.split())}


_WEEKDAYS = _each_from(
    0,
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "monday tuesday wednesday thursday friday saturday sunday",
)
_MONTHS = _each_from(
    1,
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "january february march april may june july august september october november december",
)
_DATE = re.compile(
    r"(?:le )?(\d{1,2})(?:er|st|nd|rd|th)?\s*[/. -]\s*(\d{1,2}|[a-z]+)(?:\s*[/. -]\s*(\d{4}|\d{2}))?"
)
LONGEST = 60 * 24 * 7  # minutes


def day_of(text: str, today: date) -> date:
    """`18/04/2026`, `18.4.26`, `2026-04-18`, `18 avril`, `samedi`; without a year the next such day."""
    plain = _SPACES.sub(" ", fold(text.replace("\u2019", "'"))).strip()
    if plain in _DAYS_AHEAD:
        return today + timedelta(days=_DAYS_AHEAD[plain])
    first, _, rest = plain.partition(" ")
    weekday = _WEEKDAYS.get(first.rstrip(",."))
    if weekday is None:
        return _date_of(plain, today)
    if not rest:
        return today + timedelta(days=(weekday - today.weekday()) % 7)
    day = _date_of(rest, today)
    if day.weekday() != weekday:
        raise ValueError(NOT_THAT_WEEKDAY)
    return day


def _date_of(plain: str, today: date) -> date:
    written = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", plain)
    if written:
        return _day(*(int(part) for part in written.groups()))
    parts = _DATE.fullmatch(plain)
    if parts is None:
        raise ValueError(NOT_A_DAY)
    number, year = int(parts[1]), int(parts[3] or 0)
    month = int(parts[2]) if parts[2].isdigit() else _MONTHS.get(parts[2], 0)
    if year:
        return _day(year if year > 99 else 2000 + year, month, number)
    for year in (today.year, today.year + 1):
        with suppress(ValueError):  # 29 February of a year that has none
            if (day := date(year, month, number)) >= today:
                return day
    raise ValueError(NOT_A_DAY)


def _day(year: int, month: int, number: int) -> date:
    try:
        return date(year, month, number)
    except ValueError:
        raise ValueError(NOT_A_DAY) from None


def hour_of(text: str) -> time:
    """`9`, `9h`, `9 h 30`, `9:30`, `midi`; `24 h` is the last minute of the day."""
    plain = _SPACES.sub("", text.lower()).removesuffix("eures").removesuffix("eure")
    plain = "12" if plain in ("midi", "noon") else plain
    parts = re.fullmatch(r"(\d{1,2})(?:[h:.](\d{2})?)?", plain)
    if parts is None:
        raise ValueError(NOT_AN_HOUR)
    hours, minutes = int(parts[1]), int(parts[2] or 0)
    if (hours, minutes) == (24, 0):
        return time(23, 59)
    try:
        return time(hours, minutes)
    except ValueError:
        raise ValueError(NOT_AN_HOUR) from None


def minutes_of(text: str) -> int:
    """`une heure`, `1 h 30`, `deux heures`, `une demi-journée`, `half an hour`; a mere number is minutes."""
    plain = _SPACES.sub(" ", text.lower()).strip(" .").replace("’", "'")
    clock = re.fullmatch(r"(\d{1,3}) ?(?:h|heures?) ?(\d{2})(?: ?(?:min|mn|minutes))?", plain)
    minutes = 60 * int(clock[1]) + int(clock[2]) if clock else _counted(plain)
    if not 1 <= minutes <= LONGEST:
        raise ValueError(NOT_A_WHILE)
    return minutes


def _counted(plain: str) -> int:
    """A number and a unit; `et demie` adds half of the unit."""
    whole = re.sub(r" (?:et demie?|and a half)$", "", plain)
    if whole in _UNITS and whole:
        return _UNITS[whole]
    parts = re.fullmatch(r"(\d{1,4}|[a-z]+)? ?(.*)", whole)
    assert parts is not None
    number = int(parts[1]) if (parts[1] or "").isdigit() else _NUMBERS.get(parts[1] or "", 0)
    unit = _UNITS.get(parts[2], 0)
    return number * unit + (unit // 2 if whole != plain else 0)


def count_of(text: str) -> int | None:
    """`2`, `1 000`, `deux`, `2 personnes`, `une dizaine`; None for what is no number, or more than one."""
    plain = _SPACES.sub(" ", fold(text)).strip(" .")
    parts = re.fullmatch(r"([0-9][0-9 ]*|[a-z]+)(?: ([^\W\d][^\d]*))?", plain)
    if parts is None:
        return None
    figures, words = parts[1].replace(" ", ""), (parts[2] or "").split()
    number = int(figures[:13]) if figures.isdigit() else _NUMBERS.get(figures)
    if number is None:
        return None
    if words and (each := _BY_THE.get(words[0].removesuffix("s"))):
        number, words = number * each, words[1:]
    return None if words and _goes_on(words[0]) else number


def _goes_on(word: str) -> bool:
    """A second number follows, or this is one."""
    return word in _AND_SO_ON or word in _NUMBERS or word.removesuffix("s") in _NUMBERS


def counted(least: int, most: int) -> Callable[[str], int]:
    """Reads how many people or things, for a form; it raises ValueError for anything else."""

    def read(text: str) -> int:
        number = count_of(text)
        if number is None or not least <= number <= most:
            raise ValueError(text)
        return number

    return read


def while_words(minutes: int | None) -> str:
    """As the field shows it again: `1 h 30`, `45 min`."""
    if not minutes:
        return ""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02}" if rest else f"{hours} h"
