#!/bin/sh
# Makes a Python environment with the Lavoir of this checkout in it, each package as the lock files say:
#   deploy/environment.sh FOLDER
# The folder is whole when this ends with status 0, and cannot be moved: its programs know their place.
# It has no pip: that of the environment that builds Lavoir, and goes afterwards, fills this one, too.
set -eu

target=$1
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pip() { "$work/build/bin/python" -m pip --disable-pip-version-check "$@"; }
install_packages() { pip --python "$target" install --quiet "$@"; }

umask 022
python3 -m venv --clear --without-pip "$target"
python3 -m venv --clear "$work/build"
pip install --quiet --no-compile --require-hashes --requirement "$source/requirements-build.lock"
pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work" "$source"
install_packages --require-hashes --requirement "$source/requirements.lock"
install_packages --no-deps "$work"/*.whl
