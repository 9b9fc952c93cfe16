"""An event is changed, cancelled or taken down by those who may."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
