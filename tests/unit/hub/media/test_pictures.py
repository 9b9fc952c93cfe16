"""Pictures of other servers: fetched once, kept here, served as nothing else."""

import json
import os
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import NotFound
from hub.jobs import Job
from hub.media import fetching, files, pages
from hub.media.actions import picture_addresses, want_picture
from hub.media.fetching import fetch_picture
from hub.media.jobs import forget_pictures
from hub.media.models import Picture
from tests.evilpeer import NEIGHBOUR, answers
from tests.factories import do_jobs
from tests.unit.hub.media.conftest import opened, picture

pytestmark = pytest.mark.slow

LONG_AGO = datetime.now(UTC) - timedelta(days=30)


async def fetched(url: str) -> Picture:
    await want_picture(url)
    await do_jobs(fetch_picture)
    return await Picture.get(url=url)


async def shown(path: str) -> httpx.Response:
    async def lost(request: Request, error: Exception) -> Response:
        return Response(status_code=404)

    app = Starlette(routes=pages.routes, exception_handlers={NotFound: lost})
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.example") as client:
        return await client.get(path)


async def test_a_picture_is_fetched_once_and_shown_from_here(darkroom, peer):
    peer.on("/me.png", answers.body(picture(), kind="image/png"))
    url = str(peer.uri("/me.png"))
    for _ in range(3):
        await fetched(url)
    assert len(peer.asked("/me.png")) == 1
    assert peer.requests[0].headers["accept"] == fetching.IMAGE.header
    address = (await picture_addresses([url, url, None, "https://other.example/x.png"]))[url]
    answer = await shown(address)
    assert answer.status_code == 200
    assert opened(answer.content).size == (96, 96)
    assert dict(answer.headers) | {
        "content-type": "image/webp",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "public, max-age=31536000, immutable",
    } == dict(answer.headers)


async def test_the_job_is_part_of_the_transaction_that_wants_the_picture(darkroom):
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await want_picture("https://evil.example/me.png")
            raise ZeroDivisionError
    assert not await Job.exists()
    assert not await Picture.exists()


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/me.png",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://evil.example/me.png",
        "https://evil.example/" + "a" * 3000,
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_fet_12_what_is_no_address_of_a_picture_is_not_even_written_down(darkroom, url):
    await want_picture(url)
    assert not await Picture.exists()


async def test_fet_12_a_picture_on_a_private_address_is_not_asked_for(darkroom, peer):
    peer.on("/me.png", answers.body(picture()))
    peer.on("/away", answers.redirect(str(peer.uri("/me.png", host=NEIGHBOUR))))
    for uri in (peer.uri("/me.png", host=NEIGHBOUR), peer.uri("/away")):
        assert (await fetched(str(uri))).failed_at is not None
    assert [each.path for each in peer.requests] == ["/away"]


@pytest.mark.parametrize(
    "answer",
    [
        answers.status(404),
        answers.status(503),
        answers.reset(),
        answers.body(b"<svg xmlns='http://www.w3.org/2000/svg'/>", kind="image/svg+xml"),
        answers.body(b"<svg xmlns='http://www.w3.org/2000/svg'/>", kind="image/png"),
        answers.body(b"<h1>me</h1>", kind="text/html"),
        answers.body(picture()[:-50], kind="image/png"),
        answers.endless(b"\0" * 1_000_000, kind="image/png"),
        answers.bomb(mebibytes=9, kind="image/png"),
    ],
    ids="gone busy reset svg lying-svg page half endless bomb".split(),
)
@pytest.mark.parametrize("engine", ["sqlite"])  # how it fails is seen above the database
async def test_a_failure_is_remembered_and_the_page_shows_an_initial(darkroom, peer, answer):
    peer.on("/me.png", answer)
    url = str(peer.uri("/me.png"))
    first = await fetched(url)
    assert (first.file, first.fetched_at) == (None, None)
    assert first.failed_at is not None
    asked = len(peer.asked())
    await fetched(url)
    assert len(peer.asked()) == asked
    assert await picture_addresses([url]) == {}
    assert not [file for file in darkroom.rglob("*") if file.is_file()]


async def test_after_a_week_a_picture_that_failed_is_tried_again(darkroom, peer):
    peer.on("/me.png", answers.in_turn(answers.status(503), answers.body(picture())))
    url = str(peer.uri("/me.png"))
    await fetched(url)
    await Picture.filter(url=url).update(asked_at=LONG_AGO)
    again = await fetched(url)
    assert again.file is not None
    assert again.failed_at is None


async def test_a_slow_host_holds_the_worker_for_a_moment_only(darkroom, peer, monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.2)
    peer.on("/me.png", answers.silence())
    assert (await fetched(str(peer.uri("/me.png")))).failed_at is not None


async def test_a_job_that_runs_twice_fetches_once(darkroom, peer):
    peer.on("/me.png", answers.body(picture()))
    await want_picture(str(peer.uri("/me.png")))
    job = await Job.get()
    for _ in range(2):
        await fetch_picture(**json.loads(job.arguments))
    assert len(peer.asked()) == 1
    assert len(list(darkroom.rglob("*.webp"))) == 1


@pytest.mark.parametrize(
    "path",
    ["/media/x.webp", "/media/..%2f..%2fetc.webp", f"/media/{'a' * 32}.svg", f"/media/{'a' * 32}.webp"],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_htm_11_fet_23_no_other_name_leads_to_a_file(darkroom, path):
    (darkroom / "aa").mkdir(parents=True)
    (darkroom / "x.webp").write_bytes(b"not ours to show")
    assert (await shown(f"/media/{path}")).status_code == 404


async def test_a_picture_whose_file_is_lost_is_fetched_again(darkroom, peer):
    peer.on("/me.png", answers.body(picture()))
    url = str(peer.uri("/me.png"))
    before = await fetched(url)
    (darkroom / files.path_of(before.file)).unlink()
    await shown(f"/media/{before.file}.webp")
    after = await fetched(url)
    assert after.file not in (None, before.file)


async def test_pictures_of_nobody_are_forgotten_with_their_files(darkroom, peer):
    peer.on("/me.png", answers.body(picture()))
    peer.on("/former.png", answers.body(picture()))
    peer.on("/new.png", answers.body(picture()))
    kept, former, new = [
        await fetched(str(peer.uri(path))) for path in ("/me.png", "/former.png", "/new.png")
    ]
    await Actor.create(
        uri="https://evil.example/actor",
        host="evil.example",
        name="me",
        kind="Person",
        inbox="https://evil.example/inbox",
        icon_url=kept.url,
    )
    await Picture.filter(id__in=[kept.id, former.id]).update(asked_at=LONG_AGO)
    part = (darkroom / files.path_of(kept.file)).with_suffix(".part")
    part.write_bytes(b"a power cut")
    for file in (part, (darkroom / files.path_of(kept.file)), (darkroom / files.path_of(former.file))):
        os.utime(file, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    await forget_pictures()
    assert {each.id for each in await Picture.all()} == {kept.id, new.id}
    assert set(darkroom.rglob("*.*")) == {
        (darkroom / files.path_of(kept.file)),
        (darkroom / files.path_of(new.file)),
    }
