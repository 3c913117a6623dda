#!/usr/bin/env bash
# Analyses a checkout, and with CONNLINT_BASE what it changes since the common ancestor with that commit.
#
# Reads CONNLINT (the binary), CONNLINT_PATH, CONNLINT_BASE, CONNLINT_OUT, CONNLINT_ARGS (one argument per line) and what
# the runner sets: RUNNER_TEMP, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY. Needs no token. Calls the binary, never cargo: an
# alias in the project's .cargo/config.toml would run the project's own program.
set -euo pipefail

connlint=${CONNLINT:-connlint}
path=${CONNLINT_PATH:-.}
base=${CONNLINT_BASE:-}
out=${CONNLINT_OUT:-${RUNNER_TEMP:?}/connlint}
mkdir -p "$out"

# git without what a repository's configuration may run.
git() { command git -C "$path" -c core.fsmonitor=false -c core.hooksPath=/dev/null "$@"; }

arguments=(check "$path")
if [ -n "$base" ]; then
    # The history that leads to the common ancestor: `fetch-depth: 0` of the checkout saves this.
    fetch=()
    if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
        fetch=(--unshallow origin "$(git rev-parse HEAD)" "$base")
    elif ! git cat-file -e "$base^{commit}" 2>/dev/null; then
        fetch=(origin "$base")
    fi
    if [ "${#fetch[@]}" -gt 0 ]; then
        git fetch --quiet --no-tags --no-recurse-submodules "${fetch[@]}" ||
            echo "::warning::connlint: history could not be fetched; set fetch-depth: 0 of actions/checkout"
    fi
    arguments+=(--merge-base "$base")
fi
while IFS= read -r argument; do
    if [ -n "$argument" ]; then arguments+=("$argument"); fi
done <<<"${CONNLINT_ARGS:-}"

code=0
"$connlint" "${arguments[@]}" --output github:- --output "github-review:$out/review.json" \
    --output "sarif:$out/connlint.sarif" --output "markdown:$out/comment.md" || code=$?

{
    echo "out=$out"
    echo "exit-code=$code"
} >>"${GITHUB_OUTPUT:-/dev/null}"
if [ -f "$out/comment.md" ]; then cat "$out/comment.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"; fi
exit "$code"
