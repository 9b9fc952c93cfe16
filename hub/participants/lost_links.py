"""Somebody without an account who lost the mail gets their links once more, at the address that they left."""

from collections.abc import Sequence
from time import time

from tortoise.functions import Lower

from hub.jobs import Function, Periodic, enqueue
from hub.members.mails import too_late
from hub.members.models import Member, mail_key
from hub.notifications.mail import send
from hub.notifications.models import Notice
from hub.participants.actions import new_key
from hub.participants.models import Participant
from hub.participants.telling import short_title

MOST = 20  # in one mail, the newest first


async def ask_links(mail: str) -> None:
    """Queued for every address, so that no answer tells which ones are known here."""
    await enqueue(mail_links, mail=mail, asked_at=time())


async def mail_links(mail: str, asked_at: float) -> None:
    """One mail with a link for each thing that somebody takes part in by this address; else none.

    None either to an account that is suspended, nor to who takes part on another hub, where their links are.
    `asked_at`: Unix time; nobody waits for it much later.
    """
    if too_late(asked_at) or await Member.exists(mail_key=mail_key(mail)):
        return
    # in small letters, never in capitals: the one of a dotless i, which a domain may have, is that of any i
    known = Participant.annotate(small=Lower("mail")).filter(small=mail.lower())
    here = known.filter(member_id=None, actor_id=None, erased_at=None)
    found = await here.order_by("-id").limit(MOST)
    if not found:
        return
    titles = await _titles_of(found)
    links = [(titles.get(one.id), one.made_at, await new_key(one.id)) for one in found]
    name, to = found[0].name, found[0].mail or mail  # as they wrote it themselves
    await send(to, locale=found[0].locale, template="lost_links", name=name, links=links)


async def _titles_of(participants: Sequence[Participant]) -> dict[int, str]:
    """What each takes part in, by participant, as far as they were told something of it."""
    told = Notice.filter(participant_id__in=[one.id for one in participants], publication_id__not_isnull=True)
    pairs = await told.order_by("id").values_list("participant_id", "publication__title")
    return {participant: short_title(title) for participant, title in pairs if title}


jobs: list[Function | Periodic] = [mail_links]
