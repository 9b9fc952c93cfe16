"""What a link in the mail about a report does, once, without signing in."""

from collections.abc import Mapping

from hub.errors import LinkSpent
from hub.journal import Doer
from hub.members.models import Member
from hub.moderation import actions
from hub.notifications.people import ActFunction, Holder
from hub.publications.models import Publication
from hub.text import N_


async def hide_publication(holder: Holder, publication_id: int) -> str:
    """By an agent, who may have become something else since the mail (ADM-01)."""
    member = await Member.get_or_none(id=holder.member_id, suspended_at=None)
    publication = await Publication.get_or_none(id=publication_id)
    if member is None or not member.is_agent or publication is None:
        raise LinkSpent
    await actions.hide(publication, by=Doer(member.id, member.name))
    return N_("It is hidden. Now there is time to decide, with a reason.")


ACTS: Mapping[str, ActFunction] = {"hide-publication": hide_publication}
