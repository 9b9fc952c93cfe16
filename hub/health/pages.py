"""For the people of the town hall, in plain words: do mails leave, do neighbours answer, is all of it kept?

What is well is judged by the doctor; here is what to think of it, for who has no terminal.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from hub.fediverse.models import AgreementState, Neighbour
from hub.health.doctor import examine_running, free_bytes
from hub.health.noticing import TOLD, troubles
from hub.health.outside import last_look
from hub.jobs import queue_state
from hub.neighbours.showing import Line, Standing, listed
from hub.network.standing import figures
from hub.observations import Observation, Seen
from hub.text import gettext, ngettext
from hub.web.templates import render
from hub.web.viewer import Access, Page

PUT_BACK_TOLD = timedelta(days=7)


class PutBack(NamedTuple):
    """The village was made again, `at`, what it had been `as_of` then."""

    at: datetime
    as_of: datetime


async def status(request: Request) -> Response:
    config, jobs = request.state.config, request.app.state.jobs
    found = await examine_running(config, jobs)
    wells = {name: all(each.well for each in found if each.about == name) for name in TOLD}
    certificate, clock = await last_look()
    seen = await Observation.by_key()
    return render(
        request,
        "health/status.html",
        wells=wells,
        troubles=[name for name, well in wells.items() if not well],
        seen=seen,
        certificate_days=certificate.until and (certificate.until - datetime.now(UTC)).days,
        clock=clock,
        config=config,
        put_back=_put_back(seen.get(Seen.PUT_BACK)),
        nightly=any(config.backup_keep),
        free=free_bytes(config),
        queue=await queue_state(jobs),
        figures=await figures(),
        neighbours=await Neighbour.filter(state=AgreementState.AGREED).count(),
        silent=await _silent(),
    )


async def _silent() -> list[Line]:
    """Neighbours that do not answer, among the first by name."""
    lines, _ = await listed(page=1, own_point=None)
    return [line for line in lines if line.standing is Standing.FAILING]


def _put_back(seen: Observation | None) -> PutBack | None:
    """A backup, in the last days."""
    if seen is None or datetime.now(UTC) - seen.at > PUT_BACK_TOLD:
        return None
    return PutBack(seen.at, datetime.fromisoformat(str(seen.said["as_of"])))


async def waiting() -> list[tuple[str, str]]:
    """What only somebody who looks would notice: a sentence, and the page."""
    told, seen = [], await Observation.by_key()
    if _put_back(seen.get(Seen.PUT_BACK)):
        told.append(gettext("A backup was put back: some hours are missing"))
    if count := len(troubles(seen.get(Seen.TROUBLES))):
        words = ngettext(
            "%(count)s thing does not work as it should", "%(count)s things do not work as they should", count
        )
        told.append(words % {"count": count})
    return [(words, "/admin/status") for words in told]


routes = [Page("/admin/status", status, access=Access.AGENT)]
