#!/usr/bin/env bash
# Installs what a part of yijianshi needs from Debian's packages (12 and 13), idempotently, as root or with sudo.
#   deploy/packages.sh build      compilers and libraries to build with
#   deploy/packages.sh trial      what the trial (quickstart) runs: PostgreSQL, Python, jq, fonts for documents
#   deploy/packages.sh test       what the tests need besides
# Several may be named. Nothing is asked of the network when everything is there.
set -euo pipefail

build="gcc g++ make cmake ninja-build pkg-config ccache librdkafka-dev libpq-dev libjansson-dev libyaml-dev
       libmicrohttpd-dev libcurl4-openssl-dev libpcre2-dev libssl-dev libsqlite3-dev libjq-dev libpango1.0-dev libmagic-dev libjemalloc-dev"
trial="postgresql postgresql-client python3 curl jq ca-certificates procps fonts-noto-cjk"
test="libcmocka-dev poppler-utils kcat spin nftables iproute2 util-linux python3-venv nodejs npm maven default-jre-headless clang clang-tidy cppcheck valgrind $trial"
# libFuzzer and the sanitizers' runtimes of clang carry their version in the name
if [ -r /etc/debian_version ] && grep -q '^12' /etc/debian_version; then
    test="$test libclang-rt-14-dev"
else
    test="$test libclang-rt-dev"
fi

wanted=""
for part in "${@:-build}"; do
    case "$part" in
    build) wanted="$wanted $build" ;;
    trial) wanted="$wanted $trial" ;;
    test) wanted="$wanted $test" ;;
    *) echo "packages.sh: unknown part \"$part\" (build, trial, test)" >&2; exit 2 ;;
    esac
done

missing=""
for package in $wanted; do
    # A command that is there counts, whoever installed it: a JRE, Maven, Python may come from elsewhere.
    case "$package" in
    default-jre-headless) command -v java >/dev/null && continue ;;
    maven) command -v mvn >/dev/null && continue ;;
    nodejs) command -v node >/dev/null && continue ;;
    npm) command -v npm >/dev/null && continue ;;
    esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "packages.sh: these packages are missing and neither root nor sudo is here:$missing" >&2; exit 1; }
    as_root="sudo"
fi
echo "packages.sh: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
