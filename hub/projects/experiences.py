"""What a project taught, for other villages: published by its carriers, read from others, begun from.

A project that began from somebody's experience keeps the words that it took over, and whose they were, also
when the origin withdraws them.
"""

from datetime import UTC, datetime
from html import escape

from federation import properties
from federation.documents import Document
from federation.outgoing import Hashtag
from federation.vocabulary import Json
from hub.actors.minting import object_uri, origin
from hub.cleaning import plain_text
from hub.db import transaction
from hub.errors import Conflict, NotFound
from hub.exchange.reading import amount
from hub.fediverse import publishing
from hub.fediverse.interests import Interest
from hub.fediverse.keeping import is_held
from hub.projects.locking import own
from hub.projects.models import CostBand, Experience, ExperienceDraft, Project
from hub.projects.searching import index_experience
from hub.projects.words import COST_NAMES
from hub.publications.documents import link_html, new_code, note_document, page_url
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication, Scope
from hub.text import LOCALES, N_, gettext, ngettext, speaking
from hub.village.actors import board
from hub.village.models import Village

STILL_GOING = N_("The project is still under way. Close it first: then one knows what it taught.")
TAKEN_DOWN = N_("What this project taught was taken down, and is not published again.")

TEXT_CHARS = 10_000
CREDIT_CHARS = 300
HEADINGS = {
    "context": N_("How it began"),
    "steps": N_("What was done"),
    "pitfalls": N_("What to look out for"),
}
_TITLE = N_("Experience: %(title)s")
_STORY = N_("The whole story: %(link)s")
_TAG = {"fr": "fichedexperience", "en": "experience"}
_KIND = "lavoir:kind"
_SHEET = "lavoir:experience"


def is_shown(project: Project) -> bool:
    """Whether everybody may read it: its publication must be loaded."""
    return project.is_reviewed and project.publication.hidden_at is None


async def experience_of(project: Project) -> Experience | None:
    """What it taught, as far as somebody wrote it. Raises Conflict where that was taken down."""
    found = await Experience.get_or_none(project_id=project.id).select_related("publication__author")
    if found is not None and found.publication.deleted_at is not None:
        raise Conflict(TAKEN_DOWN)
    return found


async def publish_experience(project: Project, draft: ExperienceDraft) -> Experience:
    """Write it, or write it anew. Raises NotFound where the town hall does not show the project, and
    Conflict while it is under way, and once what it taught was taken down.
    """
    async with transaction():
        ours = await own(project)
        if not is_shown(ours):
            raise NotFound
        if ours.is_active:
            raise Conflict(STILL_GOING)
        known = await experience_of(ours)
        experience = known or await _begin(ours)
        for name, value in vars(draft).items():
            setattr(experience, name, value)
        experience.publication.title = ours.publication.title
        experience.publication.source = draft.context
        await (_send_changes if known is not None else _send_out)(experience)
        return experience


async def withdraw_experience(experience: Experience) -> None:
    """Take one of ours down everywhere; what others began from it stays theirs."""
    async with transaction():
        await withdraw_of(await own(await Project.get(id=experience.project_id)))


async def withdraw_of(project: Project) -> None:
    """What this project taught, if that is there; in the transaction of the caller, who holds the project."""
    sheet = await Experience.get_or_none(project_id=project.id).select_related("publication__author")
    if sheet is not None and sheet.publication.deleted_at is None:
        await publishing.take_down(sheet.publication, await _document(sheet))
        await index_experience(sheet)
        await _forget_words(sheet.publication)


async def _forget_words(publication: Publication) -> None:
    await Experience.filter(publication_id=publication.id).update(context="", steps="", pitfalls="")


def credit_of(experience: Experience) -> str:
    """Whose it is, as it stays written with whoever begins from it."""
    author = experience.publication.author
    return experience.credit or f"{experience.publication.title} ({author.display_name or author.name})"


def facts_of(experience: Experience) -> list[str]:
    """Cost, time and people in words, as far as somebody said them."""
    months, people = experience.months, experience.people
    return [
        cost_words(experience.cost),
        ngettext("%(count)s month", "%(count)s months", months) % {"count": months} if months else "",
        ngettext("%(count)s person", "%(count)s people", people) % {"count": people} if people else "",
    ]


def cost_words(cost: CostBand | None) -> str:
    return gettext(COST_NAMES[cost]) if cost is not None else ""


def cost_value(cost: CostBand | None) -> str:
    """As forms and documents have it; empty where nobody knows."""
    return cost.value if cost is not None else ""


async def _begin(project: Project) -> Experience:
    now = datetime.now(UTC)
    publication = Publication(
        uri=object_uri(),
        code=new_code(),
        author=project.publication.author,
        kind=Kind.EXPERIENCE,
        type="Note",
        scope=project.publication.scope,
        language=project.publication.language,
        published_at=now,
        received_at=now,
    )
    publication.url = page_url(publication)
    await publication.save()
    return Experience(publication=publication, project=project, project_uri=project.publication.uri)


async def _send_out(experience: Experience) -> None:
    document = await _write(experience)
    boards = [await board("projects")]
    await publishing.send_out(experience.publication, document, boards=boards)


async def _send_changes(experience: Experience) -> None:
    publishing.touch(experience.publication)
    await publishing.send_changes(experience.publication, await _write(experience))


async def _write(experience: Experience) -> Json:
    publication = experience.publication
    with speaking(publication.language or "fr"):
        publication.html = sheet_html(experience)
    await experience.save()
    document = await _document(experience) if publishing.leaves(publication) else {}
    await publishing.store(publication, document)
    await index_experience(experience)
    return document


# ------------------------------------------------------------ on the wire


def sheet_html(experience: Experience) -> str:
    """The sheet in words, in the language of the moment."""
    parts = []
    for name, heading in HEADINGS.items():
        if words := getattr(experience, name):
            parts.append(f"<p><strong>{escape(gettext(heading))}</strong></p>{html_of(words)}")
    return "".join(parts)


def _facts_html(experience: Experience) -> str:
    """Our pages show them otherwise."""
    facts = [escape(fact, quote=False) for fact in facts_of(experience) if fact]
    return f"<p>{'<br>'.join(facts)}</p>" if facts else ""


async def _document(experience: Experience) -> Json:
    publication, village = experience.publication, await Village.current()
    projects = await board("projects")
    locale = publication.language or (village.locale if village is not None else "fr")
    with speaking(locale):
        title = gettext(_TITLE) % {"title": publication.title}
        story = gettext(_STORY) % {"link": link_html(publication.url)}
        facts = _facts_html(experience)
    name = _TAG.get(locale, _TAG["en"])
    note = note_document(
        publication,
        title=title,
        html=f"{publication.html}{facts}<p>{story}</p>",
        hashtags=(Hashtag(name, f"{origin()}/experiences"),),
        group=projects.uri if projects is not None else None,
    )
    return {**note, _KIND: publication.kind.value, _SHEET: _sheet(experience)}


def _sheet(experience: Experience) -> Json:
    """Empty fields are left out; numbers are strings, as everywhere."""
    found: Json = {
        "context": experience.context,
        "steps": experience.steps,
        "pitfalls": experience.pitfalls,
        "cost": cost_value(experience.cost),
        "months": str(experience.months or ""),
        "people": str(experience.people or ""),
        "project": experience.project_uri,
        "credit": credit_of(experience),
    }
    return {name: value for name, value in found.items() if value}


# ------------------------------------------------------------ from elsewhere


def recognises(document: Document) -> bool:
    """Whether it is one."""
    return document.raw.get(_KIND) == "experience" and isinstance(document.raw.get(_SHEET), dict)


async def take(publication: Publication, document: Document, newer: bool) -> None:
    """One of another village came, or came again; in the caller's transaction."""
    if publication.author.is_local or publication.deleted_at is not None or not _is_wanted(publication):
        return
    known = await Experience.get_or_none(publication_id=publication.id)
    if known is not None and not newer and document.updated_at is not None:
        return
    experience = known or Experience()
    experience.publication = publication
    for name, value in _read(document).items():
        setattr(experience, name, value)
    if known is None and await is_held(publication.author):  # agents read it first
        publication.hidden_at = datetime.now(UTC)
    await _take_words(experience, document)
    await experience.save()


async def _take_words(experience: Experience, document: Document) -> None:
    publication = experience.publication
    title = document.name.partition(":")[2] if ":" in document.name else document.name
    publication.kind, publication.code = Kind.EXPERIENCE, publication.code or new_code()
    publication.title = title.strip()[:160]
    with speaking(_language(publication)):
        publication.html = sheet_html(experience)
    await publication.save(update_fields=["kind", "code", "title", "html", "hidden_at"])
    await index_experience(experience)


def _language(publication: Publication) -> str:
    said = (publication.language or "").partition("-")[0].lower()
    return said if said in LOCALES else next(iter(LOCALES))


def _is_wanted(publication: Publication) -> bool:
    """Of those whom one of ours follows, and of neighbour hubs."""
    is_shown = publication.scope in (Scope.PUBLIC, Scope.NEIGHBOURS)
    return is_shown and publication.kind in (Kind.POST, Kind.EXPERIENCE)


def _read(document: Document) -> dict[str, object]:
    """What its own server says of it, within bounds."""
    sheet = document.raw[_SHEET]
    cost = sheet.get("cost")
    return {
        **{name: properties.text(sheet.get(name), TEXT_CHARS) for name in HEADINGS},
        "cost": CostBand(cost) if isinstance(cost, str) and cost in set(CostBand) else None,
        "months": amount(sheet.get("months")) or None,
        "people": amount(sheet.get("people")) or None,
        "project_uri": properties.uri(sheet.get("project")) or "",
        "credit": plain_text(properties.text(sheet.get("credit"), CREDIT_CHARS)),
    }


interest = Interest(recognises=recognises, take=take, gone=_forget_words)
