"""What can go wrong, in words that may be shown to a person.

    HubError            message: safe to show
    ├─ NotFound         404, also for "not yours": both look the same
    ├─ SignInRequired   leads to the sign-in page
    ├─ ConfirmRequired  leads to the page that asks once more who you are
    ├─ NotAllowed       403
    ├─ InvalidInput     422, by field: the form again, filled
    ├─ Conflict         409
    ├─ LinkSpent        410, a link of a mail that was used, replaced, or is too old
    ├─ TooLarge         413
    ├─ TooMany          429, after: seconds to wait
    ├─ Unavailable      503, something that we need is away for a moment
    └─ Unusable         a command cannot begin: exit status 2
    ConfigError         problems: all of them at once, exit status 2

Messages are English sources of the translation catalogue; the page translates them.
"""

from collections.abc import Mapping, Sequence


class HubError(Exception):
    """An answer to a person; `message` is a catalogue source, safe to show."""

    status = 500

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class NotFound(HubError):
    status = 404


class SignInRequired(HubError):
    status = 401


class ConfirmRequired(HubError):
    status = 401


class NotAllowed(HubError):
    status = 403


class Conflict(HubError):
    status = 409


class LinkSpent(HubError):
    status = 410


class TooLarge(HubError):
    status = 413


class InvalidInput(HubError):
    """`by_field` maps a field's name to what is wrong with it; "" is the form as a whole."""

    status = 422

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__("; ".join(by_field.values()))
        self.by_field = dict(by_field)


class Unavailable(HubError):
    status = 503


class Unusable(HubError):
    """Something is in the way of a command (a wrong file, a program that runs): nothing was touched."""


class TooMany(HubError):
    """`after`: seconds until another try is worth it."""

    status = 429

    def __init__(self, after: float, message: str = "") -> None:
        super().__init__(message)
        self.after = after


class ConfigError(Exception):
    """The settings cannot be used; `problems` names each of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)
