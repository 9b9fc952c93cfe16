"""Open data and the frame for other sites: what may leak by them, and who may read or frame them."""

import csv
import io
import re
import time

import pytest

from tests.attacks.board import publish
from tests.attacks.fediverse import PUBLIC, Attacker, Fediverse
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor

FILES = [
    f"/open-data/{name}.{kind}"
    for name in ("needs", "offers", "events")
    for kind in ("json", "csv", "geojson")
]
EMBEDS = [f"/embed?show={show}" for show in ("needs", "offers", "agenda")]
ADDRESSES = [
    *FILES,
    *(f"{file}?after=0" for file in FILES),
    *EMBEDS,
    "/open-data/",
    "/open-data/datapackage.json",
]


def write_files(village: Village) -> None:
    """Have the files written now, and wait until they are."""
    package = "/open-data/datapackage.json"
    before = village.visitor().get(package).text
    deadline = time.monotonic() + 60
    while village.visitor().get(package).text == before:
        assert time.monotonic() < deadline, "no files were written"
        village.database.run(
            "UPDATE job SET due_at = '2026-01-01 00:00:00+00:00' WHERE name = 'region.write_open_data'"
        )
        time.sleep(0.5)


def all_of_it(visitor: Visitor, addresses: list[str] = ADDRESSES) -> str:
    answers = [visitor.get(address) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(answer.text for answer in answers)


@pytest.mark.parametrize("scope", ["village", "neighbours"])
def test_prv_01_what_is_not_for_everybody_is_in_no_file_and_no_frame(village: Village, scope: str) -> None:
    publish(village, title=f"Secret {scope}", scope=scope)
    publish(village, title="Pour tous")
    write_files(village)
    for visitor in (village.visitor(), village.administrator):
        assert "Pour tous" in visitor.get("/open-data/needs.csv").text
        told = all_of_it(visitor)
        assert "Pour tous" in told
        assert f"Secret {scope}" not in told


def test_prv_01_what_was_sent_to_some_is_in_no_file_whatever_it_says_of_itself(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    fediverse.befriend(attacker)
    for number, audience in enumerate(([fediverse.actor], [attacker.followers])):
        note = attacker.mention(
            f"Besoin secret {number}", to=audience, cc=[], name=f"Secret à {number}", purpose="request"
        )
        assert attacker.post(attacker.create(note)).status == 202
    fediverse.settle()
    assert "ecret" not in all_of_it(fediverse.village.visitor())


def test_prv_01_a_stranger_cannot_put_anything_into_our_data(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    """Nothing was agreed with its server, whatever it sends, to everybody and to us."""
    fediverse.befriend(attacker)
    note = attacker.mention("Achetez !", to=[PUBLIC], cc=[fediverse.actor], name="Réclame", purpose="request")
    assert attacker.post(attacker.create(note)).status == 202
    fediverse.settle()
    told = all_of_it(fediverse.village.visitor())
    assert "Réclame" not in told
    assert attacker.netloc not in told


def test_prv_09_no_person_no_contact_and_no_address_is_in_the_data(village: Village) -> None:
    resident = village.invited("jeanne.martin@example.fr")
    resident.post("/me", {"name": "Jeanne Martin", "locale": "fr", "rhythm": "never"})
    publish(
        village,
        resident,
        title="Descendre une armoire",
        text="Sonnez chez Jeanne, 06 12 34 56 78.",
        exact_place="14, rue du Puits",
        name="Jeanne Martin",
    )
    told = all_of_it(village.visitor(), [*FILES, *(f"{file}?after=0" for file in FILES)])
    assert "Descendre une armoire" in told
    for secret in ("Jeanne", "jeanne", "06 12", "rue du Puits"):
        assert secret not in told, secret


def test_prv_02_a_hidden_notice_is_as_if_it_had_never_been(village: Village) -> None:
    before = village.visitor().get("/open-data/needs.json?after=0").text
    wood = publish(village, title="À cacher")
    hidden = f"hidden_at = '2026-01-01 00:00:00+00:00' WHERE code = '{wood.code}'"
    village.database.run(f"UPDATE publication SET {hidden}")
    assert village.visitor().get("/open-data/needs.json?after=0").text == before


def test_prv_10_answers_for_members_are_kept_by_no_cache(village: Village) -> None:
    member = village.invited("cache@example.fr")
    for address in ADDRESSES:
        shared = village.visitor().get(address).headers["cache-control"]
        assert shared in ("no-cache", "private, no-store"), address
    village.database.run("UPDATE village SET visibility = 'members'")
    try:
        for address in ADDRESSES:
            answer = member.get(address)
            assert answer.headers["cache-control"].startswith("private"), address
            assert "access-control-allow-origin" not in answer.headers, address
            assert village.visitor().get(address).status_code == 303, address
    finally:
        village.database.run("UPDATE village SET visibility = 'public'")


def test_htm_18_no_cell_of_the_tables_is_a_formula(village: Village) -> None:
    publish(village, title='=HYPERLINK("https://evil.example","Gagné")', kind="offer", **{"for": "things"})
    text = village.visitor().get("/open-data/offers.csv?after=0").text.removeprefix("\ufeff")
    cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
    assert any("HYPERLINK" in cell for cell in cells)
    numbers = re.compile(r"-?\d+(\.\d+)?")
    bad = [each for each in cells if each.startswith(("=", "+", "-", "@")) and not numbers.fullmatch(each)]
    assert bad == []


def test_aut_15_other_sites_read_the_data_and_nothing_of_who_reads(village: Village) -> None:
    """Without credentials: a browser gives no page of another site an answer that was asked for with them."""
    for address in FILES:
        answer = village.administrator.get(address, headers={"origin": "https://evil.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert answer.content == village.visitor().get(address).content
    for address in [*EMBEDS, "/open-data/", "/", "/me"]:
        answer = village.administrator.get(address, headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers


def test_aut_16_no_site_frames_anything_unless_it_is_named_and_then_only_this(village: Village) -> None:
    for address in ADDRESSES:
        policy = village.visitor().get(address).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy, address
    village.database.run("UPDATE village SET embed_hosts = 'mairie.example'")
    try:
        framed = [
            address
            for address in [*ADDRESSES, "/", "/needs", "/sign-in", "/admin", "/embed/x"]
            if "frame-ancestors 'none'"
            not in village.visitor().get(address).headers["content-security-policy"]
        ]
    finally:
        village.database.run("UPDATE village SET embed_hosts = NULL")
    assert framed == EMBEDS
    shown = village.visitor().get("/embed").text
    assert not re.search(r"<(form|script|input|button)\b", shown)
