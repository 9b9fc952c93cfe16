"""What runs later, or every so often, about events."""

from hub.jobs import Function, Periodic

jobs: list[Function | Periodic] = []

network_jobs: list[Function | Periodic] = []
