""" "I am coming": sign up, leave, find one's place again, without an account too."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []
