#!/usr/bin/env bash
# Holds yjsctl's working days and identifiers to libraries that others keep.
#
#   oracle.sh <build folder> <yjsctl>
#
# The libraries stand in a virtual environment below the build folder; they are fetched once, by the pinned versions in
# requirements.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$1/oracle-venv yjsctl=$2

if ! cmp -s "$here/requirements.txt" "$venv/made-from"; then
    rm -rf "$venv"
    python3 -m venv "$venv" || { echo "oracle.sh: python3 -m venv does not work (Debian: apt-get install python3-venv)" >&2; exit 1; }
    "$venv/bin/pip" --quiet --disable-pip-version-check install --require-hashes --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/made-from"
fi
"$venv/bin/python" -B "$here/oracle.py" "$yjsctl"
