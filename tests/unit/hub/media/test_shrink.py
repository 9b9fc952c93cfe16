"""The program that makes pictures of strangers small, with pictures that strangers might send."""

import asyncio
import os
import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from hub import contained
from hub.media import shrink as program
from hub.media import shrinking
from hub.media.shrinking import NotAPicture, shrink
from tests.unit.hub.media.conftest import opened, picture

pytestmark = pytest.mark.slow


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *more: bytes) -> bytes:
    """Bits of one colour, packed a thousandfold; `more` chunks come before them."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min((width // 8 + 1) * height, 2**25)), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(more)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_a_picture_becomes_a_small_square(kind):
    small = opened(await shrink(picture(kind)))
    assert (small.format, small.size) == ("WEBP", (96, 96))
    red, green, blue = small.convert("RGB").getpixel((48, 48))
    assert green > 130 > 80 > max(red, blue)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
async def test_every_way_of_writing_colours_is_read(mode):
    content = picture(mode="L" if mode == "I;16" else mode)
    if mode == "I;16":
        out = BytesIO()
        Image.new(mode, (20, 20), 30_000).save(out, "PNG")
        content = out.getvalue()
    assert opened(await shrink(content)).size == (96, 96)


async def test_what_was_transparent_stays_so():
    out = BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(await shrink(out.getvalue())).getpixel((10, 10))[3] == 0


async def test_htm_09_only_pixels_come_out():
    exif = Image.Exif()
    exif[0x010E] = "taken at 44.58, 5.13"
    exif[0x0112] = 6  # lies on its side
    script = b"<script>alert(1)</script>"
    for content in (
        picture(
            "JPEG",
            exif=exif,
            comment=script,
            icc_profile=b"secret" * 50,
            xmp=b"<x:xmpmeta>secret</x:xmpmeta>",
        ),
        picture("WEBP", exif=exif, icc_profile=b"secret" * 50, xmp=b"<x:xmpmeta>secret</x:xmpmeta>"),
        picture("GIF", comment=script) + script,
        picture("JPEG") + b"%PDF-1.7 " + script,
    ):
        small = await shrink(content)
        assert set(opened(small).info) <= {"loop", "background", "timestamp", "duration"}
        assert not [
            word for word in (b"taken", b"script", b"secret", b"EXIF", b"XMP", b"ICCP") if word in small
        ]


async def test_a_picture_that_lies_on_its_side_is_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("RGB", (100, 100), "white")
    image.paste("black", (0, 0, 50, 100))  # what is on the left belongs on top
    out = BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95)
    small = opened(await shrink(out.getvalue())).convert("L")
    assert small.getpixel((48, 10)) < 60 < 200 < small.getpixel((48, 86))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
async def test_htm_12_of_ten_thousand_frames_one_is_decoded(kind):
    frames = [Image.new("L", (10, 10), number % 255) for number in range(3 if kind == "GIF" else 10_000)]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    content = out.getvalue()
    if kind == "GIF":  # to write one is slow: the last frame again and again
        frame, end = content[content.rindex(b"\x21\xf9\x04") : -1], content[-1:]
        content = content[:-1] + 9_997 * frame + end
        assert opened(content).n_frames == 10_000
    assert not getattr(opened(await shrink(content)), "is_animated", False)


HOSTILE = {
    "nothing": b"",
    "words": b"not a picture",
    "htm_08 a drawing that is a program": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "htm_08 the same behind a byte order mark": b'\xef\xbb\xbf<?xml version="1.0"?><svg onload="alert(1)"/>',
    "htm_15 a drawing with entities": b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    "htm_09 a page that begins like a GIF": b"GIF89a<html><script>alert(1)</script></html>",
    "htm_12 50,000 x 50,000 pixels": png(50_000, 50_000),
    "htm_12 a row that is too long": png(2**31 - 1, 1),
    "htm_12 a profile of a gigabyte": png(
        8, 8, chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(2**27), 9))
    ).replace(b"IDAT", b"JUNK"),
    "htm_12 more bytes than we take": picture() + bytes(program.FACE.bytes),
    "half a PNG": picture("PNG", mode="RGB", size=(999, 999), compress_level=0)[:1_000_000],
    "half a JPEG": picture("JPEG", quality=100)[:600],
    "half a GIF": picture("GIF")[:40],
    "half a WebP": picture("WEBP", lossless=True)[:30],
    "a header alone": picture()[:33],
    "no pixels": png(0, 0),
    "another format": picture("BMP"),
    "another format with many decoders": picture("TIFF"),
    "a program for printers": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file\n",
    "a picture of pictures": picture("ICO"),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_is_hostile_or_broken_is_refused(content):
    with pytest.raises(NotAPicture):
        await shrink(content)


async def test_htm_12_a_frame_as_large_as_we_take_fits_into_the_memory_that_it_gets():
    """And one more row does not: the limit is asked before anything is decoded."""
    assert program.FACE.pixels == 4000 * 4000
    assert opened(await shrink(picture("JPEG", (4000, 4000), progressive=True))).size == (96, 96)
    assert opened(await shrink(picture("PNG", (4000, 4000), mode="RGBA", compress_level=1))).size == (96, 96)
    with pytest.raises(NotAPicture):
        await shrink(picture("JPEG", (4000, 4001)))


def children() -> int:
    """Programs that this process runs now."""
    return len(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())


async def test_one_picture_is_decoded_at_a_time():
    before, most = children(), 0
    large = picture(size=(2000, 2000))
    waiting = [asyncio.create_task(shrink(large)) for _ in range(4)]
    while not all(task.done() for task in waiting):
        most = max(most, children() - before)
        await asyncio.sleep(0.005)
    assert len(await asyncio.gather(*waiting)) == 4
    assert most == 1


async def in_the_program(code: str, *, seconds: int = program.FACE.seconds) -> int:
    """The status of `code`, run where pictures are decoded, without its powers."""
    powers = f"memory=FACE.memory, seconds={seconds}, nice=FACE.nice"
    start = f"from hub.media.shrink import FACE, give_up_power; give_up_power({powers})\n{code}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", start),
        env=contained.ENVIRONMENT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


async def test_a_decoder_that_was_taken_over_could_do_little(tmp_path):
    assert await in_the_program("pass") == 0
    assert await in_the_program(f"open({str(tmp_path / 'x')!r}, 'w').write('x' * 9999)") != 0
    assert await in_the_program("bytes(300_000_000)") != 0
    assert await in_the_program("while True: pass", seconds=1) < 0
    assert (
        await in_the_program("import os; assert not [x for x in os.environ if x.startswith('LAVOIR_')]") == 0
    )


async def test_it_is_ended_when_it_takes_too_long(monkeypatch):
    monkeypatch.setattr(shrinking, "SECONDS", 0)
    with pytest.raises(NotAPicture, match="takes too long"):
        await shrink(picture())
