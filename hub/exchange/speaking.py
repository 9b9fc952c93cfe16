"""In whose name something is published."""

from collections.abc import Iterable
from typing import Any, Protocol

from hub.actors.models import Actor, Role
from hub.errors import Conflict
from hub.exchange.models import Voice
from hub.organisations.models import KIND_NAMES, Organisation, Spokesperson
from hub.participants.models import Participant, Person
from hub.text import N_, gettext

NOT_YOURS = N_("You cannot speak for this organisation.")


class Spoken(Protocol):
    """A need, an offer or an event; publication with its author, owner and organisation are loaded."""

    publication: Any
    owner: Any
    owner_id: int | None
    organisation: Any
    voice: Voice


async def speaks_for(person: Person, organisation_id: int | None) -> Organisation:
    """The organisation in whose name this person may speak. Raises Conflict."""
    mine = Spokesperson.filter(member_id=person.member_id, organisation_id=organisation_id)
    found = await mine.select_related("organisation").first() if person.member_id else None
    if found is None:
        raise Conflict(NOT_YOURS)
    return found.organisation


async def author_for(organisation: Organisation | None) -> Actor:
    """Whose name it bears on other servers: an organisation's, or the village's, never a resident's."""
    if organisation is not None:
        actor = await Actor.here(organisation.handle)
        if actor is not None and actor.deleted_at is None and actor.role is Role.ORGANISATION:
            return actor
    return await Actor.village()


def speak(spoken: Spoken, voice: str, *, name: str, speaks_for: Iterable[Spokesperson]) -> None:
    """As it will be said, for a preview: `voice` as a form sends it, `name` of whoever writes."""
    spoken.owner = Participant(name=name or gettext("Your name"))
    organisations = {f"@{one.organisation.handle}": one.organisation for one in speaks_for}
    if voice in organisations:
        spoken.voice, spoken.organisation = Voice.ORGANISATION, organisations[voice]
    elif voice == Voice.TOWN_HALL.value:
        spoken.voice = Voice.TOWN_HALL


def is_elsewhere(spoken: Spoken) -> bool:
    """Whether it hangs at another hub first."""
    return spoken.owner_id is None and spoken.owner is None


def speaker(spoken: Spoken) -> tuple[str, str]:
    """Who speaks, with the kind of actor, and an icon; never whom the town hall speaks for."""
    author = spoken.publication.author
    if is_elsewhere(spoken):
        return author.name_with_host, "village"
    if spoken.voice is Voice.TOWN_HALL:
        return gettext("Published by the town hall"), "hall"
    organisation = spoken.organisation
    if spoken.voice is Voice.ORGANISATION and organisation is not None:
        kind = gettext(KIND_NAMES[organisation.kind])
        return f"{organisation.name}, {kind[:1].lower()}{kind[1:]}", organisation.icon
    if spoken.voice is Voice.ORGANISATION:
        return author.display_name, "people"
    if spoken.owner is None or not spoken.owner.name:
        return gettext("Somebody from the village"), "person"
    return gettext("%(name)s, from the village") % {"name": spoken.owner.name}, "person"


def speaker_name(spoken: Spoken) -> str:
    """The same in a message, by the name alone."""
    if spoken.owner is None:
        return str(spoken.publication.author.display_name or spoken.publication.author.name)
    if spoken.voice is Voice.TOWN_HALL:
        return gettext("The town hall")
    if spoken.voice is Voice.ORGANISATION and spoken.organisation is not None:
        return str(spoken.organisation.name)
    return str(spoken.owner.name)
