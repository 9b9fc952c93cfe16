"""Parts of the system that only some tests use: a test without its part is skipped, and says so.

With LAVOIR_TEST_REQUIRE_ALL=1 a missing part fails the test instead, so that a green run there
means that everything ran. tests/system_parts.sh installs the parts.
"""

import ctypes
import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

S3 = Path(__file__).parent / "several" / "s3" / "node_modules" / "s3rver" / "bin" / "s3rver.js"
AXE = Path(__file__).parent / "browser" / "node_modules" / "axe-core" / "axe.min.js"


def chromium() -> str:
    """The browser's path, where Playwright's driver runs as well."""
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        missing("libatomic1")
    # The first is the same without windows, bookmarks and all that: it takes half the time for a page.
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return missing("chromium")


def postgresql() -> Path:
    """The folder of PostgreSQL's server programs, the newest version's if there are several."""
    if path := shutil.which("initdb"):
        return Path(path).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda initdb: int(initdb.parts[-3]), default=None)
    return newest.parent if newest is not None else missing("postgresql")


def axe() -> str:
    """The source of axe-core, which looks for barriers in a page."""
    return (
        AXE.read_text(encoding="utf-8")
        if AXE.exists()
        else missing("axe-core (make test installs it with npm)")
    )


def s3() -> list[str]:
    """The command that starts a store of objects that speaks S3."""
    node = shutil.which("node")
    return [node, str(S3)] if node and S3.exists() else missing("s3rver (make test installs it with npm)")


def missing(part: str) -> NoReturn:
    """Skip the test at hand, or fail it where all must run."""
    if os.environ.get("LAVOIR_TEST_REQUIRE_ALL") == "1":
        pytest.fail(f"LAVOIR_TEST_REQUIRE_ALL=1, and this part is missing: {part}", pytrace=False)
    pytest.skip(f"missing: {part}")
