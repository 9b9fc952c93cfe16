"""What this slice does later or every so often."""

from datetime import timedelta

from hub.jobs import Function, Periodic
from hub.members import actions, mails

jobs: list[Function | Periodic] = [
    mails.sign_in_link,
    mails.sign_up_link,
    mails.new_mail_link,
    mails.invitation,
    mails.security_notice,
    Periodic(actions.sweep, every=timedelta(hours=6)),
]
