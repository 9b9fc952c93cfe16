#!/bin/bash
# The commands of YunoHost (helpers 2.1) that the scripts of deploy/yunohost call, as its documentation describes
# them: files, services and places are real, only YunoHost's own registers are not there.
# shellcheck disable=SC2154 # the variables come from YunoHost
set -eu

argument() {
    local name=$1 each
    shift
    for each in "$@"; do [[ $each != --$name=* ]] || echo "${each#*=}"; done
}

filled() {
    sed -e "s#__APP__#$app#g; s#__DOMAIN__#$domain#g; s#__PORT__#$port#g; s#__DATA_DIR__#$data_dir#g" \
        -e "s#__INSTALL_DIR__#$install_dir#g; s#__MAIL_PWD__#$mail_pwd#g; s#__MAIN_DOMAIN__#${main_domain:-}#g" "$1"
}

nginx_of() { echo "/etc/nginx/conf.d/$1.d/$app.conf"; }

ynh_script_progression() { echo "$1"; }
ynh_print_info() { echo "$1"; }
ynh_die() { echo "$1" >&2 && exit 1; }
ynh_hide_warnings() { "$@" 2>/dev/null; }
ynh_safe_rm() { rm -rf "$1"; }
ynh_config_add() { filled "../conf/$(argument template "$@")" >"$(argument destination "$@")"; }

ynh_config_add_nginx() {
    mkdir -p "$(dirname "$(nginx_of "$domain")")"
    filled ../conf/nginx.conf >"$(nginx_of "$domain")"
}
ynh_config_remove_nginx() { rm "$(nginx_of "$domain")"; }
ynh_config_change_url_nginx() {
    mkdir -p "$(dirname "$(nginx_of "$new_domain")")"
    mv "$(nginx_of "$old_domain")" "$(nginx_of "$new_domain")"
}

ynh_config_add_systemd() {
    filled ../conf/systemd.service >"/etc/systemd/system/$app.service"
    systemctl daemon-reload
    systemctl enable --quiet "$app"
}
ynh_config_remove_systemd() {
    systemctl disable --quiet --now "$app"
    rm "/etc/systemd/system/$app.service"
    systemctl daemon-reload
}
ynh_systemctl() {
    local service words
    service=$(argument service "$@")
    words=$(argument wait_until "$@")
    [ "$service" != nginx ] || return 0
    systemctl "$(argument action "$@")" "$service"
    [ -z "$words" ] || for _ in $(seq 120); do
        journalctl --quiet --unit "$service" --output cat "_SYSTEMD_INVOCATION_ID=$(systemctl show --property=InvocationID --value "$service")" |
            grep -q "$words" && return 0
        sleep 0.5
    done
    [ -z "$words" ]
}

# As they are, and the folders above them untouched.
ynh_backup() {
    echo "${1#/}" >>paths
    tar -C / -cf - "${1#/}" | tar -xpf -
}
ynh_restore_everything() { tar -cf - --files-from=paths | tar -C / -xpf -; }
yunohost() { :; }
