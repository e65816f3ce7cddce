#!/usr/bin/env bash
# Builds the programs (no tests) into a folder: the one recipe of the quickstart, the packages and the images.
#   deploy/build.sh [FOLDER]       default build/release
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-build/release}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
[ -f "$folder/build.ninja" ] || cmake -G Ninja -S . -B "$folder" -DCMAKE_BUILD_TYPE=Release -DYJS_TESTS=OFF >"$log" 2>&1 ||
    { cat "$log" >&2; exit 1; }
cmake --build "$folder" -j "$(nproc)" >"$log" 2>&1 || { tail -n 50 "$log" >&2; exit 1; }
