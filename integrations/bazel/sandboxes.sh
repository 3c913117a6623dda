#!/usr/bin/env bash
# Runs the actions of connlint.bzl without Bazel: `connlint facts` for each package in a folder that holds its files and
# nothing else, `connlint link` in one that holds the artifacts and the settings. What that reports must be what
# `connlint check` reports on the whole, byte for byte.
#
#   sandboxes.sh CONNLINT PROJECT...
set -euo pipefail
connlint=$(realpath "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The environment of a remote action.
alone() { env -i PATH=/usr/bin:/bin "$@"; }

# The folders below the current one that hold a package.
packages() { grep -lrE --include Cargo.toml '^\[package\]' . | xargs -rn1 dirname | sort; }

# The name in the manifest of a folder.
name() { sed -n '/^\[package\]/,/^\[[^p]/s/^name *= *"\([^"]*\)".*/\1/p' "$1/Cargo.toml" | head -n 1; }

# Copies the files of a package without those of packages below it.
copy() {
    local pruned=()
    while read -r other; do
        case $other in "$1"/?*) pruned+=(-path "$other" -prune -o) ;; esac
    done <"$work/packages"
    find "$1" "${pruned[@]}" -type f \( -name '*.rs' -o -name Cargo.toml -o -name '*.in' \) -print0 |
        tar -c --null --files-from=- | tar -x -C "$2"
}

here=$PWD
for project; do
    cd "$here"
    rm -rf "$work"/*
    mkdir "$work/whole" "$work/artifacts" "$work/link"
    cd "$project"
    packages >"$work/packages"
    while read -r package; do
        [ "$package" = . ] || copy "$package" "$work/whole"
    done <"$work/packages"
    if grep -Fqx . "$work/packages"; then copy . "$work/whole"; fi
    for file in Cargo.toml Cargo.lock connlint.toml; do
        if [ -f "$file" ]; then cp "$file" "$work/whole"; fi
    done
    cd "$work/whole"
    count=0
    while read -r package; do
        count=$((count + 1))
        rm -rf "$work/sandbox"
        mkdir "$work/sandbox"
        for file in Cargo.toml Cargo.lock; do
            if [ -f "$file" ]; then cp "$file" "$work/sandbox"; fi
        done
        copy "$package" "$work/sandbox"
        (cd "$work/sandbox" &&
            alone "$connlint" facts . --root . -q -p "$(name "$package")" -o "$work/artifacts/$count.facts")
    done <"$work/packages"
    if [ -f connlint.toml ]; then cp connlint.toml "$work/link"; fi
    for format in json sarif; do
        alone "$connlint" check --root . --no-cache --exit-zero --output "$format:$work/check.$format" . >/dev/null
        (cd "$work/link" &&
            alone "$connlint" link "$work"/artifacts/*.facts --exit-zero --output "$format:$work/link.$format" >/dev/null)
        cmp "$work/check.$format" "$work/link.$format"
    done
    echo "$project: $(wc -l <"$work/packages") packages, $(du -sk "$work/artifacts" | cut -f 1) KiB of artifacts, same bytes"
done
