"""What runs later, or every so often, about projects."""

from datetime import timedelta

from hub.jobs import Function, Periodic
from hub.projects import ageing
from hub.projects.groups import take_back_hidden
from hub.projects.publishing import renew_plans

jobs: list[Function | Periodic] = [
    Periodic(ageing.review_agreements, every=timedelta(hours=6)),
    Periodic(ageing.ask_again, every=timedelta(hours=6)),
    Periodic(ageing.hand_over_orphans, every=timedelta(hours=1)),
    Periodic(renew_plans, every=timedelta(hours=1)),
    Periodic(take_back_hidden, every=timedelta(minutes=10)),
    Periodic(ageing.forget_contacts, every=timedelta(hours=12)),
]

network_jobs: list[Function | Periodic] = []
