"""The network at a glance: villages, map, what waits for long; open data, and the page for other sites."""

from hub.region import data_pages, embed, map_pages, view_pages
from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = [
    *view_pages.routes,
    *map_pages.routes,
    *data_pages.routes,
    *embed.routes,
]
