"""Villages around Saint-Martin, as this hub knows them: agreements, and what they hang on their boards."""

from datetime import UTC, datetime, timedelta
from itertools import count

from hub.actors.models import Actor, Host
from hub.exchange.models import Proposal, State, Step
from hub.fediverse.models import AgreementState, Neighbour
from hub.publications.models import Kind, Publication, Scope

_numbers = count(1)
_SIGNS = "bcdfghjkmnpqrstvwxz"

# name, km north and km east of Saint-Martin
AROUND = (
    ("Vaubelle", 5.7, 2.1),
    ("Roche-Tilleul", -0.8, 9.0),
    ("Pont-de-Serre", -10.3, -3.8),
    ("Les Aires-Hautes", 4.0, -6.9),
    ("Mirevent", 6.9, 12.1),
    ("Combe-Claire", -10.3, 12.2),
    ("Villeneuve-l’Ormeau", -6.5, -17.9),
    ("Saint-Just-des-Amandiers", 20.0, -9.3),
    ("Bellefontaine-sous-Roc", -22.2, 6.0),
    ("Le Clos-Ferrand", 2.1, 23.9),
    ("Font-Bonnette", 16.8, 2.9),
)


def host_of(name: str) -> str:
    return (
        "".join(mark for mark in name.lower().replace("’", "-") if mark.isalnum() or mark == "-") + ".example"
    )


async def neighbour(
    name: str = "Vaubelle",
    *,
    place: tuple[float, float] | None = (44.63, 5.13),
    heard: datetime | None = None,
    **facts: object,
) -> Neighbour:
    """An agreement that stands; last heard from a moment ago."""
    host = host_of(name)
    server = await actor(host, "actor", name, kind="Application")
    await Host.update_or_create(defaults={"heard_at": heard or datetime.now(UTC)}, name=host)
    usual: dict[str, object] = {"state": AgreementState.AGREED, "name": name}
    if place is not None:
        usual |= {"latitude": place[0], "longitude": place[1]}
    return await Neighbour.create(actor=server, host=host, **(usual | facts))


async def actor(host: str, path: str, name: str, *, kind: str) -> Actor:
    """Somebody of another hub."""
    uri = f"https://{host}/{path}"
    found = await Actor.get_or_none(uri=uri)
    return found or await Actor.create(
        uri=uri, host=host, name=path, display_name=name, kind=kind, inbox=f"https://{host}/inbox"
    )


async def hung(
    title: str = "Un tracteur",
    *,
    at: str = "Vaubelle",
    kind: Kind = Kind.NEED,
    scope: Scope = Scope.PUBLIC,
    days: float = 0,
    **facts: object,
) -> Proposal:
    """A need or an offer of another village, as it is kept here since so many days."""
    host, number, since = host_of(at), next(_numbers), datetime.now(UTC) - timedelta(days=days)
    publication = await Publication.create(
        uri=f"https://{host}/o/{number}",
        code="".join(_SIGNS[number // len(_SIGNS) ** power % len(_SIGNS)] for power in range(6)),
        author=await actor(host, "a/village", at, kind="Organization"),
        kind=kind,
        type="Note",
        scope=scope,
        title=title,
        published_at=since,
    )
    usual: dict[str, object] = {
        "state": State.OPEN,
        "expires_at": datetime.now(UTC) + timedelta(days=30),
        "area": at,
        "category": "hand",
    }
    proposal = await Proposal.create(publication=publication, **(usual | facts))
    await Proposal.filter(id=proposal.id).update(changed_at=since)
    await Step.create(proposal=proposal, state=State.OPEN)
    if proposal.state is not State.OPEN:
        await Step.create(proposal=proposal, state=proposal.state)
    return proposal


async def valley() -> None:
    """Eleven villages around Saint-Martin, some with needs and offers; one was not heard from for days."""
    for number, (name, north, east) in enumerate(AROUND):
        place = (44.58 + north / 111.2, 5.13 + east / 79.2)
        late = datetime.now(UTC) - timedelta(days=3, hours=2)
        await neighbour(name, place=place, heard=late if name.startswith("Belle") else None)
        for each in range((number * 3 + 1) % 7):
            await hung(
                f"Besoin {each + 1} de {name}", at=name, category=("hand", "transport", "garden")[each % 3]
            )
        for each in range((number * 5 + 2) % 6):
            await hung(f"Offre {each + 1} de {name}", at=name, kind=Kind.OFFER, category="things")
