"""Pledges between hubs and with people on the open network: FEP-0837, and private questions in plain words.

Everything here runs in the caller's transaction and only queues what is to be sent.
"""

from hub.exchange.models import Pledge


async def send_offer(pledge: Pledge) -> None:
    """To the author of another hub's need: somebody here can help (`Offer{Agreement}`)."""


async def send_accept(pledge: Pledge) -> None:
    """Yes, to who offered from elsewhere: `Accept` with the agreement, or, to a person, a private word."""


async def send_reject(pledge: Pledge) -> None:
    """No, with the reason."""


async def take_back_accept(pledge: Pledge) -> None:
    """No longer: `Undo{Accept}`, and a private word for software that does not know it."""


async def take_back_offer(pledge: Pledge) -> None:
    """Somebody here cannot help after all: `Undo{Offer}`, before or after it was accepted."""


async def send_done(pledge: Pledge) -> None:
    """The receipt: what was agreed was done."""


async def ask_for_yes(pledge: Pledge) -> None:
    """In private: did you mean it? Only a yes commits."""
