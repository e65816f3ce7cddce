#!/usr/bin/env bash
# The whole of yijianshi on one machine, for a look: a second-hand home transfer goes in once, and seven departments
# finish it. Installs what is missing (Debian 12 and 13), builds, starts a private PostgreSQL, a trial broker, the
# daemon, nine adapters and the simulated systems behind them, submits an application and follows it to 辦結.
#
#   deploy/quickstart.sh                      stays up until Ctrl-C
#   deploy/quickstart.sh --once               ends when the case is closed, exit 0
#   deploy/quickstart.sh --kafka HOST:PORT    on a real Kafka (or KAFKA_BOOTSTRAP=HOST:PORT)
#   deploy/quickstart.sh --seed N             other latencies and numbers
#   deploy/quickstart.sh --programs FOLDER    with programs that are built already
#
# A trial lives once: everything is in a temporary folder that goes with it.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
root=$PWD
once="" ; seed=1 ; kafka=${KAFKA_BOOTSTRAP:-} ; partitions=4 ; bin=""
while [ $# -gt 0 ]; do
    case "$1" in
    --once) once=yes ;;
    --kafka|--seed|--programs)
        [ $# -gt 1 ] || { echo "quickstart.sh: $1 wants a value (--help)" >&2; exit 2; }
        case "$1" in --kafka) kafka=$2 ;; --seed) seed=$2 ;; *) bin=$2 ;; esac
        shift ;;
    --kafka=*) kafka=${1#*=} ;;
    --seed=*) seed=${1#*=} ;;
    --programs=*) bin=${1#*=} ;;
    -h|--help) sed -n '2,12p' "$0" | cut -c3-; exit 0 ;;
    *) echo "quickstart.sh: unknown argument \"$1\" (--help)" >&2; exit 2 ;;
    esac
    shift
done
case $bin in ""|/*) ;; *) bin=$here/$bin ;; esac
[[ $seed =~ ^[0-9]{1,18}$ ]] || { echo "quickstart.sh: --seed is a number, not \"$seed\"" >&2; exit 2; }

bold="" ; dim="" ; plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m'; dim=$'\e[2m'; plain=$'\e[0m'; fi
say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s  %s%s\n' "$dim" "$*" "$plain"; }
die() { printf 'quickstart.sh: %s\n' "$*" >&2; exit 1; }

say "1. What is needed"
if [ -z "$bin" ]; then
    deploy/packages.sh build trial
    say "2. Build (a minute or two the first time)"
    deploy/build.sh build/trial
    bin=$root/build/trial
else
    deploy/packages.sh trial
    [ -x "$bin/yjsd" ] || die "there is no yjsd in $bin"
    say "2. Built already, in $bin"
fi

# ---- a place of its own, and its end
trial=$(mktemp -d "${TMPDIR:-/tmp}/yijianshi.XXXXXX")
chmod 755 "$trial"
pids=()
# Ends processes and sees them gone. (Looked at, not waited for: bash's wait, called in the trap that interrupted another
# wait, may sleep through a child that has ended already.)
end_of() {
    local pid
    for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
    for pid in "$@"; do
        for ((i = 0; i < 300; i++)); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.05
        done
    done
}
stop_all() {
    trap - EXIT INT TERM
    # What was started last goes first (who watches would tell of a daemon that ends), the broker goes last: daemon and
    # adapters would wait for it to take what they have to say.
    local late=()
    for ((i = ${#pids[@]} - 1; i > 0; i--)); do late+=("${pids[i]}"); done
    end_of "${late[@]}"
    end_of "${pids[@]:0:1}"
    # At once (QUIT): nothing of it stays. Without its folder it would notice only after a minute.
    local postgres
    if postgres=$(head -n 1 "$trial/postgresql/data/postmaster.pid" 2>/dev/null); then
        kill -QUIT "$postgres" 2>/dev/null || true
        end_of "$postgres"
    fi
    rm -rf "$trial"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'if [ -e "$trial/over" ]; then exit 1; fi; exit 143' TERM
# start NAME PROGRAM…: in the background, its words in $trial/NAME.log
start() {
    local name=$1
    shift
    "$@" >"$trial/$name.log" 2>&1 </dev/null &
    pids+=($!)
    printf '%s %s\n' "$!" "$name" >>"$trial/pids"
}
# When a part ends, everything stops and says so (the trial lives once).
watch_parts() {
    while sleep 0.5; do
        while read -r pid name; do
            kill -0 "$pid" 2>/dev/null && continue
            tail -n 5 "$trial/$name.log" >&2 || true
            echo "quickstart.sh: $name has ended (its last words stand above); the trial is over" >&2
            touch "$trial/over"
            kill -TERM $$
            return
        done <"$trial/pids"
    done
}
# So many free ports, held together so that they differ.
free_ports() {
    python3 -IS -c 'import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*[s.getsockname()[1] for s in held])' "$1"
}
# wait_for SECONDS WHAT COMMAND…
wait_for() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || {
            tail -n 5 "$trial"/*.log >&2 2>/dev/null || true      # none may have been started yet
            "$@" >&2 || true
            die "$what did not come up; what it said stands above"
        }
        sleep 0.1
    done
}
secret() { head -c 18 /dev/urandom | base64 | tr -d '/+='; }
yjsctl() { "$bin/yjsctl" "$@"; }
# told LINE yjsctl…: notes one line of what it prints (1: the first, $: the last); what fails ends the trial
told() {
    local line=$1 said
    shift
    said=$("$@") || die "$* failed"
    note "$(sed -n "${line}p" <<<"$said")"
}

say "3. PostgreSQL, private"
# in a session of its own: the Ctrl-C of a terminal is not for it, the daemon still writes to it while it stops
YJS_DATABASE_URL=$(setsid tests/lib/pg.sh --parent $$ --folder "$trial/postgresql")
export YJS_DATABASE_URL YJS_MATERIALS_STORE=$trial/materials
export YJS_KAFKA_PARTITIONS=$partitions YJS_STATE=$trial YJS_INSTANCE=trial YJS_REGION=441300
export YJS_CONFIG=$root/config/orchestrator.yaml
read -ra ports < <(free_ports 9 2>/dev/null) || die "there are no free ports on 127.0.0.1"
export YJS_HTTP_LISTEN=127.0.0.1:${ports[0]} YJS_URL=http://127.0.0.1:${ports[0]}
told '$' yjsctl db migrate
YJS_TOKEN=$(yjsctl token create --role window --name 窗口1)
export YJS_TOKEN

if [ -n "$kafka" ]; then
    say "4. Kafka at $kafka"
    export YJS_KAFKA_BOOTSTRAP=$kafka
    wait_for 30 "Kafka" yjsctl topic apply
    # This Kafka may keep the answers of an earlier trial, and a fresh database would count its cases as that one did:
    # another case's answers would fit. So the numbers begin elsewhere, once a second.
    psql -qAt "$YJS_DATABASE_URL" -c "SELECT setval('number_sequence', $(($(date +%s) % 9000000 + 1)))" >/dev/null
else
    say "4. Trial broker (in memory; it lives once)"
    yjsctl topic apply --dry-run >"$trial/topics"
    [ -s "$trial/topics" ] || die "no topics were named"
    start broker "$bin/yjs-trial-broker" --partitions "$partitions" --topics-file "$trial/topics" --ready-file "$trial/broker" --with-parent
    wait_for 10 "the trial broker" test -s "$trial/broker"
    YJS_KAFKA_BOOTSTRAP=$(sed -n 's/^.*\(127\.0\.0\.1:[0-9]*\).*$/\1/p' "$trial/broker")
    export YJS_KAFKA_BOOTSTRAP
fi
export KAFKA_BOOTSTRAP=$YJS_KAFKA_BOOTSTRAP
told 1 yjsctl calendar publish config/calendar/*.yaml
told '$' yjsctl thing publish config/things/secondhand_home_transfer.yaml

say "5. The departments' systems (simulated), each in its own way"
sims=$bin/adapters/simulators
adapter=$bin/adapters/yjs-adapter
simulator() { # NAME PROGRAM DEPARTMENT ARGUMENTS…
    local program=$1 department=$2
    shift 2
    start "system-$department" "$sims/yjs-sim-$program" --seed "$seed" --results "adapters/simulators/results/$department.yaml" \
        --record "$trial/record-$department.jsonl" "$@"
}
adapter() { YJS_ADAPTER_STORE=$trial/$1.sqlite start "adapter-$1" "$adapter" --config "adapters/departments/$1.yaml"; }
export YJS_ADAPTER_ADDRESS=127.0.0.1
POWER_PORT=${ports[1]} GAS_PORT=${ports[2]} FUND_PORT=${ports[3]} HALL_PORT=${ports[4]}
i=5
for name in HOUSING TAX POWER LICENCE; do
    token=$(secret)     # alone: bash 5.2 stumbles over a Ctrl-C within the second substitution of a command
    export "${name}_TOKEN=$token" "${name}_PORT_SYSTEM=${ports[i]}" "${name}_URL=http://127.0.0.1:${ports[i]}"
    i=$((i + 1))
done
POWER_SECRET=$(secret); GAS_TOKEN=$(secret); FUND_TOKEN=$(secret); HALL_TOKEN=$(secret); LICENCE_SECRET=$(secret)
POWER_CALLBACK=http://127.0.0.1:$POWER_PORT
REAL_ESTATE_DATABASE=${YJS_DATABASE_URL/dbname=yjs/dbname=registry}
export POWER_PORT GAS_PORT FUND_PORT HALL_PORT POWER_SECRET GAS_TOKEN FUND_TOKEN HALL_TOKEN LICENCE_SECRET POWER_CALLBACK REAL_ESTATE_DATABASE
psql -q "$YJS_DATABASE_URL" -c 'CREATE DATABASE registry'
printf '#!/bin/sh\nexec %q --seed %q --results %q --record %q --latency 100ms..400ms\n' "$sims/yjs-sim-exec" "$seed" \
    "$root/adapters/simulators/results/water.yaml" "$trial/record-water.jsonl" >"$trial/water-program"
chmod +x "$trial/water-program"
export WATER_PROGRAM=$trial/water-program

simulator rest housing --port "$HOUSING_PORT_SYSTEM" --token "$HOUSING_TOKEN" --mode immediate --latency 100ms..500ms
simulator rest tax --port "$TAX_PORT_SYSTEM" --token "$TAX_TOKEN" --mode polling --latency 200ms..800ms
simulator rest power --port "$POWER_PORT_SYSTEM" --token "$POWER_TOKEN" --mode callback --latency 200ms..800ms
simulator rest e_licence --port "$LICENCE_PORT_SYSTEM" --token "$LICENCE_TOKEN" --mode immediate --latency 50ms..200ms
simulator table real_estate --conninfo "$REAL_ESTATE_DATABASE" --latency 300ms..900ms
simulator robot gas --url "http://127.0.0.1:$GAS_PORT" --token "$GAS_TOKEN" --latency 200ms..700ms
simulator clerk maintenance_fund --url "http://127.0.0.1:$FUND_PORT" --token "$FUND_TOKEN" --latency 500ms..1s --person 林美玲
simulator clerk service_hall --url "http://127.0.0.1:$HALL_PORT" --token "$HALL_TOKEN" --latency 200ms..500ms --person 窗口3
for department in housing tax power real_estate water gas maintenance_fund e_licence service_hall; do adapter "$department"; done
note "住建 rest · 稅務 rest, polled · 供電 rest, calls back · 不動產 table · 供水 exec · 燃氣 lease · 維修資金 worklist · 電子證照 lookup"

say "6. The daemon"
start yjsd "$bin/yjsd" --config config/orchestrator.yaml
watch_parts &
parts=$!
pids+=("$parts")
wait_for 30 "yjsd" curl -fsS "$YJS_URL/readyz"
note "API at $YJS_URL, logs in $trial"

say "7. The window submits one application"
yjsctl material put config/samples/materials/secondhand_home_transfer/* >/dev/null || die "the sales contract was not taken"
case=$(yjsctl case submit config/samples/secondhand_home_transfer.json --wait 10s --json | jq -r '.case // .id')
[ -n "$case" ] && [ "$case" != null ] || die "the application was not taken"
note "流水號 $case"
# The parties' part: both sellers and the buyer sign before the window; the taxes are paid as soon as they are assessed.
for person in seller.0 seller.1 buyer.0; do yjsctl case sign "$case" "$person" >/dev/null || die "$person could not sign"; done
note "賣方、買方均已簽名"
( while sleep 0.2; do
      if yjsctl case show "$case" --json 2>/dev/null | jq -e '.steps[] | select(.step == "payment" and .state == "running")' >/dev/null; then
          yjsctl case signal "$case" tax_paid --data '{"payment_ref": "PAY-2026-0001"}' >/dev/null 2>&1 && break
      fi
  done ) </dev/null >/dev/null 2>&1 &
pids+=($!)
"$bin/yjsctl" case watch "$case" &      # beside the shell, so that a signal or a part's end is heard at once
pids+=($!)
wait $!

say "8. What happened"
yjsctl case timeline "$case"
printf '\n'
yjsctl case report "$case"
printf '\n'
say "9. What the parties were told"
wait_for 10 "the last notice" sh -c "'$bin/yjsctl' notice list --case '$case' --audience party --kind closed --json | grep -q buyer"
yjsctl notice list --case "$case" --audience party
if [ -n "$once" ]; then
    state=$(yjsctl case show "$case" --json | jq -r '.outcome')
    [ "$state" = granted ] || die "the case ended $state"
    exit 0
fi
say "Everything stays up until Ctrl-C. Try: YJS_URL=$YJS_URL YJS_TOKEN=$YJS_TOKEN $bin/yjsctl case list"
wait "$parts"
