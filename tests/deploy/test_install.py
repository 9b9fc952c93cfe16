"""deploy/install.sh on a bare Debian 12 that systemd runs: installed, used, broken, updated, restarted.

One machine for all tests of this file; they follow one another as its days do.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.checkout import copy_checkout
from tests.deploy.machine import Machine
from tests.deploy.roots import needs

pytestmark = pytest.mark.timeout(1500)  # seconds; the first run fetches a whole Debian

INSTALL = "/srv/lavoir/deploy/install.sh"
SERVICE = "lavoir.service"
AUTHORITY = "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"
ASK = str(Path(__file__).with_name("ask.py"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("clone") / "lavoir")


@pytest.fixture(scope="module")
def machine(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine where `deploy/install.sh --domain …` was typed once, and nothing else."""
    needs("mmdebstrap", "systemd-nspawn")
    with Machine(tmp_path_factory.mktemp("machine"), "bookworm", name="installed") as machine:
        machine.start(shown=[f"--bind-ro={checkout}:/srv/lavoir"])
        told = machine.run(INSTALL, "--domain", "saillans.localhost", within=900).stdout
        assert "https://saillans.localhost/setup?key=" in told
        yield machine


def ask(machine: Machine, url: str) -> str:
    copy = machine.folder / "authority.crt"
    copy.write_bytes(machine.path(AUTHORITY).read_bytes())
    return machine.reach(sys.executable, ASK, url, str(copy))


def main_process(machine: Machine, service: str = SERVICE) -> str:
    return machine.run("systemctl", "show", "--property=MainPID", "--value", service).stdout.strip()


def test_a_village_is_set_up_and_answers_over_tls_on_its_own_domain(machine: Machine) -> None:
    machine.run(
        "lavoir", "setup", "--name=Saillans", "--handle=saillans", "--admin-email=mairie@saillans.example"
    )
    assert machine.run("systemctl", "is-enabled", SERVICE, "caddy").stdout.split() == ["enabled", "enabled"]
    page = ask(machine, "https://saillans.localhost/")
    assert page.startswith("200 ")
    assert "Saillans" in page
    assert ask(machine, "https://saillans.localhost/health").startswith("200 ok")


def test_the_service_may_reach_its_folder_and_nothing_else_of_the_machine(machine: Machine) -> None:
    pid = main_process(machine)
    rights = machine.run("cat", f"/proc/{pid}/status").stdout
    assert "CapBnd:\t0000000000000000" in rights
    assert "NoNewPrivs:\t1" in rights
    assert "Seccomp:\t2" in rights
    owner = machine.run("stat", "--format=%U %a", "/var/lib/lavoir", "/etc/lavoir/lavoir.env").stdout
    assert owner.split("\n")[:2] == ["lavoir 700", "root 600"]
    inside = ["nsenter", f"--target={pid}", "--mount", "--", "sh", "-c"]
    assert machine.run(*inside, "touch /var/lib/lavoir/x && rm /var/lib/lavoir/x").returncode == 0
    for place in ("/opt/lavoir/x", "/etc/lavoir/x", "/usr/x", "/root/x", "/home/x"):
        assert machine.run(*inside, f"touch {place}", status=None).returncode != 0, place
    exposure = machine.run("systemd-analyze", "security", "--threshold=15", SERVICE)
    assert "OK" in exposure.stdout


def test_a_village_that_was_deleted_is_back_from_its_backup(machine: Machine) -> None:
    machine.run("lavoir", "backup", "/var/lib/lavoir/saillans.tar")
    machine.run("mv", "/var/lib/lavoir/saillans.tar", "/root/")
    machine.run("systemctl", "stop", SERVICE)
    machine.run("sh", "-c", "rm -r /var/lib/lavoir/*")
    machine.run("install", "--owner=lavoir", "--mode=0600", "/root/saillans.tar", "/var/lib/lavoir/")
    machine.run("lavoir", "restore", "/var/lib/lavoir/saillans.tar")
    machine.run("systemctl", "start", SERVICE)
    assert "Saillans" in ask(machine, "https://saillans.localhost/")  # Caddy waits until it has started
    assert machine.run("lavoir", "doctor", status=None).stdout.count("BAD") == 0


def test_typed_again_it_changes_nothing_and_keeps_what_was_written_by_hand(machine: Machine) -> None:
    before = main_process(machine)
    settings = machine.path("/etc/lavoir/lavoir.env")
    settings.write_text(settings.read_text() + "LAVOIR_LOG=json\n")
    written = settings.read_text()
    told = machine.run(INSTALL, "--domain", "saillans.localhost").stdout
    assert told.endswith("The village is at https://saillans.localhost\n")
    assert main_process(machine) == before
    assert settings.read_text() == written


def test_a_second_village_lives_beside_the_first_one(machine: Machine) -> None:
    machine.run(INSTALL, "--domain", "die.localhost", "--village", "die")
    machine.run("lavoir-die", "setup", "--name=Die", "--handle=die", "--admin-email=mairie@die.example")
    assert "Die" in ask(machine, "https://die.localhost/")
    assert "Saillans" in ask(machine, "https://saillans.localhost/")
    folders = machine.run("stat", "--format=%U %a", "/var/lib/lavoir", "/var/lib/lavoir-die").stdout
    assert folders.split("\n")[:2] == ["lavoir 700", "lavoir-die 700"]


def test_a_village_whose_settings_or_database_were_wrong_is_back_once_they_are_right(
    machine: Machine,
) -> None:
    settings = machine.path("/etc/lavoir/lavoir-die.env")
    right = settings.read_text()
    settings.write_text(right + "LAVOIR_DATABASE_URL=postgres://lavoir@127.0.0.1:9/die\n")
    machine.run("systemctl", "restart", "lavoir@die.service")
    was_tried_again = (
        'until [ "$(systemctl show --property=NRestarts --value lavoir@die)" -ge 1 ]; do sleep 1; done'
    )
    machine.run("sh", "-c", was_tried_again)
    settings.write_text(right)
    assert "Die" in ask(machine, "https://die.localhost/")


def test_a_release_that_does_not_start_is_taken_back(machine: Machine, checkout: Path) -> None:
    module = checkout / "hub" / "serve.py"
    good = module.read_text()
    module.write_text(good + '\nraise RuntimeError("a fault of ours")\n')
    try:
        refused = machine.run(INSTALL, within=900, status=1)
    finally:
        module.write_text(good)
    assert "a fault of ours" in refused.stderr
    assert "install.sh: back at /opt/lavoir/releases/" in refused.stderr
    for domain in ("saillans", "die"):
        assert ask(machine, f"https://{domain}.localhost/health").startswith("200 ok")


def test_a_new_release_reaches_every_village_and_one_is_kept_to_go_back(
    machine: Machine, checkout: Path
) -> None:
    module = checkout / "hub" / "__init__.py"
    module.write_text(re.sub(r'__version__ = ".*"', '__version__ = "9.9.9"', module.read_text()))
    told = machine.run(INSTALL, within=900).stdout
    assert "lavoir.service runs Lavoir 9.9.9-" in told
    assert "lavoir@die.service runs Lavoir 9.9.9-" in told
    assert len(machine.run("ls", "/opt/lavoir/releases").stdout.split()) == 2
    assert machine.run("lavoir", "--version").stdout.strip() == "lavoir 9.9.9"


def test_nginx_takes_the_example_and_passes_the_village_on(machine: Machine) -> None:
    machine.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "nginx-light", "openssl")
    here = "/etc/letsencrypt/live/village.example"
    machine.run("mkdir", "-p", here)
    key, certificate = f"{here}/privkey.pem", f"{here}/fullchain.pem"
    subject = ["-subj", "/CN=village.example", "-addext", "subjectAltName=DNS:village.example"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject]
    machine.run(*make, "-keyout", key, "-out", certificate)
    machine.run("rm", "/etc/nginx/sites-enabled/default")
    machine.run("cp", "/srv/lavoir/deploy/nginx.conf", "/etc/nginx/sites-enabled/lavoir")
    machine.run("nginx", "-t")
    machine.run("systemctl", "stop", "caddy")
    try:
        machine.run("systemctl", "restart", "nginx")
        copy = machine.folder / "village.crt"
        copy.write_bytes(machine.path(certificate).read_bytes())
        page = machine.reach(sys.executable, ASK, "https://village.example/", str(copy))
        assert page.startswith("200 ")
        assert "Saillans" in page
        assert machine.reach(sys.executable, ASK, "http://village.example/").startswith("301")
    finally:
        machine.run("systemctl", "disable", "--now", "nginx")
        machine.run("systemctl", "start", "caddy")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--domain", "https://saillans.example"], "--domain: write it like village.example"),
        (["--domain", "x.example", "--village", "Châteauneuf"], "--village: small letters"),
        (["--village", "die"], "--domain is missing"),
        (["--domain"], "--domain needs a value"),
        (["--prot"], "what is --prot?"),
    ],
)
def test_a_wrong_argument_gets_one_line_and_changes_nothing(
    machine: Machine, arguments: list[str], told: str
) -> None:
    look = ["ls", "-R", "--full-time", "/etc/lavoir", "/etc/caddy", "/opt/lavoir/releases"]
    before = machine.run(*look).stdout
    refused = machine.run(INSTALL, *arguments, status=2)
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"install.sh: {told}")
    assert refused.stderr.count("\n") == 1
    assert machine.run(*look).stdout == before


def test_after_the_machine_was_restarted_every_village_is_there(machine: Machine) -> None:
    machine.stop()
    machine.start(network=False)  # the services are up without the network of that other day, too
    for domain in ("saillans", "die"):
        assert ask(machine, f"https://{domain}.localhost/health").startswith("200 ok")
