#!/usr/bin/env bash
# usage: run.sh
# What needs a real database: the SQL of the guide, and the incidents replayed. Skipped, with a message, where no
# PostgreSQL server is installed. The pair about Redis is skipped, with a message, where no Redis server is installed.
set -euo pipefail
cd "$(dirname "$0")"

both() {
    ./guide-sql.sh
    cargo test --quiet -p connlint-tests --features replay --test all -- --nocapture replay::
}

if [ "${1:-}" = both ]; then
    both
    exit
fi
code=0
./with-postgres.sh ./run.sh both || code=$?
if [ "$code" -eq 77 ]; then
    echo "SKIPPED: everything in tests/replay"
    exit 0
fi
exit "$code"
