"""Block lists: read line by line, compared with what is decided here, written as others read them."""

import csv
import io

import pytest

from hub import limits
from hub.actors.hosts import policies_changed
from hub.actors.models import Host, Policy
from hub.errors import InvalidInput
from hub.fediverse.models import Follow
from hub.network import hosts, importing
from hub.network.importing import Outcome, Severity
from tests.others import agree_with
from tests.unit.hub.network.admin.conftest import follows, someone

LIST = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
bad.example,suspend,true,true,"Advertising, again and again",false
loud.example,silence,false,false,Loud,false
quiet.example,noop,false,false,,false
h*dd*n.example,suspend,false,false,,true
nothing like a name,suspend,false,false,,false
odd.example,vanish,false,false,,false
"""


def test_mastodons_table_is_read_and_what_is_not_understood_is_named_by_its_line():
    found = importing.read(LIST)
    assert [(each.line, each.name, each.severity, each.note) for each in found.entries] == [
        (2, "bad.example", Severity.SUSPEND, "Advertising, again and again"),
        (3, "loud.example", Severity.SILENCE, "Loud"),
        (4, "quiet.example", Severity.NOOP, ""),
    ]
    assert [(each.line, each.reason, each.value) for each in found.broken] == [
        (5, importing.HIDDEN, "h*dd*n.example"),
        (6, hosts.NOT_A_NAME, "nothing like a name"),
        (7, importing.UNKNOWN_SEVERITY, "odd.example vanish"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "bad.example\nloud.example\n",
        "\n# a list\nbad.example\n\n# more\nloud.example",
        "domain\nbad.example\nloud.example\n",
        "#domain\nbad.example\nloud.example\n",
        "*.bad.example\nBad.Example\nloud.example\n",
        "domain;severity\nbad.example;suspend\nloud.example;suspend\n",
        "severity,domain\nsuspend,bad.example\n,loud.example\n",
    ],
)
def test_a_bare_list_and_other_orders_of_columns_are_read_too(text):
    found = importing.read(text)
    assert [(each.name, each.severity) for each in found.entries] == [
        ("bad.example", Severity.SUSPEND),
        ("loud.example", Severity.SUSPEND),
    ]
    assert not found.broken


def test_quotation_marks_that_do_not_fit_end_the_reading_there():
    found = importing.read('bad.example\n"loud.example\nthird.example\n')
    assert [each.name for each in found.entries] == ["bad.example"]
    assert [(each.line, each.reason) for each in found.broken] == [(2, importing.OPEN_QUOTES)]


@pytest.mark.parametrize("text", ["", "\n \n", "#domain,#severity\n", "# only words\n"])
def test_an_empty_list_is_refused(text):
    with pytest.raises(InvalidInput):
        importing.read(text)


def test_a_list_has_an_end():
    names = [f"n{number}.example" for number in range(limits.BLOCK_LIST_ROWS + 1)]
    assert len(importing.read("\n".join(names[1:])).entries) == limits.BLOCK_LIST_ROWS
    for text in ("\n".join(names), "x" * limits.FIELD_BYTES + "x"):
        with pytest.raises(InvalidInput):
            importing.read(text)


async def test_each_line_is_compared_with_what_is_decided_here(village):
    await hosts.block({"known.example": ""})
    await agree_with(await someone("friend.example"))
    policies_changed()
    for host in ("bad.example", "social.bad.example:8443"):
        await follows(await someone(host), village)
    await follows(village, await someone("bad.example", "other"))
    names = ("bad.example", "known.example", "below.known.example", "friend.example")
    changes = await importing.compare(importing.read("\n".join(names)).entries)
    assert [(each.outcome, each.follows) for each in changes] == [
        (Outcome.NEW, 3),
        (Outcome.BLOCKED, 0),
        (Outcome.BLOCKED, 0),
        (Outcome.ALLOWED, 0),
    ]
    assert await Follow.all().count() == 3


@pytest.mark.parametrize(("limited_too", "blocked"), [(False, ["bad"]), (True, ["bad", "loud"])])
async def test_what_a_list_only_limits_is_blocked_on_demand_alone(village, limited_too, blocked):
    await importing.take_over(importing.read(LIST).entries, limited_too=limited_too)
    rows = await Host.filter(policy=Policy.BLOCKED).order_by("name")
    assert [each.name for each in rows] == [f"{name}.example" for name in blocked]
    assert rows[0].note == "Advertising, again and again"


async def test_taking_a_list_over_twice_changes_nothing_the_second_time(village):
    assert await importing.take_over(importing.read(LIST).entries, limited_too=True) == 2
    before = await Host.all().order_by("name").values()
    assert await importing.take_over(importing.read(LIST).entries, limited_too=True) == 0
    assert await Host.all().order_by("name").values() == before


async def test_htm_18_what_is_exported_is_no_formula_and_comes_back_as_it_was(village):
    notes = {
        "a.example": "=cmd|' /C calc'!A0",
        "b.example": "+33 6",
        "c.example": "@rosa said so",
        "d.example": '-1, "quoted"',
        "e.example": "'a word'",
        "f.example": "",
    }
    await hosts.block(notes)
    text = await importing.export()
    rows = list(csv.reader(io.StringIO(text)))
    assert tuple(rows[0]) == importing.COLUMNS
    assert not [cell for row in rows for cell in row if cell.startswith(importing.FORMULA)]
    assert [row[:4] + row[5:] for row in rows[1:]] == [
        [name, "suspend", "true", "true", "false"] for name in notes
    ]
    found = importing.read(text.replace("\r\n", "\n"))
    assert {each.name: each.note for each in found.entries} == notes
    assert not found.broken
