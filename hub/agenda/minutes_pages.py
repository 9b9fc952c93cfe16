"""What was said and decided at an event, and the methods of a workshop with what is to be printed."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
