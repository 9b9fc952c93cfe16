"""Whom the village exchanges with, and why: for everybody, and for those who decide it."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
