"""A disk that is full: a small one of its own where tests may mount one, else files that cannot grow."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.site import Site

MEGABYTES = 64


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Whether `folder` now is a disk of its own; it goes at the end, with all that is on it."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "lavoir-test", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(site: Site, *, mounted: bool) -> Iterator[None]:
    """Nothing of this site finds room."""
    if mounted:
        ballast = site.data / "ballast"
        _fill(ballast)
        try:
            yield
        finally:
            ballast.unlink()
        return
    before = resource.prlimit(site.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(site.pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(site.pid, resource.RLIMIT_FSIZE, before)


def _fill(ballast: Path) -> None:
    """To the last byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
