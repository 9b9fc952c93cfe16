"""Two villages and a region, each its own process: what was open before, what is new, an outage, the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.postgres import Cluster
from tests.waiting import eventually


@pytest.fixture(scope="module")
def valbrume(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.61", folder / "valbrume", name="Valbrume") as hub:
        yield hub


@pytest.fixture(scope="module")
def montclair(authority: Authority, folder: Path, postgres_cluster: Cluster) -> Iterator[Hub]:
    data = folder / "montclair"
    with new_hub(authority, "127.0.0.62", data, cluster=postgres_cluster, name="Montclair") as hub:
        yield hub


@pytest.fixture(scope="module")
def drome(authority: Authority, folder: Path) -> Iterator[Hub]:
    facts = {"is_region": "yes"}
    with new_hub(authority, "127.0.0.63", folder / "drome", name="Drome", facts=facts) as hub:
        yield hub


def ask(hub: Hub, title: str, *, scope: str = "public") -> str:
    place = hub.village_name
    return hub.ask_for_help(title, "Pour deux jours.", wanted=1, place=place, area="Bourg", scope=scope)


def has(hub: Hub, *titles: str) -> bool:
    return all(hub.code_of(title) for title in titles)


def passes_on(region: Hub) -> list[str]:
    """What the region's own actor announces, and nothing that it took back."""
    page = region.document(f"{region.actor}/outbox?page=1&fresh")
    return [item["object"] for item in page["orderedItems"] if item["type"] == "Announce"]


def lose_what_waits(hub: Hub) -> None:
    """As after more than a week without an answer; and whoever failed may be tried again at once."""
    hub.village.database.run("DELETE FROM delivery")
    hub.village.database.run("UPDATE host SET failures = 0, failing_since = NULL, next_at = NULL")


def hurry(hub: Hub) -> None:
    """A day has passed for what is read each day."""
    hub.village.database.run("UPDATE neighbour SET caught_up_at = NULL, reading_since = NULL")
    hub.village.database.run(
        "UPDATE job SET due_at = created_at, attempts = 0, lease_until = NULL"
        " WHERE name IN ('neighbours.catch_up_with_all', 'neighbours.sweep', 'region.sweep')"
    )


def test_from_the_first_agreement_to_the_last(valbrume: Hub, montclair: Hub, drome: Hub) -> None:
    tractor, _ = ask(valbrume, "Tracteur"), ask(valbrume, "Échelle", scope="neighbours")
    ask(valbrume, "Clef de la cave", scope="village")
    tractor_uri = valbrume.uri(tractor)

    # what hung before is read, by each what is for it
    valbrume.agree_with(montclair)
    eventually(lambda: has(montclair, "Tracteur", "Échelle"))
    drome.propose(valbrume.origin)
    valbrume.accept_agreement(drome.host)
    eventually(lambda: has(drome, "Tracteur"))
    eventually(lambda: passes_on(drome) == [tractor_uri])

    # what is new comes by itself, and is passed on by its id
    trailer = ask(valbrume, "Remorque")
    eventually(lambda: has(montclair, "Remorque") and has(drome, "Remorque"))
    eventually(lambda: passes_on(drome) == [valbrume.uri(trailer), tractor_uri])
    assert not any(has(hub, "Clef de la cave") for hub in (montclair, drome))
    assert not has(drome, "Échelle")

    # two are away, and what was to be told to them is lost
    for hub in (montclair, drome):
        hub.village.site.kill()
    valbrume.take_down(tractor)
    ask(valbrume, "Brouette")
    lose_what_waits(valbrume)
    for hub in (montclair, drome):
        hurry(hub)
        hub.village.site.start()
    eventually(lambda: has(montclair, "Brouette") and has(drome, "Brouette"))
    eventually(lambda: not has(montclair, "Tracteur") and not has(drome, "Tracteur"))
    eventually(lambda: tractor_uri not in passes_on(drome))
    assert has(montclair, "Échelle", "Remorque")

    # it is over: with the one at once, with the other although it never hears of it
    valbrume.decide_agreement("end", montclair.host)
    eventually(lambda: not any(has(montclair, title) for title in ("Échelle", "Remorque", "Brouette")))
    drome.village.site.kill()
    valbrume.decide_agreement("end", drome.host)
    lose_what_waits(valbrume)
    hurry(drome)
    drome.village.site.start()
    eventually(lambda: not has(drome, "Remorque") and not has(drome, "Brouette"))
    eventually(lambda: passes_on(drome) == [])
    assert has(valbrume, "Remorque", "Brouette")
