"""Five villages and a region agree; one needs what another has, one is away, one leaves, one is blocked.

Each is a process of its own behind TLS, on either database. At the end every page and every file of every
hub says the right thing, and what is not there is not found anywhere.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.attacks.visitor import page
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.postgres import Cluster
from tests.waiting import eventually

LATE = 150  # seconds, for what a server that was away is given again

PLACES = {
    "Valbrume": ("43.90", "5.10"),
    "Montclair": ("43.95", "5.15"),
    "Serre": ("44.00", "5.20"),
    "Combeval": ("43.88", "5.05"),
    "Roche": ("43.85", "5.18"),
    "Lavande": ("43.92", "5.14"),
}
ON_POSTGRES = {"Montclair", "Lavande"}

# What hangs where, for everybody to see.
HAY = "Rentrer du foin avant la pluie"
TRACTOR = "Tracteur et remorque pour rentrer le foin"
SEWING = "Prêt de machine à coudre"
READING = "Lecture à voix haute le jeudi"
FIREWOOD = "Fendre du bois de chauffage"
SPAM = "Gagnez de l’argent vite"
PAINT = "Repeindre la salle des fêtes"
SOUP = "Porter la soupe à midi"

EVERYWHERE = ("/needs", "/offers", "/board", "/needs.atom", "/offers.atom", "/region", "/embed")
FILES = ("/open-data/needs.csv?after=0", "/open-data/needs.json?after=0", "/open-data/offers.csv?after=0")


class Valley(NamedTuple):
    valbrume: Hub
    montclair: Hub
    serre: Hub
    combeval: Hub
    roche: Hub
    lavande: Hub  # the region

    @property
    def villages(self) -> tuple[Hub, ...]:
        return self[:5]


@pytest.fixture(scope="module")
def valley(authority: Authority, folder: Path, postgres_cluster: Cluster) -> Iterator[Valley]:
    with ExitStack() as stack:
        hubs = []
        for number, (name, (latitude, longitude)) in enumerate(PLACES.items(), start=61):
            cluster = postgres_cluster if name in ON_POSTGRES else None
            facts = {"latitude": latitude, "longitude": longitude}
            if name == "Lavande":
                facts["is_region"] = "yes"
            hub = new_hub(
                authority, f"127.0.0.{number}", folder / name, cluster=cluster, name=name, facts=facts
            )
            hubs.append(stack.enter_context(hub))
        yield Valley(*hubs)


def test_a_valley_helps_itself(valley: Valley) -> None:
    valbrume, montclair, serre, combeval, roche, lavande = valley
    # Before anybody has agreed with anybody, Serre offers something: who comes later finds it all the same.
    serre.offer(
        TRACTOR,
        "J’ai un tracteur et une remorque, libre le samedi.",
        wanted=2,
        place="Rue du Four",
        area="Serre",
    )

    agree(valley)
    for hub in (valbrume, lavande):
        eventually(lambda hub=hub: hub.code_of(TRACTOR, on="/offers"))
    combeval.ask_for_help(PAINT, "Deux murs et un plafond.", wanted=3, place="La mairie", area="Combeval")
    roche.ask_for_help(FIREWOOD, "Trois stères à fendre.", wanted=2, place="Roche", area="Roche")
    montclair.offer(
        SEWING, "Une machine à coudre, à emprunter.", wanted=1, place="La mairie", area="Montclair"
    )
    for title in (PAINT, FIREWOOD):
        eventually(lambda title=title: lavande.code_of(title) and valbrume.code_of(title))

    a_need_finds_its_offer(valbrume, serre)
    a_village_is_away(valley)
    a_village_leaves(valley)
    a_village_is_blocked(valley)
    everything_is_right(valley)


def agree(valley: Valley) -> None:
    """Montclair and Serre are neighbours of Valbrume, Combeval and Roche too; the region shows all five."""
    valbrume, montclair, serre, combeval, roche, lavande = valley
    for other in (montclair, serre, combeval, roche):
        valbrume.agree_with(other)
    for village in valley.villages:
        lavande.agree_with(village)
    assert "Valbrume" in lavande.page("/neighbours")


def a_need_finds_its_offer(valbrume: Hub, serre: Hub) -> None:
    """Two villages away: suggested with its reasons, asked, agreed by both; only then contacts are told."""
    code = valbrume.ask_for_help(HAY, "Il faut un tracteur.", wanted=1, place="Pré du Bas", area="Le Bas")
    eventually(valbrume.shows(TRACTOR, on=f"/{code}/manage"))
    there = valbrume.code_of(TRACTOR, on="/offers")
    asking = valbrume.can_help(there, name="Rosa", contact="06 11 22 33 44", message="Samedi matin ?")
    offered = serre.code_of(TRACTOR, on="/offers")
    eventually(serre.shows("Samedi matin ?", on=f"/{offered}/manage"))
    assert "Rue du Four" not in asking.page
    serre.decide("accept", "Rosa", offered)
    eventually(asking.shows("Rue du Four"))


def a_village_is_away(valley: Valley) -> None:
    """For a day: what was published, changed and deleted meanwhile is right as soon as it is back."""
    valbrume, _, _, combeval, _, lavande = valley
    code = valbrume.ask_for_help(SOUP, "Chaque midi.", wanted=1, place="Valbrume", area="Le Bas")
    gone = valbrume.ask_for_help("Une erreur", "À effacer.", wanted=1, place="Valbrume", area="Le Bas")
    eventually(lambda: combeval.code_of("Une erreur") and combeval.code_of(SOUP))
    combeval.village.site.kill()
    valbrume.take_down(gone)
    valbrume.change_need(code, title=f"{SOUP}, en mai")
    valbrume.ask_for_help(READING, "À la bibliothèque.", wanted=1, place="Valbrume", area="Le Bas")
    combeval.village.site.start()
    eventually(lambda: combeval.code_of(READING), within=LATE)
    eventually(lambda: combeval.code_of(f"{SOUP}, en mai"), within=LATE)
    eventually(lambda: not combeval.code_of("Une erreur"), within=LATE)
    eventually(lambda: not lavande.code_of("Une erreur"))


def a_village_leaves(valley: Valley) -> None:
    """Roche ends both its agreements: nothing of it stays with the others, nor theirs with it."""
    valbrume, _, _, _, roche, lavande = valley
    assert roche.code_of(READING)
    roche.decide_agreement("end", valbrume.host, why="Nous fermons.")
    roche.decide_agreement("end", lavande.host)
    for hub in (valbrume, lavande):
        eventually(lambda hub=hub: not hub.code_of(FIREWOOD))
    eventually(lambda: not roche.code_of(READING))


def a_village_is_blocked(valley: Valley) -> None:
    """Montclair is taken over by somebody who advertises; Valbrume and the region block it."""
    valbrume, montclair, _, _, _, lavande = valley
    montclair.ask_for_help(SPAM, "Cliquez ici.", wanted=1, place="Montclair", area="Montclair")
    for hub in (valbrume, lavande):
        eventually(lambda hub=hub: hub.code_of(SPAM))
        hub.block(montclair.host, "Publicité répétée.")
        assert SPAM not in everything_at(hub, "/needs")
        assert SEWING not in everything_at(hub, "/offers")
    montclair.ask_for_help(f"{SPAM} !", "Encore.", wanted=1, place="Montclair", area="Montclair")


def everything_is_right(valley: Valley) -> None:
    """On every page and in every file of every hub."""
    valbrume, montclair, serre, combeval, roche, lavande = valley
    soup = f"{SOUP}, en mai"
    mine = {HAY, soup, READING}
    shown = {
        valbrume: {*mine, TRACTOR, PAINT},
        serre: {*mine, TRACTOR},
        combeval: {*mine, PAINT},
        roche: {FIREWOOD},
        lavande: {*mine, TRACTOR, PAINT},
        montclair: {SPAM, f"{SPAM} !", SEWING},
    }
    nowhere_else = {SPAM, f"{SPAM} !", FIREWOOD, SEWING, "Une erreur"}
    for hub, titles in shown.items():
        for title in titles - {f"{SPAM} !"}:
            eventually(lambda hub=hub, title=title: finds(hub, title), within=LATE)
        for title in nowhere_else - titles:
            for path in (*EVERYWHERE, *FILES, f"/search?q={title.split()[0]}"):
                assert title not in everything_at(hub, path), f"{hub.host}{path} says {title!r}"
    for one, other in ((valbrume, montclair), (lavande, montclair), (valbrume, roche), (roche, lavande)):
        assert "Des deux côtés" not in one.agreement(other.host)
    for other in (serre, combeval):
        assert "Des deux côtés" in valbrume.agreement(other.host)


def finds(hub: Hub, title: str) -> bool:
    """On the board, by its words, and in what others read of it."""
    return bool(hub.code_of(title, on="/board?q=" + title)) and title in everything_at(
        hub, f"/search?q={title}"
    )


def everything_at(hub: Hub, path: str) -> str:
    """The text of a page or a file, as a visitor gets it."""
    answer = hub.village.visitor().get(path)
    if answer.status_code in (404, 410):
        return ""
    assert answer.status_code == 200, f"{hub.host}{path} answers {answer.status_code}"
    return (
        " ".join(page(answer).get_text(" ").split())
        if "html" in answer.headers["content-type"]
        else answer.text
    )
