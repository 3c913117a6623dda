#!/usr/bin/env bash
# Builds a workspace with the rules of connlint.bzl in Bazel's sandboxes, and compares what they report with what
# `connlint check` reports.
#
#   check.sh CONNLINT
set -euo pipefail
connlint=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
fixture=$here/../../fixtures/incidents/2023-10-15-connection-per-request
work=$(mktemp -d)
bazel() { command bazel --output_user_root="$work/root" "$@"; }
finish() {
    (cd "$work/project" && bazel shutdown) >/dev/null 2>&1 || true
    chmod -R u+w "$work"
    rm -rf "$work"
}
trap finish EXIT

cp -R "$fixture" "$work/project"
cd "$work/project"
"$connlint" check --root . --no-cache --exit-zero --output "sarif:$work/check.sarif" >/dev/null
cp "$connlint" connlint
cp "$here/connlint.bzl" .
touch WORKSPACE
files='glob(["Cargo.toml", "Cargo.lock", "connlint", "connlint.toml"], allow_empty = True)'
packages=(db repo server)
printf 'load("//:connlint.bzl", "connlint_report")\nexports_files(%s)\nconnlint_report(name = "report", facts = [%s])\n' \
    "$files" "$(printf '"//crates/%s:facts",' "${packages[@]}")" >BUILD
for package in "${packages[@]}"; do
    cat >"crates/$package/BUILD" <<BUILD
load("//:connlint.bzl", "connlint_facts")
connlint_facts(
    name = "facts",
    package = "$package",
    srcs = glob(["**/*.rs"]) + ["Cargo.toml", "//:Cargo.toml"],
    visibility = ["//visibility:public"],
)
BUILD
done
# Links out of the project, which connlint would report, are not made.
build() { bazel build --symlink_prefix=/ --spawn_strategy=sandboxed //:report; }
build
bin=$(bazel info bazel-bin)
cmp "$work/check.sarif" "$bin/report.sarif"
echo "// a comment" >>crates/db/src/lib.rs
"$connlint" check --root . --no-cache --exit-zero --output "sarif:$work/check.sarif" >/dev/null
build 2>&1 | tee "$work/log"
cmp "$work/check.sarif" "$bin/report.sarif"
# The package that changed, and the link.
grep -q '2 processwrapper-sandbox\|2 linux-sandbox' "$work/log"
echo "same bytes"
