#!/usr/bin/env bash
# Makes each kind of package out of a build for this machine, installs it where nothing else is, and runs it.
#   packaging/check.sh target/debug
# A kind whose tool is missing is skipped with a message.
set -euo pipefail
cd "$(dirname "$0")/.."
target=x86_64-unknown-linux-musl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Packed without what debuggers need.
binaries="$work/binaries"
mkdir "$binaries"
cp "$1/connlint" "$1/cargo-connlint" "$binaries"
if command -v strip >/dev/null; then strip "$binaries"/*; fi
done=0 skipped=0

skip() { echo "skipped: $*"; skipped=$((skipped + 1)); }

# The incident is found: exit code 1, with the lint in the output.
finds_the_incident() {
    local code=0
    (cd / && "$@" check "$OLDPWD/fixtures/incidents/2023-10-15-connection-per-request" --color never) >"$work/out" || code=$?
    test "$code" -eq 1 && grep -q "error\[connection-per-request\]" "$work/out"
    "$@" --version
}

packaging/archive.py --target "$target" --binaries "$binaries" --out "$work"
mkdir "$work/archive" && tar -xzf "$work/connlint-$target.tar.gz" -C "$work/archive"
finds_the_incident "$work/archive/connlint-$target/connlint"
finds_the_incident "$work/archive/connlint-$target/cargo-connlint" connlint
test -s "$work/archive/connlint-$target/man/connlint.1"
done=$((done + 1))

# What is packed twice is the same bytes.
packaging/archive.py --target "$target" --binaries "$binaries" --out "$work/again" >/dev/null
cmp "$work/connlint-$target.tar.gz" "$work/again/connlint-$target.tar.gz"

if python3 -m venv "$work/venv" >/dev/null 2>&1; then
    packaging/wheel.py --target "$target" --binary "$binaries/connlint" --tag linux_x86_64 --out "$work"
    "$work/venv/bin/pip" install -q --no-index "$work"/connlint-*.whl
    finds_the_incident "$work/venv/bin/connlint"
    done=$((done + 1))
else
    skip "python3 has no venv"
fi

if command -v npm >/dev/null && command -v node >/dev/null; then
    packaging/npm.py --target "$target" --binary "$binaries/connlint" --out "$work"
    packaging/npm.py --main --out "$work"
    mkdir "$work/npm" && echo '{"private":true}' >"$work/npm/package.json"
    (cd "$work/npm" && npm install --silent --no-audit --no-fund --offline --omit=optional "$work"/connlint-linux-x64-*.tgz "$work"/connlint-[0-9]*.tgz)
    finds_the_incident "$work/npm/node_modules/.bin/connlint"
    done=$((done + 1))
else
    skip "npm is missing"
fi

for one in x86_64-apple-darwin aarch64-apple-darwin aarch64-unknown-linux-musl; do
    cp "$work/connlint-$target.tar.gz" "$work/connlint-$one.tar.gz"
done
(cd "$work" && sha256sum connlint-*.tar.gz >SHA256SUMS)
packaging/formula.py --checksums "$work/SHA256SUMS" >"$work/connlint.rb"
if command -v ruby >/dev/null; then
    ruby -c "$work/connlint.rb" >/dev/null
    done=$((done + 1))
else
    skip "ruby is missing: the formula was made, and not read"
fi

echo "$done kinds of packages installed and run, $skipped skipped"
