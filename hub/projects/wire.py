"""Projects and people elsewhere: answers to Join and Leave; all in the caller's transaction, only queued."""

from hub.projects.models import Contributor


async def tell_decision(contributor: Contributor) -> None:
    """To who joined from elsewhere: Accept, or Reject."""
