"""The files of the repository that are installed, in a folder where a test may change them."""

import shutil
from pathlib import Path

from tests.site import ROOT

PARTS = ["deploy", "federation", "hub", "templates", "docker-compose.yml", ".dockerignore", "pyproject.toml"]
PARTS += ["README.md", "LICENSE", "requirements.lock", "requirements-build.lock"]


def copy_checkout(folder: Path) -> Path:
    """What a person has after a clone, as far as installing needs it."""
    folder.mkdir(parents=True)
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder
