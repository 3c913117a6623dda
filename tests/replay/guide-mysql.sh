#!/usr/bin/env bash
# usage: guide-mysql.sh
# Runs every ```mysql block of docs/guide on a MariaDB server of its own, which Debian has in MySQL's place: on loopback,
# on a free port, with its data in a temporary folder. Skipped, with a message, where no such server is installed. Fails
# at the first block that the server refuses, and at one that yields fewer rows than it has statements.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PATH=$PATH:/usr/sbin
if ! command -v mariadbd >/dev/null || ! command -v mariadb-install-db >/dev/null; then
    echo "SKIPPED: the MySQL blocks of the guide: no MariaDB server is installed (Debian's package \`mariadb-server\`)"
    exit 0
fi

folder=$(mktemp -d)
server=
stop() {
    end
    rm -rf "$folder"
}
end() {
    if [ -n "$server" ]; then
        kill -9 "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
    fi
}
trap stop EXIT
trap 'exit 130' INT TERM

# mariadbd refuses to run as root, unless it is told to.
user=$(id -un)
mariadb-install-db --no-defaults --user="$user" --datadir="$folder/data" --auth-root-authentication-method=normal \
    --skip-test-db >"$folder/log" 2>&1
ask() {
    mariadb --no-defaults -u root -S "$folder/socket" "$@"
}
for _ in $(seq 20); do
    port=$((20000 + RANDOM % 12000))
    mariadbd --no-defaults --user="$user" --datadir="$folder/data" --socket="$folder/socket" --pid-file="$folder/pid" \
        --bind-address=127.0.0.1 --port="$port" >>"$folder/log" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        ! ask -e 'SELECT 1' >/dev/null 2>&1 || break 2
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    end
done
if [ -z "$server" ]; then
    echo "MariaDB does not start:"
    tail -n 20 "$folder/log"
    exit 1
fi

mkdir "$folder/blocks"
"$here"/guide-blocks.sh mysql "$folder/blocks"
count=0
for block in "$folder"/blocks/*; do
    count=$((count + 1))
    at=docs/guide/$(basename "$block" | sed 's/:0*/.md:/')
    if ! ask -N <"$block" >"$folder/out" 2>&1; then
        echo "$at: the server refuses this block"
        cat "$folder/out"
        exit 1
    fi
    if [ "$(wc -l <"$folder/out")" -lt "$(grep -c ';' "$block")" ]; then
        echo "$at: a statement yields nothing"
        cat "$folder/out"
        exit 1
    fi
done
echo "$count MySQL blocks of the guide run on $(ask -N -e 'SELECT VERSION()')"
