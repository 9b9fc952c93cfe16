"""What the documents of our actors tell other hubs: what is open, where we are, whether we are a region."""

from math import ceil

from federation.vocabulary import Json
from hub.actors.models import Actor, Role
from hub.fediverse.models import AgreementState, Neighbour
from hub.neighbours import opening
from hub.places.distance import Point, distance_km
from hub.village.models import Village


async def describe(actor: Actor) -> Json:
    village = await Village.current()
    if village is None:
        return {}
    open_here = f"{actor.uri}/open"
    if actor.role is Role.SERVER:
        region: Json = {"lavoir:region": True} if village.is_region else {}
        return {"lavoir:open": open_here, **region, **await _coverage(village)}
    if actor.role is Role.VILLAGE:
        kind: Json = {"type": "Service"} if village.is_region else {}
        return {"lavoir:proposals": open_here, **kind, **await _coverage(village)}
    return {"lavoir:proposals": open_here} if opening.speaks_for(actor) else {}


async def _coverage(village: Village) -> Json:
    """Where we are; of a region how far its villages reach."""
    if village.point is None:
        return {}
    latitude, longitude = village.point
    place: Json = {"type": "Place", "name": village.name, "latitude": latitude, "longitude": longitude}
    if village.is_region and (radius := await _radius(village.point)):
        place |= {"radius": radius, "units": "km"}
    return {"lavoir:coverage": place}


async def _radius(middle: Point) -> int:
    """In km; 0 where no village says where it is."""
    agreed = Neighbour.filter(state=AgreementState.AGREED, is_region=False)
    placed = agreed.filter(latitude__not_isnull=True, longitude__not_isnull=True)
    points = await placed.values_list("latitude", "longitude")
    return ceil(max((distance_km(middle, (float(at[0]), float(at[1]))) for at in points), default=0))
