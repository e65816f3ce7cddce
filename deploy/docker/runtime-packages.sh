#!/usr/bin/env bash
# Names the Debian packages that programs need to run, one a line: the owners of the shared libraries that they load.
# So no list of library names, which differ between Debian 12 and 13, has to be kept by hand.
#   deploy/docker/runtime-packages.sh PROGRAM…
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: runtime-packages.sh PROGRAM…" >&2; exit 2; }

owner() { # of a library; the package may know it by its path with or without /usr
    local path=$1 other
    case $path in
    /usr/*) other=${path#/usr} ;;
    *) other=/usr$path ;;
    esac
    dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "$other" 2>/dev/null ||
        { echo "runtime-packages.sh: no package owns $path" >&2; exit 1; }
}

for program in "$@"; do
    loaded=$(ldd "$program")
    if grep 'not found' <<<"$loaded" >&2; then exit 1; fi
    awk '$2 == "=>" { print $3 }' <<<"$loaded"
done | sort -u | while read -r library; do
    owner "$library" | head -n 1 | cut -d: -f1
done | sort -u
