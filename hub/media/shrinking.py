"""The other end of hub.media.shrink: starts it, feeds it, and believes little of what it says."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

SECONDS = 20  # on the clock, where the machine is busy; of the processor it has less
SMALL_BYTES = 65_536

# No setting of ours, and so no secret, reaches the process that decodes.
_ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.defpath}

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


class NotAPicture(Exception):
    """Nothing that we can show; str() says why."""


async def shrink(content: bytes) -> bytes:
    """A small WebP of the picture, one picture after the other. Raises NotAPicture."""
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        status, small = await _run(content)
    if status != 0 or small[:4] != b"RIFF" or small[8:12] != b"WEBP":
        raise NotAPicture("is no picture, or too big")
    return small


async def _run(content: bytes) -> tuple[int, bytes]:
    """Status and output of the program."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "hub.media.shrink"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_ENVIRONMENT,
    )
    try:
        async with asyncio.timeout(SECONDS):
            small = await _answer(process, content)
            return await process.wait(), small
    except TimeoutError:
        raise NotAPicture("takes too long") from None
    finally:
        await _end(process)


async def _answer(process: asyncio.subprocess.Process, content: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it had enough: its status tells
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()
    try:
        await process.stdout.readexactly(SMALL_BYTES)
    except asyncio.IncompleteReadError as end:
        return end.partial
    raise NotAPicture("too much came out")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()
