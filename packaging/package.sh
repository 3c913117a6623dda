#!/usr/bin/env bash
# Makes all that a release has for one target out of its programs: the archive, the wheel, the package of npm.
#   packaging/package.sh x86_64-unknown-linux-musl target/x86_64-unknown-linux-musl/release dist
set -euo pipefail
target=$1 binaries=$2 out=$3
here=$(dirname "$0")
python=$(command -v python3 || command -v python)

program="$binaries/connlint"
test -e "$program" || program="$program.exe"
"$python" "$here/archive.py" --target "$target" --binaries "$binaries" --out "$out"
# On Linux the programs of musl run everywhere: they are what the wheel and the package of npm hold.
case "$target" in
    *-linux-gnu) ;;
    *)
        "$python" "$here/wheel.py" --target "$target" --binary "$program" --out "$out"
        "$python" "$here/npm.py" --target "$target" --binary "$program" --out "$out"
        ;;
esac
