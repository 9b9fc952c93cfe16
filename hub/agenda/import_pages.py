"""Calendars of associations, from an address or a file: looked at first, then taken in."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
