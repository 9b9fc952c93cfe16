"""Makes a picture of strangers small and harmless: a program of its own, from stdin to stdout.

Whatever is wrong with the bytes, or with the code that decodes them, stays in this process: it knows no
secret, may write no file and start no program, and has little memory and time. Any failure is status 1.
"""

import os
import resource
import sys
from io import BytesIO

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # by content; no SVG, which is a program (HTM-08)
BYTES = 8 * 1_048_576
PIXELS = 16_000_000  # of the first frame, the only one that is decoded (HTM-12)
SIDE = 96  # twice what pages show
MEMORY = 256 * 1_048_576  # of addresses: Python and Pillow take 50, a JPEG of PIXELS little more
SECONDS = 5  # of the processor


def main() -> None:
    _give_up_power()
    sys.stdout.buffer.write(shrink(sys.stdin.buffer.read(BYTES + 1)))


def _give_up_power() -> None:
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


def shrink(content: bytes) -> bytes:
    """The middle square of the first frame as WebP: only its pixels, nothing that was written beside them."""
    from PIL import Image, ImageOps

    image: Image.Image = Image.open(BytesIO(content), formats=FORMATS)  # reads the header
    if len(content) > BYTES or image.width * image.height > PIXELS:
        raise ValueError("too big")
    image.draft(None, (2 * SIDE, 2 * SIDE))  # lets a JPEG be decoded at a fraction of its size
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    square = ImageOps.fit(ImageOps.exif_transpose(image), (SIDE, SIDE))
    out = BytesIO()
    square.save(out, "WEBP", quality=80, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()


if __name__ == "__main__":
    main()
