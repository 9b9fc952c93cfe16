"""Projects and people elsewhere: Join and its answers; all in the caller's transaction, only queued.

People of other servers join a project of ours by its group, or by its document: their `Join` is the `uri` of
a contributor with an actor. People here join another hub's in the name of the village, having no actor:
the `uri` of a contributor without one is the Join that we sent, its `name` says who it is. For a project its
group speaks, where it has one.
"""

from datetime import UTC, datetime

from federation import activities
from federation.documents import Activity as Asked
from federation.documents import parse_activity
from federation.vocabulary import Json
from hub.actors.minting import activity_uri
from hub.actors.models import Actor
from hub.exchange.wire import WHO
from hub.fediverse.actions import Reach, publish
from hub.fediverse.models import Activity
from hub.participants.messages import Message, language_among, send_message, was_sent
from hub.projects.models import INSIDE, Contributor, Part, Project
from hub.text import N_, gettext, speaking
from hub.village.models import Village

INSIDE_NOW = N_("You take part in “%(title)s” now. Welcome!")
NOT_NOW = N_("Thank you for wanting to take part in “%(title)s”. It does not work out this time.")


async def tell_decision(contributor: Contributor, reason: str = "") -> None:
    """To who joined from elsewhere: Accept, or Reject with the reason; each once. To a guest in words."""
    if contributor.part not in INSIDE and contributor.part is not Part.DECLINED:
        return
    is_in = contributor.part in INSIDE
    if contributor.uri is None:
        await _tell_guest(contributor, INSIDE_NOW if is_in else NOT_NOW, reason)
        return
    kind = "accept" if is_in else "reject"
    uri = f"{contributor.project.publication.uri}/members/{contributor.id}/{kind}"
    if not await Activity.exists(uri=uri):
        asked = _asked(contributor)
        await _answer(asked, contributor.project, uri=uri, no=None if is_in else reason)


async def answer_again(asked: Asked, contributor: Contributor) -> None:
    """To who asks a second time, what was said the first time; nothing while nobody has decided."""
    if contributor.part in INSIDE:
        await _answer(asked, contributor.project)


async def refuse(asked: Asked, project: Project, reason: str) -> None:
    """No to a Join that changed nothing here."""
    await _answer(asked, project, no=reason)


async def send_join(contributor: Contributor) -> None:
    """To another hub: somebody here would like to take part (`Join`)."""
    village = await Actor.village()
    contributor.uri = activity_uri(village.uri, "joins")
    await contributor.save(update_fields=["uri"])
    author = contributor.project.publication.author
    await publish(await _join(contributor, village), author=village, reach=Reach(named=(author,)))


async def take_back_join(contributor: Contributor) -> None:
    """To another hub: they take part no more, or do not want to any more (`Undo{Join}`)."""
    village, author = await Actor.village(), contributor.project.publication.author
    undone = activities.undo(await _join(contributor, village))
    if not await Activity.exists(uri=undone["id"]):
        await publish(undone, author=village, reach=Reach(named=(author,)))


async def _tell_guest(contributor: Contributor, sentence: str, reason: str) -> None:
    """A private word, each sentence once."""
    project, guest = contributor.project, contributor.participant.actor
    assert guest is not None, "who came in from elsewhere has an actor"
    thread = f"{project.publication.uri}/members/{contributor.id}"
    uri = f"{thread}/{'in' if contributor.part in INSIDE else 'out'}"
    if await was_sent(uri):
        return
    language = await language_among(contributor.participant.locale, project.publication.language)
    with speaking(language):
        text = gettext(sentence) % {"title": project.publication.title}
    message = Message(
        uri=uri, text=f"{text} {reason}".strip(), about=project.publication.url, language=language
    )
    await send_message(message, author=project.actor or project.publication.author, reader=guest)


async def _answer(asked: Asked, project: Project, *, uri: str = "", no: str | None = None) -> None:
    """Yes, unless `no` says why not."""
    speaker = project.actor or project.publication.author
    if no is None:
        uri = uri or activity_uri(speaker.uri, "accepts")
        answer = activities.accept(asked, uri=uri, actor=speaker.uri)
    else:
        uri = uri or activity_uri(speaker.uri, "rejects")
        answer = activities.reject(asked, uri=uri, actor=speaker.uri, content=no)
    await publish(answer, author=speaker, reach=Reach(named=(await Actor.get(uri=asked.actor),)))


def _asked(contributor: Contributor) -> Asked:
    """The Join as it came in, as far as an answer needs it."""
    actor = contributor.participant.actor
    assert actor is not None, "who joined from elsewhere has an actor"
    asked = {"id": contributor.uri, "type": "Join", "actor": actor.uri}
    return parse_activity(asked, now=datetime.now(UTC))


async def _join(contributor: Contributor, village: Actor) -> Json:
    project, uri = contributor.project, contributor.uri
    assert uri is not None, "what goes to another hub has its URI"
    asked = activities.join(
        uri,
        actor=village.uri,
        to=project.publication.author.uri,
        target=project.publication.uri,
        at=contributor.made_at,
    )
    who = await _who(contributor)
    content = f"{who} : {contributor.message}" if contributor.message else who
    return {**asked, "name": contributor.participant.name, "content": content}


async def _who(contributor: Contributor) -> str:
    """`Paul, de Saint-Martin`."""
    village = await Village.current()
    assert village is not None, "only a village that is set up has people who join"
    with speaking(contributor.project.publication.language or village.locale):
        return gettext(WHO) % {"name": contributor.participant.name, "village": village.name}
