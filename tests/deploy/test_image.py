"""deploy/Dockerfile: every step executed, and a village in the image, from its set-up back to its backup."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.checkout import copy_checkout
from tests.deploy.image import Container, Image, built_image
from tests.deploy.roots import needs

pytestmark = pytest.mark.timeout(1500)  # seconds; the first run fetches a whole Debian

SETTINGS = {"LAVOIR_ORIGIN": "https://village.example"}
HOME = 'import urllib.request as web; print(web.urlopen("http://127.0.0.1:8000/").read().decode())'


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    needs("mmdebstrap", "systemd-nspawn", "buildah")
    with built_image(copy_checkout(tmp_path_factory.mktemp("clone") / "lavoir")) as image:
        yield image


def test_the_image_holds_the_program_and_not_what_built_it(image: Image) -> None:
    program = image.root / "opt/lavoir/bin"
    assert (program / "lavoir").exists()
    assert not (program / "pip").exists()
    assert not (image.root / "source").exists()
    assert not (image.root / "opt/build").exists()
    assert list((image.root / "var/lib/apt/lists").iterdir()) == []
    assert list(image.root.glob("usr/bin/pg_dump"))
    writable = ["find", str(image.root), "-xdev", "-user", "10001", "!", "-path", f"{image.root}/data"]
    assert subprocess.run(writable, check=True, capture_output=True, timeout=60).stdout == b""


def test_a_village_lives_in_it_without_rights_and_comes_back_from_its_backup(
    image: Image, tmp_path: Path
) -> None:
    container = Container(image, tmp_path / "data", SETTINGS)
    with container.running():
        assert "https://village.example/setup?key=" in container.told()
        rights = container.rights()
        assert "Uid:\t10001\t10001" in rights
        assert "CapBnd:\t0000000000000000" in rights
        for place in ("/opt/lavoir/x", "/etc/x", "/x"):
            assert "Read-only file system" in container.run("touch", place, status=1)
        container.run("lavoir", "setup", "--name=Die", "--handle=die", "--admin-email=mairie@die.example")
        container.run("lavoir", "backup", "/data/die.tar")
    lost = Container(image, tmp_path / "lost", SETTINGS)
    (tmp_path / "data" / "die.tar").rename(tmp_path / "lost" / "die.tar")
    lost.once("restore", "/data/die.tar")
    with lost.running():
        assert "Die" in lost.run("python3", "-c", HOME)
        findings = json.loads(lost.run("lavoir", "doctor", "--json"))
        assert [finding["what"] for finding in findings if not finding["well"]] == []


def test_wrong_settings_end_it_with_one_line_and_status_2(image: Image, tmp_path: Path) -> None:
    wrong = Container(image, tmp_path / "data", {"LAVOIR_ORIGIN": "http://village.example"})
    with pytest.raises(AssertionError, match=r"\A2\n") as refused:
        wrong.once("serve")
    assert "LAVOIR_ORIGIN: use https://" in str(refused.value)
    assert list((tmp_path / "data").iterdir()) == []
