"""What links in mails can do about projects."""

from hub.notifications.people import ActFunction

ACTS: dict[str, ActFunction] = {}
