"""Suggestions, on the pages of needs and offers."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
