"""How a project ends: what remains, thanks, and what it taught other villages."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
