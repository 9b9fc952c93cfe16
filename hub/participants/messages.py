"""A private word of ours to one person elsewhere: a note that names them and that nobody else may have.

In the caller's transaction; it is only queued. What somebody answers is for hub.participants.answers.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape

from federation import activities, outgoing
from federation.addressing import Visibility, address
from federation.documents import Document
from federation.outgoing import Mention, NoteDraft, mention_html
from federation.vocabulary import Json
from hub.actors.minting import origin
from hub.actors.models import Actor
from hub.db import rows
from hub.fediverse.actions import Reach, publish
from hub.fediverse.models import Activity
from hub.text import LOCALES
from hub.village.models import Village


@dataclass(frozen=True, kw_only=True)
class Message:
    """`text` is plain, one paragraph; `about` is the page for people; `own`: further properties."""

    uri: str
    text: str
    about: str
    in_reply_to: str | None = None
    context: str | None = None
    language: str = "fr"
    own: Json = field(default_factory=dict)


async def send_message(message: Message, *, author: Actor, reader: Actor) -> None:
    """In the name of `author`, one of ours, to `reader` alone."""
    note = _note(message, author, reader) | message.own
    await publish(activities.create(note), author=author, reach=Reach(named=(reader,)))


async def was_sent(uri: str) -> bool:
    """Whether the message with this URI went out before."""
    return await Activity.exists(uri=f"{uri}/create")


async def language_among(*said: str | None) -> str:
    """The first of these languages that we speak; else that of the village."""
    known = (language.partition("-")[0].lower() for language in said if language)
    found = next((language for language in known if language in LOCALES), None)
    if found is None and (village := await Village.current()) is not None:
        found = village.locale
    return found or "fr"


def question_in(answered: str | None) -> str | None:
    """The URI of the message of ours that is answered, also where the answer is below a later one of it."""
    if answered is None or not answered.startswith(f"{origin()}/"):
        return None
    found = _QUESTION.match(answered.removeprefix(origin()))
    return None if found is None else origin() + found[0]


async def asked(table: str, note: Document, actor: Actor) -> int | None:
    """The row of `table` about which `actor` was asked, and that this note answers: a pledge, an attendance.

    One plain statement: it is asked of every answer that comes in.
    """
    if note.in_reply_to is None:
        return None
    question = question_in(note.in_reply_to)
    column, uri = ("answer_uri", note.in_reply_to) if question is None else ("question_uri", question)
    found = await rows(
        f"SELECT {table}.id FROM {table} JOIN participant ON participant.id = {table}.participant_id"
        f" WHERE participant.actor_id = $1 AND {table}.{column} = $2"
        f" AND {table}.question_uri IS NOT NULL LIMIT 1",
        *(actor.id, uri),
    )
    return found[0]["id"] if found else None


_QUESTION = re.compile(r"/o/[0-9a-z]{26}")


def _note(message: Message, author: Actor, reader: Actor) -> Json:
    mention = Mention(reader.uri, reader.full_handle.removeprefix("@"), reader.url or reader.uri)
    lines = "<br>".join(escape(line, quote=False) for line in message.text.splitlines())
    document = outgoing.note(
        NoteDraft(
            uri=message.uri,
            author=author.uri,
            html=f"<p>{mention_html(mention)} {lines}</p>",
            url=message.about,
            language=message.language,
            audience=address(Visibility.DIRECT, followers="", mentions=[reader.uri]),
            published_at=datetime.now(UTC),
            in_reply_to=message.in_reply_to,
            context=message.context,
            mentions=(mention,),
        )
    )
    # nobody else may have it, so there is nothing to count or to quote
    return {name: value for name, value in document.items() if name not in _OF_PUBLIC_NOTES}


_OF_PUBLIC_NOTES = frozenset({"likes", "shares", "replies", "interactionPolicy"})
