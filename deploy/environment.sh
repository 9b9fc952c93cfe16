#!/bin/sh
# Makes a Python environment with the Lavoir of this checkout in it, each package as the lock files say:
#   deploy/environment.sh FOLDER
# The folder is whole when this ends with status 0, and cannot be moved: its programs know their place.
set -eu

target=$1
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

install_into() {
    environment=$1
    shift
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

umask 022
python3 -m venv --clear "$target"
python3 -m venv --clear "$work/build"
install_into "$target" --require-hashes --requirement "$source/requirements.lock"
install_into "$work/build" --require-hashes --requirement "$source/requirements-build.lock"
"$work/build/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
    --wheel-dir "$work" "$source"
install_into "$target" --no-deps "$work"/*.whl
