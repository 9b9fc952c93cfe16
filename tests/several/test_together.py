"""Two `lavoir serve` and two `lavoir work` on one PostgreSQL are one village.

They run as if they had all the time of the world (tests/several/patient.py): what one of them knows of
another within this test, it was told by a signal.
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.attacks.board import SAID, chosen, jpeg, photo_of, send
from tests.attacks.board import publish as hang_up
from tests.attacks.village import ADMINISTRATOR, new_database
from tests.attacks.visitor import Visitor, heading, page
from tests.parts import S3, s3
from tests.postgres import Cluster
from tests.several.machines import Machines, beside, running_machines
from tests.several.store import Store, running_store
from tests.waiting import wait_until

ACTIVITY = {"accept": "application/activity+json"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store | None]:
    """None where the program is not there: then each machine has a folder of its own, and one test less."""
    if not S3.exists():
        yield None
        return
    with running_store(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module")
def machines(
    postgres_cluster: Cluster, store: Store | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("several")
    settings = store.settings if store is not None else {}
    with (
        new_database(folder / "data", postgres_cluster) as database,
        running_machines(database, folder, settings=settings) as them,
    ):
        yield them


def publish(person: Visitor, title: str) -> str:
    """An announcement; its address."""
    answer = person.post(
        "/new/announcement", {"title": title, "text": "La fontaine coule.", "scope": "public"}
    )
    assert answer.status_code == 303, heading(answer)
    return answer.headers["location"].partition("?")[0]


def titles(visitor: Visitor) -> list[str]:
    return [" ".join(each.text.split()) for each in page(visitor.get("/news")).select("main h2, main h3")]


def test_flt_06_they_begin_together_on_an_empty_database_and_each_knows_everything_once(
    machines: Machines,
) -> None:
    """The fixture has set the village up on the first, and its mail came from one that only works."""
    assert all(site.running for site in machines.everyone)
    doubles = "SELECT count(*) - count(DISTINCT {}) FROM {}"
    assert machines.database.value(doubles.format("periodic", "job WHERE periodic IS NOT NULL")) == "0"
    assert machines.database.value("SELECT count(*) FROM village") == "1"
    assert int(machines.database.value("SELECT count(*) FROM template")) > 0


def test_who_comes_in_on_one_machine_is_in_on_all_and_who_leaves_is_out(machines: Machines) -> None:
    first, second = machines.serving
    there = second.sign_in(ADMINISTRATOR)
    here = beside(there, first)
    assert here.signed_in
    assert here.post("/sign-out").status_code == 303
    assert not there.signed_in


def test_a_form_that_one_machine_shows_is_taken_by_the_next(machines: Machines) -> None:
    first, second = machines.serving
    asking = first.visitor()
    token = asking.token()
    answer = beside(asking, second).send(
        "POST", "/sign-in", data={"_token": token, "contact": "personne@example.fr"}
    )
    assert answer.status_code == 303, heading(answer)


def test_a_rate_is_counted_once_whichever_machine_is_asked(machines: Machines) -> None:
    """Three links at once and no more; the fourth asker is told the same and gets no mail."""
    first, second = machines.serving
    first.newcomer("ines@example.fr", "Inès")
    first.rest("links-%")
    before = links(machines)
    for number in range(6):
        answer = machines.serving[number % 2].visitor().post("/sign-in", {"contact": "ines@example.fr"})
        assert answer.status_code in (303, 429), heading(answer)
    wait_until(lambda: machines.database.value("SELECT count(*) FROM job WHERE periodic IS NULL") == "0")
    assert links(machines) - before == 3
    second.rest("links-%")


def links(machines: Machines) -> int:
    """The last number of one: they are spent and forgotten."""
    return int(machines.database.value("SELECT coalesce(max(id), 0) FROM link"))


def test_what_is_published_here_is_shown_there_and_told_by_a_third(machines: Machines) -> None:
    first, second = machines.serving
    reader, title = second.visitor(), "Le lavoir est réparé"
    assert title not in titles(reader)  # from now on the second machine has this page ready
    actor = second.client.get("/a/valbrume/outbox", headers=ACTIVITY)
    assert actor.status_code == 200
    where = publish(first.administrator, title)
    wait_until(lambda: title in titles(reader))
    assert second.visitor().get(where).status_code == 200
    wait_until(lambda: second.client.get("/a/valbrume/outbox", headers=ACTIVITY).json() != actor.json())


def test_a_change_of_the_village_is_in_its_document_on_every_machine(machines: Machines) -> None:
    first, second = machines.serving
    before = second.client.get("/a/valbrume", headers=ACTIVITY).json()
    changed = first.administrator.submit("/admin", to="/admin", name="Valbrume-les-Bains")
    assert changed.status_code == 303, heading(changed)
    there = "Valbrume-les-Bains"
    wait_until(lambda: second.client.get("/a/valbrume", headers=ACTIVITY).json()["name"] == there)
    assert before["name"] == "Valbrume"


def test_flt_29_a_photo_lies_in_a_store_that_all_of_them_see_or_is_away_and_the_rest_goes_on(
    machines: Machines, store: Store | None, tmp_path: Path
) -> None:
    first, second = machines.serving
    if store is None:
        s3()  # skips, and says why
        return
    need = hang_up(first, kind="need", photos=chosen(jpeg()), **SAID)
    photo = photo_of(first, need)
    shown = second.visitor().get(photo)
    assert (shown.status_code, shown.content[:4]) == (200, b"RIFF")
    name = photo.rpartition("/")[2]
    assert store.names() == {name, name.replace(".webp", "-small.webp")}
    assert not list(first.site.data.glob("media/**/*.webp"))

    saved = first.site.command("backup", str(tmp_path / "village.tar"), within=120)
    assert saved.returncode == 0, saved.stderr
    with tarfile.open(tmp_path / "village.tar") as tar:
        assert sum(member.name.endswith(".webp") for member in tar) == 2

    store.stop()
    away = second.visitor().get(photo)
    assert away.status_code == 503, heading(away)
    assert second.visitor().get("/").status_code == 200, "all that is no picture goes on"
    refused = send(first.administrator, photos=chosen(jpeg()), title="Sans photo", **SAID)
    assert refused.status_code == 503, heading(refused)
    assert first.database.run("SELECT 1 FROM publication WHERE title = 'Sans photo'") == []
    store.start()
    assert second.visitor().get(photo).status_code == 200

    assert beside(first.administrator, second).post(f"{need.path}/remove").status_code == 303
    wait_until(lambda: not store.names())


def test_flt_08_when_the_database_cuts_every_line_they_find_each_other_again(machines: Machines) -> None:
    first, second = machines.serving
    reader, title = second.visitor(), "Après la coupure"
    assert titles(reader)
    cut = (
        "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity"
        " WHERE application_name LIKE 'lavoir %'"
    )
    assert int(machines.database.value(f"{cut} AND datname = current_database()")) >= 8
    wait_until(lambda: lines_of(machines) == 4)
    wait_until(lambda: signed_in(first.administrator))
    publish(first.administrator, title)
    wait_until(lambda: title in titles(reader))
    second.ask_link(ADMINISTRATOR)  # written by a worker that looks for nothing by itself


def signed_in(person: Visitor) -> bool:
    """Once the pool has taken new connections in place of those that were cut."""
    try:
        return person.signed_in
    except httpx.TransportError:
        return False


def lines_of(machines: Machines) -> int:
    """How many processes hear the others."""
    found = machines.database.run(
        "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'lavoir %' AND query LIKE 'LISTEN%'"
    )
    return len(found)


def test_a_machine_that_is_killed_takes_nobody_with_it(machines: Machines) -> None:
    first, second = machines.serving
    machines.working[0].kill()
    first.site.kill()
    there = second.sign_in(ADMINISTRATOR)
    publish(there, "Sans la première machine")
    for site in (first.site, machines.working[0]):
        site.launch()
    first.site.wait_until_healthy()
    assert beside(there, first).signed_in
    assert "Sans la première machine" in titles(first.visitor())
