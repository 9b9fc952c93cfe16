"""A project as a document: a Note that everybody can read, with the plan of FEP-3264 and its own group."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from html import escape

from federation.outgoing import Mention, Picture, wire_time
from federation.vocabulary import Json
from hub.actors.models import Actor
from hub.agenda.models import Event
from hub.agenda.words import summary_words
from hub.exchange.categories import classified_as
from hub.projects.models import CLOSED, Project, Stage
from hub.projects.words import REMAINS_NAMES, STAGE_NAMES
from hub.publications.documents import link_html, note_document
from hub.publications.groups import GROUP
from hub.publications.markup import hashtags_of, html_of
from hub.text import N_, gettext, speaking
from hub.village.models import Village

STATUS = {
    Stage.OBSERVED: "open",
    Stage.EXPLORED: "open",
    Stage.DECIDED: "planned",
    Stage.RUNNING: "running",
    Stage.DONE: "done",
    Stage.KEPT_ALIVE: "done",
    Stage.ENDED: "withdrawn",
}
PICTURES = 4  # Mastodon shows no more
_TITLE = N_("Project: %(title)s")
_STAGE = N_("How far it is: %(stage)s")
_CALL = N_("Who is looked for: %(call)s")
_REMAINS = N_("What remains: %(remains)s")
_FOLLOW = N_("To follow it: %(handle)s")
_JOIN = N_("To take part: %(link)s")
_READ = N_("Its story: %(link)s")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the document says beside the project itself. `coming`: its events, the next first."""

    village: Village
    board: Actor | None = None
    coming: tuple[Event, ...] = ()
    pictures: tuple[Picture, ...] = ()


def project_document(project: Project, around: Surroundings) -> Json:
    """The document of a project of ours; publication, author and group must be loaded."""
    publication, group = project.publication, project.actor
    with speaking(publication.language or around.village.locale):
        title = gettext(_TITLE) % {"title": publication.title}
        html = content_html(project, around)
    note = note_document(
        publication,
        title=title,
        html=html,
        mentions=[] if group is None else [_mention(group)],
        hashtags=hashtags_of(publication.source),
        group=around.board.uri if around.board is not None else None,
        pictures=around.pictures[:PICTURES],
    )
    source = {"content": publication.source, "mediaType": "text/markdown"}
    return {**note, "source": source, **_plan(project, around)}


def content_html(project: Project, around: Surroundings) -> str:
    """Everything in words, in the language of the moment: who reads only this knows how to take part."""
    parts = [
        html_of(project.publication.source),
        _paragraph([escape(line, quote=False) for line in _facts(project)]),
        "<ul>" + "".join(_workshop(event) for event in around.coming) + "</ul>" if around.coming else "",
        _paragraph(_ways_in(project)),
    ]
    return "".join(parts)


def _facts(project: Project) -> list[str]:
    facts = [gettext(_STAGE) % {"stage": gettext(STAGE_NAMES[project.stage])}]
    if project.call and project.is_open and project.is_active:
        facts.append(gettext(_CALL) % {"call": project.call})
    return [*facts, *_end(project)] if project.stage in CLOSED else facts


def _end(project: Project) -> list[str]:
    names = [gettext(REMAINS_NAMES[remains]) for remains in [project.remains] if remains]
    words = ". ".join(filter(None, [*names, project.remains_words, project.remains_contact]))
    lines = [gettext(_REMAINS) % {"remains": words} if words else "", project.thanks]
    return [line for line in lines if line]


def _ways_in(project: Project) -> list[str]:
    """HTML; the whole handle, for who reads it where mentions are no links."""
    link, group = link_html(project.publication.url), project.actor
    is_open = project.is_active and project.is_open
    lines = [gettext(_JOIN if is_open else _READ) % {"link": link}]
    if group is None:
        return lines
    handle = f'<span class="h-card"><a href="{escape(group.url)}" class="u-url mention">'
    handle += f"@<span>{escape(group.full_handle.removeprefix('@'))}</span></a></span>"
    return [gettext(_FOLLOW) % {"handle": handle}, *lines]


def _workshop(event: Event) -> str:
    """`Atelier peinture : samedi 5 décembre, de 9 h à 12 h`, a link to its page."""
    name = escape(event.publication.title, quote=False)
    when = escape(summary_words(event, event.timezone), quote=False)
    return f'<li><a href="{escape(event.publication.url)}">{name}</a> : {when}</li>'


def _paragraph(lines: list[str]) -> str:
    """Of lines of HTML."""
    return f"<p>{'<br>'.join(lines)}</p>"


def _plan(project: Project, around: Surroundings) -> Json:
    """The subset of FEP-3264 that villages need, and ours. `joinMode` is that of events (FEP-8a8e)."""
    publication = project.publication
    found: Json = {
        "lavoir:kind": publication.kind.value,
        "lavoir:status": STATUS[project.stage],
        "lavoir:stage": project.stage.value,
        "lavoir:members": str(project.members),
        "joinMode": _join_mode(project),
        "planIncludes": [_process(project, event) for event in around.coming],
    }
    further: Json = {
        GROUP: project.actor.uri if project.actor is not None else None,
        "due": wire_time(datetime.combine(project.due, time(), UTC)) if project.due is not None else None,
        "resourceClassifiedAs": classified_as(project.category),
        "lavoir:call": project.call,
        "location": _place(project, around.village),
    }
    return found | {name: value for name, value in further.items() if value}


def _join_mode(project: Project) -> str:
    if not (project.is_active and project.is_open):
        return "none"
    return "restricted" if project.approves else "free"


def _process(project: Project, event: Event) -> Json:
    """A workshop to come, as a step of the plan; a part of this document, so it needs no other proof."""
    return {
        "id": f"{project.publication.uri}#{event.publication.code}",
        "type": "Process",
        "name": event.publication.title,
        "hasBeginning": wire_time(event.starts_at),
        "hasEnd": wire_time(event.ends_at),
        "url": event.publication.url,
    }


def _place(project: Project, village: Village) -> Json:
    """Where in the village it is, with the village's point."""
    place: Json = {"type": "Place", "name": ", ".join(filter(None, [project.area, village.name]))}
    if village.latitude is not None and village.longitude is not None:
        place |= {
            "latitude": round(float(village.latitude), 2),
            "longitude": round(float(village.longitude), 2),
        }
    return place


def _mention(group: Actor) -> Mention:
    return Mention(group.uri, group.full_handle.removeprefix("@"), group.url)
