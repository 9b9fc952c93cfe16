"""The scripts of deploy/yunohost on a Debian 12 with its systemd; YunoHost's own commands are stand-ins."""

import sys
from pathlib import Path

import pytest

from tests.deploy.checkout import copy_checkout
from tests.deploy.machine import Machine
from tests.deploy.roots import needs

ASK = str(Path(__file__).with_name("ask.py"))
PACKAGES = ["python3", "python3-venv"]  # those of the manifest


@pytest.mark.timeout(1500)
def test_the_yunohost_package_is_installed_backed_up_removed_and_restored(tmp_path: Path) -> None:
    needs("mmdebstrap", "systemd-nspawn")
    checkout = copy_checkout(tmp_path / "clone")
    with Machine(tmp_path / "machine", "bookworm", name="yunohost") as machine:
        machine.start(shown=[f"--bind-ro={checkout}:/srv/lavoir"])
        machine.run("apt-get", "update", "-qq")
        machine.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES, within=600)
        live_through(machine)


def live_through(machine: Machine) -> None:
    package, backup = "/root/lavoir_ynh", "/root/archive/apps/hamlet"
    machine.run("/srv/lavoir/deploy/yunohost/pack.sh", package)
    helpers = Path(__file__).with_name("yunohost_helpers.sh").read_text()
    machine.run(
        "mkdir", "-p", "/usr/share/yunohost", "/etc/yunohost", f"{backup}/backup", f"{backup}/settings"
    )
    machine.path("/usr/share/yunohost/helpers").write_text(helpers)
    machine.path("/etc/yunohost/current_host").write_text("box.localhost\n")
    machine.run("cp", "-r", f"{package}/scripts", f"{package}/conf", f"{backup}/settings")

    def script(name: str, *, folder: str = f"{package}/scripts", status: int = 0) -> str:
        """As YunoHost calls it; the user and the folders are its to make."""
        settings = ["app=hamlet", "domain=hamlet.localhost", "port=8095", "mail_pwd=secret"]
        settings += ["install_dir=/var/www/hamlet", "data_dir=/home/yunohost.app/hamlet"]
        settings += ["old_domain=hamlet.localhost", "new_domain=town.localhost"]
        scripts = "../settings/scripts" if folder == f"{backup}/backup" else "."
        make = "getent passwd $app || useradd --system --user-group $app; install -d $install_dir $data_dir"
        steps = f"{make}; chown $app $data_dir; cd {folder} && exec bash {scripts}/{name}"
        done = machine.run("env", *settings, "sh", "-c", steps, within=600, status=status)
        return done.stdout + done.stderr

    assert "https://hamlet.localhost/setup?key=" in script("install")
    assert "https://town.localhost" in script("change_url")  # nobody knows it yet
    machine.run("sed", "-i", "s/town.localhost/hamlet.localhost/", "/etc/hamlet.env")
    nginx = "/etc/nginx/conf.d"
    machine.run("mv", f"{nginx}/town.localhost.d/hamlet.conf", f"{nginx}/hamlet.localhost.d/hamlet.conf")
    village = "app=hamlet data_dir=/home/yunohost.app/hamlet install_dir=/var/www/hamlet"
    words = "--name=Hameau --handle=hameau --admin-email=mairie@hameau.example"
    machine.run("bash", "-c", f"{village}; . {package}/scripts/_common.sh; as_village setup {words}")
    assert "the address stays" in script("change_url", status=1)
    script("backup", folder=f"{backup}/backup")
    script("remove")
    machine.run("rm", "-r", "/var/www/hamlet", "/home/yunohost.app/hamlet")
    script("restore", folder=f"{backup}/backup")
    assert "Hameau" in machine.reach(sys.executable, ASK, "http://hamlet.localhost:8095/")
    script("upgrade")
    assert "Hameau" in machine.reach(sys.executable, ASK, "http://hamlet.localhost:8095/")
    script("remove")
