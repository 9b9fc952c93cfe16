"""Photos that somebody uploads: HTM-08 to HTM-16, AUT-27, ADM-08; and who gets them: PRV-01, PRV-02."""

import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from hub import limits
from tests.attacks.board import SAID, chosen, jpeg, photo_of, publish, send
from tests.attacks.test_privacy import comparable
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, heading, page
from tests.waiting import wait_until

# What is a photo, and where its files go, is decided above the database; what is asked of both databases is
# in tests/unit/hub/media/test_photos.py.
ENGINES = ("sqlite",)

Start = Callable[..., AbstractContextManager[Village]]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def village(start_village: Start, temporary: Path) -> Iterator[Village]:
    """Whose temporary files are in a folder that we can look into."""
    with start_village(settings={"TMPDIR": str(temporary)}) as village:
        yield village


@pytest.fixture(scope="module")
def resident(village: Village) -> Visitor:
    """Somebody whom the town hall vouched for."""
    return village.invited("06 27 27 27 27")


@pytest.fixture(autouse=True)
def _nothing_temporary_is_left(village: Village, temporary: Path) -> Iterator[None]:
    for keys in ("photos-%", "uploads-%", "proposals-%"):
        village.rest(keys)
    yield
    wait_until(lambda: not list(temporary.iterdir()))
    assert village.site.health() == 200


def bomb(width: int, height: int) -> bytes:
    """A PNG of so many points that says so in a few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(2**22), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def frames(kind: str, number: int) -> bytes:
    out = BytesIO()
    each = [Image.new("L", (16, 16), one % 255) for one in range(number)]
    each[0].save(out, kind, save_all=True, append_images=each[1:])
    return out.getvalue()


def kept(village: Village) -> tuple[str, set[Path]]:
    """How many photos and needs there are, and the files."""
    counts = village.database.run("SELECT (SELECT count(*) FROM photo), (SELECT count(*) FROM proposal)")
    return counts[0], set((village.database.data / "media").rglob("*.*"))


NO_PHOTOS = {
    "htm_08 a drawing that is a program": SVG,
    "htm_08 the same after a byte order mark": b'\xef\xbb\xbf<?xml version="1.0"?>' + SVG,
    "htm_09 a page": b"<html><script>alert(1)</script></html>",
    "htm_09 a page that begins like a GIF": b"GIF89a<html><script>alert(1)</script></html>",
    "htm_12 50,000 x 50,000 points": bomb(50_000, 50_000),
    "htm_12 a row without end": bomb(2**31 - 1, 1),
    "aut_27 nothing": b"",
    "aut_27 half a photo": jpeg(quality=100)[:500],
    "aut_27 30 megabytes": jpeg() + bytes(30 * 2**20),
    "aut_27 a program": b"\x7fELF" + bytes(5000),
    "aut_27 an archive": b"PK\x03\x04" + bytes(5000),
    "aut_27 another format": b"%!PS-Adobe-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file\n",
}


@pytest.mark.parametrize("content", NO_PHOTOS.values(), ids=NO_PHOTOS.keys())
def test_htm_08_09_12_aut_27_what_is_no_photo_gets_the_form_again_and_leaves_nothing(
    village: Village, resident: Visitor, content: bytes
) -> None:
    before = kept(village)
    answer = send(resident, photos=chosen(content), **SAID, title="Mon bois à moi")
    assert answer.status_code == 422, heading(answer)
    shown = page(answer)
    assert [note["id"] for note in shown.select("p.err")] == ["f-photo1-e"]
    assert "Mon bois à moi" in answer.text
    assert shown.select_one("#f-photo1-alt")["value"] == "Le bois"  # type: ignore[index]
    assert kept(village) == before


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_htm_12_of_many_frames_one_is_kept(village: Village, resident: Visitor, kind: str) -> None:
    proposal = publish(village, resident, photos=chosen(frames(kind, 3000)), **SAID)
    small = resident.get(photo_of(village, proposal))
    assert not getattr(Image.open(BytesIO(small.content)), "is_animated", False)


def test_htm_09_only_points_come_out_and_only_as_a_picture(village: Village, resident: Visitor) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[2] = (44.0, 35.0, 1.0)
    content = jpeg(exif=exif, comment=b"<script>alert(1)</script>") + b"%PDF-1.7 <script>alert(2)</script>"
    proposal = publish(village, resident, photos=chosen(content, "photo.html", "text/html"), **SAID)
    path = photo_of(village, proposal)
    for each in (path, path.replace(".webp", "-small.webp")):
        answer = village.visitor().get(each)
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"] == "inline"
        policy = answer.headers["content-security-policy"]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        for words in (b"script", b"taken", b"EXIF", b"Exif", b"PDF"):
            assert words not in answer.content
        assert not Image.open(BytesIO(answer.content)).getexif()


def test_pages_of_other_servers_may_show_a_photo_that_went_out_to_them(
    village: Village, resident: Visitor
) -> None:
    proposal = publish(village, resident, photos=chosen(jpeg()), **SAID)
    answer = village.visitor().get(photo_of(village, proposal), headers={"sec-fetch-site": "cross-site"})
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize(
    "name", ["../../../etc/cron.d/x", "/etc/passwd", "CON", "x.svg", "x.php", "a" * 4000]
)
def test_htm_11_the_name_of_a_file_leads_nowhere(village: Village, resident: Visitor, name: str) -> None:
    before = kept(village)[1]
    publish(village, resident, photos=chosen(jpeg(), name), **SAID)
    new = kept(village)[1] - before
    assert len(new) == 2
    folder = village.database.data / "media" / "photos"
    assert {file.parents[1] for file in new} == {folder}
    for path in (
        "/photos/..%2f..%2flavoir.sqlite3",
        f"/photos/{'../' * 6}etc/passwd",
        f"/photos/{'a' * 32}.svg",
    ):
        assert village.visitor().get(path).status_code == 404


def uploaded(visitor: Visitor) -> str:
    """The name of a photo whose form came back, and so hangs nowhere yet."""
    refused = send(visitor, photos=chosen(jpeg()), **SAID, title="")
    assert refused.status_code == 422
    again = send(visitor, **SAID, photo1__kept="", go="you", photos=chosen(jpeg()))
    field = page(again).select_one("input[name=photo1-kept]")
    assert field is not None, heading(again)
    return str(field["value"])


def test_htm_16_nobody_uses_what_another_member_uploaded(
    village: Village, resident: Visitor, administrator: Visitor
) -> None:
    name = uploaded(resident)
    for thief in (administrator, village.visitor()):
        answer = send(thief, **SAID, photo1__kept=name, name="Eve", contact="eve@example.fr")
        assert answer.status_code == 422, heading(answer)
        assert name not in answer.text
    village.rest("proposals-%")
    assert photo_of(village, publish(village, resident, **SAID, photo1__kept=name)) == f"/photos/{name}.webp"


def test_htm_16_nobody_takes_a_photo_off_the_need_of_another(village: Village, resident: Visitor) -> None:
    proposal = publish(village, resident, photos=chosen(jpeg()), **SAID)
    path = photo_of(village, proposal)
    thief = village.invited("thief@example.fr")
    name = path.removeprefix("/photos/").removesuffix(".webp")
    assert send(thief, **SAID, photo1__kept=name).status_code == 422
    changed = thief.post(
        f"{proposal.path}/change", {"title": "Mine", "photo1-kept": name, "photo1-remove": "yes"}
    )
    assert changed.status_code == 404
    assert photo_of(village, proposal) == path
    assert village.visitor().get(path).status_code == 200


def test_prv_01_prv_02_photos_of_what_is_hidden_look_like_none(village: Village, resident: Visitor) -> None:
    """For members alone, not read yet, and taken off by an agent."""
    inside = publish(village, resident, photos=chosen(jpeg()), **SAID, scope="village")
    newcomer = village.newcomer(f"prv-01-{inside.code}@example.fr")
    unread = publish(village, newcomer, photos=chosen(jpeg()), **SAID)
    hidden = publish(village, resident, photos=chosen(jpeg()), **SAID)
    now = "2026-01-01 00:00:00+00:00"
    village.database.run(f"UPDATE publication SET hidden_at = '{now}' WHERE id = {hidden.id}")
    stranger, missing = village.visitor(), "a" * 32
    never = stranger.get(f"/photos/{missing}.webp")
    assert never.status_code == 404
    for proposal in (inside, unread, hidden):
        path = photo_of(village, proposal)
        answer = stranger.get(path)
        assert answer.status_code == 404
        assert not {"etag", "last-modified"} & set(answer.headers)
        names = (path.removeprefix("/photos/").removesuffix(".webp"), missing)
        assert comparable(answer, *names) == comparable(never, *names)
        seen = village.administrator.get(path).headers
        assert seen["cache-control"] == "private, no-store"
        assert seen["cross-origin-resource-policy"] == "same-origin"
    assert resident.get(photo_of(village, inside)).status_code == 200
    assert resident.get(photo_of(village, unread)).status_code == 404


def test_adm_08_what_is_deleted_is_gone_with_its_files(village: Village, resident: Visitor) -> None:
    before = kept(village)[1]
    proposal = publish(village, resident, photos=chosen(jpeg()), **SAID, title="Grumes à fendre vite")
    path = photo_of(village, proposal)
    assert len(kept(village)[1] - before) == 2
    answer = resident.post(f"{proposal.path}/remove", {})
    assert answer.status_code == 303, heading(answer)
    assert kept(village)[1] == before
    for visitor in (village.visitor(), resident, village.administrator):
        assert visitor.get(path).status_code == 404
        for place in ("/", "/needs", "/board", "/search?q=Grumes", "/feed.atom", "/needs.atom", "/@besoins"):
            assert "Grumes à fendre" not in visitor.get(place).text, place
    lines = [line for line in village.database.dump().splitlines() if "Grumes" in line]
    # What was sent is kept as it was sent; who asks for it is told that it is gone.
    assert [
        line for line in lines if "INSERT INTO" in line and "activity" not in line.partition("(")[0]
    ] == []
    sent = village.visitor().get(f"{proposal.uri}/create", headers={"accept": "application/activity+json"})
    assert (sent.status_code, "Grumes" in sent.text) == (410, False)


# ------------------------------------------------------------------ AUT-27


@pytest.mark.parametrize("size", [limits.PHOTOS_FORM_BYTES + 1, 2**30])
def test_aut_27_more_than_four_photos_weigh_is_refused_before_it_is_sent(village: Village, size: int) -> None:
    head = (
        f"POST /new/need HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Cookie: {village.administrator.session_cookie}\r\nContent-Length: {size}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", village.site.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_aut_27_only_forms_with_photos_may_be_large(village: Village, administrator: Visitor) -> None:
    large = {"file": ("x.jpg", bytes(2 * limits.FORM_BYTES), "image/jpeg")}
    for path in ("/me", "/associations/import", "/new/need/x", "/report"):
        data = {"_token": administrator.token()}
        assert administrator.send("POST", path, data=data, files=large).status_code == 413, path


def test_aut_27_five_files_are_too_many(village: Village, resident: Visitor) -> None:
    photos = {f"photo{number}": ("x.jpg", jpeg(), "image/jpeg") for number in range(1, 6)}
    before = kept(village)
    assert send(resident, photos=photos, **SAID).status_code == 400
    assert kept(village) == before


def test_aut_27_who_was_never_here_uploads_nothing(village: Village) -> None:
    visitor = village.visitor()
    answer = visitor.send(
        "POST", "/new/need", data={"_token": "x"}, files=chosen(bytes(2 * limits.FORM_BYTES))
    )
    assert answer.status_code == 403


def test_aut_27_a_flood_of_photos_is_slowed_down(village: Village) -> None:
    flood = village.invited("flood@example.fr")
    mine = village.member_id(flood)

    def upload() -> int:
        return send(flood, photos=chosen(jpeg((20, 20))), **SAID, title="").status_code

    assert upload() == 422
    early = (limits.PHOTOS_PER_MEMBER.burst - 5) * limits.PHOTOS_PER_MEMBER.seconds
    village.database.run(f"UPDATE allowance SET rests_at = rests_at + {early} WHERE key LIKE 'photos-%'")
    assert {upload() for _ in range(9)} == {422}
    assert int(village.database.value(f"SELECT count(*) FROM photo WHERE member_id = {mine}")) in (5, 6)
    assert send(village.invited("calm@example.fr"), photos=chosen(jpeg()), **SAID).status_code == 303


def test_aut_27_uploads_that_stop_half_way_leave_nothing(village: Village, resident: Visitor) -> None:
    before = kept(village)
    head = (
        "POST /new/need HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Cookie: {resident.session_cookie}\r\nContent-Length: 9000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="photo1"; filename="x.jpg"\r\n\r\n'
    ).encode()
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", village.site.port), timeout=10) as connection:
            connection.sendall(head + jpeg() + b"x" * 2_000_000)
    assert resident.signed_in
    assert kept(village) == before
