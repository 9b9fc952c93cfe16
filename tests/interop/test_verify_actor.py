"""What a ready checker says of a village: six actors, each with other habits, knock at its door."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.interop.program import running_program
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority, running_proxy
from tests.parts import missing
from tests.site import ROOT

PYTHON = ROOT / ".venv" / "pasture" / "bin" / "python"
PLAY = Path(__file__).parent / "pasture" / "play.py"


@pytest.fixture(scope="module")
def hub(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.31", folder / "hub") as hub:
        yield hub


@pytest.fixture(scope="module")
def verdict(hub: Hub, authority: Authority, folder: Path) -> dict[str, Any]:
    """The verifier's own table, for the actor of the village."""
    if not PYTHON.exists():
        missing("fediverse-pasture (make test installs it)")
    with ExitStack() as started:
        proxy = started.enter_context(running_proxy(authority, "127.0.0.32"))
        domain = proxy.origin.removeprefix("https://")
        settings = {"SSL_CERT_FILE": str(authority.file)}
        ready = started.enter_context(
            running_program([PYTHON, PLAY, domain], folder=folder, settings=settings)
        )
        proxy.target = ready["address"]
        asked = httpx.post(
            ready["address"],
            data={"actor_uri": hub.actor},
            headers={"accept": "application/json"},
            timeout=120,
        )
        print(asked.json()["messages"])
        return dict(asked.json()["result"])


@pytest.mark.parametrize("name", ["bob", "claire"])
def test_who_signs_may_read_and_write_also_where_their_own_actor_wants_signatures(
    verdict: dict[str, Any], name: str
) -> None:
    assert verdict[name] == {"get_actor": True, "post_inbox": True}


@pytest.mark.parametrize("name", ["alice", "dean"])
def test_who_does_not_sign_may_read_and_not_write(verdict: dict[str, Any], name: str) -> None:
    assert verdict[name] == {"get_actor": True, "post_inbox": False}


def test_webfinger_leads_back_to_the_actor(verdict: dict[str, Any]) -> None:
    assert verdict["webfinger"] is True
