"""Who is told what about events; in the transaction of what happened.

People elsewhere are told by hub.agenda.wire, never from here.
"""

from collections.abc import Sequence

from hub.agenda.models import Attendance, Event


async def received(event: Event) -> None:
    """To an author without an account: it stands in the agenda, or is read first; how to come back to it."""


async def to_be_read(event: Event) -> None:
    """To agents: somebody new wrote something."""


async def approved(event: Event) -> None:
    """To its author: it stands in the agenda."""


async def refused(event: Event, reason: str) -> None:
    """To its author: it does not, because."""


async def moved(event: Event, attendances: Sequence[Attendance]) -> None:
    """To who comes: another day, hour or place."""


async def cancelled(event: Event, attendances: Sequence[Attendance]) -> None:
    """To who comes or waits: it does not take place, because."""


async def joined(attendance: Attendance) -> None:
    """To who said "I am coming" without an account: a place, or the list, and how to come back to it."""


async def moved_up(attendance: Attendance) -> None:
    """To who waited: there is a place now."""


async def declined(attendance: Attendance, reason: str) -> None:
    """To who was taken off the list by the team, because."""


async def tomorrow(attendance: Attendance) -> None:
    """To who comes, the day before: when and where, of their shift also the private place."""
