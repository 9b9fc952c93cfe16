"""What can go wrong between two servers, and what the other one is told.

    FederationError         reason: constant words; facts: what a log line adds with `extra=`
    ├─ InvalidDocument      400, cannot be parsed
    ├─ NotAuthentic         401, not proven to come from whom it says
    ├─ Forbidden            403, we have nothing to do with that host
    ├─ Refused              202, silent: understood, proven, not wanted
    └─ FetchFailed          uri: what was asked for
       ├─ Unreachable       try again, not before `retry_after`
       ├─ Gone              404 or 410: delete what we hold
       └─ Unsafe            private address, too big, too many redirects: never try again

Reasons are for logs and for the other server's operator; no person of ours reads them.
"""

import logging
from datetime import datetime
from typing import Self

_LOG_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class FederationError(Exception):
    """`facts` must never hold a body, a key or an address of a person."""

    def __init__(self, reason: str, **facts: str | int | None) -> None:
        super().__init__(reason)
        if taken := facts.keys() & _LOG_FIELDS:
            raise ValueError(f"a log line has its own {taken}")
        self.reason = reason
        self.facts = {name: _loggable(value) for name, value in facts.items() if value is not None}

    def again(self) -> Self:
        """The same error without the frames that it came through, which hold whole documents."""
        fresh = type(self).__new__(type(self))
        Exception.__init__(fresh, self.reason)
        fresh.__dict__.update(self.__dict__)
        return fresh

    def __str__(self) -> str:
        return " ".join([self.reason, *(f"{name}={value}" for name, value in self.facts.items())])


class InvalidDocument(FederationError):
    status = 400


class NotAuthentic(FederationError):
    status = 401


class Forbidden(FederationError):
    status = 403


class Refused(FederationError):
    status = 202


class FetchFailed(FederationError):
    """`remote_status` is the HTTP status of the answer, None when there was none."""

    def __init__(
        self, reason: str, uri: str, *, remote_status: int | None = None, **facts: str | int | None
    ) -> None:
        super().__init__(reason, uri=uri, remote_status=remote_status, **facts)
        self.uri = uri
        self.remote_status = remote_status


class Unreachable(FetchFailed):
    """`retry_after` is the time that the other server asked for, None when it asked for none."""

    def __init__(
        self,
        reason: str,
        uri: str,
        *,
        remote_status: int | None = None,
        retry_after: datetime | None = None,
    ) -> None:
        super().__init__(reason, uri, remote_status=remote_status)
        self.retry_after = retry_after


class Gone(FetchFailed):
    pass


class Unsafe(FetchFailed):
    pass


def _loggable(value: str | int) -> str | int:
    """Short, and on one line: others choose these words."""
    if isinstance(value, int):
        return value
    return "".join(mark if mark.isprintable() else f"\\x{ord(mark):02x}" for mark in value[:200])
