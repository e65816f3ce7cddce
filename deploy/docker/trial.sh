#!/usr/bin/env bash
# Tries docker-compose.yml for real where no image registry can be reached: a Docker daemon of its own, debian:trixie-slim
# made by debootstrap from this machine's Debian mirror, apache/kafka:4.1.1 and postgres:17 assembled locally; then the
# images are built, everything is started with the simulated departments, a second-hand home transfer goes in and has to
# come out granted. As root, on Debian 12 or 13, about ten minutes the first time. It takes away what it made; Docker's own
# empty chains stay in the packet filter.
#
#   deploy/docker/trial.sh [--keep]     --keep: stays up until Enter (or end of input) and names how to reach it
#
# YJS_TRIAL_DATA=FOLDER keeps the Docker daemon's data, images and layers, for the next run.
set -euo pipefail
cd "$(dirname "$0")/../.."
keep=""
case ${1:-} in
--keep) keep=yes ;;
"") ;;
*) sed -n '2,10p' "$0" | cut -c3-; [ "$1" = --help ] || exit 2; exit 0 ;;
esac
say() { printf '%s %s\n' "$(date +%T)" "$*"; }
die() { printf 'trial.sh: %s\n' "$*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "needs root, for a Docker daemon of its own"

wanted=""
for pair in dockerd=docker.io docker-compose=docker-compose debootstrap=debootstrap iptables=iptables jq=jq python3=python3; do
    command -v "${pair%%=*}" >/dev/null || wanted="$wanted ${pair#*=}"
done
if [ -n "$wanted" ]; then
    say "installing$wanted"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null
fi

# ---- a place of its own, and its end
work=$(mktemp -d "${TMPDIR:-/tmp}/yijianshi-docker.XXXXXX")
data=${YJS_TRIAL_DATA:-$work/data}
export DOCKER_HOST=unix://$work/docker.sock DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0 DOCKER_CONFIG=$work/client
compose() { docker-compose -f "$work/source/docker-compose.yml" -p yijianshi-trial --env-file "$work/env" --profile trial "$@"; }
dockerd_pid=""
finish() {
    local status=$?
    trap - EXIT INT TERM
    if [ -n "$dockerd_pid" ]; then
        if [ "$status" != 0 ] && [ -e "$work/env" ]; then
            compose ps -a || true
            compose logs --no-color --tail 15 || true
        fi
        if [ -e "$work/env" ]; then compose down -v -t 5 >/dev/null 2>&1 || true; fi
        kill "$dockerd_pid" 2>/dev/null || true
        wait "$dockerd_pid" 2>/dev/null || true
    fi
    [ "$status" = 0 ] || { tail -n 5 "$work"/*.log >&2 || true; }
    [ ! -e "$work/network-was" ] || ip link delete docker0 2>/dev/null || true
    umount "$work/exec/netns/default" 2>/dev/null || true
    rm -rf "$work" || true
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# patiently SECONDS WHAT COMMAND…
patiently() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || die "$what did not come"
        sleep 1
    done
}

# Its own daemon; where overlays cannot be mounted, with plain copies of layers.
start_dockerd() {
    dockerd --data-root "$data" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" -H "$DOCKER_HOST" "$@" \
        >"$work/dockerd.log" 2>&1 </dev/null &
    dockerd_pid=$!
    local i
    for ((i = 0; i < 60; i++)); do
        if docker version >/dev/null 2>&1; then return 0; fi
        kill -0 "$dockerd_pid" 2>/dev/null || return 1
        sleep 0.5
    done
    return 1
}
[ -e /sys/class/net/docker0 ] || touch "$work/network-was"
say "a Docker daemon"
start_dockerd || { kill "$dockerd_pid" 2>/dev/null || true; wait "$dockerd_pid" || true; start_dockerd --storage-driver vfs; } ||
    die "dockerd does not run here"
docker info --format '  Docker {{.ServerVersion}}, {{.Driver}}, cgroup v{{.CgroupVersion}}'

# ---- the images that a registry would give
if ! docker image inspect debian:trixie-slim >/dev/null 2>&1; then
    mirror=$(apt-cache policy | awk '$2 ~ /^https?:/ && $3 ~ /^[a-z]+\/main$/ && $2 !~ /security/ { print $2; exit }')
    [ -n "$mirror" ] || die "no Debian mirror is named in apt's sources"
    say "debian:trixie-slim by debootstrap"
    debootstrap --variant=minbase trixie "$work/root" "$mirror" >"$work/debootstrap.log"
    rm -rf "$work/root/var/cache/apt/archives/"*.deb "$work/root/var/lib/apt/lists/"*
    tar -C "$work/root" -c . | docker import - debian:trixie-slim >/dev/null
    rm -rf "$work/root"
fi
say "apache/kafka:4.1.1"
tests/lib/kafka.sh fetch
jars=${YJS_KAFKA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/yijianshi}/kafka-4.1.1/jars
mkdir "$work/kafka"
cp -r "$jars" deploy/docker/trial/kafka/. "$work/kafka/"
docker build -q -t apache/kafka:4.1.1 "$work/kafka" >"$work/kafka.log" 2>&1
say "postgres:17"
docker build -q -t postgres:17 deploy/docker/trial/postgres >"$work/postgres.log" 2>&1

# ---- what is tried: one state of the tree, whoever works in it meanwhile
mkdir "$work/source"
tar -c --exclude=./.git --exclude=./build --exclude=./tests --exclude=node_modules . | tar -x -C "$work/source"
deploy/docker/env.sh "$work/env"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i "s/^YJS_HTTP_PORT=.*/YJS_HTTP_PORT=$port/" "$work/env"
say "docker-compose config"
compose config >/dev/null
say "docker-compose build"
compose build >"$work/build.log" 2>&1
docker images --filter dangling=false --format '  {{.Repository}}:{{.Tag}} {{.Size}}'
say "docker-compose up"
compose up -d --no-build >"$work/up.log" 2>&1
healthy() { # all services run that should, and those with a check are healthy
    local id state
    for id in $(compose ps -q); do
        state=$(docker inspect -f '{{.Name}} {{.State.Status}} {{.State.ExitCode}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$id")
        case $state in
        */*_setup_1" exited 0"*|*-setup-1" exited 0"*|*" running 0 healthy"|*sim-*" running 0 ") ;;
        *) return 1 ;;
        esac
    done
}
patiently 120 "health of every service" healthy
compose ps
bash deploy/docker/probe.sh 127.0.0.1 "$port" /healthz

say "one application"
in_yjsd() { compose exec -T "$@"; }
token=$(in_yjsd yjsd yjsctl token create --role window --name 窗口1)
yjsctl() { in_yjsd -e YJS_TOKEN="$token" yjsd yjsctl "$@"; }
case=$(yjsctl case submit /usr/share/yijianshi/config/samples/secondhand_home_transfer.json --wait 10s --json | jq -r '.case // .id')
[ -n "$case" ] || die "the application was not taken"
[ "$case" != null ] || die "the application was not taken"
say "流水號 $case"
for person in seller.0 seller.1 buyer.0; do yjsctl case sign "$case" "$person" || die "$person could not sign"; done
awaits_payment() {
    yjsctl case show "$case" --json | jq -e '.steps[] | select(.step == "payment" and .state == "running")'
}
patiently 60 "the tax assessment" awaits_payment
yjsctl case signal "$case" tax_paid --data '{"payment_ref": "PAY-2026-0001"}'
is_closed() { yjsctl case show "$case" --json | jq -e '.phase == "closed"'; }
patiently 60 "the closing of the case" is_closed
yjsctl case timeline "$case"
yjsctl case report "$case" || true
outcome=$(yjsctl case show "$case" --json | jq -r .outcome)
[ "$outcome" = granted ] || die "the case ended $outcome"

say "stopped and started again, the truth is still there"
compose stop >"$work/stop.log" 2>&1
for id in $(compose ps -q yjsd) $(compose ps -q adapter-housing); do
    [ "$(docker inspect -f '{{.State.ExitCode}}' "$id")" = 0 ] || die "$(docker inspect -f '{{.Name}}' "$id") did not stop by itself"
done
compose up -d --no-build >>"$work/up.log" 2>&1
patiently 120 "health of every service" healthy
[ "$(yjsctl case show "$case" --json | jq -r .outcome)" = granted ] || die "the case is gone"
if [ -n "$keep" ]; then
    say "stays up until Enter: DOCKER_HOST=$DOCKER_HOST, API at http://127.0.0.1:$port, token $token"
    read -r _ || true
fi
say "docker-compose down"
compose down -v -t 10 >"$work/down.log" 2>&1
say "the trial went well"
