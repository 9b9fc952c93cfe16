"""Projects of other servers: notes that hubs write, and plans (FEP-3264).

Liberal about shape, strict about size. Nothing raises: what cannot be understood is left out.
"""

import re
from dataclasses import dataclass
from datetime import date

from federation import properties
from federation.documents import Document
from federation.vocabulary import Json
from hub.cleaning import plain_text
from hub.exchange.categories import CATEGORIES, category_of
from hub.exchange.reading import amount, first_mapping, get
from hub.projects.models import Stage
from hub.publications.groups import GROUP

TITLE_CHARS = 160
TEXT_CHARS = 20_000
CALL_CHARS = 2_000
AREA_CHARS = 80

_PREFIX = re.compile(r"(?:projet|project)\s*[:：]\s*(?=\S)", re.IGNORECASE)
_STAGES = {
    "open": Stage.OBSERVED,
    "planned": Stage.DECIDED,
    "running": Stage.RUNNING,
    "done": Stage.DONE,
    "fulfilled": Stage.DONE,
    "expired": Stage.ENDED,
    "withdrawn": Stage.ENDED,
}
_OPEN = frozenset({"free", "restricted", "invite"})


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a document says of a project; `text` is Markdown where a hub sends it along, else None."""

    title: str
    text: str | None
    stage: Stage
    category: str
    area: str
    due: date | None
    call: str
    members: int
    is_open: bool
    approves: bool
    group_uri: str


def recognises(document: Document) -> bool:
    """Whether it is one."""
    kind = document.raw.get("lavoir:kind")
    if isinstance(kind, str):
        return kind == "project"
    return "Plan" in document.types or get(document.raw, "planIncludes") is not None


def read(document: Document) -> Reading | None:
    """None where it is no project, or has neither a name nor words."""
    title = _title(document)
    if not title or not recognises(document):
        return None
    raw, mode = document.raw, document.raw.get("joinMode")
    due = properties.moment(get(raw, "due"))
    return Reading(
        title=title,
        text=_source(raw),
        stage=_stage(raw),
        category=_category(raw),
        area=properties.text(first_mapping(raw.get("location")).get("name"), AREA_CHARS),
        due=None if due is None else due.date(),
        call=properties.text(raw.get("lavoir:call"), CALL_CHARS),
        members=amount(raw.get("lavoir:members")) or 0,
        is_open=isinstance(mode, str) and mode in _OPEN,
        approves=mode != "free",
        group_uri=properties.uri(raw.get(GROUP)) or "",
    )


def _title(document: Document) -> str:
    """Without the word that says what it is: our pages say it themselves."""
    title = document.name or plain_text(document.content)
    return _PREFIX.sub("", title, count=1)[:TITLE_CHARS].strip()


def _source(raw: Json) -> str | None:
    """What was typed: around it we say how far it is in the language of our reader."""
    source = raw.get("source")
    text = source.get("content") if isinstance(source, dict) else None
    is_ours = isinstance(raw.get("lavoir:kind"), str)
    return text[:TEXT_CHARS] if is_ours and isinstance(text, str) else None


def _stage(raw: Json) -> Stage:
    said = raw.get("lavoir:stage")
    if isinstance(said, str) and said in set(Stage):
        return Stage(said)
    status = raw.get("lavoir:status")
    found = _STAGES.get(status) if isinstance(status, str) else None
    is_finished = get(raw, "finished") is True
    return found or (Stage.DONE if is_finished else Stage.RUNNING)


def _category(raw: Json) -> str:
    listed = properties.listed(get(raw, "resourceClassifiedAs"), 20)
    named = (category_of(one) for one in listed if isinstance(one, str))
    return next((one for one in named if one in CATEGORIES), "")
