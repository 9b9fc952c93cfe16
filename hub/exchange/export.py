"""What `/me/export` gives back: needs, offers, promises and photos of a member."""

from typing import Any

from hub.exchange.models import Pledge, Proposal, Support
from hub.media.models import Photo
from hub.participants.models import Participant

_OF_PUBLICATION = ("kind", "title", "source", "scope", "url", "published_at", "updated_at", "hidden_at")
_OF_PROPOSAL = (
    "template category voice organisation__name state changed_at wanted unit starts_at ends_at moment nights"
    " minutes at_distance area exact_place mode details beneficiary link expires_at thanks promised delivered"
    " widens brief widened_at"
).split()
_OF_PLEDGE = (
    "state quantity delivered first_night last_night message reason thanks made_at decided_at helper_done_at"
    " owner_done_at"
).split()


async def export(member_id: int) -> dict[str, object]:
    """Plain values and aware UTC times, ready for JSON."""
    pledges = Pledge.filter(participant__member_id=member_id).order_by("id")
    supports = Support.filter(participant__member_id=member_id).order_by("id")
    photos = Photo.filter(member_id=member_id).order_by("id")
    contacts = Participant.filter(member_id=member_id).order_by("id")
    about = ("proposal__publication__title", "proposal__publication__url")
    return {
        "needs_and_offers": await _proposals(member_id),
        "promises": await pledges.values(*about, *_OF_PLEDGE),
        "me_too": await supports.values(*about, "wish", "shares_contact", "at"),
        "contacts_given": await contacts.values("name", "mail", "phone", "made_at", "erased_at"),
        "photos": [_photo(one) for one in await photos.select_related("publication")],
    }


async def _proposals(member_id: int) -> list[dict[str, Any]]:
    named = [f"publication__{name}" for name in _OF_PUBLICATION]
    mine = Proposal.filter(owner__member_id=member_id).order_by("id")
    return [
        {name.removeprefix("publication__"): value for name, value in row.items()}
        for row in await mine.values(*named, *_OF_PROPOSAL)
    ]


def _photo(photo: Photo) -> dict[str, Any]:
    on = photo.publication.url if photo.publication is not None else None
    consent = photo.consent.value
    return {
        "address": photo.address,
        "shows": photo.alt,
        "consent": consent,
        "added_at": photo.made_at,
        "on": on,
    }
