"""What other hubs say about agreements, and that something is gone there too; all else is for others to claim."""

from hub.fediverse.inbox import Claim

claims: dict[str, Claim] = {}
