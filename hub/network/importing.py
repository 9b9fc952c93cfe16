"""Lists of servers to block, as administrators of other servers keep them: read, compared, taken over, given.

Mastodon's CSV, or one name on each line. Nothing is done before somebody has seen what would be done.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tortoise.functions import Count

from federation.origin import host_and_parents
from hub import limits
from hub.actors.hosts import bare, policies
from hub.actors.models import Host, Policy
from hub.errors import InvalidInput
from hub.fediverse.models import Follow
from hub.journal import Person
from hub.network import hosts
from hub.text import FORMULA, N_, safe_cell
from hub.web.fields import plain_text

COLUMNS = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")

TOO_BIG = N_("This list is too big. Split it in two.")
NOTHING_IN_IT = N_("There is nothing in this file.")
HIDDEN = N_("Part of this name is hidden by asterisks.")
UNKNOWN_SEVERITY = N_("It says neither suspend nor silence.")
OPEN_QUOTES = N_("The quotation marks do not fit together. Nothing after this line was read.")


class Severity(StrEnum):
    """What the list does to a server."""

    SUSPEND = "suspend"
    SILENCE = "silence"
    NOOP = "noop"


class Outcome(StrEnum):
    """What becomes of an entry."""

    NEW = "new"
    BLOCKED = "blocked"  # already, or a name above it
    LIMITED = "limited"  # the list does not block it
    ALLOWED = "allowed"  # there is an agreement with it


@dataclass(frozen=True)
class Entry:
    """A line that was understood."""

    line: int
    name: str
    severity: Severity = Severity.SUSPEND
    note: str = ""


@dataclass(frozen=True)
class Broken:
    """A line that was not; `reason` is a catalogue source."""

    line: int
    reason: str
    value: str = ""


@dataclass(frozen=True)
class BlockList:
    entries: Sequence[Entry]
    broken: Sequence[Broken]


@dataclass(frozen=True)
class Change:
    """What an entry would do; `follows`: how many it would end, both ways."""

    entry: Entry
    outcome: Outcome
    follows: int = 0

    @property
    def may_be_blocked(self) -> bool:
        """Left out, but only because the list limits it and does not block it."""
        return self.outcome is Outcome.LIMITED and self.entry.severity is Severity.SILENCE


def read(text: str) -> BlockList:
    """Every line, understood or not. Raises InvalidInput at `file` when there is no use in going on."""
    # the text travels through the preview as one field of a form, where line ends are two bytes
    if len(text.replace("\n", "\r\n").encode()) > limits.FIELD_BYTES:
        raise InvalidInput({"file": TOO_BIG})
    found = list(_entries(text))
    entries = {entry.name: entry for entry in reversed(found) if isinstance(entry, Entry)}
    if not found:
        raise InvalidInput({"file": NOTHING_IN_IT})
    if len(found) > limits.BLOCK_LIST_ROWS:
        raise InvalidInput({"file": TOO_BIG})
    return BlockList(
        sorted(entries.values(), key=lambda entry: entry.line),
        [broken for broken in found if isinstance(broken, Broken)],
    )


def _entries(text: str) -> Iterator[Entry | Broken]:
    """Comments and empty lines aside; a first line that names columns says what they are."""
    columns: Mapping[str, int] = {}
    for row in _rows(text):
        if isinstance(row, Broken):
            yield row
            return
        line, cells = row
        names = {cell.strip().lstrip("#").lower(): at for at, cell in enumerate(cells)}
        if not columns and "domain" in names:
            columns = names
        elif not cells[0].startswith("#"):
            columns = columns or {"domain": 0}
            yield _entry(line, {name: cells[at] for name, at in columns.items() if at < len(cells)})


def _rows(text: str) -> Iterator[tuple[int, list[str]] | Broken]:
    """The lines that are not empty, with their number."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    line = 1
    try:
        for cells in reader:
            if "".join(cells).strip():
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        yield Broken(line, OPEN_QUOTES)


def _entry(line: int, cells: Mapping[str, str]) -> Entry | Broken:
    text, severity = cells.get("domain", "").strip(), cells.get("severity", "").strip().lower()
    if "*" in text.removeprefix("*."):
        return Broken(line, HIDDEN, text)
    if severity not in ("", *Severity):
        return Broken(line, UNKNOWN_SEVERITY, f"{text} {severity}")
    try:
        name = hosts.read_name(text)
    except ValueError as error:
        return Broken(line, str(error), text)
    note = plain_text(cells.get("public_comment", ""))
    if note[:1] == "'" and note[1:].startswith(FORMULA):
        note = note[1:]
    return Entry(line, name, Severity(severity or Severity.SUSPEND), note[: hosts.NOTE_LENGTH])


async def compare(entries: Iterable[Entry], *, limited_too: bool = False) -> list[Change]:
    """What taking the list over would do now; `limited_too` blocks also what it only limits."""
    decided = await Host.exclude(policy=Policy.NONE).only("name", "policy")
    blocked = {bare(host.name) for host in decided if host.policy is Policy.BLOCKED}
    allowed = (await policies()).allowed
    follows = await _follows()

    def outcome(entry: Entry) -> Outcome:
        if not blocked.isdisjoint(host_and_parents(bare(entry.name))):
            return Outcome.BLOCKED
        if bare(entry.name) in allowed:
            return Outcome.ALLOWED
        taken = entry.severity is Severity.SUSPEND or (limited_too and entry.severity is Severity.SILENCE)
        return Outcome.NEW if taken else Outcome.LIMITED

    return [Change(entry, outcome(entry), follows.get(bare(entry.name), 0)) for entry in entries]


async def _follows() -> dict[str, int]:
    """How many there are with each server, and with each name above it."""
    counts: dict[str, int] = {}
    for column in ("follower__host", "followed__host"):
        found = (
            await Follow.exclude(**{column: ""})
            .annotate(n=Count("id"))
            .group_by(column)
            .values_list(column, "n")
        )
        for host, count in found:
            for name in host_and_parents(bare(str(host))):
                counts[name] = counts.get(name, 0) + int(count)
    return counts


async def take_over(entries: Iterable[Entry], *, limited_too: bool, by: Person | None = None) -> int:
    """Block what is new; how many that were."""
    changes = await compare(entries, limited_too=limited_too)
    fresh = {each.entry.name: each.entry.note for each in changes if each.outcome is Outcome.NEW}
    await hosts.block(fresh, by=by)
    return len(fresh)


async def export() -> str:
    """What is blocked here, as Mastodon reads it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for host in await Host.filter(policy=Policy.BLOCKED).order_by("name"):
        writer.writerow([bare(host.name), "suspend", "true", "true", safe_cell(host.note), "false"])
    return out.getvalue()
