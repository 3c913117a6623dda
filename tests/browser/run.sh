#!/usr/bin/env bash
# usage: run.sh
# The page of `connlint map` in headless Chromium. Skipped, with a message, where Chromium is not installed.
set -euo pipefail
cd "$(dirname "$0")"

for name in chromium chromium-browser google-chrome; do
    CHROMIUM=${CHROMIUM:-$(command -v "$name" || true)}
done
if [ -z "$CHROMIUM" ]; then
    echo "SKIPPED: everything in tests/browser: Chromium is not installed (Debian's package \`chromium\`)"
    exit 0
fi
export CHROMIUM
cargo test --quiet -p connlint-tests --features browser --test all -- --nocapture --test-threads 2 browser::
