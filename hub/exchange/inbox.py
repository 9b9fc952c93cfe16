"""What other servers say about needs, offers and pledges; all else goes to the handlers of the fediverse."""

from hub.fediverse import inbox
from hub.fediverse.inbox import Handler

handlers: dict[str, Handler] = {**inbox.handlers}
