"""The other end of hub.media.shrink: starts it, feeds it, and believes little of what it says."""

import asyncio
import json
from dataclasses import dataclass
from typing import IO
from weakref import WeakKeyDictionary

from hub import contained

SECONDS = 60  # on the clock, where the machine is busy; of the processor it has less
SMALL_BYTES = 65_536
PHOTO_BYTES = 2 * 1_048_576  # both sizes, of the most restless picture

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


class NotAPicture(Exception):
    """Nothing that we can show; str() says why."""


class TakesTooLong(NotAPicture):
    """It may be a picture, but the machine has no time for it now."""


@dataclass(frozen=True)
class Shrunk:
    """A photo in both sizes, as WebP without anything but pixels."""

    width: int
    height: int
    large: bytes
    small_width: int
    small_height: int
    small: bytes


async def shrink(content: bytes) -> bytes:
    """A small WebP of the picture, one picture after the other. Raises NotAPicture."""
    return _webp(await _made("face", content, most=SMALL_BYTES))


async def shrink_photo(file: IO[bytes]) -> Shrunk:
    """A photo in both sizes, one picture after the other. Raises NotAPicture.

    The program reads the file itself, so an upload never lies in our memory.
    """
    number = file.fileno()  # of a small upload this writes it to the disk
    file.seek(0)
    file.flush()
    line, _, pictures = (await _made("photo", number, most=PHOTO_BYTES)).partition(b"\n")
    try:
        (width, height, length), (small_width, small_height, _) = json.loads(line)
        large, small = _webp(pictures[:length]), _webp(pictures[length:])
        return Shrunk(int(width), int(height), large, int(small_width), int(small_height), small)
    except (ValueError, TypeError):
        raise NotAPicture("is no picture, or too big") from None


def _webp(content: bytes) -> bytes:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise NotAPicture("is no picture, or too big")
    return content


async def _made(mode: str, source: bytes | int, *, most: int) -> bytes:
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        status, made = await _run(mode, source, most=most)
    if status != 0:
        raise NotAPicture("is no picture, or too big")
    return made


async def _run(mode: str, source: bytes | int, *, most: int) -> tuple[int, bytes]:
    try:
        return await contained.run("hub.media.shrink", mode, source=source, most=most, seconds=SECONDS)
    except TimeoutError:
        raise TakesTooLong("takes too long") from None
    except contained.TooMuch as error:
        raise NotAPicture(str(error)) from None
