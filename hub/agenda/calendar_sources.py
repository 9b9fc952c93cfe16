"""Where calendars of others come from: a file that somebody chose, or an address; read apart from all else.

Every failure is InvalidInput at the field, in words that say what to do.
"""

import asyncio
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from federation.errors import FederationError, FetchFailed, Gone, InvalidDocument, Unreachable
from federation.media_types import Accept
from federation.origin import parse_uri
from hub import contained, limits
from hub.actors.peers import NetworkOff, peers
from hub.errors import InvalidInput
from hub.text import N_

NO_FILE = N_("Choose a file first, or write an address.")
NOT_A_CALENDAR = N_("This is not a calendar. Look for “export”, or for an address that ends in .ics.")
TOO_BIG = N_("This calendar is larger than 5 megabytes. Export only the months to come.")
TOO_MANY = N_("There are more than 10,000 dates in this calendar. Export only the months to come.")
TOO_SLOW = N_("Reading this calendar takes too long: its dates come again without end. Nothing was read.")
NOT_AN_ADDRESS = N_("This is not the address of a calendar. It begins with https:// or webcal://.")
NOT_OPEN = N_(
    "This address is not open to everybody. Look for the “public” or “secret address in iCal format”."
)
NOT_ALLOWED = N_("We do not read this address: it must be on the open web, and begin with https://.")
NOTHING_THERE = N_("There is nothing at this address.")
NO_ANSWER = N_("This address does not answer for now. Try again later, or choose a file.")
OFF = N_("This site fetches nothing from others. Choose a file instead.")

PROGRAM = "hub.agenda.calendar_reader"
_STATUSES = {2: NOT_A_CALENDAR, 3: TOO_MANY}
_OUTPUT = 4 * 1024 * 1024
_SECONDS = 40  # on the clock, where the machine is busy; of the processor it has four
_SCHEMES = ("webcal://", "webcals://", "http://", "https://")
# Servers call calendars many things; what it is is read from the content.
CALENDAR = Accept("text/calendar, */*;q=0.1", lambda content_type: True)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A date as the calendar has it, one for each round of what comes again; `uid` is of this one."""

    uid: str
    title: str
    text: str
    place: str
    url: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    timezone: str
    cancelled: bool


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a calendar says now. `left_out`: title and reason, a key of REASONS.

    `unread`: UIDs of what was left out though it is still there. `further`: how many more dates there are
    than we take; `known`: all, past ones too.
    """

    name: str = ""
    entries: list[Entry] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    further: int = 0
    known: int = 0

    def as_json(self) -> dict[str, object]:
        facts: dict[str, object] = json.loads(json.dumps(asdict(self), default=datetime.isoformat))
        return facts

    @classmethod
    def of_json(cls, facts: dict[str, object]) -> "Reading":
        entries = [_entry(one) for one in facts["entries"]]  # type: ignore[attr-defined]
        left_out = [(title, reason) for title, reason in facts["left_out"]]  # type: ignore[attr-defined]
        return cls(**(facts | {"entries": entries, "left_out": left_out}))  # type: ignore[arg-type]


REASONS = {
    "no-title": N_("It has no title."),
    "no-day": N_("It does not say when it begins, or not in a way that we understand."),
    "ends-before": N_("It ends before it begins."),
    "too-long": N_("It lasts longer than a year."),
    "too-often": N_("It comes again more often than once a day."),
    "endless": N_("The rule by which it comes again takes too long to work out."),
    "private": N_("It is marked as private."),
    "broken": N_("It cannot be read."),
}


async def read_file(content: bytes, *, timezone: str, now: datetime | None = None) -> Reading:
    """Of a file that is read once, all that comes within a year. Raises InvalidInput at `file`."""
    if not content:
        raise InvalidInput({"file": NO_FILE})
    if len(content) > limits.CALENDAR_BYTES:
        raise InvalidInput({"file": TOO_BIG})
    return await _read(content, "file", timezone=timezone, rounds=limits.DAYS_AHEAD, now=now)


async def read_address(address: str, *, timezone: str, now: datetime | None = None) -> Reading:
    """Of an address that is read each day. Raises InvalidInput at `url`."""
    content = await _fetch(address)
    return await _read(content, "url", timezone=timezone, rounds=limits.CALENDAR_ROUNDS_DAYS, now=now)


def parse_address(text: str) -> str:
    """`webcal://example.fr/a.ics` is https://example.fr/a.ics. Raises ValueError with a catalogue source."""
    scheme = next((each for each in _SCHEMES if text.lower().startswith(each)), "")
    if "://" in text and not scheme:
        raise ValueError(NOT_AN_ADDRESS)
    try:
        return str(parse_uri(f"https://{text[len(scheme) :]}").without_fragment())
    except InvalidDocument:
        raise ValueError(NOT_AN_ADDRESS) from None


async def _fetch(address: str) -> bytes:
    try:
        async with asyncio.timeout(limits.CALENDAR_SECONDS):
            got = await peers().client.get_bytes(
                parse_uri(address), accept=CALENDAR, max_bytes=limits.CALENDAR_BYTES
            )
    except NetworkOff:
        raise InvalidInput({"url": OFF}) from None
    except TimeoutError:
        raise InvalidInput({"url": NO_ANSWER}) from None
    except FederationError as error:
        raise InvalidInput({"url": _in_words(error)}) from None
    return got.body


def _in_words(error: FederationError) -> str:
    match error:
        case Gone():
            return NOTHING_THERE
        case Unreachable():
            return NO_ANSWER
        case _ if error.reason == "answer is too big":
            return TOO_BIG
        case FetchFailed(reason="refused"):
            return NOT_OPEN
    return NOT_ALLOWED


async def _read(content: bytes, name: str, *, timezone: str, rounds: int, now: datetime | None) -> Reading:
    """Apart from us (hub.agenda.calendar_reader), so that no calendar takes our time or memory."""
    now = now or datetime.now(UTC)
    question = {
        "now": now.isoformat(),
        "timezone": timezone,
        "until": (now + timedelta(days=limits.DAYS_AHEAD)).isoformat(),
        "rounds_until": (now + timedelta(days=rounds)).isoformat(),
        "most": limits.CALENDAR_EVENTS,
    }
    try:
        status, made = await contained.run(
            PROGRAM, json.dumps(question), source=content, most=_OUTPUT, seconds=_SECONDS
        )
    except (TimeoutError, contained.TooMuch):
        raise InvalidInput({name: TOO_SLOW}) from None
    if status != 0:
        raise InvalidInput({name: _STATUSES.get(status, TOO_SLOW)})
    return as_reading(json.loads(made))


def as_reading(facts: dict[str, Any]) -> Reading:
    """The answer of the program."""
    for entry in facts["entries"]:
        entry["starts_at"], entry["ends_at"] = entry.pop("starts"), entry.pop("ends")
    return Reading.of_json(facts)


def _entry(facts: dict[str, object]) -> Entry:
    moments = {name: datetime.fromisoformat(str(facts[name])) for name in ("starts_at", "ends_at")}
    return Entry(**(facts | moments))  # type: ignore[arg-type]
