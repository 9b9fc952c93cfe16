"""What a region does by itself: pass on, write the daily files."""

from hub.jobs import Function, Periodic

jobs: list[Function | Periodic] = []

network_jobs: list[Function | Periodic] = []
