#!/bin/sh
# The parts of the system that tests use beside Python: a PostgreSQL server, Chromium, the library
# that Playwright's driver and Node need, npm for axe-core and Fedify, and what builds and boots a clean
# Debian. As root on Debian or Ubuntu the missing ones are installed; otherwise they are
# named in one line, and the tests that need them are skipped with that reason.
set -u

found() {
    for name in "$@"; do command -v "$name" >/dev/null 2>&1 && return; done
    return 1
}

exists() {
    for path in "$@"; do [ -e "$path" ] && return; done
    return 1
}

missing() {
    found initdb /usr/lib/postgresql/*/bin/initdb || echo postgresql
    # Chromium without windows: a page takes half the time. Tests take an ordinary one where there is no other.
    found chromium-headless-shell || echo chromium-headless-shell
    exists /usr/lib/*/libatomic.so.1 /usr/lib*/libatomic.so.1 || echo libatomic1
    { found npm && found node; } || echo npm
    # for a clean root, the image and the files of deploy/
    found mmdebstrap || echo mmdebstrap
    exists /usr/share/keyrings/debian-archive-keyring.* || echo debian-archive-keyring
    found systemd-nspawn || echo systemd-container
    found buildah || echo buildah
    found shellcheck || echo shellcheck
    found docker-compose || echo docker-compose
}

parts=$(missing | xargs)
[ -z "$parts" ] && exit 0
if [ "$(id -u)" = 0 ] && found apt-get; then
    echo "Installing what the tests need from the system: $parts"
    export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
    # shellcheck disable=SC2086  # one word for each package
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $parts; } >/dev/null
    parts=$(missing | xargs)
    [ -z "$parts" ] && exit 0
fi
echo "Missing for some tests, which are skipped or slower: $parts (Debian: apt-get install $parts)" >&2
