#!/usr/bin/env bash
# All tests, on a machine that has nothing but Debian: installs what is missing, builds, runs every floor and ends with
# ctest's summary.
#   tests/run.sh            every floor, with a real PostgreSQL and a real Kafka
#   tests/run.sh --fast     the floors that need no server
#   tests/run.sh --long     also the runs that take hours
#   tests/run.sh -R NAME    only tests whose name matches (handed to ctest)
set -euo pipefail
cd "$(dirname "$0")/.."
fast="" ; long="" ; pattern=()
while [ $# -gt 0 ]; do
    case "$1" in
    --fast) fast=yes ;;
    --long) long=yes ;;
    -R) pattern=(-R "$2"); shift ;;
    -h|--help) sed -n '2,8p' "$0" | cut -c3-; exit 0 ;;
    *) echo "run.sh: unknown argument \"$1\"" >&2; exit 2 ;;
    esac
    shift
done
started=$SECONDS
step() { printf '\n== %s (%d s)\n' "$1" $((SECONDS - started)); }
jobs=$(nproc)
export YJS_LONG="$long"

step "packages"
deploy/packages.sh build test

build() { # preset
    cmake --preset "$1" >"build-$1.log" 2>&1 || { cat "build-$1.log"; rm -f "build-$1.log"; return 1; }
    cmake --build --preset "$1" -j "$jobs" >>"build-$1.log" 2>&1 || { tail -n 60 "build-$1.log"; rm -f "build-$1.log"; return 1; }
    rm -f "build-$1.log"
}
step "build: release"
build release
step "build: asan"
build asan

failed=0
step "unit and property floors under address and undefined-behaviour sanitizers"
ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
    ctest --test-dir build/asan -L '^(unit|property)$' -j "$jobs" --output-on-failure "${pattern[@]}" || failed=1

if [ -n "$fast" ]; then
    step "the floors that need no server"
    ctest --test-dir build/release -L '^(unit|property|lint|simulation|model)$' -j "$jobs" --output-on-failure "${pattern[@]}" || failed=1
    exit $failed
fi

step "servers: PostgreSQL and Kafka"
tests/lib/kafka.sh fetch
kafka_told=$(tests/lib/kafka.sh start --parent $$)
KAFKA_BOOTSTRAP=$(printf '%s\n' "$kafka_told" | sed -n 's/^bootstrap=//p')
kafka_folder=$(printf '%s\n' "$kafka_told" | sed -n 's/^dir=//p')
YJS_PG=$(tests/lib/pg.sh --parent $$)
export KAFKA_BOOTSTRAP YJS_PG
trap 'tests/lib/kafka.sh stop "$kafka_folder" >/dev/null 2>&1 || true' EXIT
echo "Kafka at $KAFKA_BOOTSTRAP, PostgreSQL: $YJS_PG"

step "every floor"
# Tests that measure or that own the machine say RUN_SERIAL themselves.
ctest --test-dir build/release -j "$jobs" --output-on-failure "${pattern[@]}" || failed=1
exit $failed
