"""What the town hall reads before it shows, of events."""

from hub.web.viewer import Page

said: dict[str, str] = {}

routes: list[Page] = []


async def waiting() -> list[tuple[str, str]]:
    """What waits for an agent: a sentence, and the page where to do it."""
    return []
