"""`lavoir demo`: a village with people and associations in it, to look around in.

For now one village; needs, offers and neighbours join it as they are built.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hub.config import Config
from hub.db import transaction
from hub.members.actions import add_member
from hub.members.links import make_link
from hub.members.models import Member, Purpose, Role, mail_key
from hub.organisations.actions import list_organisation
from hub.organisations.models import Kind, Organisation, OrganisationDraft, Spokesperson
from hub.serve import database, serve
from hub.village.actions import open_village
from hub.village.models import Village, VillageDraft, Visibility

VILLAGE = VillageDraft(
    name="Saint-Martin-sur-Lavande",
    handle="saint-martin",
    locale="fr",
    insee=None,
    latitude=44.5,
    longitude=5.2,
    publisher="Claire Auzias, maire",
    visibility=Visibility.PUBLIC,
    address="1, place du Lavoir\nSaint-Martin-sur-Lavande",
    hours="Lundi, mardi, jeudi de 9 h à 12 h",
    phone="04 65 71 20 14",
    mail="mairie@saint-martin.example",
)
PEOPLE = {
    "Marie Vasseur": Role.ADMINISTRATOR,
    "Rosa Teixeira": Role.RESIDENT,
    "Gilbert Fabre": Role.RESIDENT,
}
ASSOCIATIONS = (
    ("Les Paniers du Vallon", "jardin partagé", "On sème le jeudi, on récolte ensemble.", "les Aires"),
    ("Club des Tilleuls", "aînés, jeux, sorties", "Belote le mardi, marche douce le vendredi.", "le bourg"),
    ("Les Petits Cartables", "école", "Goûters, sorties, coups de peinture.", "l’école"),
    ("Comité des fêtes", "fêtes", "Le repas d’avril, la fête d’août.", "le bourg"),
)
WITH_A_MANAGER = "Les Paniers du Vallon"


async def demo(config: Config, *, port: int, data: Path) -> None:
    """Fill an empty folder, say who can sign in, and serve until a signal comes."""
    config = replace(config, origin=f"http://localhost:{port}", bind=("127.0.0.1", port), data=data)
    async with database(config):
        if not await Village.exists():
            await _fill()
        for name, link in await _links(config, list(PEOPLE)):
            print(f"{name}: {link}", flush=True)
    await serve(config)


async def _fill() -> None:
    async with transaction():
        await open_village(VILLAGE)
        for name, role in PEOPLE.items():
            await add_member(name, mail=_mail(name), role=role, trusted=True)
        for name, activity, text, area in ASSOCIATIONS:
            kind = Kind.ASSOCIATION
            await list_organisation(
                OrganisationDraft(name=name, kind=kind, activity=activity, text=text, area=area), ""
            )
        organisation = await Organisation.get(name=WITH_A_MANAGER)
        await Spokesperson.create(
            organisation=organisation, member=await _member("Rosa Teixeira"), manages=True
        )


async def _links(config: Config, names: Sequence[str]) -> list[tuple[str, str]]:
    """A fresh sign-in link for each."""
    tokens = [await make_link(Purpose.SIGN_IN, (await _member(name)).id, next="/") for name in names]
    return [(name, f"{config.origin}/sign-in/{token}") for name, token in zip(names, tokens, strict=True)]


def _mail(name: str) -> str:
    return f"{name.split()[0].lower()}@saint-martin.example"


async def _member(name: str) -> Member:
    return await Member.get(mail_key=mail_key(_mail(name)))
