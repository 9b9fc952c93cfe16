"""The hubs of the demo as processes: what is said where one of them does not come."""

from pathlib import Path

import pytest

from hub.demo import running
from hub.errors import HubError
from tests.site import free_port


async def test_a_hub_that_does_not_answer_in_time_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "READY_SECONDS", 0)
    hub = running.Hub("Valbrume", port=free_port(), data=tmp_path)
    try:
        with pytest.raises(HubError, match="Valbrume does not answer"):
            await hub.start()
    finally:
        await hub.end()
