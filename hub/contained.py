"""A program of its own for what strangers wrote: no secret, no file, no program, little memory and time.

Whatever is wrong with the bytes, or with the code that reads them, stays in that process. The side of the
parent is run(); that of the program is give_up_power(). Small on purpose: the program imports it too.
"""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

# No setting of ours, and so no secret, reaches the process.
ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": os.defpath}


class TooMuch(Exception):
    """More came out than was asked for."""


def give_up_power(*, memory: int, seconds: int, nice: int) -> None:
    """For the process that calls it; `memory` of addresses in bytes, `seconds` of the processor."""
    os.nice(nice)
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


async def run(
    module: str, *arguments: str, source: bytes | int, most: int, seconds: float
) -> tuple[int, bytes]:
    """Status and output of `python -m MODULE`; `source` is what it reads, or the number of an open file.

    Raises TimeoutError after `seconds` on the clock, TooMuch where `most` bytes or more come out.
    """
    import asyncio

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE if isinstance(source, bytes) else source,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    try:
        async with asyncio.timeout(seconds):
            if isinstance(source, bytes):
                await _feed(process, source)
            made = await _answer(process, most=most)
            return await process.wait(), made
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _feed(process: asyncio.subprocess.Process, content: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it had enough: its status tells
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()


async def _answer(process: asyncio.subprocess.Process, *, most: int) -> bytes:
    import asyncio

    assert process.stdout is not None
    try:
        await process.stdout.readexactly(most)
    except asyncio.IncompleteReadError as end:
        return end.partial
    raise TooMuch("too much came out")
