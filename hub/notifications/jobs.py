"""What this slice does later or every so often."""

from datetime import timedelta

from hub.jobs import Function, Periodic
from hub.notifications import actions, mail, mails

jobs: list[Function | Periodic] = [
    mails.deliver,
    Periodic(actions.sweep, every=timedelta(hours=12)),
    Periodic(mail.forget_files, every=timedelta(days=1)),
]
