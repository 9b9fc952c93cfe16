"""An event goes out, and again with each change; in the caller's transaction."""

from typing import Any

from federation.vocabulary import Json
from hub.actors.models import Actor
from hub.agenda.documents import Surroundings, event_document
from hub.agenda.models import Attendance, Contribution, Event, Resolution, Shift, TeamNote
from hub.agenda.searching import index_event
from hub.fediverse import publishing
from hub.publications.groups import group_of
from hub.publications.photos import pictures_of
from hub.village.actors import board
from hub.village.models import Village


async def surroundings(event: Event) -> Surroundings:
    village = await Village.current()
    assert village is not None
    return Surroundings(
        village=village,
        board=await board("agenda"),
        group=await group_of(event.project_id),
        pictures=await pictures_of(event.publication),
    )


async def send_out(event: Event) -> None:
    """Tell everybody for the first time; the agenda's actor passes it on, and so does its project.

    What is not to be told yet (`sent_at`), as the later ones of a series, is only written.
    """
    document = await write(event)
    if event.sent_at is not None:
        await publishing.send_out(event.publication, document, boards=await _boards(event))


async def send_changes(event: Event) -> None:
    """Tell whoever has it what it says now; silent where it was never sent."""
    publishing.touch(event.publication)
    document = await write(event)
    if event.sent_at is not None:
        named, boards = await guests(event), await _boards(event)
        await publishing.send_changes(event.publication, document, named=named, boards=boards)


async def _boards(event: Event) -> tuple[Actor | None, ...]:
    return await board("agenda"), await group_of(event.project_id)


async def write(event: Event) -> Json:
    """Save the publication together with the document that is served for it."""
    document: Json = {}
    if publishing.leaves(event.publication):
        document = event_document(event, await surroundings(event))
    await publishing.store(event.publication, document)
    await index_event(event)
    return document


_WORDLESS: dict[str, Any] = {
    "place": "",
    "address": "",
    "online_url": "",
    "join_url": "",
    "minutes": "",
    "next_step": "",
    "latitude": None,
    "longitude": None,
}


async def take_down(event: Event) -> None:
    """Delete it everywhere, with its words."""
    publication = event.publication
    if publication.deleted_at is not None:
        return
    await publishing.take_down(publication, await write(event), named=await guests(event))
    await Event.filter(id=event.id).update(**_WORDLESS)
    await Shift.filter(event_id=event.id).update(private_place="")
    await Contribution.filter(event_id=event.id).delete()
    await TeamNote.filter(event_id=event.id).delete()
    await Resolution.filter(event_id=event.id).delete()
    await index_event(event)


async def guests(event: Event) -> tuple[Actor, ...]:
    """Who comes from elsewhere, follower or not."""
    found = Attendance.filter(event_id=event.id, participant__actor_id__not_isnull=True)
    listed = await found.select_related("participant__actor")
    actors = {one.participant.actor.id: one.participant.actor for one in listed if one.participant.actor}
    return tuple(actors.values())
