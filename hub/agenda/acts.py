"""What links in mails can do about events."""

from hub.notifications.people import ActFunction

ACTS: dict[str, ActFunction] = {}
