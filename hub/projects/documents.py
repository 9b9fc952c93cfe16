"""A project as a document: a Note that everybody can read, with the plan of FEP-3264 and its own group."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from federation.outgoing import Mention, Picture, wire_time
from federation.vocabulary import Json
from hub.actors.models import Actor
from hub.projects.models import Project, Stage
from hub.publications.documents import note_document
from hub.publications.groups import GROUP
from hub.publications.markup import hashtags_of
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
_TITLE = N_("Project: %(title)s")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the document says beside the project itself."""

    village: Village
    board: Actor | None = None
    pictures: tuple[Picture, ...] = ()


def project_document(project: Project, around: Surroundings) -> Json:
    """The document of a project of ours; publication, author and group must be loaded."""
    publication, group = project.publication, project.actor
    with speaking(publication.language or around.village.locale):
        title = gettext(_TITLE) % {"title": publication.title}
    mentions = []
    if group is not None:
        mentions = [Mention(group.uri, group.full_handle.removeprefix("@"), publication.url)]
    found: Json = {
        **note_document(
            publication,
            title=title,
            mentions=mentions,
            hashtags=hashtags_of(publication.source),
            group=around.board.uri if around.board is not None else None,
            pictures=around.pictures,
        ),
        "source": {"content": publication.source, "mediaType": "text/markdown"},
        "lavoir:kind": publication.kind.value,
        "lavoir:status": STATUS[project.stage],
        "lavoir:stage": project.stage.value,
    }
    if group is not None:
        found[GROUP] = group.uri
    if project.due is not None:
        found["due"] = wire_time(datetime.combine(project.due, time(), UTC))
    return found
