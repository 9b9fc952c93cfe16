#!/bin/bash
# What several of the scripts do. The variables ($app, $install_dir, $data_dir, …) come from YunoHost.
# shellcheck disable=SC2154

# Puts the program of this package into an environment beside the old one, and takes its place once it is whole.
set_up_program() {
    local package=$1
    rm -rf "$install_dir/source"
    mkdir -p "$install_dir/source"
    tar -xzf "$package/sources/lavoir.tar.gz" -C "$install_dir/source"
    # an environment knows its own place, so the newest one is named by a link
    local new
    new="$install_dir/program-$(date +%Y%m%d%H%M%S)"
    "$install_dir/source/deploy/environment.sh" "$new"
    ln -sfn "$new" "$install_dir/program"
    find "$install_dir" -maxdepth 1 -name 'program-*' ! -path "$new" -exec rm -rf {} +
    rm -rf "$install_dir/source"
}

# The command `lavoir` with the settings of this village, as its user.
as_village() {
    systemd-run --quiet --wait --pipe --collect --uid="$app" --gid="$app" \
        --property=EnvironmentFile="/etc/$app.env" --working-directory="$data_dir" \
        "$install_dir/program/bin/lavoir" "$@"
}

write_settings() {
    # shellcheck disable=SC2034 # the template names it
    main_domain=$(cat /etc/yunohost/current_host)
    ynh_config_add --template="env" --destination="/etc/$app.env"
    chown root:root "/etc/$app.env"
    chmod 600 "/etc/$app.env" # systemd reads it, and it holds a password
}

introduce_service() {
    yunohost service add "$app" --description="Lavoir, the community hub of a village"
}
