#!/usr/bin/env bash
# The mail server stands in a virtual environment below the build folder; it is fetched once, by the pinned versions in
# requirements.txt.
#   notices.sh <build folder>
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$1/notices-venv
if ! cmp -s "$here/requirements.txt" "$venv/made-from"; then
    rm -rf "$venv"
    python3 -m venv "$venv" || { echo "notices.sh: python3 -m venv does not work (Debian: apt-get install python3-venv)" >&2; exit 1; }
    "$venv/bin/pip" --quiet --disable-pip-version-check install --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/made-from"
fi
exec "$venv/bin/python" "$here/notices_test.py" "${@:2}"
