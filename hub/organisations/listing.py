"""Reading a table of organisations (CSV) as spreadsheets and town halls write it.

UTF-8 or Windows-1252; semicolons, commas or tabs; column names in French or English. What
cannot be understood is named by its line, so that the person can put it right in the file.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub import limits
from hub.errors import InvalidInput
from hub.organisations import forms
from hub.organisations.importing import Entry
from hub.organisations.models import Kind, words_key
from hub.text import N_
from hub.web.fields import Form

COLUMNS: Mapping[str, str] = {
    "name": "nom, name, association, nom de l'association, organisation, structure, titre, title",
    "kind": "type, kind, nature, sorte",
    "activity": "activité, activités, activity, activities, domaine, thème, catégorie, category",
    "text": "texte, text, description, présentation, objet",
    "contact_name": "contact, nom du contact, contact name, responsable, personne à contacter",
    "mail": "mail, e-mail, email, courriel, adresse mail, adresse e-mail, adresse électronique, mail address",
    "phone": "téléphone, tél, phone, portable, mobile, numéro de téléphone, phone number",
    "website": "site, site web, site internet, website, web, internet, url, page",
    "area": "lieu, où, where, quartier, hameau, secteur, place, area",
}
FIELDS = {words_key(name): field for field, names in COLUMNS.items() for name in names.split(",")}
KINDS = {
    words_key(name): kind
    for kind, names in {
        Kind.ASSOCIATION: "association, asso, club",
        Kind.TOWN_HALL: "mairie, collectivité, commune, town hall, public body, service public",
        Kind.COMPANY: "entreprise, commerce, artisan, company, business, shop",
        Kind.GROUP: "collectif, groupe, collectif informel, informal group, group",
    }.items()
    for name in names.split(",")
}

NOT_CSV = N_("This is not a CSV file. In your spreadsheet, choose “Save as”, then CSV.")
TOO_BIG = N_("This file is too big. Split it in two.")
NO_NAMES = N_("No column is called “nom” or “name”. The first line must say what each column is.")
NO_ROWS = N_("There is nothing under the first line.")
OPEN_QUOTES = N_("The quotation marks do not fit together. Nothing after this line was read.")
MORE_CELLS = N_("This row has more cells than the first line has names.")
TWICE = N_("This name stands further up in the table already.")
UNKNOWN_KIND = N_("Write association, town hall, company or group.")


@dataclass(frozen=True)
class Broken:
    """A cell, or a whole row, that cannot be taken over; `reason` is a catalogue source."""

    line: int
    reason: str
    column: str = ""
    value: str = ""


@dataclass(frozen=True)
class Listing:
    """A table that was read; nothing of it may be imported while a row is broken."""

    entries: Sequence[Entry]
    broken: Sequence[Broken]
    ignored: Sequence[str]


@dataclass(frozen=True)
class Row:
    """A row as it stands in the file; `line` is where it begins, counted from 1."""

    line: int
    cells: Sequence[str]


def example(locale: str) -> bytes:
    """A small table to begin with; spreadsheets open it with a double click."""
    file = Path(__file__).parent / "examples" / f"{locale}.csv"
    return codecs.BOM_UTF8 + file.read_bytes()


def decode(content: bytes) -> str:
    """The text of the file, line ends as `\\n`. Raises InvalidInput at `file`."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise InvalidInput({"file": NOT_CSV})


def read(text: str) -> Listing:
    """Every row checked. Raises InvalidInput at `file` when the table as a whole is of no use."""
    # the text travels through the preview as one field of a form, where line ends are two bytes
    if len(text.replace("\n", "\r\n").encode()) > limits.FIELD_BYTES:
        raise InvalidInput({"file": TOO_BIG})
    header, rows, broken = _split(text)
    columns = _columns(header)
    if "name" not in columns:
        raise InvalidInput({"file": NO_NAMES})
    if not rows and not broken:
        raise InvalidInput({"file": NO_ROWS})
    if len(rows) > limits.IMPORT_ROWS:
        raise InvalidInput({"file": TOO_BIG})
    return _checked(header, rows, broken)


def _split(text: str) -> tuple[Row, list[Row], list[Broken]]:
    """The line of names, the rows that are not empty, and the place where quotation marks end it all."""
    rows: list[Row] = []
    broken: list[Broken] = []
    for item in _records(text, _delimiter(text)):
        if isinstance(item, Broken):
            broken.append(item)
        elif any(cell.strip() for cell in item.cells):
            rows.append(item)
    header = rows.pop(0) if rows else Row(1, ())
    return header, rows, broken


def _records(text: str, delimiter: str) -> Iterator[Row | Broken]:
    lines = io.StringIO(text, newline="")
    skipped = 0
    if text[:4].lower() == "sep=":  # how spreadsheets may name the delimiter, in a line of its own
        lines.readline()
        skipped = 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    line = skipped + 1
    try:
        for cells in reader:
            yield Row(line, cells)
            line = skipped + reader.line_num + 1
    except csv.Error:
        yield Broken(line, OPEN_QUOTES)


def _delimiter(text: str) -> str:
    """The mark that splits the first line into the most names that we know."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    if first[:4].lower() == "sep=":
        return first[4:5] if first[4:5] in (";", ",", "\t") else ";"
    return max(";\t,", key=lambda mark: len(set(_columns(Row(1, first.split(mark))))))


def _columns(header: Row) -> dict[str, int]:
    """Which cell holds which field; the first of two columns for the same field counts."""
    columns: dict[str, int] = {}
    for index, name in enumerate(header.cells):
        if field := FIELDS.get(words_key(name.strip(' "'))):
            columns.setdefault(field, index)
    return columns


def _checked(header: Row, rows: Sequence[Row], broken: list[Broken]) -> Listing:
    columns = _columns(header)
    entries: dict[str, Entry] = {}
    for row in rows:
        entry = _entry(row, header, columns)
        if isinstance(entry, Entry) and entry.key in entries:
            entry = [Broken(row.line, TWICE, header.cells[columns["name"]], entry.facts["name"])]
        if isinstance(entry, Entry):
            entries[entry.key] = entry
        else:
            broken.extend(entry)
    ignored = [
        name for index, name in enumerate(header.cells) if name.strip() and index not in columns.values()
    ]
    return Listing(list(entries.values()), sorted(broken, key=lambda each: each.line), ignored)


def _entry(row: Row, header: Row, columns: Mapping[str, int]) -> Entry | list[Broken]:
    """The row as checked facts, or what is wrong with it."""
    if any(cell.strip() for cell in row.cells[len(header.cells) :]):
        return [Broken(row.line, MORE_CELLS)]
    cells = {field: row.cells[index].strip() for field, index in columns.items() if index < len(row.cells)}
    form = Form({**cells, **_as_typed(cells)})
    if cells.get("kind") and words_key(cells["kind"]) not in KINDS:
        form.wrong("kind", UNKNOWN_KIND)
    draft = forms.read_organisation(form, Kind)
    if form.problems:
        names = {field: header.cells[index] for field, index in columns.items()}
        return [
            Broken(row.line, reason, names[field], cells.get(field, ""))
            for field, reason in form.problems.items()
        ]
    return Entry(row.line, {field: getattr(draft, field) for field, cell in cells.items() if cell})


def _as_typed(cells: Mapping[str, str]) -> dict[str, str]:
    """What people meant: a kind in their words, and the 0 that spreadsheets take from phone numbers."""
    meant: dict[str, str] = {}
    if kind := KINDS.get(words_key(cells.get("kind", ""))):
        meant["kind"] = kind.value
    if re.fullmatch(r"[1-9]\d{8}", cells.get("phone", "")):
        meant["phone"] = "0" + cells["phone"]
    return meant
