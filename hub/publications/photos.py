"""The photos of publications, as other servers get them."""

from federation.outgoing import Picture
from hub.actors.minting import origin
from hub.media.models import Consent
from hub.media.photos import photos_of
from hub.publications.models import Publication


async def pictures_of(publication: Publication) -> tuple[Picture, ...]:
    """Those that may leave the village: never one on which a child can be recognised."""
    if publication.id is None:  # it has none before it is stored
        return ()
    return tuple(
        Picture(f"{origin()}{photo.address}", "image/webp", photo.alt, photo.width, photo.height)
        for photo in await photos_of(publication.id)
        if photo.consent is not Consent.CHILDREN
    )
