"""A project is rewritten, moves on, tells its story; who added what, and old versions."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
