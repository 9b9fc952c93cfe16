"""What only the team of an event sees: who comes, who does what, notes, lists to print, the door."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
