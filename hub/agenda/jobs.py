"""What runs later, or every so often, about events."""

from datetime import timedelta

from hub.agenda import ageing, elsewhere, importing, series
from hub.jobs import Function, Periodic

jobs: list[Function | Periodic] = [
    Periodic(ageing.remind, every=timedelta(minutes=15)),
    Periodic(ageing.forget_notes, every=timedelta(hours=6)),
    Periodic(ageing.forget_contacts, every=timedelta(hours=12)),
    Periodic(series.make_ahead, every=timedelta(hours=6)),
    Periodic(series.tell_ahead, every=timedelta(hours=1)),
    Periodic(elsewhere.forget_old, every=timedelta(hours=12)),
]

network_jobs: list[Function | Periodic] = [
    importing.read_again,
    Periodic(importing.read_all, every=timedelta(hours=12)),
]
