"""Makes a picture of strangers small and harmless: a program of its own, from stdin to stdout.

    python -m hub.media.shrink face     a square WebP of SIDE
    python -m hub.media.shrink photo    a line of JSON, then a large and a small WebP (see photo())

Whatever is wrong with the bytes, or with the code that decodes them, stays in this process: it knows no
secret, may write no file and start no program, and has little memory and time. Any failure is status 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from hub.contained import give_up_power

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # by content; no SVG, which is a program (HTM-08)
MIB = 1_048_576
SIDE = 96  # of a face: twice what pages show
LARGE, SMALL = 1280, 480  # the longer side of a photo: on its own, and among others
LIGHT = 32_000  # bytes of the small size: a page with one stays below 100 kB
LIGHTER = ((SMALL, 70), (SMALL, 50), (SMALL, 30), (320, 40), (240, 25))  # side and quality
ORIENTATION = 0x0112  # the one thing of EXIF that is looked at
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


@dataclass(frozen=True)
class Bounds:
    """What one picture may take. `memory` is of addresses: Python and Pillow take 50 MiB by themselves."""

    bytes: int
    pixels: int  # of the first frame, the only one that is decoded (HTM-12)
    memory: int
    seconds: int  # of the processor
    nice: int


FACE = Bounds(bytes=8 * MIB, pixels=16_000_000, memory=256 * MIB, seconds=5, nice=10)
PHOTO = Bounds(bytes=12 * MIB, pixels=40_000_000, memory=512 * MIB, seconds=15, nice=2)  # somebody waits


def main() -> None:
    make, bounds = MODES[sys.argv[1]]
    give_up_power(memory=bounds.memory, seconds=bounds.seconds, nice=bounds.nice)
    sys.stdout.buffer.write(make(sys.stdin.buffer.read(bounds.bytes + 1)))


def face(content: bytes) -> bytes:
    """The middle square of the first frame as WebP: only its pixels, nothing that was written beside them."""
    from PIL import ImageOps

    image = _opened(content, FACE)
    image.draft(None, (2 * SIDE, 2 * SIDE))  # lets a JPEG be decoded at a fraction of its size
    return _webp(ImageOps.fit(ImageOps.exif_transpose(_in_colours(image)), (SIDE, SIDE)), quality=80)


def photo(content: bytes) -> bytes:
    """The first frame twice, no larger than LARGE and SMALL, upright.

    Before them one line, `[[width, height, bytes], [width, height, bytes]]`.
    """
    large = _large(_opened(content, PHOTO))
    made = [(large, _webp(large, quality=78)), _light(large)]
    sizes = [[each.width, each.height, len(webp)] for each, webp in made]
    return json.dumps(sizes).encode() + b"\n" + b"".join(webp for _, webp in made)


MODES: dict[str, tuple[Callable[[bytes], bytes], Bounds]] = {"face": (face, FACE), "photo": (photo, PHOTO)}


def _opened(content: bytes, bounds: Bounds) -> Image:
    from PIL import Image, WebPImagePlugin  # noqa: F401 (where it is missing, all that Pillow can is loaded)

    if len(content) > bounds.bytes:
        raise ValueError("too big")
    Image.MAX_IMAGE_PIXELS = bounds.pixels
    image = Image.open(BytesIO(content), formats=FORMATS)  # reads the header
    if image.width * image.height > bounds.pixels:
        raise ValueError("too big")
    return image


def _large(image: Image) -> Image:
    """Made small before it is turned and coloured, so that little memory is needed."""
    from PIL.Image import Transpose

    upright = _UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    if image.mode in ("1", "P") or image.mode.startswith("I"):  # cannot be made small smoothly
        image = _in_colours(image)
    image.thumbnail((LARGE, LARGE))  # a JPEG is decoded at a fraction of its size
    image = _in_colours(image)
    return image if upright is None else image.transpose(Transpose[upright])


def _in_colours(image: Image) -> Image:
    if image.mode in ("RGB", "RGBA"):
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _light(large: Image) -> tuple[Image, bytes]:
    """The small size: of a restless picture with less detail, or smaller still."""
    for side, quality in LIGHTER:
        small = large.copy()
        small.thumbnail((side, side))
        if len(webp := _webp(small, quality=quality)) <= LIGHT:
            break
    return small, webp


def _webp(image: Image, *, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", quality=quality, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()


if __name__ == "__main__":
    main()
