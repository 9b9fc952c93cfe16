"""Keeps the catalogues complete: what a person may read is translated, and nothing else is kept.

A network of villages has no town hall: whatever names one has words for a network as well, in `network.po`,
where other messages may stand that a network says otherwise.

`python -m hub.translations.check` names every message that is missing, untranslated, fuzzy,
obsolete or has other placeholders than its source; `--update` writes the .po files again from
the sources, sorted and without line numbers, so that their diffs show words only.
"""

import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from hub.text import LOCALES

HUB = Path(__file__).resolve().parents[1]
FOLDER = HUB / "translations"
CATALOGUES = [(locale, "messages") for locale in sorted(LOCALES.keys() - {"en"})]
CATALOGUES += [(locale, "network") for locale in sorted(LOCALES)]
TEMPLATES = HUB.parent / "templates"

KEYWORDS: dict[str, Any] = {**DEFAULT_KEYWORDS, "N_": None}
PYTHON = {"**.py": "python"}
JINJA = {"**.html": "jinja2", "**.txt": "jinja2"}
# As hub.web.templates sets Jinja up, or the sources here and there would differ.
JINJA_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false", "encoding": "utf-8"}
PLACEHOLDER = re.compile(r"%\((\w+)\)")
COUNT = "num"  # Jinja's name for the number of a plural: "one person" may leave it out
# Babel's headers that change by themselves or that nobody here fills in.
EMPTY_HEADERS = (
    b"Project-Id",
    b"Report-",
    b"POT-",
    b"PO-",
    b"Last-Translator",
    b"Language-Team",
    b"Generated-By",
)
LEFT_OUT = tuple(b'"' + header for header in EMPTY_HEADERS)


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    """Check every catalogue, or rewrite them all with `--update`; the exit status."""
    wanted = extract(HUB, TEMPLATES)
    problems = []
    for locale, domain in CATALOGUES:
        path = FOLDER / locale / "LC_MESSAGES" / f"{domain}.po"
        po = path.read_bytes() if path.exists() else b""
        here = wanted if domain == "messages" else for_network(po, wanted, locale=locale)
        if "--update" in arguments:
            po = updated(po, here, locale=locale)
            path.write_bytes(po)
        found = problems_of(po, here, locale=locale)
        problems += [f"{path.relative_to(HUB.parent)}: {problem}\n" for problem in found]
    sys.stdout.writelines(problems)
    return 0 if "--update" in arguments or not problems else 1


def extract(code: Path, templates: Path) -> Catalog:
    """Every marked message of the Python files in `code` and of the templates."""
    wanted = Catalog()
    for folder, methods in ((code, PYTHON), (templates, JINJA)):
        options: dict[str, Any] = {pattern: JINJA_OPTIONS for pattern in methods if methods is JINJA}
        for name, _line, message, comments, context in extract_from_dir(
            folder, list(methods.items()), options, KEYWORDS, ["Translators:"], strip_comment_tags=True
        ):
            wanted.add(message, None, [(f"{folder.name}/{name}", 0)], auto_comments=comments, context=context)
    return wanted


def for_network(po: bytes, wanted: Catalog, *, locale: str) -> Catalog:
    """Of these messages the ones that name a town hall, and those that `po` has besides."""
    known = {_key(message) for message in read_po(io.BytesIO(po), locale=locale)}
    chosen = Catalog()
    for message in wanted:
        if message.id and ("town hall" in _key(message)[0].lower() or _key(message) in known):
            chosen.add(message.id, None, message.locations, context=message.context)
    return chosen


def problems_of(po: bytes, wanted: Catalog, *, locale: str) -> list[str]:
    """One line for each message that the catalogue lacks, keeps in vain or gets wrong."""
    catalogue = read_po(io.BytesIO(po), locale=locale)
    have = {_key(message): message for message in catalogue if message.id}
    need = {_key(message): message for message in wanted if message.id}
    problems = [f"missing: {_shown(need[key])}" for key in need.keys() - have.keys()]
    problems += [f"obsolete: {_shown(have[key])}" for key in have.keys() - need.keys()]
    problems += [f"obsolete: {_shown(message)}" for message in catalogue.obsolete.values()]
    for key in have.keys() & need.keys():
        problems += _problems_of_translation(need[key], have[key], forms=catalogue.num_plurals)
    return sorted(problems)


def updated(po: bytes, wanted: Catalog, *, locale: str) -> bytes:
    """The catalogue with exactly the wanted messages; near matches are kept as fuzzy."""
    catalogue = read_po(io.BytesIO(po), locale=locale)
    catalogue.update(wanted)
    catalogue.fuzzy, catalogue.header_comment = False, f"# The words of Lavoir in {LOCALES[locale]}."
    written = io.BytesIO()
    write_po(written, catalogue, width=100, sort_output=True, ignore_obsolete=True, include_lineno=False)
    lines = written.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(LEFT_OUT))


def _problems_of_translation(wanted: Message, have: Message, *, forms: int) -> Iterator[str]:
    translations = [have.string] if isinstance(have.string, str) else list(have.string or ())
    if isinstance(wanted.id, str) != isinstance(have.id, str):
        yield f"plural in one, singular in the other: {_shown(wanted)}"
    elif not all(translations) or len(translations) != (1 if isinstance(wanted.id, str) else forms):
        yield f"untranslated: {_shown(wanted)}"
    elif have.fuzzy:
        yield f"fuzzy, confirm it and remove the mark: {_shown(wanted)}"
    else:
        yield from _wrong_placeholders(wanted, translations)


def _wrong_placeholders(wanted: Message, translations: Sequence[str]) -> Iterator[str]:
    sources = [wanted.id] if isinstance(wanted.id, str) else list(wanted.id)
    named = [set(PLACEHOLDER.findall(source)) for source in sources]
    allowed, required = set.union(*named), set.intersection(*named)
    if len(sources) > 1:
        required -= {COUNT}
    for translation in translations:
        here = set(PLACEHOLDER.findall(translation))
        if not required <= here <= allowed:
            differing = ", ".join(sorted((required - here) | (here - allowed)))
            yield f"placeholders differ ({differing}): {_shown(wanted)}"


def _key(message: Message) -> tuple[str, str | None]:
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


def _shown(message: Message) -> str:
    places = sorted({place for place, _line in message.locations})
    return f"{_key(message)[0]!r}" + (f" ({', '.join(places)})" if places else "")


if __name__ == "__main__":
    sys.exit(main())
