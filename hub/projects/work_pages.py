"""What the group does among itself: tasks, dates, agreements."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
