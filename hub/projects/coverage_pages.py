"""Which needs a project answers, with what, and which are still uncovered."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
