"""Photos on what people publish: made small and harmless, hung up and taken down with what they belong to."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from io import BytesIO
from tempfile import SpooledTemporaryFile

import pytest
import pytest_asyncio
from PIL import Image
from starlette.datastructures import FormData, Headers, UploadFile

from hub import limits
from hub.actors.models import Actor, Role
from hub.db import transaction
from hub.errors import Conflict
from hub.media import files, forms
from hub.media import shrink as program
from hub.media.forms import Uploader, known_photos, no_photos, take_photos
from hub.media.jobs import forget_photos
from hub.media.models import Consent, Photo, PhotoDraft
from hub.media.photos import drop_photos, hang_photos, keep_photo, photos_of
from hub.media.shrinking import NotAPicture, shrink_photo
from hub.publications.models import Kind, Publication, Scope
from hub.stores import Folder
from tests import factories
from tests.unit.hub.media.conftest import opened, picture
from tests.unit.hub.media.test_shrink import HOSTILE, png

pytestmark = pytest.mark.slow

LONG_AGO = datetime.now(UTC) - timedelta(days=3)
SOMEBODY = Uploader(address="203.0.113.9")
WOOD = "Huit stères de bois devant la maison"


_open_ones = []


@pytest.fixture(autouse=True)
def _close_uploads():
    yield
    while _open_ones:
        _open_ones.pop().close()


def spooled(content):
    """As an upload arrives."""
    file = SpooledTemporaryFile(max_size=1024)  # noqa: SIM115 (closed after the test)
    _open_ones.append(file)
    file.write(content)
    file.seek(0)
    return file


def sent(content=None, *, name="bois.jpg", number=1, alt=WOOD, consent="nobody", **more):
    """The fields of a form with one photo."""
    fields = {f"photo{number}-alt": alt, "photo-consent": consent, **more}
    if content is not None:
        upload = UploadFile(spooled(content), size=len(content), filename=name, headers=Headers())
        fields[f"photo{number}"] = upload
    return FormData(fields)


async def published(title, **facts):
    """An announcement of the village."""
    uri = f"https://hub.example/{secrets.token_hex(8)}"
    return await Publication.create(
        uri=uri,
        author=await Actor.of_role(Role.VILLAGE),
        kind=Kind.ANNOUNCEMENT,
        type="Note",
        scope=Scope.PUBLIC,
        title=title,
        published_at=datetime.now(UTC),
        **facts,
    )


@pytest.fixture
def folder(tmp_path):
    files.use_store(Folder(tmp_path / "media"))
    return tmp_path / "media"


@pytest_asyncio.fixture
async def publication(database, folder):
    await factories.village()
    return await published("Le bois")


def written(folder):
    return {file.stem for file in folder.rglob("*") if file.is_file()}


# ------------------------------------------------------------ making them small


async def test_a_photo_of_twelve_megapixels_becomes_two_sizes():
    made = await shrink_photo(spooled(picture("JPEG", (4000, 3000))))
    assert (made.width, made.height, made.small_width, made.small_height) == (1280, 960, 480, 360)
    assert opened(made.large).size == (1280, 960)
    assert opened(made.small).size == (480, 360)
    assert {opened(each).format for each in (made.large, made.small)} == {"WEBP"}


async def test_the_small_size_of_the_most_restless_photo_is_light():
    out = BytesIO()
    Image.effect_noise((1200, 900), 128).convert("RGB").save(out, "PNG")
    made = await shrink_photo(spooled(out.getvalue()))
    assert len(made.small) <= program.LIGHT
    assert opened(made.small).size == (made.small_width, made.small_height)


@pytest.mark.parametrize("size", [(1, 1), (50, 20), (20, 3000), (481, 480)])
async def test_a_small_or_a_long_one_is_not_made_larger_nor_cut(size):
    made = await shrink_photo(spooled(picture(size=size)))
    assert max(made.width, made.height) == min(1280, max(size))
    assert opened(made.small).size == (made.small_width, made.small_height)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
async def test_every_way_of_writing_colours_is_read(mode):
    image = (
        Image.new(mode, (900, 600), 30_000) if mode == "I;16" else Image.new("L", (900, 600)).convert(mode)
    )
    out = BytesIO()
    image.save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert (await shrink_photo(spooled(out.getvalue()))).width == 900


def lying(orientation):
    """Half black on what is its left as stored, with words on where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[2] = (44.0, 35.0, 1.0)  # GPS
    image = Image.new("RGB", (1000, 600), "white")
    image.paste("black", (0, 0, 500, 600))
    out = BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95, comment=b"secret words")
    return out.getvalue()


DARK = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}


@pytest.mark.parametrize(("orientation", "side"), DARK.items())
async def test_it_is_turned_upright(orientation, side):
    made = await shrink_photo(spooled(lying(orientation)))
    image = opened(made.large).convert("L")
    width, height = image.size
    assert (width > height) == (orientation < 5)
    at = {
        "left": (20, height // 2),
        "right": (width - 20, height // 2),
        "top": (width // 2, 20),
        "bottom": (width // 2, height - 20),
    }
    assert image.getpixel(at[side]) < 60


async def test_place_time_and_every_other_word_in_the_file_are_gone():
    made = await shrink_photo(spooled(lying(6)))
    for each in (made.large, made.small):
        assert not [word for word in (b"EXIF", b"Exif", b"taken", b"secret", b"XMP", b"ICCP") if word in each]
        assert not opened(each).getexif()


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
async def test_htm_08_htm_09_htm_12_what_is_hostile_or_broken_is_refused(content):
    if b"junk" not in content and content.endswith(bytes(1000)):
        content = picture() + bytes(program.PHOTO.bytes)
    with pytest.raises(NotAPicture):
        await shrink_photo(spooled(content))


async def test_htm_12_the_largest_that_we_take_fits_into_the_memory_that_it_gets():
    assert program.PHOTO.pixels == 8000 * 5000
    assert (
        await shrink_photo(spooled(picture("PNG", (8000, 5000), mode="RGBA", compress_level=1)))
    ).width == 1280
    assert (await shrink_photo(spooled(picture("JPEG", (8000, 5000), progressive=True)))).width == 1280
    with pytest.raises(NotAPicture):
        await shrink_photo(spooled(picture("JPEG", (8000, 5001))))


# ------------------------------------------------------------ in a form


async def test_a_photo_comes_with_a_form_and_hangs_on_its_publication(publication, folder):
    photos = await take_photos(sent(picture(size=(1600, 1200))), SOMEBODY)
    assert photos.problems == {}
    await hang_photos(publication.id, photos.drafts)
    [photo] = await photos_of(publication.id)
    assert (photo.alt, photo.consent, photo.width, photo.height) == (WOOD, Consent.NOBODY, 1280, 960)
    assert written(folder) == {photo.file, f"{photo.file}-small"}


async def test_a_form_without_photos_asks_nothing(publication):
    empty = UploadFile(spooled(b""), size=0, filename="", headers=Headers())  # as browsers send it
    photos = await take_photos(FormData({"photo1": empty, "photo1-alt": "", "photo2": empty}), SOMEBODY)
    assert (photos.drafts, photos.problems) == ((), {})
    assert not await Photo.exists()


async def test_it_is_asked_what_it_shows_and_whether_somebody_can_be_recognised(publication):
    photos = await take_photos(sent(picture(), alt="", consent=""), SOMEBODY)
    assert photos.problems == {"photo1-alt": forms.SAY_WHAT, "photo-consent": forms.SAY_WHO}
    decorative = await take_photos(sent(picture(), alt="x", **{"photo1-decorative": "yes"}), SOMEBODY)
    assert decorative.problems == {}
    assert decorative.drafts[0].alt == ""


async def test_a_photo_that_is_fine_need_not_be_chosen_again_when_another_field_is_wrong(publication):
    first = await take_photos(sent(picture(), alt=""), SOMEBODY)
    name = first.slots[0].photo.file
    again = await take_photos(sent(**{"photo1-kept": name}), SOMEBODY)
    assert (again.problems, again.drafts) == (
        {},
        (PhotoDraft(file=name, alt=WOOD, consent=Consent.NOBODY),),
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", forms.EMPTY),
        (b"not a photo", forms.NOT_A_PHOTO),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", forms.NOT_A_PHOTO),
        (b"<html><script>alert(1)</script></html>", forms.NOT_A_PHOTO),
        (png(50_000, 50_000), forms.NOT_A_PHOTO),
        (picture() + bytes(30 * 2**20), forms.TOO_BIG),
    ],
    ids="zero words svg html bomb 30-megabytes".split(),
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_aut_27_what_is_no_photo_is_said_by_field_and_nothing_is_kept(
    publication, folder, content, problem
):
    photos = await take_photos(sent(content), SOMEBODY)
    assert photos.problems == {"photo1": problem}
    assert photos.drafts == ()
    assert not await Photo.exists()
    assert written(folder) == set()


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "a\0b.jpg", "CON", "x.svg", "x.php"])
@pytest.mark.parametrize("engine", ["sqlite"])  # no database hears it
async def test_htm_11_the_name_of_a_file_means_nothing(publication, folder, name):
    photos = await take_photos(sent(picture(), name=name), SOMEBODY)
    file = photos.slots[0].photo.file
    assert set(folder.rglob("*.*")) == {
        folder / files.path_of(file, files.PHOTOS),
        folder / files.path_of(files.small(file), files.PHOTOS),
    }


async def test_htm_16_nobody_hangs_up_what_is_on_another_publication(publication):
    taken = (await take_photos(sent(picture()), SOMEBODY)).drafts
    await hang_photos(publication.id, taken)
    photos = await take_photos(sent(**{"photo1-kept": taken[0].file}), SOMEBODY)
    assert photos.problems == {"photo1": forms.LOST}
    other = await published("Autre chose")
    with pytest.raises(Conflict):
        async with transaction():
            await hang_photos(other.id, taken)
    assert await photos_of(publication.id)


async def test_htm_16_what_a_member_uploaded_is_theirs_alone(publication):
    rosa, paul = await factories.member("Rosa"), await factories.member("Paul")
    mine = Uploader(address="203.0.113.9", member_id=rosa.id)
    name = (await take_photos(sent(picture()), mine)).slots[0].photo.file
    for other in (SOMEBODY, Uploader(address="203.0.113.9", member_id=paul.id)):
        photos = await take_photos(sent(**{"photo1-kept": name}), other)
        assert photos.problems == {"photo1": forms.LOST}
    assert (await take_photos(sent(**{"photo1-kept": name}), mine)).problems == {}


@pytest.mark.parametrize("name", ["", "x", "../../etc/passwd", "a" * 32, "a" * 5000, "%", "\ud800"])
async def test_htm_16_a_name_that_nobody_has_is_no_photo(publication, name):
    photos = await take_photos(sent(**{"photo1-kept": name}), SOMEBODY)
    assert photos.drafts == ()


async def test_a_change_keeps_replaces_and_takes_away(publication, folder):
    first = await take_photos(
        sent(picture(), photo2=sent(picture())["photo1"], **{"photo2-alt": "Le tas"}), SOMEBODY
    )
    await hang_photos(publication.id, first.drafts)
    shown = await known_photos(publication.id)
    assert [slot.alt for slot in shown.slots] == [WOOD, "Le tas", "", ""]
    here = Uploader(address="203.0.113.9", publication_id=publication.id)
    names = [draft.file for draft in first.drafts]
    kept = {"photo1-kept": names[0], "photo2-kept": names[1], "photo2-alt": "Le tas, de près"}
    changed = await take_photos(sent(alt="", **kept, **{"photo1-remove": "yes"}), here)
    await hang_photos(publication.id, changed.drafts)
    assert [(photo.file, photo.alt, photo.position) for photo in await photos_of(publication.id)] == [
        (names[1], "Le tas, de près", 0)
    ]
    assert written(folder) == {names[1], f"{names[1]}-small"}


async def test_aut_27_who_sends_very_many_waits_and_the_form_says_so(publication, monkeypatch):
    monkeypatch.setattr(limits, "PHOTOS_PER_ADDRESS", limits.Rate("photos-address", 1, 3600))
    assert (await take_photos(sent(picture()), SOMEBODY)).problems == {}
    assert (await take_photos(sent(picture()), SOMEBODY)).problems == {"photo1": forms.TOO_OFTEN}
    assert (await take_photos(sent(picture()), Uploader(address="203.0.113.10"))).problems == {}


async def test_where_the_machine_has_no_time_the_form_says_so(publication, monkeypatch):
    monkeypatch.setattr("hub.media.shrinking.SECONDS", 0)
    assert (await take_photos(sent(picture()), SOMEBODY)).problems == {"photo1": forms.BUSY}


# ------------------------------------------------------------ taking them down


async def test_when_the_publication_fails_the_photo_is_still_nobodys(publication, folder):
    drafts = (await take_photos(sent(picture()), SOMEBODY)).drafts
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await hang_photos(publication.id, drafts)
            raise ZeroDivisionError
    assert await photos_of(publication.id) == []
    assert (await Photo.get()).publication_id is None


async def test_what_is_deleted_loses_its_photos_once_that_is_certain(publication, folder):
    await hang_photos(publication.id, (await take_photos(sent(picture()), SOMEBODY)).drafts)
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await drop_photos(publication.id)
            raise ZeroDivisionError
    assert len(written(folder)) == 2
    async with transaction():
        await drop_photos(publication.id)
    assert written(folder) == set()
    assert not await Photo.exists()


async def test_the_worker_sweeps_what_no_form_finished_and_what_a_power_cut_left(publication, folder):
    hung = await keep_photo(spooled(picture()))
    await hang_photos(publication.id, [PhotoDraft(file=hung.file)])
    new, old = await keep_photo(spooled(picture())), await keep_photo(spooled(picture()))
    gone = await published("Effacé", deleted_at=LONG_AGO)
    deleted = await keep_photo(spooled(picture()))
    await hang_photos(gone.id, [PhotoDraft(file=deleted.file)])
    await Photo.filter(id__in=[hung.id, old.id]).update(made_at=LONG_AGO)
    part = (folder / files.path_of(hung.file, files.PHOTOS)).with_suffix(".part")
    part.write_bytes(b"a power cut")
    files.write("f" * 32, b"no row", files.PHOTOS)
    for file in folder.rglob("*.*"):
        if new.file not in file.name:
            os.utime(file, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    await forget_photos()
    assert {photo.file for photo in await Photo.all()} == {hung.file, new.file}
    assert written(folder) == {each for name in (hung.file, new.file) for each in (name, files.small(name))}


def test_a_form_has_four_places():
    assert [slot.name for slot in no_photos().slots] == ["photo1", "photo2", "photo3", "photo4"]
