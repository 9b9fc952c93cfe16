"""Log lines: for people or for machines, with their request or job, without secrets."""

import ast
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub import log
from hub.village.models import Visibility
from tests import factories
from tests.unit.hub.village.visitors import Visitors, visitors

__all__ = ["visitors"]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What went to standard error; afterwards the logs of other tests are as before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: capsys.readouterr().err
    root.handlers[:] = handlers
    root.setLevel(level)


def fail() -> None:
    raise RuntimeError("no water")


def speak(style: str) -> None:
    log.start_logging(style)
    logger = logging.getLogger("hub.tests")
    logger.warning("job failed", extra={"attempts": 3, "name_of_job": "members.sign_in_link"})
    logger.debug("not shown")
    request = log.request_id.set("a1b2")
    try:
        fail()
    except RuntimeError:
        logger.exception("request failed")
    log.request_id.reset(request)
    job = log.job_id.set("12")
    logger.info("À bientôt")
    log.job_id.reset(job)


def test_what_others_said_makes_no_line_of_its_own(written: Callable[[], str]) -> None:
    log.start_logging("plain")
    said = "no\n2026-04-16 10:42:03 ERROR hub job failed\x1b[31m\u2028é"
    logging.getLogger("hub.tests").warning("delivery refused", extra={"reason": said})
    line = "delivery refused reason=no 2026-04-16 10:42:03 ERROR hub job failed [31m é"
    assert [each.partition("hub.tests ")[2] for each in written().splitlines()] == [line]


def test_plain_lines_are_for_people(written: Callable[[], str]) -> None:
    speak("plain")
    text = written()
    lines = text.splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARNING hub.tests job failed"
        r" attempts=3 name_of_job=members.sign_in_link",
        lines[0],
    )
    assert lines[1].endswith("ERROR hub.tests request failed request=a1b2")
    assert lines[2] == "Traceback (most recent call last):"
    assert "RuntimeError: no water" in lines
    assert lines[-1].endswith("INFO hub.tests À bientôt job=12")
    assert "not shown" not in text


def test_json_lines_are_for_machines(written: Callable[[], str]) -> None:
    speak("json")
    lines = [json.loads(line) for line in written().splitlines()]
    assert [line["message"] for line in lines] == ["job failed", "request failed", "À bientôt"]
    first, second, third = lines
    assert (first["level"], first["logger"], first["attempts"]) == ("warning", "hub.tests", 3)
    assert second["request"] == "a1b2"
    assert "RuntimeError: no water" in second["error"]
    assert third["job"] == "12"
    assert "job" not in first
    assert first["at"].endswith("+00:00")


def test_a_line_break_in_a_fact_makes_no_line_of_its_own(written: Callable[[], str]) -> None:
    log.start_logging("json")
    logging.getLogger("hub.tests").info("answered", extra={"route": "/\n2026 ERROR forged"})
    assert len(written().splitlines()) == 1


async def test_answers_are_logged_by_route_and_never_with_a_secret(
    visitors: Visitors, written: Callable[[], str]
) -> None:
    await factories.village(visibility=Visibility.PUBLIC)
    log.start_logging("plain")
    visitor, secret = await visitors.browser(), "s3cr3t" * 8
    answer = await visitor.get(f"/sign-in/{secret}?q={secret}")
    await visitor.get(f"/invitation/{secret}")
    await visitor.get(f"/{secret}")
    await visitor.get(f"/static/{secret}/lavoir.css")
    await visitor.post("/sign-in", contact="rosa@example.fr")
    lines = "\n".join(line for line in written().splitlines() if " httpx " not in line)  # the visitor's own
    assert f"route=/sign-in/{{token}} status={answer.status_code}" in lines
    assert f"request={answer.headers['x-request-id']}" in lines
    assert secret not in lines
    assert "rosa@" not in lines
    assert "198.51.100" not in lines


ROOT = Path(__file__).parents[3]
SAID_ELSEWHERE = {"job failed", "job set aside"}  # handed on to the one place that writes them
LOOPS = {"worker", "sender", "receiver", "counts"}


def alarms() -> set[str]:
    """Every message of the program at the levels that an operator should read."""
    found = set(SAID_ELSEWHERE)
    for folder in ("hub", "federation"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _is_alarm(node.func):
                    words = (each for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant))
                    found |= {str(each.value) for each in words}
    loops = {f"{name} cannot go on for now" for name in LOOPS}
    return (found - {"%s cannot go on for now"}) | loops


def _is_alarm(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in ("warning", "error", "exception", "critical")
        and isinstance(function.value, ast.Name)
        and function.value.id in ("log", "logger")
    )


@pytest.mark.slow
def test_every_alarm_is_explained_to_operators_and_nothing_else_is() -> None:
    text = (ROOT / "docs" / "admin" / "trouble.md").read_text(encoding="utf-8")
    tables = text.partition("## Errors in the log")[2].partition("## Is it alive?")[0]
    rows = [line.split(" | ")[0] for line in tables.splitlines() if line.startswith("| `")]
    explained = {words for row in rows for words in re.findall("`([^`]+)`", row)}
    explained = (explained - LOOPS) | {f"{name} cannot go on for now" for name in explained & LOOPS}
    assert explained == alarms()
