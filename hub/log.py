"""Log lines: a constant message, facts as `extra=`, and the request or job that they belong to.

Never a body, a token or an address of a person: what is not given cannot leak.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
job_id: ContextVar[str | None] = ContextVar("job_id", default=None)

_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


def _facts(record: logging.LogRecord) -> dict[str, object]:
    facts = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
    for name, variable in (("request", request_id), ("job", job_id)):
        if (value := variable.get()) is not None:
            facts[name] = value
    return facts


def _in_line(value: object) -> str:
    """What others said makes no line of its own, nor does it colour the operator's screen."""
    return "".join(each if each.isprintable() else " " for each in str(value))


class PlainFormatter(logging.Formatter):
    """`2026-04-16 10:42:03 WARNING hub.jobs job failed job=12 attempts=3`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        facts = "".join(f" {name}={_in_line(value)}" for name, value in _facts(record).items())
        line = f"{at} {record.levelname} {record.name} {record.getMessage()}{facts}"
        return line if record.exc_info is None else f"{line}\n{self.formatException(record.exc_info)}"


class JsonFormatter(logging.Formatter):
    """One JSON object on each line, for machines that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info is not None:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def start_logging(style: str) -> None:
    """Send every log line to standard error, `plain` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else PlainFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("tortoise").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_no_advice)


def _is_no_advice(record: logging.LogRecord) -> bool:
    """Whoever asks for a WebSocket, of which there are none, would have the operator install a library."""
    return "No supported WebSocket library" not in record.getMessage()
