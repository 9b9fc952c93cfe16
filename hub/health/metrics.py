"""Figures for Prometheus, on a listener of their own: strangers need not know how a village is.

Imported only where LAVOIR_METRICS is on. Each process has its own address, and counts its own requests; what
comes from the database is the same in all of them. Beside them, `/health` says what the doctor would.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import hub
from hub.config import Config
from hub.health.doctor import Finding, examine_running, find_problem
from hub.health.outside import last_look
from hub.jobs import Function, Periodic, queue_state
from hub.network.standing import network_health
from hub.observations import Observation, Seen

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)


class Metrics:
    """All of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            self.registry.register(collector)
        self._gauge("info", "1, with the version", ("version",)).labels(hub.__version__).set(1)
        self.requests = Counter(
            "lavoir_requests", "Answers", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "lavoir_request_seconds", "Until an answer was sent", ("method",), buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.lines = Counter(
            "lavoir_log_lines", "Warnings and errors", ("level", "message"), registry=self.registry
        )
        self.state = {name: self._gauge(name, words) for name, words in STATE.items()}

    def _gauge(self, name: str, words: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"lavoir_{name}", words, labels, registry=self.registry)

    async def measure(self, jobs: Iterable[Function | Periodic]) -> None:
        """What stands in the database; what is not known is not a number."""
        found = await _state(jobs)
        for name, gauge in self.state.items():
            gauge.set(found.get(name, float("nan")))


STATE = {
    "jobs_waiting": "Jobs that wait, also for later",
    "jobs_late_seconds": "For how long the oldest job waits that is due",
    "jobs_failed": "Jobs that were given up",
    "deliveries_waiting": "Messages for other servers",
    "deliveries_oldest_seconds": "For how long the oldest waits whose server is well",
    "hosts_failing": "Servers that do not answer",
    "received_waiting": "Messages of other servers that are not handled yet",
    "received_oldest_seconds": "For how long the oldest of them waits",
    "received_failed": "Messages of other servers that could not be handled",
    "backup_age_seconds": "Since the last backup",
    "restore_age_seconds": "Since a backup was restored on trial",
    "mail_well": "1: the mail server took the last mail",
    "certificate_seconds": "Until the certificate ends",
    "clock_ahead_seconds": "Of the clocks of other servers",
}


async def _state(jobs: Iterable[Function | Periodic]) -> dict[str, float]:
    queue, network = await queue_state(jobs), await network_health()
    return {
        "jobs_waiting": queue.waiting,
        "jobs_late_seconds": queue.late.total_seconds(),
        "jobs_failed": queue.failed,
        "deliveries_waiting": network.waiting,
        "deliveries_oldest_seconds": network.oldest.total_seconds(),
        "hosts_failing": network.failing,
        "received_waiting": network.received,
        "received_oldest_seconds": network.oldest_received.total_seconds(),
        "received_failed": network.set_aside,
        **await _observed(),
    }


async def _observed() -> dict[str, float]:
    now, found = datetime.now(UTC), await Observation.by_key()
    state = {
        f"{key}_age_seconds": (now - seen.well_at).total_seconds()
        for key in (Seen.BACKUP, Seen.RESTORE)
        if (seen := found.get(key)) is not None and seen.well_at is not None
    }
    if Seen.MAIL in found:
        state["mail_well"] = float(found[Seen.MAIL].well)
    certificate, clock = await last_look()
    if certificate.until is not None:
        state["certificate_seconds"] = (certificate.until - now).total_seconds()
    if clock.ahead is not None:
        state["clock_ahead_seconds"] = clock.ahead
    return state


class Measured:
    """Around the site: count each answer by the pattern of its route, never by its address."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", "") or "other"
            self.metrics.requests.labels(method, route, status).inc()
            self.metrics.seconds.labels(method).observe(time.perf_counter() - started)


METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class _Lines(logging.Handler):
    """Messages of the log are constant words, so they may be counted by them."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(logging.WARNING)
        self.metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in ("hub", "federation"):
            self.metrics.lines.labels(record.levelname.lower(), record.getMessage()).inc()


@contextmanager
def counted_lines(metrics: Metrics):  # type: ignore[no-untyped-def]
    """While the program runs."""
    handler = _Lines(metrics)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def metrics_app(config: Config, metrics: Metrics, jobs: Iterable[Function | Periodic]) -> ASGIApp:
    """`/metrics` and `/health`, in full, for the operator."""
    jobs = list(jobs)

    async def show_metrics(request: Request) -> Response:
        await metrics.measure(jobs)
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def show_health(request: Request) -> Response:
        problem = await find_problem()
        found = (
            [Finding("database", False, problem, "see the log of the database")]
            if problem is not None
            else await examine_running(config, jobs)
        )
        well = all(finding.well for finding in found)
        return JSONResponse([asdict(finding) for finding in found], 200 if well else 503)

    return Starlette(routes=[Route("/metrics", show_metrics), Route("/health", show_health)])
