"""Guests: people who are at home on another server come in by a number that is sent to them there."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
