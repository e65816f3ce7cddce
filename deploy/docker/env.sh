#!/usr/bin/env bash
# Makes .env for docker-compose.yml out of .env.example, with secrets of its own. One that is there is never touched.
#   deploy/docker/env.sh [FILE]        default .env
set -euo pipefail
cd "$(dirname "$0")/../.."
file=${1:-.env}
[ ! -e "$file" ] || { echo "env.sh: $file is there already; remove it for a new one" >&2; exit 1; }

umask 077
declare -A made
while IFS= read -r line; do
    name=${line%%=*} value=${line#*=}
    case $line in
    \#*|'') printf '%s\n' "$line"; continue ;;
    esac
    case $value in
    @secret) value=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n') ;;
    @cluster) value=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c1-22)
              value=A${value:1} ;;   # an id must not begin with a dash
    *@*) other=${value##*@}
         value=${value%@*}${made[$other]} ;;
    esac
    made[$name]=$value
    printf '%s=%s\n' "$name" "$value"
done <.env.example >"$file.new"
mv -T "$file.new" "$file"
echo "env.sh: $file is made"
