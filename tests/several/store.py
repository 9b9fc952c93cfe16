"""A store of objects that speaks S3, on the loopback: another program than ours, in another language."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.parts import s3
from tests.site import free_port
from tests.waiting import GUARD, wait_until

BUCKET = "village"
KEY = "S3RVER"  # its only one


class Store:
    """`settings` are those of a village that keeps its pictures there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> dict[str, str]:
        return {
            "LAVOIR_MEDIA_URL": f"s3://{BUCKET}/valbrume?endpoint=http://127.0.0.1:{self.port}",
            "LAVOIR_MEDIA_KEY_ID": KEY,
            "LAVOIR_MEDIA_SECRET": KEY,
        }

    def names(self) -> set[str]:
        """What lies there, as the store itself keeps it."""
        files = self.folder.rglob("*.webp._S3rver_object")
        return {file.name.removesuffix("._S3rver_object") for file in files}

    def start(self) -> None:
        command = [*s3(), "-d", str(self.folder), "-a", "127.0.0.1", "-p", str(self.port), "-s"]
        self._process = subprocess.Popen([*command, "--configure-bucket", BUCKET], stdout=subprocess.DEVNULL)
        wait_until(lambda: self._answers() or self.ended)
        assert not self.ended, "the store ended instead of starting"

    @property
    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=GUARD)
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False


@contextmanager
def running_store(folder: Path) -> Iterator[Store]:
    store = Store(folder)
    try:
        store.start()
        yield store
    finally:
        store.stop()
