"""Who takes part: join, leave, yes and no of carriers, invitations and their answers."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
