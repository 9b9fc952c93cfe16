"""Is everything well? For `lavoir doctor`, `/health`, Prometheus, and the people of the town hall."""

from hub.health.doctor import FREE_BYTES, LATE, Finding, examine, find_problem

__all__ = ["FREE_BYTES", "LATE", "Finding", "examine", "find_problem"]
