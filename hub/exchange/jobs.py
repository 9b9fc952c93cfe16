"""What is done for needs and offers without anybody asking: expire, ask, remind, forget."""

from hub.jobs import Function, Periodic

jobs: list[Function | Periodic] = []
