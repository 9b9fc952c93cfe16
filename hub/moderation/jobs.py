"""What is done about reports without anybody asking."""

from datetime import timedelta

from hub.jobs import Function, Periodic
from hub.moderation.actions import sweep, take_in_all

jobs: list[Function | Periodic] = [
    Periodic(take_in_all, every=timedelta(hours=1)),
    Periodic(sweep, every=timedelta(days=1)),
]
