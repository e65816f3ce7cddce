#!/usr/bin/env bash
# Holds schemas/openapi.yaml to OpenAPI 3.1 and to the server's own table of routes: paths, methods, roles, parameters with
# their words, bodies, and every problem's code.
#
#   openapi.sh <source folder> <build folder> <web_routes_dump>
#   openapi.sh <source folder> <build folder> --answers       answers of a running daemon, JSON lines on standard input
#
# The validator stands in a virtual environment below the build folder; it is fetched once, by the pinned versions in
# requirements.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source_dir=$1 build_dir=$2 dump=$3
venv=$build_dir/openapi-venv

if ! cmp -s "$here/requirements.txt" "$venv/made-from"; then
    rm -rf "$venv"
    python3 -m venv "$venv" || { echo "openapi.sh: python3 -m venv does not work (Debian: apt-get install python3-venv)" >&2; exit 1; }
    "$venv/bin/pip" --quiet --disable-pip-version-check install --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/made-from"
fi
[ "$dump" != --answers ] || exec "$venv/bin/python" "$here/openapi_answers.py" "$source_dir/schemas/openapi.yaml"
"$venv/bin/openapi-spec-validator" "$source_dir/schemas/openapi.yaml"
"$dump" | "$venv/bin/python" "$here/openapi_compare.py" "$source_dir/schemas/openapi.yaml"
