"""The photos of a form: files that were chosen now, and those that came with it before.

A file that is fine is kept although another field is wrong, and so it need not be chosen again. Its fields
are `photo1` (the file), `photo1-kept` (the name of one that is here), `photo1-remove`, `photo1-alt` and
`photo1-decorative`, up to `photo4`, and once `photo-consent`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile

from hub import limits
from hub.errors import TooMany
from hub.media.models import Consent, Photo, PhotoDraft
from hub.media.photos import MOST, available, keep_photo, photos_of
from hub.media.shrinking import NotAPicture, TakesTooLong
from hub.text import N_
from hub.web.fields import Form

ALT_LENGTH = 500
_NAME = re.compile("[0-9a-f]{32}")

EMPTY = N_("This file is empty. Choose the photo again.")
TOO_BIG = N_("This photo is larger than 12 megabytes. Choose a smaller one.")
NOT_A_PHOTO = N_("This is not a photo that can be shown here. Choose a JPEG, PNG or WebP file.")
BUSY = N_("There was no time to read this photo. Choose it again in a minute, or publish without it.")
TOO_OFTEN = N_("That is many photos in a short time. Wait some minutes, or publish without this one.")
LOST = N_("This photo was kept for a day and is gone now. Choose it again.")
SAY_WHAT = N_("Say in a few words what it shows, or tick “only decoration”.")
SAY_WHO = N_("Say whether somebody can be recognised on the photos.")


@dataclass
class Slot:
    """One of the four places for a photo. `name` is that of its file field."""

    number: int
    photo: Photo | None = None
    alt: str = ""
    decorative: bool = False

    @property
    def name(self) -> str:
        return f"photo{self.number}"


@dataclass
class Photos:
    """What came of the photos of a form; `problems` by field, as InvalidInput has them."""

    slots: list[Slot]
    consent: Consent | None = None
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def drafts(self) -> tuple[PhotoDraft, ...]:
        """For hang_photos()."""
        consent = self.consent or Consent.NOBODY
        found = [slot for slot in self.slots if slot.photo is not None]
        return tuple(
            PhotoDraft(file=slot.photo.file, alt=slot.alt, consent=consent) for slot in found if slot.photo
        )


def no_photos() -> Photos:
    """For a form that is new."""
    return Photos([Slot(number) for number in range(1, MOST + 1)])


async def known_photos(publication_id: int) -> Photos:
    """For a form that changes what has photos already."""
    photos, known = no_photos(), await photos_of(publication_id)
    for slot, photo in zip(photos.slots, known, strict=False):
        slot.photo, slot.alt, slot.decorative = photo, photo.alt, not photo.alt
        photos.consent = photo.consent
    return photos


@dataclass(frozen=True, kw_only=True)
class Uploader:
    """Whose photos they are: `address` is of their network. `publication_id`: what the form changes."""

    address: str
    member_id: int | None = None
    publication_id: int | None = None


async def take_photos(data: Mapping[str, Any], by: Uploader) -> Photos:
    """Keep what was uploaded and read what was said of it. Outside of any transaction: it takes seconds."""
    photos, form = no_photos(), Form(data)
    for slot in photos.slots:
        await _take(slot, form, by)
    if photos.drafts:
        photos.consent = _consent(form)
    photos.problems = form.problems
    return photos


async def _take(slot: Slot, form: Form, by: Uploader) -> None:
    slot.alt = form.text(f"{slot.name}-alt", max_length=ALT_LENGTH, required=False)
    slot.decorative = form.ticked(f"{slot.name}-decorative")
    file = form.data.get(slot.name)
    if isinstance(file, UploadFile) and (file.filename or file.size):
        slot.photo = await _keep(slot, form, by)
    if slot.photo is None and not form.ticked(f"{slot.name}-remove"):
        slot.photo = await _kept_before(slot, form, by)
    if slot.photo is None:
        return
    if slot.decorative:
        slot.alt = ""
    elif not slot.alt:
        form.wrong(f"{slot.name}-alt", SAY_WHAT)


async def _keep(slot: Slot, form: Form, by: Uploader) -> Photo | None:
    """The photo of a file, or a problem noted."""
    file = form.data[slot.name]
    assert isinstance(file, UploadFile)
    problem = _problem_of_size(file.size or 0)
    if problem is None:
        try:
            await _spend(by)
            return await keep_photo(file.file, member_id=by.member_id)
        except TakesTooLong:
            problem = BUSY
        except NotAPicture:
            problem = NOT_A_PHOTO
        except TooMany:
            problem = TOO_OFTEN
    form.wrong(slot.name, problem)
    return None


def _problem_of_size(size: int) -> str | None:
    if not size:
        return EMPTY
    return TOO_BIG if size > limits.PHOTO_BYTES else None


async def _spend(by: Uploader) -> None:
    if by.member_id is not None:
        await limits.spend(limits.PHOTOS_PER_MEMBER, str(by.member_id))
    else:
        await limits.spend(limits.PHOTOS_PER_ADDRESS, by.address)


async def _kept_before(slot: Slot, form: Form, by: Uploader) -> Photo | None:
    name = str(form.data.get(f"{slot.name}-kept") or "")
    if not name:
        return None
    known = Photo.filter(available(by.member_id, by.publication_id), file=name)
    photo = await known.first() if _NAME.fullmatch(name) else None
    if photo is None:
        form.wrong(slot.name, LOST)
    return photo


def _consent(form: Form) -> Consent | None:
    if not form.data.get("photo-consent"):
        form.wrong("photo-consent", SAY_WHO)
        return None
    return form.choice("photo-consent", list(Consent), default=Consent.NOBODY)
