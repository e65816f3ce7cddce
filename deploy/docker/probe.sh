#!/usr/bin/env bash
# Ends with 0 when an HTTP server answers 200: the images' health check, without a program made for it.
#   probe.sh HOST PORT PATH
set -euo pipefail
exec 3<>"/dev/tcp/$1/$2"
printf 'GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n' "$3" "$1" >&3
IFS= read -r -t 2 status <&3
printf '%s\n' "${status%$'\r'}"
[[ $status == HTTP/1.?\ 200* ]]
