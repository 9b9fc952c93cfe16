"""A project is begun: from nothing, from a process, or from what another village learnt."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
