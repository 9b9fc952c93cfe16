"""The relay: other servers subscribe, and get every public post of this hub, by its id (mastodon.md 6.3)."""

from hub.fediverse.inbox import Claim

claims: dict[str, Claim] = {}
