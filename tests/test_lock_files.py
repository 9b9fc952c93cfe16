"""Lock files say exactly what is installed, and nothing about where it comes from."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"]
PASTURE = "tests/interop/pasture/requirements.lock"
NPM_LOCKS = [
    "tests/browser/package-lock.json",
    "tests/interop/fedify/package-lock.json",
    "tests/several/s3/package-lock.json",
]
REQUIREMENT = re.compile(r"([a-z0-9.-]+)==(\S+)( ; .+?)? \\((?:\n    --hash=sha256:[0-9a-f]{64}( \\)?)+)\n")


def pins(lock: str) -> dict[str, str]:
    return {match[1]: match[2] for match in REQUIREMENT.finditer((ROOT / lock).read_text())}


@pytest.mark.parametrize("lock", [*LOCKS, PASTURE])
def test_every_line_of_a_lock_file_is_an_exact_version_or_its_hash(lock: str) -> None:
    assert pins(lock)
    assert REQUIREMENT.sub("", (ROOT / lock).read_text()) == ""


@pytest.mark.parametrize("lock", [*LOCKS, PASTURE])
def test_no_lock_file_names_a_host(lock: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted", (ROOT / lock).read_text())


def npm_packages(lock: str) -> dict[str, dict[str, object]]:
    packages = json.loads((ROOT / lock).read_text())["packages"]
    return {name: package for name, package in packages.items() if name}


@pytest.mark.parametrize("lock", NPM_LOCKS)
def test_no_npm_package_says_where_it_comes_from(lock: str) -> None:
    assert [name for name, package in npm_packages(lock).items() if "resolved" in package] == []


@pytest.mark.parametrize("lock", NPM_LOCKS)
def test_every_npm_package_has_an_integrity(lock: str) -> None:
    assert [name for name, package in npm_packages(lock).items() if "integrity" not in package] == []


def test_developing_and_serving_use_the_same_versions() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_building_changes_no_version_of_developing() -> None:
    development = pins("requirements-dev.lock")
    shared = {
        name: version for name, version in pins("requirements-build.lock").items() if name in development
    }
    assert shared == {name: development[name] for name in shared}
