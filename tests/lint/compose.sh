#!/usr/bin/env bash
# Holds docker-compose.yml to itself: it is YAML and, where docker-compose is installed, valid; every variable that it
# asks for has a row in .env.example and no row is unused; there is an adapter for every department's configuration; no
# secret stands in it. The shell scripts of deploy/ pass shellcheck where that is installed.
#   tests/lint/compose.sh [FOLDER]        77: nothing to check with
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fault=""
say() { printf 'compose.sh: %s\n' "$*"; fault=yes; }

# $${…} is compose's own escape, not a variable
grep -v '^ *#' docker-compose.yml | sed 's/\$\$//g' | grep -oE '\$\{[A-Z_]+(:[?-])?' | sort -u >"$work/asked"
sed -n 's/^\([A-Z_]*\)=.*/\1/p' .env.example >"$work/given"
while IFS= read -r asked; do
    name=$(tr -d '${:?-' <<<"$asked")
    # one with a fallback may be missing
    case $asked in *:-) continue ;; esac
    grep -qx "$name" "$work/given" || say "docker-compose.yml asks for $name, .env.example has no such row"
done <"$work/asked"
while IFS= read -r name; do
    grep -qE "[$][{]${name}[:}]" docker-compose.yml || say ".env.example: nobody asks for $name"
done <"$work/given"
for file in adapters/departments/*.yaml; do
    grep -q "config, $file\]" docker-compose.yml || say "no service runs $file"
done
if grep -nE '(PASSWORD|TOKEN|SECRET): +"?[^ $"]' docker-compose.yml; then say "a secret stands in docker-compose.yml"; fi
deploy/docker/env.sh "$work/env" >/dev/null
if grep -n '@' "$work/env" | grep -v '^[0-9]*:#'; then say "env.sh left a value unmade"; fi
[ "$(stat -c %a "$work/env")" = 600 ] || say "env.sh lets others read the secrets"

checked=""
if command -v docker-compose >/dev/null; then
    checked=yes
    docker-compose --env-file "$work/env" --profile trial config >"$work/config" 2>"$work/faults" || { cat "$work/faults"; say "docker-compose config"; }
fi
if python3 -c 'import yaml' 2>/dev/null; then
    checked=yes
    python3 -c 'import sys, yaml; [yaml.safe_load(open(f, encoding="utf-8")) for f in sys.argv[1:]]' \
        docker-compose.yml deploy/prometheus/alerts.yaml || say "not YAML"
fi
if command -v shellcheck >/dev/null; then
    checked=yes
    shellcheck --severity=warning deploy/*.sh deploy/docker/*.sh deploy/docker/trial/*/*.sh tests/lint/compose.sh || say "shellcheck"
fi
[ -z "$fault" ] || exit 1
[ -n "$checked" ] || { echo "compose.sh: neither docker-compose, PyYAML nor shellcheck is here"; exit 77; }
