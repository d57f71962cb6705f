#!/usr/bin/env bash
# A private PostgreSQL for the tests: on a Unix socket in a folder of its own, never on a network port.
#   tests/postgres.sh start   starts it, if it does not run, and prints its address (and nothing else)
#   tests/postgres.sh stop    stops it and removes its folder
# EVENFIELD_POSTGRES_DIR is the folder; by default each checkout has its own under /tmp.
set -euo pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
folder=${EVENFIELD_POSTGRES_DIR:-/tmp/evenfield-postgres-$(id -u)-$(printf %s "$checkout" | cksum | cut -d' ' -f1)}
port=5432 # names the socket file only

find_programs() {
    local candidate
    for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) $(dirname "$(command -v initdb || echo /none/initdb)"); do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ]; then
            echo "$candidate"
            return
        fi
    done
}

install() {
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    echo "installing PostgreSQL" >&2
    # Only the programs: no server of the system's own is made or started.
    $sudo mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.d/evenfield.conf >/dev/null
    { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql; } >&2
}

# PostgreSQL refuses to run as root: then the user `postgres` runs it.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups "$@")
    else
        "$@"
    fi
}

start() {
    local bin
    bin=$(find_programs)
    if [ -z "$bin" ]; then
        install
        bin=$(find_programs)
    fi
    [ -n "$bin" ] || { echo "no initdb and pg_ctl found; install postgresql" >&2; exit 1; }
    exec 9>"$folder.lock"
    flock 9
    if ! as_owner "$bin/pg_ctl" -D "$folder/data" status >/dev/null 2>&1; then
        rm -rf "$folder"
        mkdir -m 700 "$folder"
        [ "$(id -u)" = 0 ] && chown postgres: "$folder"
        # American English collation, as a server out there has: it sorts otherwise than SQLite does.
        as_owner "$bin/initdb" -D "$folder/data" -U evenfield --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
            --locale-provider=icu --icu-locale=en-US >"$folder.log" 2>&1 9>&- \
            || { cat "$folder.log" >&2; exit 1; }
        # The data are thrown away, so nothing waits for the disk.
        as_owner "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
            -o "-k $folder -p $port -c listen_addresses='' -c max_connections=400 -c fsync=off -c full_page_writes=off -c synchronous_commit=off" \
            start >>"$folder.log" 2>&1 9>&- || { cat "$folder.log" "$folder/log" >&2; exit 1; }
    fi
    echo "postgres://evenfield@localhost:$port/postgres?host=$folder"
}

stop() {
    local bin
    bin=$(find_programs)
    [ -n "$bin" ] && [ -d "$folder/data" ] && as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$folder" "$folder.log" "$folder.lock"
}

case "${1:-}" in
start) start ;;
stop) stop ;;
*) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac
