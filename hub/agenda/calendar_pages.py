"""The agenda: month and list, filters, and calendars that other programs read."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
