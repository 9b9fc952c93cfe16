"""The pages about other servers: what they show, what their buttons do, who may press them."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine

from hub.actors.hosts import policies_changed, use_federation
from hub.actors.models import Host, Policy
from hub.fediverse.models import Delivery, Follow, Received
from hub.members.models import Role, Session
from hub.network import hosts, standing
from hub.web.visit import token_of
from tests import factories
from tests.conftest import ENGINES
from tests.others import agree_with
from tests.unit.hub.network.admin.conftest import NOW, follows, someone, waiting
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, statements, words

DAY = timedelta(days=1)


def table(response: httpx.Response) -> list[list[str]]:
    """The cells of the page's last table."""
    rows = page(response).select("table")[-1].select("tbody tr")
    return [[" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])] for row in rows]


async def send_file(browser, content: bytes) -> httpx.Response:
    token = token_of(browser.client.cookies[browser.session])
    return await browser.client.post(
        "/admin/network/import", data={"_token": token}, files={"file": ("list.csv", content, "text/csv")}
    )


async def test_the_state_of_every_server_is_seen_at_a_glance(mayor, town):
    now = datetime.now(UTC)
    for name, facts in {
        "asleep.example": {"failing_since": now - 3 * DAY, "asked_at": now - DAY, "failures": 20},
        "below.blocked.example": {"heard_at": now},
        "failing.example": {"failing_since": now - DAY / 2, "asked_at": now, "failures": 3},
        "new.example": {},
        "well.example": {"heard_at": now, "succeeded_at": now - DAY},
    }.items():
        await someone(name)
        await Host.filter(name=name).update(**facts)
    await hosts.block({"blocked.example": "Advertising"})
    await waiting(town, "failing.example", "asleep.example")
    await waiting(town, "failing.example")
    shown = table(await mayor.get("/admin/network"))
    assert [(row[0], row[1].split(" since")[0], row[4]) for row in shown] == [
        ("asleep.example", "Sleeps", "1"),
        ("below.blocked.example", "Blocked", ""),
        ("blocked.example", "Blocked", ""),
        ("failing.example", "Does not answer", "2"),
        ("new.example", "Nothing exchanged yet", ""),
        ("well.example", "All is well", ""),
    ]
    failing = table(await mayor.get("/admin/network?show=failing"))
    assert [row[0] for row in failing] == ["asleep.example", "failing.example"]
    found = table(await mayor.get("/admin/network?q=BLOCKED&show=nonsense"))
    assert [row[0] for row in found] == ["below.blocked.example", "blocked.example"]
    assert [row[0] for row in table(await mayor.get("/admin/network?show=blocked"))] == ["blocked.example"]


async def test_a_long_list_has_pages_and_each_costs_the_same(mayor, town):
    await someone("a.example")
    with statements() as few:
        await mayor.get("/admin/network")
    await Host.bulk_create([Host(name=f"n{number:03}.example") for number in range(120)])
    with statements() as many:
        first = await mayor.get("/admin/network")
    assert len(many) <= len(few)
    assert len(table(first)) == standing.PER_PAGE
    last = await mayor.get("/admin/network?page=3")
    assert table(last)[-1][0] == "n119.example"
    assert "More servers" in words(first)
    assert "More servers" not in words(last)


@pytest.mark.parametrize("engine", ENGINES)
async def test_figures_count_the_whole_village(mayor, town):
    rosa, luc = await someone("a.example"), await someone("b.example", "luc")
    await follows(rosa, town)
    await follows(luc, town, accepted=False)
    await follows(town, luc)
    await waiting(town, "a.example")
    found = await standing.figures()
    assert (found.followers, found.followed, found.waiting, found.failing) == (1, 1, 1, 0)
    assert "1 request to follow" in words(await mayor.get("/admin/network"))


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("open", "exchanges with every server"),
        ("neighbours", "only with the villages with which"),
        ("off", "switched off"),
    ],
)
async def test_the_setting_of_the_operator_is_said_in_plain_words(mayor, town, mode, sentence):
    use_federation(mode)
    assert sentence in words(await mayor.get("/admin/network"))


async def test_a_server_is_blocked_by_its_name_with_a_reason(mayor, town):
    sent = await mayor.post("/admin/network/hosts", name=" Bad.Example ", note="Advertising <b>")
    assert sent.headers["location"] == "/admin/network/hosts/bad.example?said=host-blocked"
    shown = await mayor.get(sent.headers["location"])
    assert "Blocked on" in words(shown)
    assert "Advertising <b>" in words(shown)
    assert "Undo the block" in words(shown)
    await mayor.post("/admin/network/hosts/bad.example/release")
    assert not await Host.exists()


@pytest.mark.parametrize("name", ["", "no name", "com", "localhost:8000", "x" * 300])
async def test_what_is_no_name_is_refused_with_the_form_filled(mayor, town, name):
    sent = await mayor.post("/admin/network/hosts", name=name, note="Because")
    assert sent.status_code == 422
    assert errors(sent) == {"name"}
    assert page(sent).find("input", {"name": "note"})["value"] == "Because"
    assert not await Host.exists()


async def test_where_neighbours_alone_are_let_in_it_is_said_who_is_none(mayor, town):
    use_federation("neighbours")
    await someone("b.example")
    await agree_with(await someone("a.example"))
    policies_changed()
    rows = table(await mayor.get("/admin/network"))
    assert [(row[0], row[1]) for row in rows] == [
        ("a.example", "Nothing exchanged yet"),
        ("b.example", "No agreement"),
    ]


async def test_the_page_of_a_server_says_what_is_known_and_what_a_block_would_end(mayor, town):
    rosa = await someone("slow.example:8443", display_name="Rosa <i>", handle=None)
    await follows(rosa, town)
    await follows(town, rosa, accepted=False)
    await waiting(town, "slow.example:8443")
    await Host.all().update(failing_since=NOW, asked_at=NOW, last_error="no connection", next_at=NOW + DAY)
    shown = words(await mayor.get("/admin/network/hosts/slow.example:8443"))
    for sentence in (
        "Does not answer",
        "has not taken anything since 2 November 2026",
        "no connection",
        "1, the first since 2 November 2026",
        "Rosa <i> @rosa@slow.example:8443",
        "waits for an answer",
        "The 2 follows above are ended",
    ):
        assert sentence in shown
    sent = await mayor.post("/admin/network/hosts/slow.example:8443/try")
    assert sent.headers["location"].endswith("?said=host-tried")
    assert (await Host.get()).next_at < datetime.now(UTC) + DAY / 2
    await mayor.post("/admin/network/hosts/slow.example:8443/block", note="Enough")
    assert not await Follow.exists()
    assert not await Delivery.exists()
    assert "Blocked on" in words(await mayor.get("/admin/network/hosts/slow.example:8443"))


async def test_below_a_blocked_name_the_page_says_which(mayor, town):
    await someone("social.bad.example")
    await hosts.block({"bad.example": ""})
    shown = words(await mayor.get("/admin/network/hosts/social.bad.example"))
    assert "Blocked, because bad.example is." in shown
    assert "Block this server" not in shown


async def test_a_server_that_nobody_knows_has_no_page(mayor, town):
    for path in ("nobody.example", "%2e%2e", "x" * 400):
        assert (await mayor.get(f"/admin/network/hosts/{path}")).status_code == 404
        assert (await mayor.post(f"/admin/network/hosts/{path}/try")).status_code == 404


PATHS = ("/admin/network", "/admin/network/import", "/admin/network/export.csv", "/admin/network/keys")


async def test_only_administrators_decide_and_only_when_they_have_just_shown_who_they_are(
    visitors, agent, mayor, town
):
    resident = await visitors.browser(await factories.member("Rosa", role=Role.RESIDENT))
    for path in PATHS:
        assert (await agent.get(path)).status_code == 404
        assert (await resident.get(path)).status_code == 404
        assert (await mayor.get(path)).status_code == 200
    await someone("a.example")
    for act in ("block", "release", "try"):
        assert (await agent.post(f"/admin/network/hosts/a.example/{act}")).status_code == 404
    await Session.all().update(confirmed_at=NOW)
    for path in PATHS:
        assert (await mayor.get(path)).headers["location"].startswith("/confirm")


LIST = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
bad.example,suspend,true,true,"=cmd() <script>alert(1)</script>",false
loud.example,silence,false,false,,false
known.example,suspend,false,false,,false
*bad*,suspend,false,false,,true
"""


async def test_the_preview_says_what_each_line_will_do_and_does_nothing(mayor, town):
    await hosts.block({"known.example": ""})
    await follows(await someone("bad.example"), town)
    shown = await send_file(mayor, LIST.encode())
    assert shown.status_code == 200
    assert table(shown) == [
        ["2", "bad.example", "Will be blocked ends 1 follow", "=cmd() <script>alert(1)</script>"],
        ["3", "loud.example", "Only limited by the list: left alone", ""],
        ["4", "known.example", "Blocked already", ""],
    ]
    assert "5 *bad* Part of this name is hidden by asterisks." in words(shown)
    assert "<script>alert" not in shown.text
    assert await Host.filter(policy=Policy.BLOCKED).count() == 1
    assert await Follow.exists()


@pytest.mark.parametrize(("limited", "count"), [("", 2), ("yes", 3)])
async def test_what_the_preview_carries_is_taken_over(mayor, town, limited, count):
    await hosts.block({"known.example": ""})
    form = page(await send_file(mayor, LIST.encode())).find("form", action="/admin/network/import/confirm")
    assert form.find("input", {"name": "limited"}) is not None
    carried = form.find("input", {"name": "list"})["value"].replace("\n", "\r\n")
    sent = await mayor.post("/admin/network/import/confirm", list=carried, limited=limited)
    assert sent.headers["location"] == "/admin/network?show=blocked&said=list-imported"
    assert await Host.filter(policy=Policy.BLOCKED).count() == count


async def test_a_list_that_says_nothing_new_has_no_button(mayor, town):
    await hosts.block({"bad.example": ""})
    shown = await send_file(mayor, b"bad.example\n")
    assert "There is nothing to do" in words(shown)
    assert "/admin/network/import/confirm" not in shown.text


@pytest.mark.parametrize("content", [b"", b"\n", b"PK\x03\x04\x00\x00", b"#domain,#severity\n"])
async def test_a_file_that_is_no_list_is_refused(mayor, town, content):
    assert (await send_file(mayor, content)).status_code == 422
    sent = await mayor.post("/admin/network/import/confirm", list=content.decode("latin-1"))
    assert sent.status_code in (400, 422)
    assert not await Host.exists()


async def test_ours_goes_out_as_a_file(mayor, town):
    await hosts.block({"bad.example": "=1+1"})
    sent = await mayor.get("/admin/network/export.csv")
    assert sent.headers["content-type"] == "text/csv; charset=utf-8"
    assert sent.headers["content-disposition"] == 'attachment; filename="block-list.csv"'
    assert sent.text.splitlines()[1] == "bad.example,suspend,true,true,'=1+1,false"


@time_machine.travel(NOW + 2 * DAY, tick=False)
async def test_what_doctor_says_of_the_network(town):
    assert await standing.network_health() == standing.NetworkHealth(0, 0, timedelta(0), 0)
    await someone("slow.example")
    await Host.all().update(failing_since=NOW)
    await waiting(town, "slow.example")
    assert (await standing.network_health()).oldest == timedelta(0)
    await waiting(town, "well.example")
    await Received.create(uri="x", signer="y", inbox="z", body="{}", received_at=NOW, failed_at=NOW)
    found = await standing.network_health()
    assert (found.failing, found.waiting, found.set_aside) == (1, 2, 1)
    assert found.oldest == 2 * DAY
