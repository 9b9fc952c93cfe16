"""What other servers say about projects; all else is for others to claim."""

from hub.fediverse.inbox import Claim
from hub.fediverse.interests import Interest
from hub.projects import elsewhere, reading

claims: dict[str, Claim] = {}

interest = Interest(
    recognises=reading.recognises, take=elsewhere.take, gone=elsewhere.be_gone, left=elsewhere.be_left
)
