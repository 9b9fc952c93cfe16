"""What is asked of neighbours again and again."""

from hub.jobs import Function, Periodic

jobs: list[Function | Periodic] = []

network_jobs: list[Function | Periodic] = []
