#!/usr/bin/env bash
# What a newcomer meets: clone the last commit into an empty, closed home, `make run` until it is healthy, end it, and again warm.
# Once as root, once as `nobody`, who lends himself as the normal user. Debian, as root. Prints seconds and what was left running.
set -euo pipefail
set -m # each run gets a process group of its own, as on a terminal
project=$(cd "$(dirname "$0")/.." && pwd)
ports=(WEB_PORT="${WEB_PORT:-8200}" SIM_PORT="${SIM_PORT:-8201}" PHONE_PORT="${PHONE_PORT:-8202}" LIVE_PORT="${LIVE_PORT:-8203}" PG_PORT="${PG_PORT:-55460}" VALKEY_PORT="${VALKEY_PORT:-56460}")

wait_for() { # until the log says that it runs; the seconds that took
    local log=$1 process=$2 begun=$SECONDS
    until grep -q "Marque is running" "$log"; do
        kill -0 "$process" 2>/dev/null || { cat "$log" >&2; exit 1; }
        [ $((SECONDS - begun)) -lt 600 ] || { cat "$log" >&2; echo "not healthy after 600 s" >&2; exit 1; }
        sleep 0.2
    done
    echo $((SECONDS - begun))
}

try_as() {
    local user=$1 home begun left
    home=$(mktemp -d /var/tmp/marque-home-XXXXXX)
    chown "$user" "$home"
    chmod 700 "$home"
    local as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups env HOME="$home" "${ports[@]}")
    git -C "$project" bundle create --quiet "$home/project.bundle" HEAD
    chown "$user" "$home/project.bundle"
    (cd "$home" && "${as[@]}" git -c advice.detachedHead=false clone --quiet project.bundle marque)
    for temperature in cold warm; do
        (cd "$home/marque" && exec "${as[@]}" make run >"$home/$temperature.log" 2>&1) &
        local process=$!
        begun=$(wait_for "$home/$temperature.log" "$process")
        echo "$user, $temperature: $begun s"
        grep -E '^  [✓·]' "$home/$temperature.log"
        kill -INT -- "-$process" # the whole group, as Ctrl-C on a terminal does
        wait "$process" || true
        left=$(grep -lsz "MARQUE_STACK=$home" /proc/[0-9]*/environ | wc -l || true)
        echo "$user, $temperature: $left processes left"
        [ "$left" -eq 0 ]
    done
    (cd "$home/marque" && "${as[@]}" make clean >/dev/null)
    rm -rf "$home"
}

try_as root
try_as nobody
