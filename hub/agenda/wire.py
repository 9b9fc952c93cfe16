"""Events between hubs and with people on the open network: Join, Leave and their answers, private questions.

Everything here runs in the caller's transaction and only queues what is to be sent. An attendance with a
`uri` is another server's, or went to one; all others of actors elsewhere are of people, who are told in
private notes.
"""

from hub.actors.models import Actor, Role
from hub.agenda.models import Attendance


async def village_actor() -> Actor:
    """In whose name residents join elsewhere."""
    village = await Actor.of_role(Role.VILLAGE)
    assert village is not None, "a village that is set up has its actor"
    return village


async def send_join(attendance: Attendance) -> None:
    """To the author of another server's event: somebody here comes (`Join`)."""


async def send_leave(attendance: Attendance) -> None:
    """Somebody here cannot come after all (`Leave`)."""


async def send_accept(attendance: Attendance) -> None:
    """A place, to who joined from elsewhere (`Accept{Join}`), or, to a person, a private word."""


async def send_reject(attendance: Attendance, reason: str = "") -> None:
    """No place, or no longer, with the reason (`Reject{Join}`)."""


async def ask_for_yes(attendance: Attendance) -> None:
    """In private: did you mean it? Only a yes commits."""


async def say_coming(attendance: Attendance) -> None:
    """They said yes: a place, or one on the waiting list."""
