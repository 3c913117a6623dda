#!/usr/bin/env bash
# usage: guide-blocks.sh LANGUAGE FOLDER
# Writes every block of docs/guide in a language to a file of its own in a folder, named for its page and first line:
# `pools:0042`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for page in "$here"/../../docs/guide/*.md; do
    awk -v fence="\`\`\`$1" -v folder="$2" -v page="$(basename "$page" .md)" '
        /^```/ && inside { inside = 0; close(file); next }
        $0 == fence { inside = 1; file = sprintf("%s/%s:%04d", folder, page, NR + 1); next }
        inside { print > file }
    ' "$page"
done
