"""What is done for needs and offers without anybody asking: expire, ask, remind, forget."""

from datetime import timedelta

from hub.exchange import ageing, elsewhere, pledges
from hub.jobs import Function, Periodic

jobs: list[Function | Periodic] = [
    pledges.tell_agreed,
    Periodic(ageing.expire_old, every=timedelta(minutes=15)),
    Periodic(elsewhere.expire, every=timedelta(minutes=15)),
    Periodic(ageing.remind, every=timedelta(minutes=15)),
    Periodic(ageing.ask_if_done, every=timedelta(hours=1)),
    Periodic(ageing.ask_the_silent, every=timedelta(hours=6)),
    Periodic(ageing.follow_up, every=timedelta(hours=6)),
    Periodic(ageing.forget_contacts, every=timedelta(hours=12)),
    Periodic(elsewhere.forget_old, every=timedelta(hours=12)),
]
