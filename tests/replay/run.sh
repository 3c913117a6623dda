#!/usr/bin/env bash
# usage: run.sh
# What needs a real database: the SQL of the guide, and the incidents replayed. Skipped, with a message, where no
# PostgreSQL server is installed; the pair about Redis, and the guide's blocks for MySQL, where no server of theirs is.
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
./guide-mysql.sh
code=0
./with-postgres.sh ./run.sh both || code=$?
if [ "$code" -eq 77 ]; then
    echo "SKIPPED: everything in tests/replay"
    exit 0
fi
exit "$code"
