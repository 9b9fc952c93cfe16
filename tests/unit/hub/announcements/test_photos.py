"""Photos of the village's news: published, changed and deleted with them."""

import json

import pytest

from hub.announcements.actions import delete_announcement
from hub.fediverse.models import Activity
from hub.media.models import Photo
from hub.publications.models import Publication
from hub.web.page_cache import forget_pages
from hub.web.visit import token_of
from tests.unit.hub.media.conftest import picture
from tests.unit.hub.village.visitors import errors, page, sent_again

ALT = "The empty fountain"
SAID = {"photo1-alt": ALT, "photo-consent": "nobody"}


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


async def send(browser, path, fields, **uploads):
    key = browser.client.cookies[browser.session]
    chosen = {name: ("p.jpg", content, "image/jpeg") for name, content in uploads.items()}
    data = {name: value for name, value in fields.items() if value} | {"_token": token_of(key)}
    return await browser.client.post(path, data=data, files=chosen or {"photo4": ("", b"")})


async def published(agent):
    form = sent_again(await agent.get("/new/announcement")) | {"title": "Water cut", "text": "On Tuesday."}
    sent = await send(agent, "/new/announcement", form | SAID, photo1=picture(size=(800, 600)))
    assert sent.status_code == 303, sent.text
    return sent.headers["location"].partition("?")[0]


async def test_an_announcement_has_a_photo_here_and_elsewhere(agent, visitor):
    address = await published(agent)
    shown = page(await visitor.get(address)).select_one("main .gallery img")
    assert (shown["alt"], shown["width"]) == (ALT, "480")
    [sent] = await Activity.filter(type="Create")
    [attached] = json.loads(sent.body)["object"]["attachment"]
    assert (attached["name"], attached["width"], attached["mediaType"]) == (ALT, 800, "image/webp")


async def test_a_photo_that_is_none_gives_the_form_back(agent):
    refused = await send(agent, "/new/announcement", {"title": "x", "text": "y", **SAID}, photo1=b"words")
    assert refused.status_code == 422
    assert errors(refused) == {"photo1"}
    assert not await Publication.exists()


async def test_other_words_for_a_photo_go_out_and_the_same_ones_do_not(agent):
    address = await published(agent)
    form = sent_again(await agent.get(f"{address}/edit"))
    for alt, updates in ((ALT, 0), ("The fountain is dry", 1)):
        assert (await send(agent, f"{address}/edit", form | {"photo1-alt": alt})).status_code == 303
        assert await Activity.filter(type="Update").count() == updates
    [update] = await Activity.filter(type="Update")
    [attached] = json.loads(update.body)["object"]["attachment"]
    assert attached["name"] == "The fountain is dry"


async def test_a_deleted_announcement_takes_its_photos_along(agent, visitor):
    await published(agent)
    photo = await Photo.get()
    await delete_announcement(await Publication.get())
    assert not await Photo.exists()
    assert (await visitor.get(photo.address)).status_code == 404
