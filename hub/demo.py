"""`lavoir demo`: a village with people, associations, needs and offers in it, to look around in.

For now one village; neighbours and a region join it as they are built.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.app import use_slices
from hub.config import Config
from hub.db import transaction
from hub.exchange.actions import publish_proposal
from hub.exchange.models import Mode, Moment, PledgeDraft, ProposalDraft
from hub.exchange.pledges import accept, pledge
from hub.members.actions import add_member
from hub.members.links import make_link
from hub.members.models import Member, Purpose, Role, mail_key
from hub.organisations.actions import list_organisation
from hub.organisations.models import Kind, Organisation, OrganisationDraft, Spokesperson
from hub.participants.models import Person
from hub.publications.models import Kind as PublicationKind
from hub.publications.models import Scope
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
# Who asks or offers, what, and in how many days; what others promised, and whether that was accepted.
BOARD: tuple[tuple[str, dict[str, Any], int | None, tuple[tuple[str, int, bool], ...]], ...] = (
    (
        "Rosa Teixeira",
        {
            "kind": PublicationKind.NEED,
            "title": "Rentrer huit stères de bois avant la pluie",
            "text": "Le bois est devant la maison, il faut le porter à l'abri, vingt mètres plus loin. Gants"
            " fournis, café et gâteau aussi.",
            "template": "hand",
            "category": "hand",
            "wanted": 5,
            "unit": "personnes",
            "moment": Moment.MORNING,
            "area": "Hameau des Combes",
            "exact_place": "12, chemin des Combes",
        },
        7,
        (("Gilbert Fabre", 2, True), ("Marie Vasseur", 1, False)),
    ),
    (
        "Gilbert Fabre",
        {
            "kind": PublicationKind.OFFER,
            "title": "Une remorque et son conducteur",
            "text": "Prêt gratuit. La rendre balayée.",
            "template": "lending",
            "category": "things",
            "mode": Mode.LOAN,
            "wanted": 1,
            "unit": "objets",
            "area": "Le bourg",
        },
        None,
        (),
    ),
    (
        "Rosa Teixeira",
        {
            "kind": PublicationKind.NEED,
            "title": "Trois cents pots en verre pour les confitures",
            "text": "À déposer au foyer rural, propres, avec leur couvercle.",
            "template": "series",
            "category": "making",
            "wanted": 300,
            "unit": "pots",
            "area": "Les Aires",
        },
        20,
        (("Gilbert Fabre", 120, True),),
    ),
    (
        "Marie Vasseur",
        {
            "kind": PublicationKind.NEED,
            "title": "Écrire une lettre aux résidents des Glycines",
            "text": "Une page suffit : d'où vous êtes, ce que vous voyez par la fenêtre.",
            "template": "letters",
            "category": "company",
            "wanted": None,
            "unit": "lettres",
            "at_distance": True,
        },
        None,
        (("Rosa Teixeira", 1, True),),
    ),
    (
        "Gilbert Fabre",
        {
            "kind": PublicationKind.NEED,
            "title": "Descendre au marché de Vaubelle",
            "text": "Mercredi matin, une place me suffit.",
            "template": "transport",
            "category": "transport",
            "mode": Mode.SHARED_COSTS,
            "wanted": 1,
            "unit": "places",
            "moment": Moment.MORNING,
            "details": {"route": "Du bourg à Vaubelle"},
            "area": "Le bourg",
        },
        4,
        (("Rosa Teixeira", 1, True),),
    ),
)


async def demo(config: Config, *, port: int, data: Path) -> None:
    """Fill an empty folder, say who can sign in, and serve until a signal comes."""
    config = replace(config, origin=f"http://localhost:{port}", bind=("127.0.0.1", port), data=data)
    async with database(config):
        if not await Village.exists():
            await _fill()
            await _hang()
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


async def _hang() -> None:
    """The board, by the acts of people."""
    use_slices()
    for name, facts, days, promised in BOARD:
        starts_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
        draft = ProposalDraft(scope=Scope.PUBLIC, starts_at=starts_at, **facts)
        proposal = await publish_proposal(draft, await _person(name), trusted=True)
        for helper, quantity, accepted in promised:
            made = await pledge(proposal, PledgeDraft(quantity=quantity), await _person(helper))
            if accepted:
                await accept(made)


async def _person(name: str) -> Person:
    return Person(name=name, member_id=(await _member(name)).id)


async def _links(config: Config, names: Sequence[str]) -> list[tuple[str, str]]:
    """A fresh sign-in link for each."""
    tokens = [await make_link(Purpose.SIGN_IN, (await _member(name)).id, next="/") for name in names]
    return [(name, f"{config.origin}/sign-in/{token}") for name, token in zip(names, tokens, strict=True)]


def _mail(name: str) -> str:
    return f"{name.split()[0].lower()}@saint-martin.example"


async def _member(name: str) -> Member:
    return await Member.get(mail_key=mail_key(_mail(name)))
