"""What other servers say about events; all else is for others to claim."""

from hub.agenda import elsewhere, reading
from hub.fediverse.inbox import Claim
from hub.fediverse.interests import Interest

claims: dict[str, Claim] = {}

interest = Interest(
    recognises=reading.recognises, take=elsewhere.take, gone=elsewhere.be_gone, left=elsewhere.be_left
)
