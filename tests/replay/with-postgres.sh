#!/usr/bin/env bash
# usage: with-postgres.sh COMMAND [ARGUMENT…]
# Runs a command next to a PostgreSQL server of its own, and stops the server when the command has ended.
#
# The server listens on loopback only, on a free port, with max_connections = 100, and keeps its data in a temporary
# folder. The command finds PGHOST, PGPORT, PGUSER, PGDATABASE, DATABASE_URL and POSTGRES_LOG in its environment.
# The exit code is that of the command, or 77 where no server is installed.
set -euo pipefail

binaries() {
    local newest
    newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    if [ -x "$newest/initdb" ]; then
        echo "$newest"
    elif command -v initdb >/dev/null; then
        dirname "$(command -v initdb)"
    fi
}

# initdb and postgres refuse to run as root.
as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

stop() {
    [ ! -e "$data/postmaster.pid" ] || as_server "$bin/pg_ctl" stop --silent -D "$data" -m immediate || true
    rm -rf "$folder"
}

# The first port that the server can have: another process may hold any of them.
start() {
    local port
    for _ in $(seq 20); do
        port=$((20000 + RANDOM % 12000))
        if as_server "$bin/pg_ctl" start --silent -w -D "$data" -l "$folder/log" -o "-p $port -k $folder" \
            >/dev/null 2>&1; then
            echo "$port"
            return
        fi
    done
    echo "PostgreSQL does not start:" >&2
    tail -n 20 "$folder/log" >&2
    return 1
}

bin=$(binaries)
if [ -z "$bin" ]; then
    echo "no PostgreSQL server is installed (Debian's package \`postgresql\`)" >&2
    exit 77
fi
folder=$(mktemp -d)
data=$folder/data
trap stop EXIT
trap 'exit 130' INT TERM
[ "$(id -u)" -ne 0 ] || chown postgres: "$folder"
as_server "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
as_server tee -a "$data/postgresql.conf" >/dev/null <<'SETTINGS'
listen_addresses = '127.0.0.1'
max_connections = 100
shared_preload_libraries = 'pg_stat_statements'
logging_collector = off
log_connections = on
log_line_prefix = '%m [%p] %u@%d '
fsync = off
SETTINGS
port=$(start)
chmod 755 "$folder"

export PGHOST=127.0.0.1 PGPORT=$port PGUSER=postgres PGDATABASE=postgres POSTGRES_LOG=$folder/log
export DATABASE_URL=postgres://postgres@127.0.0.1:$port/postgres
code=0
"$@" || code=$?
exit "$code"
