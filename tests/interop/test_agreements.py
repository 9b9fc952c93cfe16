"""Villages agree to exchange, each as its own process: proposed, accepted, kept, ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.postgres import Cluster
from tests.waiting import eventually


@pytest.fixture(scope="module")
def valbrume(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.51", folder / "valbrume", name="Valbrume") as hub:
        yield hub


@pytest.fixture(scope="module")
def montclair(authority: Authority, folder: Path, postgres_cluster: Cluster) -> Iterator[Hub]:
    """It exchanges with neighbours alone."""
    data, closed = folder / "montclair", {"LAVOIR_FEDERATION": "neighbours"}
    with new_hub(authority, "127.0.0.52", data, cluster=postgres_cluster, name="Montclair", **closed) as hub:
        yield hub


def test_who_agrees_exchanges_and_who_ends_it_takes_it_all_away(valbrume: Hub, montclair: Hub) -> None:
    # a village that lets in neighbours alone hears no stranger: both town halls propose
    valbrume.propose(montclair.origin)
    assert "De notre côté" in valbrume.agreement(montclair.host)
    montclair.propose(valbrume.host)
    eventually(lambda: "Des deux côtés" in montclair.agreement(valbrume.host))
    eventually(lambda: "Des deux côtés" in valbrume.agreement(montclair.host))

    facts = {"wanted": 1, "place": "La grange", "area": "Valbrume"}
    tractor = valbrume.ask_for_help("Tracteur et remorque", "Pour rentrer le bois.", **facts)
    saw = montclair.ask_for_help("Scie circulaire", "Pour une journée.", **facts)
    eventually(lambda: montclair.code_of("Tracteur et remorque"))
    eventually(lambda: valbrume.code_of("Scie circulaire"))

    # what is deleted is confirmed
    assert valbrume.agent.post(f"/{tractor}/remove").status_code == 303
    eventually(lambda: not montclair.code_of("Tracteur et remorque"))
    number = dict(valbrume._agreements())[montclair.host]
    eventually(lambda: "Parti là-bas aussi" in valbrume.page(f"/neighbours/{number}"))

    # a pause is one side's alone
    def is_shown() -> bool:  # to everybody; agents also see what is hidden
        return "Scie circulaire" in valbrume.village.visitor().get("/needs").text

    valbrume.decide_agreement("pause", montclair.host)
    eventually(lambda: not is_shown())
    assert "Des deux côtés" in montclair.agreement(valbrume.host)
    valbrume.decide_agreement("resume", montclair.host)
    eventually(is_shown)

    montclair.decide_agreement("end", valbrume.host, goodbye="Nous changeons de vallée.")
    eventually(lambda: "Terminé" in valbrume.agreement(montclair.host))
    eventually(lambda: not valbrume.code_of("Scie circulaire"))
    assert montclair.code_of("Scie circulaire") == saw
