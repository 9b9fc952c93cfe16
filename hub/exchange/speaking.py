"""In whose name something is published."""

from hub.actors.models import Actor, Role
from hub.errors import Conflict
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.models import Person
from hub.text import N_

NOT_YOURS = N_("You cannot speak for this organisation.")


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
    village = await Actor.of_role(Role.VILLAGE)
    assert village is not None, "a village that is set up has its actor"
    return village
