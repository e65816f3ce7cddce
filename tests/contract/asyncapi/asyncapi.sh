#!/usr/bin/env bash
# Holds schemas/asyncapi.yaml to AsyncAPI and to schemas/messages.
#
#   asyncapi.sh <source folder> <build folder>
#
# The parser is fetched once, as package-lock.json pins it, into the build folder. Without Node, or without a package
# registry at the first run, the test is skipped (exit 77) and says so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source_dir=$(cd "$1" && pwd) room=$2/asyncapi

for tool in node npm; do
    if ! command -v $tool >/dev/null; then
        echo "SKIPPED: $tool is not installed (deploy/packages.sh test)"
        exit 77
    fi
done
if ! cmp -s "$here/package-lock.json" "$room/made-from"; then
    rm -rf "$room"
    mkdir -p "$room"
    cp "$here/package.json" "$here/package-lock.json" "$room/"
    if ! (cd "$room" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
        echo "SKIPPED: the parser is not here and could not be fetched"
        exit 77
    fi
    cp "$here/package-lock.json" "$room/made-from"
fi
cd "$room"
exec node "$here/check.mjs" "$source_dir"
