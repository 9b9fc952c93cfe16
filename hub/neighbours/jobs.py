"""What is asked of neighbours again and again."""

from datetime import timedelta

from hub.jobs import Function, Periodic
from hub.neighbours import agreeing, catching_up, copies, receipts

jobs: list[Function | Periodic] = [
    copies.remove_of,
    Periodic(copies.sweep, every=timedelta(days=1)),
    Periodic(receipts.send_again, every=timedelta(hours=1)),
]

network_jobs: list[Function | Periodic] = [
    agreeing.meet_proposer,
    catching_up.catch_up,
    catching_up.check_copies,
    Periodic(catching_up.catch_up_with_all, every=timedelta(minutes=10)),
]
