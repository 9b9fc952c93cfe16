#!/bin/sh
# Says in one line why a Python cannot make Lavoir's virtual environment, or makes it able to:
# Debian and Ubuntu keep venv in a package of its own.
set -u
python=${1:-python3}

if ! command -v "$python" >/dev/null 2>&1; then
    echo "Lavoir needs Python 3.11 or newer, and there is no '$python' here (Debian: apt-get install python3 python3-venv)." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Lavoir needs Python 3.11 or newer, and '$python' is $("$python" --version 2>&1). With another one: make PYTHON=python3.12 …" >&2
    exit 1
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing ${python##*/}-venv"
    export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${python##*/}-venv"; } >/dev/null
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null && exit 0
echo "Lavoir needs Python's venv, which '$python' lacks (Debian: apt-get install ${python##*/}-venv)." >&2
exit 1
