"""What this slice does later or every so often."""

from datetime import timedelta

from hub.jobs import Function, Periodic
from hub.notifications import actions, mails

jobs: list[Function | Periodic] = [
    mails.deliver,
    Periodic(actions.sweep, every=timedelta(hours=12)),
]
