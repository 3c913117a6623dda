#!/usr/bin/env bash
# usage: run.sh
# What needs a real database: the SQL of the guide. Skipped, with a message, where no PostgreSQL server is installed.
set -euo pipefail
cd "$(dirname "$0")"

code=0
./with-postgres.sh ./guide-sql.sh || code=$?
if [ "$code" -eq 77 ]; then
    echo "SKIPPED: everything in tests/replay"
    exit 0
fi
exit "$code"
