#!/bin/sh
# Lavoir on a bare Debian (12 or newer) or Ubuntu (24.04 or newer), from a checkout of it, as root:
#
#   deploy/install.sh --domain village.example [--smtp-url smtp://…] [--village NAME] [--no-proxy]
#       sets up one village: its user, its settings, its service, and Caddy before it for TLS.
#       --village NAME: one of many villages on this machine, with a user and a folder of its own.
#       --no-proxy: there is a web server already (see deploy/nginx.conf).
#   deploy/install.sh
#       brings every village of this machine to the version of the checkout. A version that does not
#       start is taken back.
#
# Run again, it changes only what is not yet so; settings that were written by hand stay.
set -eu

source=$(cd "$(dirname "$0")" && pwd)
releases=/opt/lavoir/releases
current=/opt/lavoir/current
wait_for=120 # seconds until a village has to answer

fail() {
    echo "install.sh: $1" >&2
    exit 2
}

usage() {
    sed -n '3,13s/^# \{0,1\}//p' "$0"
    exit "$1"
}

read_arguments() {
    domain='' smtp_url='' village='' proxy=yes
    while [ $# -gt 0 ]; do
        case $1 in
        --domain | --smtp-url | --village)
            [ $# -ge 2 ] || fail "$1 needs a value"
            case $1 in
            --domain) domain=$2 ;;
            --smtp-url) smtp_url=$2 ;;
            --village) village=$2 ;;
            esac
            shift 2
            ;;
        --no-proxy)
            proxy=no
            shift
            ;;
        -h | --help) usage 0 ;;
        *) fail "what is $1? deploy/install.sh --help tells what there is" ;;
        esac
    done
}

check_arguments() {
    name=lavoir${village:+-$village}
    unit=lavoir${village:+@$village}
    settings=/etc/lavoir/$name.env
    # more than 24 letters make the user's name longer than systems take
    echo "$village" | grep -Eq '^([a-z][a-z0-9-]{0,23})?$' || fail "--village: small letters, digits and -, at most 24"
    echo "$domain" | grep -Eq '^(([a-z0-9-]+\.)+[a-z0-9-]+)?$' || fail "--domain: write it like village.example"
    [ -n "$domain" ] || [ -z "$village$smtp_url" ] || fail "--domain is missing: the village's own"
    [ -n "$domain" ] || ls /etc/lavoir/*.env >/dev/null 2>&1 || usage 2
}

check_machine() {
    [ "$(id -u)" = 0 ] || fail "only root may install (sudo deploy/install.sh …)"
    command -v apt-get >/dev/null || fail "this is for Debian and Ubuntu"
    [ -d /run/systemd/system ] || fail "this is for machines that systemd runs; for others there is the image"
}

install_packages() {
    packages="ca-certificates python3 python3-venv"
    [ -z "$domain" ] || [ $proxy = no ] || packages="$packages caddy"
    # shellcheck disable=SC2086 # one word for each package
    there=$(dpkg-query --show --showformat '${Status}\n' $packages 2>/dev/null | grep -c '^install ok installed' || true)
    [ "$there" != "$(echo "$packages" | wc -w)" ] || return 0
    echo "Installing from the system: $packages"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $packages >/dev/null
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Lavoir needs Python 3.11 or newer"
}

# A release is named for its version and for all that it is made of, this machine's Python included.
build_release() {
    version=$(sed -n 's/^__version__ = "\([^"]*\)".*/\1/p' "$source/../hub/__init__.py")
    made_of=$(
        cd "$source/.."
        {
            python3 -VV
            find federation hub templates deploy/environment.sh pyproject.toml README.md LICENSE requirements*.lock \
                -type f ! -name '*.pyc' -exec sha256sum {} + | sort -k 2
        } | sha256sum | cut -c 1-12
    )
    release=$releases/$version-$made_of
    [ ! -e "$release/.complete" ] || return 0
    echo "Building Lavoir $version in $release"
    mkdir -p $releases
    "$source/environment.sh" "$release"
    touch "$release/.complete"
}

put_units() {
    for each in lavoir.service lavoir@.service; do
        cmp -s "$source/$each" "/etc/systemd/system/$each" && continue
        [ ! -e "/etc/systemd/system/$each" ] || cp -p "/etc/systemd/system/$each" "$releases/../$each.before"
        install -m 0644 "$source/$each" /etc/systemd/system/
        changed=yes
    done
    install -m 0755 "$source/lavoir" /usr/local/bin/lavoir
    systemctl daemon-reload
}

set_up_village() {
    getent passwd "$name" >/dev/null || useradd --system --user-group --home-dir "/var/lib/$name" --shell /usr/sbin/nologin "$name"
    [ "$name" = lavoir ] || ln -sf lavoir "/usr/local/bin/$name"
    [ -e "$settings" ] || write_settings
    grep -qx "LAVOIR_ORIGIN=https://$domain" "$settings" || fail "--domain: $settings has another address, and it is final"
    systemctl enable --quiet "$unit"
}

write_settings() {
    install -d -m 0755 /etc/lavoir
    install -m 0600 /dev/null "$settings.new" # it may hold passwords
    {
        echo "# The settings of $domain; docs/admin/settings.md explains each. Afterwards: systemctl restart $unit"
        echo "LAVOIR_ORIGIN=https://$domain"
        echo "LAVOIR_BIND=127.0.0.1:$(free_port)"
        [ -z "$smtp_url" ] || echo "LAVOIR_SMTP_URL=$smtp_url"
        [ -n "$smtp_url" ] || grep '^#LAVOIR_SMTP_URL=' "$source/env.example"
        echo
        sed -n '/^# What a village may want/,$p' "$source/env.example"
    } >"$settings.new"
    mv "$settings.new" "$settings"
}

# The first from 8000 on that no village of this machine has, and no other program.
free_port() {
    port=8000
    while grep -qsx "LAVOIR_BIND=127.0.0.1:$port" /etc/lavoir/*.env || ! can_listen $port; do port=$((port + 1)); done
    echo $port
}

can_listen() { python3 -c 'import socket, sys; socket.create_server(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null; }

bind_of() { sed -n 's/^LAVOIR_BIND=//p' "$1" | tail -n 1; }

put_before_it() {
    site=/etc/caddy/sites/$name.caddy
    install -d -m 0755 /etc/caddy/sites
    [ -e "$site" ] || sed -e "s/{\$DOMAIN}/$domain/" -e "s/{\$HUB}/$(bind_of "$settings")/" "$source/Caddyfile" >"$site"
    grep -qsx 'import sites/\*.caddy' /etc/caddy/Caddyfile || echo 'import sites/*.caddy' >>/etc/caddy/Caddyfile
    caddy validate --config /etc/caddy/Caddyfile >/dev/null 2>&1 || fail "Caddy does not take /etc/caddy/Caddyfile: caddy validate --config /etc/caddy/Caddyfile"
    systemctl enable --quiet caddy
    systemctl reload-or-restart caddy 2>/dev/null || fail "Caddy does not start: is another web server on port 80 or 443 (then --no-proxy)? journalctl -u caddy"
}

switch_to() {
    ln -sfn "$1" "$current.new"
    mv -T "$current.new" $current
}

# The services of the villages that are set up here.
villages() {
    for link in /etc/systemd/system/multi-user.target.wants/lavoir.service /etc/systemd/system/multi-user.target.wants/lavoir@*.service; do
        [ ! -L "$link" ] || basename "$link"
    done
}

answers() {
    "$current/bin/python" -c 'import sys, urllib.request as web; web.urlopen(f"http://{sys.argv[1]}/health", timeout=5)' "$1" 2>/dev/null
}

wait_until_well() {
    each=$1
    tag=${each%.service}
    bind=$(bind_of "/etc/lavoir/$(echo "$tag" | tr @ -).env")
    seconds=$wait_for
    until answers "$bind"; do
        # it ended and was started again: it will not come up by waiting
        [ "$(systemctl show --property=NRestarts --value "$each")" -lt 2 ] || return 1
        ! systemctl is-failed --quiet "$each" || return 1
        seconds=$((seconds - 1))
        [ $seconds -gt 0 ] || return 1
        sleep 1
    done
}

who_answers() {
    for each in $(villages); do
        ! answers "$(bind_of "/etc/lavoir/$(echo "${each%.service}" | tr @ -).env")" || echo "$each"
    done
}

# Every village that answered before answers again, and the one that is set up now.
start_villages() {
    for each in $(villages); do
        systemctl reset-failed "$each" 2>/dev/null || true
        if [ $changed = yes ]; then systemctl restart "$each"; else systemctl start "$each"; fi
    done
    for each in $(villages); do
        wait_until_well "$each" && continue
        broken=$each
        echo "$answering" | grep -qx "$each" && return 1
        [ -z "$domain" ] || [ "$each" != "$unit.service" ] || return 1
        echo "install.sh: $each does not answer, and did not before" >&2
    done
}

take_back() {
    echo "install.sh: $broken does not answer; its last words:" >&2
    journalctl --unit "$broken" --lines 15 --output cat --no-pager >&2 || true
    for each in lavoir.service lavoir@.service; do
        [ ! -e "$releases/../$each.before" ] || mv "$releases/../$each.before" "/etc/systemd/system/$each"
    done
    systemctl daemon-reload
    [ -n "$previous" ] && [ "$previous" != "$release" ] || exit 1
    switch_to "$previous"
    changed=yes
    start_villages || true
    echo "install.sh: back at $previous. Where it says that a database is newer, restore the backup from before" >&2
    echo "the update: docs/admin/upgrade.md" >&2
    exit 1
}

forget_old_releases() {
    rm -f "$releases"/../*.before
    [ "$previous" != "$release" ] || return 0 # nothing new: the one before stays to go back to
    for each in "$releases"/*; do
        [ "$each" = "$release" ] || [ "$each" = "$previous" ] || rm -rf "$each"
    done
}

# The address of the set-up as a site knows it, until somebody has used it.
is_open() {
    "$current/bin/python" -c 'import sys, urllib.request as web; web.urlopen(f"http://{sys.argv[1]}/setup?{sys.argv[2]}", timeout=30)' \
        "$(bind_of "$settings")" "${1#*\?}" 2>/dev/null
}

say_what_is_next() {
    for each in $(villages); do echo "$each runs Lavoir ${release##*/}"; done
    [ -n "$domain" ] || return 0
    link=$(journalctl --unit "$unit" --output cat --no-pager | grep -F '/setup?key=' | tail -n 1 || true)
    if [ -n "$link" ] && is_open "$link"; then
        echo "Set the village up here, within a week:"
        echo "$link"
    else
        echo "The village is at https://$domain"
    fi
}

main() {
    read_arguments "$@"
    check_arguments
    check_machine
    install_packages
    build_release
    changed=no
    answering=$(who_answers)
    put_units
    [ -z "$domain" ] || set_up_village
    previous=$(readlink $current || true)
    [ "$previous" = "$release" ] || changed=yes
    switch_to "$release"
    start_villages || take_back
    [ -z "$domain" ] || [ $proxy = no ] || put_before_it
    forget_old_releases
    say_what_is_next
}

main "$@"
