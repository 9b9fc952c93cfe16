"""Suggestions are looked for, and the circle is made wider, without anybody asking."""

from hub.jobs import Function, Periodic

jobs: list[Function | Periodic] = []

network_jobs: list[Function | Periodic] = []
