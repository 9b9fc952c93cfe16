"""`lavoir demo`: a village to look around in, with people and associations, a board, a project, an agenda.

For now one village; neighbours and a region join it as they are built.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.agenda.actions import publish_event
from hub.agenda.coming import join as come
from hub.agenda.models import EventDraft, JoinDraft, Rhythm, ShiftDraft
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
from hub.projects.actions import begin, reach_stage, tell, tell_again
from hub.projects.coverage import hear, name_components
from hub.projects.membership import join as take_part
from hub.projects.models import (
    Chapter,
    ChapterDraft,
    Component,
    ContributorDraft,
    HeardNeedDraft,
    Project,
    ProjectDraft,
    Sort,
    Stage,
)
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
ZONE = ZoneInfo("Europe/Paris")
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

PROJECT = ProjectDraft(
    title="Le Comptoir du lavoir",
    text="Une épicerie, un salon de thé et un atelier dans l’ancienne école, tenus par des habitants. Plus"
    " besoin de faire vingt-deux kilomètres pour une baguette.",
    category="works",
    area="Ancienne école",
    call="Deux bricoleurs, quelqu’un qui aime les comptes, et toutes les idées.",
    contact="comptoir@saint-martin.example",
)
BY = "Rosa Teixeira"
IN_IT = ("Gilbert Fabre", "Marie Vasseur")
# The stage that it began, if any, how many days ago, and what the timeline says of it; the oldest first.
STORY: tuple[tuple[Stage | None, int, str, str], ...] = (
    (Stage.OBSERVED, 200, "« Pour une baguette, je fais 22 kilomètres. »", "Déposé en mairie, sur papier."),
    (None, 160, "Cent trois réponses", "Sur papier ou au porte-à-porte : trois besoins en ressortent."),
    (Stage.EXPLORED, 140, "Quatre ateliers pour en parler", "Le Club des Tilleuls ajoute le salon de thé."),
    (Stage.DECIDED, 60, "Le conseil municipal dit oui", "Un bail de neuf ans, et le toit réparé."),
    (None, 45, "Les clés sont là", "On a balayé, et trouvé douze chaises d’écolier."),
    (Stage.RUNNING, 30, "Peinture, étagères et cuisine", ""),
)
PARTS = ("Épicerie", "Salon de thé", "Atelier")
# A need that was heard, who says it, which of the parts answer it, and whether that is enough.
HEARD: tuple[tuple[str, dict[Sort, int], tuple[int, ...], bool | None], ...] = (
    ("Acheter le quotidien à pied", {Sort.RESIDENT: 71}, (0,), True),
    ("Se retrouver, surtout l’hiver", {Sort.RESIDENT: 58, Sort.ASSOCIATION: 3}, (1, 2), True),
    ("Un lieu pour fabriquer et réparer", {Sort.RESIDENT: 34, Sort.COMPANY: 2}, (2,), False),
    ("Y aller sans voiture depuis les Aires", {Sort.RESIDENT: 19}, (), None),
)
MISSING: dict[str, Any] = {
    "kind": PublicationKind.NEED,
    "title": "Poser les étagères du Comptoir",
    "text": "Le bois est coupé, il reste à visser. Perceuse bienvenue.",
    "template": "hand",
    "category": "works",
    "wanted": 2,
    "unit": "personnes",
    "moment": Moment.MORNING,
    "area": "Ancienne école",
}
# Who announces what, in how many days and at what hours, and who comes; what comes once is for the project.
AGENDA: tuple[tuple[str, dict[str, Any], int, tuple[int, int], tuple[str, ...]], ...] = (
    (
        "Gilbert Fabre",
        {
            "title": "La marche douce",
            "text": "Une heure autour du village, au pas du plus lent.",
            "category": "company",
            "place": "Devant le lavoir",
            "repeats": Rhythm.WEEKLY,
        },
        3,
        (10, 11),
        ("Rosa Teixeira",),
    ),
    (
        "Rosa Teixeira",
        {
            "title": "Le Comptoir prend forme",
            "text": "On choisit les étagères et les heures d’ouverture. Arriver en retard ne gêne personne.",
            "category": "making",
            "place": "Salle de l’école",
            "capacity": 25,
            "method": "three-questions",
            "shifts": (ShiftDraft(name="Accueil", wanted=2), ShiftDraft(name="Ranger la salle", wanted=3)),
            "contributions": ("Un gâteau", "Des feutres"),
        },
        9,
        (18, 20),
        ("Gilbert Fabre", "Marie Vasseur"),
    ),
)


async def demo(config: Config, *, port: int, data: Path) -> None:
    """Fill an empty folder, say who can sign in, and serve until a signal comes."""
    config = replace(config, origin=f"http://localhost:{port}", bind=("127.0.0.1", port), data=data)
    async with database(config):
        if not await Village.exists():
            await fill()
        for name, link in await _links(config, list(PEOPLE)):
            print(f"{name}: {link}", flush=True)
    await serve(config)


async def fill() -> None:
    """The village and all that happens in it, by the acts of people."""
    use_slices()
    await _open()
    await _hang()
    await _meet(await _begin())


async def _open() -> None:
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
    """The board."""
    for name, facts, days, promised in BOARD:
        starts_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
        draft = ProposalDraft(scope=Scope.PUBLIC, starts_at=starts_at, **facts)
        proposal = await publish_proposal(draft, await _person(name), trusted=True)
        for helper, quantity, accepted in promised:
            made = await pledge(proposal, PledgeDraft(quantity=quantity), await _person(helper))
            if accepted:
                await accept(made)


async def _begin() -> Project:
    """The project, with its story and who is in it, what it answers and what it lacks."""
    project = await begin(PROJECT, await _person(BY), trusted=True)
    for stage, days, title, text in STORY:
        on = _day(-days).date()
        chapter = ChapterDraft(on=on, title=title, text=text)
        if stage is None:
            await tell(project, chapter, by=BY)
        elif stage is project.stage:  # it began with this one
            await tell_again(await Chapter.get(project_id=project.id, stage=stage), chapter)
        else:
            await reach_stage(project, stage, by=BY, title=title, text=text, on=on)
    for name in IN_IT:
        await take_part(project, ContributorDraft(), await _person(name))
    await _cover(project)
    need = ProposalDraft(scope=Scope.PUBLIC, project_id=project.publication_id, **MISSING)
    await publish_proposal(need, await _person(BY), trusted=True)
    return project


async def _cover(project: Project) -> None:
    await name_components(project, PARTS)
    parts = [one.id for one in await Component.filter(project_id=project.id).order_by("position")]
    for title, who, answers, is_covered in HEARD:
        said_by = {sort.value: number for sort, number in who.items()}
        covered_by = [parts[number] for number in answers]
        draft = HeardNeedDraft(title=title, said_by=said_by, covered_by=covered_by, is_covered=is_covered)
        await hear(project, draft)


async def _meet(project: Project) -> None:
    """The agenda, and who comes."""
    for name, facts, days, (begins, ends), guests in AGENDA:
        repeats = "repeats" in facts
        draft = EventDraft(
            scope=Scope.PUBLIC,
            starts_at=_day(days, begins),
            ends_at=_day(days, ends),
            until=_day(100).date() if repeats else None,
            project_id=None if repeats else project.publication_id,
            **facts,
        )
        event = await publish_event(draft, await _person(name), trusted=True)
        for guest in guests:
            await come(event, JoinDraft(), await _person(guest))


def _day(days: int, hour: int = 0) -> datetime:
    """So many days from now, at this hour in the village."""
    day = datetime.now(ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)
    return day + timedelta(days=days)


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
