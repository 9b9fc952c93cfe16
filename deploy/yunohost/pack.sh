#!/bin/sh
# Makes the YunoHost package from this checkout: deploy/yunohost/pack.sh FOLDER
# Then, on the machine: yunohost app install FOLDER (and later: yunohost app upgrade lavoir --file FOLDER)
set -eu

[ $# = 1 ] || { echo "usage: deploy/yunohost/pack.sh FOLDER" >&2 && exit 2; }
[ ! -e "$1" ] || { echo "pack.sh: $1 is there already" >&2 && exit 2; }
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1/sources"
cp -R "$source/deploy/yunohost/manifest.toml" "$source/deploy/yunohost/scripts" "$source/deploy/yunohost/conf" "$1/"
cp "$source/LICENSE" "$1/"
# always the same bytes from the same files
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --exclude=__pycache__ -C "$source" -cf - \
    federation hub templates deploy pyproject.toml README.md LICENSE requirements.lock requirements-build.lock |
    gzip -n >"$1/sources/lavoir.tar.gz"
