"""FLT-21: for two days nobody can reach us by our own name, as our certificate has ended."""

from pathlib import Path

from tests.attacks.database import LONG_AGO
from tests.faults.conftest import Seen
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority, Passed
from tests.waiting import eventually

LATER = "2099-01-01 00:00:00+00:00"


def test_flt_21_after_our_certificate_is_renewed_peers_hear_us_and_send_what_waited(
    tmp_path: Path, seen: Seen
) -> None:
    """Nobody hurries the other one: it would ask again in years, but for what it hears."""
    authority = Authority(tmp_path)
    with (
        new_hub(authority, "127.0.0.33", tmp_path / "valbrume", name="Valbrume") as ours,
        new_hub(authority, "127.0.0.34", tmp_path / "montclair", name="Montclair") as peer,
    ):
        for reader, writer in ((ours, peer), (peer, ours)):
            reader.follow(writer.handle)
        eventually(lambda: ours.followers() == peer.followers() == 1)
        look(ours)

        ours.wire.show(authority.outdated("127.0.0.33"))
        peer.publish("Pendant la panne", "Personne ne nous entend.")
        eventually(lambda: failing(peer, ours.host))
        given_up = f"failing_since = '{LONG_AGO}', next_at = '{LATER}'"
        peer.village.database.run(f"UPDATE host SET {given_up} WHERE name = '{ours.host}'")
        look(ours)
        assert "expired" in certificate(ours)
        assert failing(peer, ours.host), "who cannot be reached has said something all the same"

        ours.wire.show(authority.current("127.0.0.33"))
        heard = len(peer.wire.passed)
        look(ours)
        eventually(ours.shows("Pendant la panne", on="/network"))
        assert not failing(peer, ours.host)
        told = posts(peer, since=heard)
        assert {each.status for each in told} == {202}, "not one signed request, or it was not believed"
        look(ours)
        assert len(posts(peer, since=heard)) == len(told), "it is said once"
    seen(f"given up for two days; {len(told)} signed posts after the repair, and what waited came at once")


def look(hub: Hub) -> None:
    """What it does four times a day; until it has done so."""
    job = "FROM job WHERE name = 'health.look_outside'"
    run = hub.village.database.run
    eventually(lambda: run(f"SELECT 1 {job} AND lease_until IS NULL"))
    run("UPDATE job SET due_at = '2020-01-01 00:00:00+00:00' WHERE name = 'health.look_outside'")
    eventually(lambda: run(f"SELECT 1 {job} AND due_at > '2021-01-01'"))
    eventually(lambda: run("SELECT count(*) FROM delivery") == ["0"] or failing_any(hub))


def certificate(hub: Hub) -> str:
    return hub.village.database.value("SELECT facts FROM observation WHERE key = 'certificate'")


def failing(hub: Hub, host: str) -> bool:
    found = f"SELECT failing_since IS NOT NULL FROM host WHERE name = '{host}'"
    return hub.village.database.run(found) == ["1"]


def failing_any(hub: Hub) -> bool:
    return hub.village.database.value("SELECT count(*) FROM host WHERE failing_since IS NOT NULL") != "0"


def posts(hub: Hub, *, since: int) -> list[Passed]:
    """What came into its inboxes."""
    return [each for each in hub.wire.passed[since:] if each.path.endswith("/inbox")]
