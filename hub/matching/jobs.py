"""Suggestions are looked for, and the circle is made wider, without anybody asking."""

from datetime import timedelta

from hub.jobs import Function, Periodic
from hub.matching import looking, suggesting, widening

jobs: list[Function | Periodic] = [
    looking.look_around,
    Periodic(looking.look_again, every=timedelta(hours=6)),
    Periodic(suggesting.tell_found, every=timedelta(minutes=15)),
    Periodic(widening.widen_silent, every=timedelta(hours=1)),
]

network_jobs: list[Function | Periodic] = []
