"""One property of a document at a time: what servers write in many shapes, read into one, or into nothing.

A string, an object, a list of both: all are met in the wild. Nothing here raises; what is needed and
missing is for documents.py to refuse.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape

from federation.errors import InvalidDocument
from federation.limits import DATE_CHARS, LANGUAGE_CHARS, TOTAL, TYPE_CHARS, TYPES
from federation.origin import parse_uri
from federation.vocabulary import PUBLIC, PUBLIC_SPELLINGS, Json, type_name

_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# Marks that turn the direction of what follows, and spaces of no width: they make one name look like
# another. The two joiners stay: some scripts and many emoji need them.
_DECEIVING = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_EMPTY_LINE = re.compile(r"\n\s*\n")
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


def listed(value: object, limit: int) -> list[object]:
    """Nothing, one thing or several, as a list of at most `limit`."""
    if value is None:
        return []
    return value[:limit] if isinstance(value, list) else [value]


def mappings(value: object, limit: int) -> list[Json]:
    return [entry for entry in listed(value, limit) if isinstance(entry, dict)]


def types(raw: Mapping[str, object]) -> tuple[str, ...]:
    names = (name for name in listed(raw.get("type"), TYPES) if isinstance(name, str))
    return tuple(dict.fromkeys(type_name(name[:TYPE_CHARS]) for name in names if name))


def uri(value: object) -> str | None:
    """The id of a thing: itself, or that of the object that stands in its place."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("id", value.get("href"))
    if isinstance(value, str) and value in PUBLIC_SPELLINGS:
        return PUBLIC
    return _read(value, plain=False)


def uris(value: object, limit: int) -> tuple[str, ...]:
    """Each once, in their order."""
    found = (uri(entry) for entry in listed(value, limit))
    return tuple(dict.fromkeys(entry for entry in found if entry is not None))


def web_url(value: object) -> str | None:
    """An address that a person may follow: http or https and nothing else (ORG-20)."""
    return _read(value, plain=True)


def page_url(value: object) -> str | None:
    """The page for people among the links of `url`: the first of type text/html, else the first of any."""
    links = listed(value, 20)
    pages = [link for link in links if isinstance(link, dict) and link.get("mediaType") == "text/html"]
    return next(iter(_web_urls([*pages, *links])), None)


def image_url(value: object) -> str | None:
    """The picture itself, of `icon` and `image`."""
    return next(iter(_web_urls(listed(value, 20))), None)


def text(value: object, limit: int) -> str:
    """One line for people, without what deceives the eye; it is text, never HTML."""
    if not isinstance(value, str):
        return ""
    shown = _DECEIVING.sub("", _CONTROL.sub("", value[: 4 * limit]))
    return " ".join(shown.split())[:limit].rstrip()


def markup(value: object, limit: int) -> str:
    """HTML as it came, only cut: whoever shows it cleans it first."""
    return value[:limit] if isinstance(value, str) else ""


def lines(value: str) -> str:
    """HTML of plain text: an empty line begins a paragraph, each other one stays a line."""
    paragraphs = _EMPTY_LINE.split("\n".join(value.splitlines()).strip())
    shown = (escape(one, quote=False).replace("\n", "<br>") for one in paragraphs if one)
    return "".join(f"<p>{one}</p>" for one in shown)


def word(value: object, limit: int) -> str:
    """A media type, a rel: ASCII without spaces at its ends, or nothing."""
    return value.strip() if isinstance(value, str) and len(value) <= limit and value.isascii() else ""


def count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return min(value, TOTAL) if value >= 0 else None


def is_set(value: object) -> bool:
    """Only a real true: what is absent or odd is no consent."""
    return value is True


def moment(value: object) -> datetime | None:
    """Any date, also one to come; None when no calendar has it. A time without a zone is taken as UTC."""
    if not isinstance(value, str) or len(value) > DATE_CHARS:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def past(value: object, now: datetime) -> datetime | None:
    """When something was done: a date to come is `now`, so that it never stays on top (INB-30)."""
    found = moment(value)
    return None if found is None else min(found, now)


def language(raw: Mapping[str, object]) -> str | None:
    """The first key of contentMap, else of nameMap or summaryMap."""
    for name in ("contentMap", "nameMap", "summaryMap"):
        texts = raw.get(name)
        if isinstance(texts, dict) and texts:
            tag = next(iter(texts))
            known = len(tag) <= LANGUAGE_CHARS and tag != "und" and _LANGUAGE.fullmatch(tag)
            return tag if known else None
    return None


def natural(raw: Mapping[str, object], name: str) -> object:
    """The text of a property, else the first of its map of languages."""
    value, texts = raw.get(name), raw.get(f"{name}Map")
    if isinstance(value, str) or not isinstance(texts, dict):
        return value
    return next(iter(texts.values()), None)


def _read(value: object, *, plain: bool) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return str(parse_uri(value, plain=plain))
    except InvalidDocument:
        return None


def _web_urls(links: Iterable[object]) -> Iterable[str]:
    for link in links:
        if isinstance(link, dict):
            # An Image or a Document holds its address in `url`, which may be a Link again; a Link in `href`.
            link = link.get("href", link.get("url"))
            link = link[0] if isinstance(link, list) and link else link
            link = link.get("href") if isinstance(link, dict) else link
        found = web_url(link)
        if found is not None:
            yield found
