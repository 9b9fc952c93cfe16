"""An event is announced: one form, once or every week, and what happens next."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
