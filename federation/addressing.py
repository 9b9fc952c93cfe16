"""Who a document is for: what `to` and `cc` mean, what to write there, and which inboxes that makes."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from federation.origin import host_of
from federation.vocabulary import PUBLIC, PUBLIC_SPELLINGS


class Visibility(StrEnum):
    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"


@dataclass(frozen=True)
class Audience:
    to: tuple[str, ...]
    cc: tuple[str, ...]


@dataclass(frozen=True)
class Recipient:
    """An actor to reach. `personal`: it is meant by name, so its own inbox must be told."""

    inbox: str
    shared_inbox: str | None = None
    personal: bool = False


def visibility(to: Collection[str], cc: Collection[str], *, followers: str | None) -> Visibility:
    """As Mastodon reads it. `followers` is the collection of the author, and of nobody else.

    Public in `to` is public and in `cc` unlisted; without it the author's followers in `to` are meant;
    everything else, also an empty audience, is for the named alone.
    """
    if not PUBLIC_SPELLINGS.isdisjoint(to):
        return Visibility.PUBLIC
    if not PUBLIC_SPELLINGS.isdisjoint(cc):
        return Visibility.UNLISTED
    return Visibility.FOLLOWERS if followers is not None and followers in to else Visibility.DIRECT


def address(
    wanted: Visibility, *, followers: str, mentions: Iterable[str] = (), groups: Iterable[str] = ()
) -> Audience:
    """What to write for a visibility; groups are told only what is public, for they pass it on."""
    named = tuple(mentions)
    match wanted:
        case Visibility.PUBLIC:
            return Audience((PUBLIC,), _once(followers, *groups, *named))
        case Visibility.UNLISTED:
            return Audience((followers,), _once(PUBLIC, *groups, *named))
        case Visibility.FOLLOWERS:
            return Audience((followers,), _once(*named))
        case Visibility.DIRECT:
            return Audience(_once(*named), ())


def inboxes(recipients: Iterable[Recipient], *, own_host: str) -> tuple[str, ...]:
    """Each inbox once: the shared one where it serves several, the personal one else; never our own host.

    A single recipient gets its own inbox, because some servers drop what arrives at the shared one and is
    addressed to nobody whom they know.
    """
    away = [one for one in recipients if host_of(one.inbox) != own_host]
    sharing = Counter(shared for shared, _ in {(one.shared_inbox, one.inbox) for one in away})
    chosen = (_inbox(one, alone=sharing[one.shared_inbox] < 2) for one in away)
    return tuple(dict.fromkeys(inbox for inbox in chosen if host_of(inbox) != own_host))


def _inbox(recipient: Recipient, *, alone: bool) -> str:
    if recipient.shared_inbox is None or recipient.personal or alone:
        return recipient.inbox
    return recipient.shared_inbox


def _once(*uris: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(uris))
