"""What messages to people who take part have in common: to whom they go, and small pieces of their text."""

from hub.notifications.actions import Recipient
from hub.participants.models import Participant
from hub.text import gettext
from hub.village.models import Village

TITLE_LENGTH = 90  # in a subject


def recipient_of(participant: Participant) -> Recipient:
    return Recipient(
        name=participant.name,
        member_id=participant.member_id,
        participant_id=participant.id,
        mail=participant.mail,
        phone=participant.phone,
        locale=participant.locale,
    )


def short_title(title: str) -> str:
    """On one line, short enough for a subject."""
    title = " ".join(title.split())
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1].rstrip() + "…"


def line(source: str, words: str) -> str:
    """A line with a label, whose catalogue source has %(words)s; nothing where there are none."""
    return gettext(source) % {"words": words} if words else ""


def marked(words: str) -> str:
    """What somebody wrote, so that nobody takes it for our words."""
    return "\n".join(f"> {line}".rstrip() for line in words.strip().splitlines())


def town_hall_words(village: Village | None) -> str:
    """How to reach it, in a sentence; empty where it said nothing of it."""
    reach = (village.phone or village.mail) if village else ""
    return gettext("You reach it here: %(contact)s") % {"contact": reach} if reach else ""
