#!/usr/bin/env bash
# usage: with-postgres.sh guide-sql.sh
# Runs every ```sql block of docs/guide on the server that the environment names, each in a database of its own that has
# the tables of guide-schema.sql. Fails at the first block that the server refuses.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
blocks=$(mktemp -d)
trap 'rm -rf "$blocks"' EXIT

"$here"/guide-blocks.sh sql "$blocks"
count=0
for block in "$blocks"/*; do
    count=$((count + 1))
    psql -qX -v ON_ERROR_STOP=1 -c "DROP DATABASE IF EXISTS guide" -c "CREATE DATABASE guide" >/dev/null 2>&1
    psql -qX -v ON_ERROR_STOP=1 -d guide -f "$here/guide-schema.sql" >/dev/null
    if ! psql -qX -v ON_ERROR_STOP=1 -d guide -f "$block" >"$blocks.out" 2>&1; then
        echo "docs/guide/$(basename "$block" | sed 's/:0*/.md:/'): the server refuses this block"
        cat "$blocks.out"
        rm -f "$blocks.out"
        exit 1
    fi
    if [ -n "${GUIDE_SQL_SHOW:-}" ]; then
        echo "== $(basename "$block")"
        cat "$blocks.out"
    fi
    rm -f "$blocks.out"
done
fences=$(cat "$here"/../../docs/guide/*.md | grep -c '^```sql$')
if [ "$count" -ne "$fences" ] || [ "$count" -eq 0 ]; then
    echo "$count blocks were run of $fences"
    exit 1
fi
echo "$count SQL blocks of the guide run on $(psql -AXtc 'SHOW server_version')"
