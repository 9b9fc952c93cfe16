"""The links of people without an account: each opens what its holder asked or promised, and nothing else."""

from hub.exchange.models import Key
from hub.members.models import hash_of, new_token


async def new_key(participant_id: int) -> str:
    """For an address, /mine/KEY; only its hash is stored, so each mail gets one of its own."""
    token = new_token()
    await Key.create(hash=hash_of(token), participant_id=participant_id)
    return token
