"""Photos on needs and offers: in the form, on the page, for other servers; and for nobody else."""

import json

import pytest
import pytest_asyncio

from hub.actors.minting import origin
from hub.exchange import actions
from hub.exchange.models import Proposal
from hub.fediverse.models import Activity
from hub.media import files
from hub.media.models import Consent, Photo, PhotoDraft
from hub.media.photos import keep_photo
from hub.members.models import Role
from hub.publications.models import Publication, Scope
from hub.web.page_cache import forget_pages
from hub.web.visit import token_of
from tests import factories
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.media.conftest import picture
from tests.unit.hub.media.test_photos import _close_uploads as _close_uploads
from tests.unit.hub.media.test_photos import spooled
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import page
from tests.unit.hub.village.visitors import visitors as visitors

pytestmark = pytest.mark.slow

WOOD = "Le tas de bois devant la maison"


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


@pytest_asyncio.fixture
async def visitor(visitors):
    return await visitors.browser()


@pytest_asyncio.fixture
async def agent(visitors):
    return await visitors.browser(await factories.member("Marie", role=Role.AGENT))


@pytest_asyncio.fixture
async def neighbour(visitors):
    return await visitors.browser(await factories.member("Paul"))


async def photo(consent=Consent.NOBODY, alt=WOOD, **facts):
    kept = await keep_photo(spooled(picture(size=(1600, 1200))), **facts)
    return PhotoDraft(file=kept.file, alt=alt, consent=consent)


async def wood(*photos, **facts):
    return await need(photos=photos or (await photo(),), **facts)


def paths(proposal_photo):
    return [proposal_photo.address, proposal_photo.small_address]


async def statuses(browser, found):
    return {(await browser.get(path)).status_code for path in paths(found)}


# ------------------------------------------------------------ on the page


async def test_the_page_shows_photos_with_words_and_without_moving(visitors, visitor):
    proposal = await wood(await photo(), await photo(alt=""))
    shown = page(await visitor.get(f"/{proposal.publication.code}"))
    first, second = shown.select("main img")
    assert (first["alt"], first["loading"], first["width"], first["height"]) == (WOOD, "lazy", "480", "360")
    assert first.parent["href"].startswith("/photos/")
    assert (second["alt"], second.parent.name) == ("", "li")
    [preview] = shown.select('meta[property="og:image"]')
    assert preview["content"].endswith(f"{first.parent['href']}")
    answer = await visitor.get(first["src"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert {
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "cache-control": "private, max-age=86400",
    }.items() <= dict(answer.headers).items()


async def test_a_photo_weighs_little_on_the_page(visitors, visitor):
    proposal = await wood()
    small = await visitor.get((await Photo.get(publication_id=proposal.publication_id)).small_address)
    assert len(small.content) < 60_000


# ------------------------------------------------------------ who gets it


@pytest.mark.parametrize("scope", [Scope.PUBLIC, Scope.NEIGHBOURS])
async def test_what_leaves_the_village_has_photos_for_who_knows_their_names(visitors, visitor, scope):
    await wood(scope=scope)
    assert await statuses(visitor, await Photo.get()) == {200}


async def test_prv_01_photos_of_the_village_alone_are_for_members(visitors, visitor, neighbour):
    await wood(scope=Scope.VILLAGE)
    found = await Photo.get()
    assert await statuses(visitor, found) == {404}
    assert await statuses(neighbour, found) == {200}
    assert (await neighbour.get(found.address)).headers["cache-control"] == "private, no-store"


async def test_prv_02_photos_that_are_hidden_look_like_photos_that_never_were(visitors, visitor, agent):
    await wood(trusted=False)
    found = await Photo.get()
    hidden, never = await visitor.get(found.address), await visitor.get(f"/photos/{'a' * 32}.webp")
    own = {"x-request-id", "date"}
    assert hidden.status_code == never.status_code == 404
    assert {k: v for k, v in hidden.headers.items() if k not in own} == {
        k: v for k, v in never.headers.items() if k not in own
    }
    assert await statuses(agent, found) == {200}


async def test_before_it_is_read_its_own_member_sees_the_photo(visitors, visitor, neighbour):
    rosa = await factories.member("Rosa")
    await wood(await photo(member_id=rosa.id), trusted=False)
    found = await Photo.get()
    assert await statuses(await visitors.browser(rosa), found) == {200}
    assert await statuses(neighbour, found) == {404}


async def test_once_an_agent_hides_it_nobody_else_gets_its_photos(visitors, visitor, agent):
    proposal = await wood()
    found = await Photo.get()
    assert await statuses(visitor, found) == {200}
    await Publication.filter(id=proposal.publication_id).update(hidden_at=proposal.publication.published_at)
    assert await statuses(visitor, found) == {404}
    assert await statuses(agent, found) == {200}


async def test_what_is_deleted_has_no_photo_for_anybody_and_no_file(visitors, agent):
    proposal = await wood()
    found = await Photo.get()
    await actions.delete_proposal(proposal)
    assert await statuses(agent, found) == {404}
    with pytest.raises(FileNotFoundError):
        files.read(found.file, files.PHOTOS)
    assert not await Photo.exists()


@pytest.mark.parametrize(
    "path", ["x.webp", "..%2f..%2fetc.webp", f"{'a' * 32}.svg", f"{'a' * 32}-large.webp", f"{'A' * 32}.webp"]
)
async def test_htm_11_no_other_name_leads_to_a_file(visitors, visitor, path):
    assert (await visitor.get(f"/photos/{path}")).status_code == 404


async def test_a_photo_is_not_among_the_faces_that_everybody_gets(visitors, visitor):
    await wood(scope=Scope.VILLAGE)
    found = await Photo.get()
    assert (await visitor.get(f"/media/{found.file}.webp")).status_code == 404


# ------------------------------------------------------------ for other servers


async def test_other_servers_get_them_with_their_words(visitors):
    proposal = await wood(await photo(), await photo(alt=""))
    first = await Photo.get(position=0)
    described, decorative = (await Publication.get(id=proposal.publication_id)).document["attachment"]
    assert described == {
        "type": "Image",
        "mediaType": "image/webp",
        "url": f"{origin()}{first.address}",
        "name": WOOD,
        "width": 1280,
        "height": 960,
    }
    assert "name" not in decorative
    [sent] = await Activity.filter(type="Create")
    assert json.loads(sent.body)["object"]["attachment"] == [described, decorative]


async def test_children_on_a_photo_stay_on_our_pages(visitors, visitor):
    proposal = await wood(await photo(Consent.CHILDREN))
    assert (await Publication.get(id=proposal.publication_id)).document["attachment"] == []
    shown = page(await visitor.get(f"/{proposal.publication.code}"))
    assert shown.select_one("main img")
    assert not shown.select('meta[property="og:image"]')


# ------------------------------------------------------------ in the form


def steps(**more):
    """The last of the three screens, with what was written on the others."""
    return {
        "screen": "you",
        "go": "publish",
        "template": "hand",
        "for": "hand",
        "title": "Rentrer le bois",
        "text": "Huit stères.",
        "category": "hand",
        "wanted": "5",
        "mode": "gift",
        "as": "self",
        "scope": "public",
        "code": "bcdfgh",
        **more,
    }


async def send(browser, fields, **uploads):
    key = browser.client.cookies[browser.session]
    chosen = {name: ("bois.jpg", content, "image/jpeg") for name, content in uploads.items()}
    data = {"_token": token_of(key), **fields}
    return await browser.client.post("/new/need", data=data, files=chosen)


GOOD = {"photo1-alt": WOOD, "photo-consent": "nobody"}


async def test_a_member_publishes_a_need_with_a_photo(visitors, neighbour):
    sent = await send(neighbour, steps(**GOOD), photo1=picture(size=(900, 600)))
    assert sent.status_code == 303, sent.text
    [found] = await Photo.all()
    assert found.publication_id == (await Proposal.get()).publication_id
    assert (found.alt, found.width) == (WOOD, 900)


async def test_a_photo_that_is_wrong_keeps_the_others_and_every_word(visitors, neighbour):
    fields = steps(**GOOD, **{"photo2-alt": "Rien"})
    refused = await send(neighbour, fields, photo1=picture(), photo2=b"not a photo")
    assert refused.status_code == 422
    shown = page(refused)
    assert [each["id"] for each in shown.select("p.err")] == ["f-photo2-e"]
    kept = shown.select_one("input[name=photo1-kept]")["value"]
    assert shown.select_one("#f-photo1-alt")["value"] == WOOD
    assert (await neighbour.get(f"/photos/{kept}-small.webp")).status_code == 200
    assert not await Proposal.exists()
    again = await send(neighbour, steps(**GOOD, **{"photo1-kept": kept}))
    assert again.status_code == 303, again.text
    assert (await Photo.get()).file == kept


async def test_the_button_pressed_twice_publishes_once(visitors, neighbour):
    first = await send(neighbour, steps(title="", **GOOD), photo1=picture())
    kept = await Photo.get()
    assert first.status_code == 422
    answers = [await send(neighbour, steps(**GOOD, **{"photo1-kept": kept.file})) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await Proposal.all().count() == 1
