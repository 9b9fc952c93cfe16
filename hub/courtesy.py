"""Work steps aside for a moment while somebody waits for a page or for the answer to a form.

One process does both. A moment and no more: who reads all day must not keep what others sent from going out.
"""

import asyncio

MOMENT = 0.02  # seconds
STEPS = 10


class Waiting:
    """How many people wait just now."""

    def __init__(self) -> None:
        self.people = 0


waiting = Waiting()


async def step_aside() -> None:
    """Let everybody else of this process on, and whoever waits until they have their answer, or a moment."""
    loop = asyncio.get_running_loop()
    end = loop.time() + MOMENT
    await asyncio.sleep(0)
    for _ in range(STEPS):
        if not waiting.people or loop.time() >= end:  # on a busy machine a step takes longer than it says
            return
        await asyncio.sleep(MOMENT / STEPS)
