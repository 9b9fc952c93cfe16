"""Projects of other villages: a row beside each publication, with what its own server said last.

Each function runs in the caller's transaction, and may run twice. Who answers for a project elsewhere is its
author, or the group that its author's document names on the same server; nobody else.
"""

from datetime import UTC, datetime

from federation.documents import Document
from federation.origin import same_origin
from hub.actors.models import Actor
from hub.cleaning import clean_html, plain_text
from hub.fediverse.keeping import is_held, is_wanted
from hub.projects import membership, notices
from hub.projects.locking import locked
from hub.projects.models import CLOSED, Chapter, Contributor, Part, Project
from hub.projects.reading import Reading, read
from hub.projects.searching import index_project
from hub.projects.words import STAGE_NAMES
from hub.publications.documents import new_code
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication, Scope
from hub.publications.receiving import attached
from hub.text import gettext, speaking

REASON_CHARS = 500

_FACTS = "category area due call members is_open approves".split()
_SHOWN = frozenset({Scope.PUBLIC, Scope.NEIGHBOURS})


async def take(publication: Publication, document: Document, newer: bool) -> None:
    """One came, or came again; `newer`: its words were changed since."""
    reading = read(document)
    if reading is None or publication.author.is_local or publication.in_reply_to is not None:
        return
    if publication.scope not in _SHOWN or publication.deleted_at is not None:
        return
    known = await Project.select_for_update().get_or_none(publication_id=publication.id)
    if known is not None:
        if newer or document.updated_at is None:  # some servers never say when they changed something
            known.publication = publication
            await _take_words(publication, document, reading)
            await _take_facts(known, reading)
    elif await is_wanted(publication):
        if await is_held(publication.author):  # agents read it first
            publication.hidden_at = datetime.now(UTC)
        await _take_words(publication, document, reading)
        await _take_facts(Project(publication=publication, actor=None), reading)


async def be_gone(publication: Publication) -> None:
    """It was deleted where it was written: who joined from here hears of it, and is in it no more."""
    if publication.kind is not Kind.PROJECT or publication.author.is_local:
        return
    project = await Project.get_or_none(publication_id=publication.id)
    if project is None:
        return
    inside = Contributor.filter(project_id=project.id, part__in=list(membership.HOLDING))
    if await inside.exists():
        project.publication = publication
        await notices.taken_down(project)
        await inside.update(part=Part.LEFT, decided_at=datetime.now(UTC))


async def be_left(actor: Actor) -> None:
    """An actor elsewhere is gone for ever: it takes part in nothing, and what it carried is handed over."""
    theirs = Contributor.filter(participant__actor_id=actor.id, part__in=list(membership.HOLDING))
    for contributor in await theirs.filter(project__publication__deleted_at=None).order_by("id"):
        await membership.forget(contributor)
    for publication in await Publication.filter(author_id=actor.id, kind=Kind.PROJECT).select_related(
        "author"
    ):
        await be_gone(publication)


async def be_admitted(actor: Actor, join: str | None) -> bool:
    """Another hub says yes to somebody here; whether the Join was one of ours."""
    contributor = await _sent(actor, join)
    if contributor is None:
        return False
    if contributor.part is Part.ASKED:
        await _decide(contributor, Part.MEMBER)
        await notices.admitted(contributor)
    return True


async def be_declined(actor: Actor, join: str | None, *, reason: str) -> bool:
    """Another hub says no, or no longer."""
    contributor = await _sent(actor, join)
    if contributor is None:
        return False
    if contributor.part in membership.HOLDING:
        await _decide(contributor, Part.DECLINED)
        await notices.declined(contributor, plain_text(reason)[:REASON_CHARS])
    return True


async def _take_words(publication: Publication, document: Document, reading: Reading) -> None:
    publication.kind, publication.code = Kind.PROJECT, publication.code or new_code()
    publication.title = reading.title
    if reading.text is not None:
        publication.html = html_of(reading.text) + clean_html(attached(document))
    await publication.save(update_fields=["kind", "code", "title", "html", "hidden_at"])


async def _take_facts(project: Project, reading: Reading) -> None:
    publication = project.publication
    for name in _FACTS:
        setattr(project, name, getattr(reading, name))
    is_own = bool(reading.group_uri) and same_origin(reading.group_uri, publication.uri)
    project.group_uri = reading.group_uri if is_own else ""
    at = publication.updated_at or publication.published_at
    moved = project.id is None or project.stage is not reading.stage
    if moved:
        project.stage, project.changed_at = reading.stage, at
    if reading.stage in CLOSED:
        project.is_open, project.closed_at = False, project.closed_at or at
    await project.save()
    if moved:
        await _tell(project, at)
    await index_project(project)


async def _tell(project: Project, at: datetime) -> None:
    """Its timeline here: the stages that we heard of."""
    author = project.publication.author
    with speaking(project.publication.language or "fr"):
        title = gettext(STAGE_NAMES[project.stage])
    by = (author.display_name or author.name)[:160]
    await Chapter.create(project=project, stage=project.stage, on=at.date(), title=title, by=by)


async def _sent(actor: Actor, join: str | None) -> Contributor | None:
    """Somebody here for whom we sent this Join, where `actor` may answer it; the project is locked."""
    ours = Contributor.filter(uri=join or "", participant__actor_id=None)
    found = await ours.select_related("project").first()
    if found is None:
        return None
    project = await locked(found.project)
    contributor = await Contributor.get(id=found.id).select_related("participant", "organisation")
    contributor.project = project
    may_answer = actor.uri in (project.publication.author.uri, project.group_uri)
    return contributor if may_answer and not project.publication.author.is_local else None


async def _decide(contributor: Contributor, part: Part) -> None:
    contributor.part, contributor.decided_at = part, datetime.now(UTC)
    await contributor.save(update_fields=["part", "decided_at"])
