#!/usr/bin/env bash
# Installs the packages that a file names, one a line, and the authorities' certificates; leaves no lists behind. Runs as
# root while an image is built.
#   install-packages.sh FILE
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
mapfile -t packages <"$1"
apt-get update -qq
apt-get install -y -qq --no-install-recommends ca-certificates "${packages[@]}" >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/* "$1"
