"""The network at a glance: villages, map, what waits for long; open data, and the page for other sites."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
