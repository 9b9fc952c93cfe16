"""What must be known of members and of what they may do, who live in slices above this one.

The composition root says it once, with use_people(); without it nobody has an account.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.notifications.rhythm import Rhythm


@dataclass(frozen=True, kw_only=True)
class Account:
    """A member, as far as mails care. Suspended ones are not told anything."""

    member_id: int
    name: str
    mail: str | None = None
    phone: str | None = None
    locale: str | None = None
    rhythm: Rhythm = Rhythm.AT_ONCE


@dataclass(frozen=True, kw_only=True)
class Holder:
    """To whom the mail went whose link was used."""

    name: str
    member_id: int | None = None


# Does what a link of a mail says, in the caller's transaction; answers what was done, a catalogue source.
ActFunction = Callable[..., Awaitable[str]]


async def _nobody(member_id: int) -> Account | None:
    return Account(member_id=member_id, name="")


async def _no_agents() -> Sequence[Account]:
    return ()


async def _no_key(participant_id: int) -> str:
    return ""


async def _no_stop(member_id: int, digest: bool) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class People:
    """`find`: None where there is no such account, or it is suspended. `new_key`: for `/mine/KEY`.

    `acts`: what links in mails can do, by name; each is called with the Holder and the act's arguments.
    """

    find: Callable[[int], Awaitable[Account | None]] = _nobody
    agents: Callable[[], Awaitable[Sequence[Account]]] = _no_agents
    stop: Callable[[int, bool], Awaitable[None]] = _no_stop
    new_key: Callable[[int], Awaitable[str]] = _no_key
    acts: Mapping[str, ActFunction] = field(default_factory=dict)


_people = People()


def use_people(people: People) -> None:
    """From now on, for the whole process."""
    global _people  # noqa: PLW0603 (one process, one composition)
    _people = people


def people() -> People:
    return _people
