"""What is asked for on the command line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`size` is the part of the full number of activities, followers, seconds: less is a try of the rig."""

    size: float = 1
    profile: bool = False

    def of(self, number: int) -> int:
        return max(1, round(number * self.size))
