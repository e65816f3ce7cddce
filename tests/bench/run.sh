#!/usr/bin/env bash
# How fast the whole system is, on this machine: PostgreSQL (fsync on), a real Kafka, yjsd, one process of adapters for
# five departments and the load, all private, all started here and ended here.
#
#   tests/bench/run.sh W1|W2|W3|W4       greatest throughput: a bounded number of cases is kept open (closed loop)
#   tests/bench/run.sh latency           W2 at a rate: case latency and hand-off, the load answers by itself (open loop)
#   tests/bench/run.sh floor             the leanest loop with W2's messages and commits and no logic, instead of yjsd
#   tests/bench/run.sh floor-latency     the same at a rate
#   tests/bench/run.sh backlog           W2 and its latency with so many cases open that wait for a department (--backlog), and how
#                                        long after its start the daemon asks the first task; 10 million: once, 80 GB of disk
#   tests/bench/run.sh all               all of them, on the same servers, and W2's share of the floor
#   tests/bench/run.sh micro             by themselves: a decision, bytes to events and back, a batch in the store
#
#   --seconds S (10) | --cases N         what is measured, behind a warm-up of --warmup S (10)
#   --warm-broker S (20)                 unmeasured load before everything
#   --payload 1k|11k|45k                 of each case's form and each task (1k)
#   --open N                             cases kept open (W1, W2, floor: 3000; W3: 1500; W4: 60), of the warm-up too      --rate N   cases a second of latency (200)
#   --backlog N[,N…] (10k,1m)            open cases under `backlog`, rising
#   --answer adapter|load                who answers: yjs-adapter, or the load itself (floor: load)
#   --wal SIZE (8GB)                     of write-ahead log that is kept and used again; twice as much may be there between checkpoints
#   --sql 'what to change in the database before everything'
#   --partitions N (4)  --build FOLDER (build/release)  --json FILE  --keep (the folder with logs stays)
#
# Only cases whose end was read within the measured time count. CPU microseconds a step are those of all threads and
# processes of each part, from /proc. Prints one JSON object a run and, at the end, a table.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

what=() seconds=10 cases=0 warmup=10 warm_broker=20 payload=1024 open="" rate=200 answer="" wal=8GB partitions=4 build="" json="" keep="" change="" backlog=10k,1m
refuse() { echo "run.sh: $*; see --help" >&2; exit 2; }
whole() { [[ $2 =~ ^[0-9]+$ ]] && [ "$2" -ge "$3" ] || refuse "$1 takes a whole number from $3 on, not \"$2\""; }
while [ $# -gt 0 ]; do
    case $1 in
    --*) case $1 in
        --keep|--help) ;;
        *) [ $# -gt 1 ] || refuse "$1 needs a value" ;;
        esac ;;
    esac
    case $1 in
    W1|W2|W3|W4|latency|floor|floor-latency) what+=("$1") ;;
    backlog|micro) what+=("$1") ;;
    all) what+=(W1 W2 W3 W4 latency backlog floor floor-latency) ;;
    --seconds) seconds=$2; shift ;;
    --cases) cases=$2; shift ;;
    --warmup) warmup=$2; shift ;;
    --warm-broker) warm_broker=$2; shift ;;
    --payload) payload=$(numfmt --from=iec "${2^^}" 2>/dev/null) || refuse "--payload takes bytes such as 1k, not \"$2\""; shift ;;
    --open) open=$2; shift ;;
    --rate) rate=$2; shift ;;
    --answer) answer=$2; shift ;;
    --partitions) partitions=$2; shift ;;
    --build) build=$2; shift ;;
    --json) json=$2; shift ;;
    --backlog) backlog=$2; shift ;;
    --sql) change=$2; shift ;;
    --wal) wal=$2; shift ;;
    --keep) keep=yes ;;
    -h|--help) sed -n '2,24p' "$0" | cut -c3-; exit 0 ;;
    *) refuse "unknown argument \"$1\"" ;;
    esac
    shift
done
whole --seconds "$seconds" 1; whole --cases "$cases" 0; whole --warmup "$warmup" 0; whole --warm-broker "$warm_broker" 0
whole --rate "$rate" 1; whole --partitions "$partitions" 1; whole --open "${open:-1}" 1
[[ $answer =~ ^(adapter|load)?$ ]] || refuse "--answer takes adapter or load, not \"$answer\""
[ ${#what[@]} -gt 0 ] || { sed -n '2,24p' "$0" | cut -c3-; exit 2; }

say() { printf '%s\n' "run.sh: $*" >&2; }
if [ -z "$build" ]; then
    build=$root/build/release
    say "building"
    (cd "$root" && cmake --preset release && cmake --build --preset release --target yjsd yjsctl yjs-adapter bench_load bench_floor bench_backlog engine_bench wire_bench store_bench) \
        >"${TMPDIR:-/tmp}/yjs-bench-build.$$" 2>&1 || { tail -n 40 "${TMPDIR:-/tmp}/yjs-bench-build.$$" >&2; exit 1; }
    rm -f "${TMPDIR:-/tmp}/yjs-bench-build.$$"
fi
program() { local p; for p in "$build/$1" "$build/adapters/$1" "$build/tests/bench/$1"; do [ -x "$p" ] && { echo "$p"; return; }; done; say "$1 was not built"; exit 1; }
yjsctl=${YJSCTL:-$(program yjsctl)}

if [[ " ${what[*]} " = *" micro "* ]]; then
    [ ${#what[@]} = 1 ] || { say "micro is run by itself"; exit 2; }
    for one in engine_bench wire_bench; do "$(program $one)"; done
    exec "$(program store_bench)" --seconds "$seconds" --payload "$payload"
fi

# ---- servers ----
work=$(mktemp -d "${TMPDIR:-/tmp}/yjs-bench.XXXXXX")
first_task_ms=0 kafka="" yjsd_pid="" adapter_pid="" floor_pid="" load_pid=""
end_one() { [ -z "$1" ] || { kill "$2" "$1" 2>/dev/null || true; wait "$1" 2>/dev/null || true; }; }
stop_parts() {
    end_one "$adapter_pid" -TERM; end_one "$yjsd_pid" -TERM; end_one "$floor_pid" -TERM
    adapter_pid="" yjsd_pid="" floor_pid=""
}
clean_up() {
    end_one "$load_pid" -KILL
    stop_parts
    [ -z "$kafka" ] || "$root/tests/lib/kafka.sh" stop "$kafka" || true
    [ -n "$keep" ] && say "logs are in $work" || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

start_servers() {
    "$root/tests/lib/pg.sh" --parent $$ >"$work/pg"
    conninfo=$(cat "$work/pg")
    "$root/tests/lib/kafka.sh" start --parent $$ >"$work/kafka"
    kafka=$(sed -n 's/^dir=//p' "$work/kafka")
    bootstrap=$(sed -n 's/^bootstrap=//p' "$work/kafka")
    kafka_pid=$("$root/tests/lib/kafka.sh" pids "$kafka" | cut -d' ' -f2)
    pg_pid=$(head -n 1 "$(sql 'SHOW data_directory')/postmaster.pid")
}
sql() { psql -X -q -A -t -d "$conninfo" -c "$1"; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
write_settings() {
    local daemon_properties="" adapter_properties=""
    [ -z "${YJS_BENCH_DAEMON_KAFKA:-}" ] || daemon_properties=", properties: {$YJS_BENCH_DAEMON_KAFKA}"
    [ -z "${YJS_BENCH_ADAPTER_KAFKA:-}" ] || adapter_properties=", properties: {$YJS_BENCH_ADAPTER_KAFKA}"
    http_port=$(free_port)
    cat >"$work/orchestrator.yaml" <<YAML
instance: bench
departments: $here/departments.yaml
database: {url: "$conninfo"}
kafka: {bootstrap: "$bootstrap", partitions: $partitions$daemon_properties}
http: {listen: "127.0.0.1:$http_port", metrics_open: true}
state: $work
${YJS_BENCH_SETTINGS:-}
YAML
    { echo "kafka: {bootstrap: \"$bootstrap\"$adapter_properties}"; echo 'region: "441300"'; echo 'log: {level: warn}'; echo 'departments:'
      for d in a b c d e; do
          echo "  - {department: bench_$d, store: $work/bench_$d.db, driver: {name: simulate, result: {ok: true}}, most_running: 100000}"
      done; } >"$work/adapter.yaml"
}

provision() {
    "$yjsctl" db migrate --config "$work/orchestrator.yaml"
    "$yjsctl" topic apply --config "$work/orchestrator.yaml"
    "$yjsctl" thing publish "$here"/things/w1.yaml "$here"/things/w2.yaml "$here"/things/w3.yaml "$here"/things/w4.yaml \
        --config "$work/orchestrator.yaml"
    [ -z "$change" ] || sql "$change"
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }
ready() { (exec 3<>"/dev/tcp/127.0.0.1/$http_port" && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && head -n 1 <&3 | grep -q ' 200 ') 2>/dev/null; }
start_yjsd() {
    local began i
    began=$(now_ms)
    "$(program yjsd)" --config "$work/orchestrator.yaml" >"$work/yjsd.log" 2>&1 &
    yjsd_pid=$!
    for ((i = 0; i < 3000; i++)); do
        ready && { start_ms=$(($(now_ms) - began)); return; }
        kill -0 "$yjsd_pid" 2>/dev/null || break
        sleep 0.01
    done
    tail -n 20 "$work/yjsd.log" >&2; say "yjsd did not become ready"; exit 1
}
start_adapter() {
    "$(program yjs-adapter)" --config "$work/adapter.yaml" >"$work/adapter.log" 2>&1 &
    adapter_pid=$!
}
start_floor() {
    : >"$work/floor.log"
    "$(program bench_floor)" --pg "$conninfo" --bootstrap "$bootstrap" >"$work/floor.log" 2>&1 &
    floor_pid=$!
    local i
    for ((i = 0; i < 300; i++)); do
        grep -q '^ready' "$work/floor.log" && return
        kill -0 "$floor_pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/floor.log" >&2; say "the floor did not become ready"; exit 1
}

# ---- what the parts used: one line a part, "name ticks" ----
ticks=$(getconf CLK_TCK)
ticks_of() { # PID: its own
    local stat; stat=$(cat "/proc/$1/stat" 2>/dev/null) || { echo 0; return; }
    set -- ${stat##*) }
    echo $((${12} + ${13}))
}
ticks_of_pg() { # the postmaster, those of its children that are alive, and those that ended
    local stat sum child
    stat=$(cat "/proc/$pg_pid/stat"); set -- ${stat##*) }
    sum=$((${12} + ${13} + ${14} + ${15}))
    for child in $(pgrep -P "$pg_pid"); do sum=$((sum + $(ticks_of "$child"))); done
    echo "$sum"
}
sample() { # FILE
    { [ -z "$yjsd_pid$floor_pid" ] || echo "engine $(ticks_of "${yjsd_pid:-$floor_pid}")"
      [ -z "$adapter_pid" ] || echo "adapter $(ticks_of "$adapter_pid")"
      echo "postgresql $(ticks_of_pg)"; echo "kafka $(ticks_of "$kafka_pid")"; echo "load $(ticks_of "$load_pid")"
      echo "wal $(sql "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")"
      [ -z "$yjsd_pid" ] || { exec 3<>"/dev/tcp/127.0.0.1/$http_port"; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
          sed -n 's/^yijianshi_\([a-z_]*\) /metric_\1 /p' <&3; exec 3<&-; }
    } >"$1"
}
difference() { awk -v name="$1" 'FNR == NR { if ($1 == name) a = $2; next } $1 == name { print $2 - a; found = 1 } END { if (!found) print 0 }' "$work/begin" "$work/end"; }

# A virtual machine gives its free memory back to its host, and gets it again page by page while tables grow: a third of
# PostgreSQL's time, by chance. All free memory is taken once, shortly before what is measured. Nothing changes elsewhere.
touch_memory() {
    local free_kb
    free_kb=$(sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    [ -w /dev/shm ] && head -c "$((free_kb > 8000000 ? 6000000 : free_kb / 2))K" /dev/zero >"/dev/shm/yjs-bench.$$" 2>/dev/null || true
    rm -f "/dev/shm/yjs-bench.$$"
}

# ---- one run ----
measure() { # NAME ENGINE ANSWER LOAD-ARGUMENTS…
    local name=$1 engine=$2 by=$3 line result=""; shift 3
    start_ms=0

    touch_memory
    if [ "$engine" = yjsd ]; then start_yjsd; else start_floor; fi
    [ "$by" = load ] || start_adapter
    local arguments=(--bootstrap "$bootstrap" --payload "$payload" --warmup "$warmup" --seconds "$seconds" --cases "$cases" "$@")
    [ "$by" = adapter ] || arguments+=(--answer)
    : >"$work/begin"; : >"$work/end"
    mkfifo "$work/pipe.$name"
    "$(program bench_load)" "${arguments[@]}" >"$work/pipe.$name" &
    load_pid=$!
    while read -r line; do
        case $line in
        "mark begin") sample "$work/begin" ;;
        "mark end") sample "$work/end" ;;
        "{"*) result=$line ;;
        esac
    done <"$work/pipe.$name"
    wait "$load_pid" || say "$name: the load reports a fault"
    load_pid=""
    [ -n "$result" ] || { tail -n 5 "$work/yjsd.log" >&2; say "$name: no result"; exit 1; }
    local steps memory=0 binary=0 parts="" part
    steps=$(jq .steps <<<"$result")
    for part in engine adapter postgresql kafka load; do
        parts+="${parts:+,}\"$part\":$(awk -v t="$(difference $part)" -v hz="$ticks" -v s="$steps" 'BEGIN { printf "%.1f", s ? t * 1e6 / hz / s : 0 }')"
    done
    [ -z "$yjsd_pid$floor_pid" ] || memory=$(sed -n 's/^VmHWM:[ \t]*\([0-9]*\) kB/\1/p' "/proc/${yjsd_pid:-$floor_pid}/status")
    [ "$engine" != yjsd ] || binary=$(stat -c %s "$(program yjsd)")
    jq -c --arg name "$name" --arg engine "$engine" --argjson cpu "{$parts}" --argjson memory "${memory:-0}" \
        --argjson wal "$(difference wal)" --argjson batches "$(difference metric_batches_total)" \
        --argjson inputs "$(($(difference metric_inputs_applied_total) + $(difference metric_inputs_recorded_total) + $(difference metric_inputs_duplicate_total)))" \
        --argjson start "$start_ms" --argjson first "$first_task_ms" --argjson binary "$binary" --arg fsync "$(sql 'SHOW fsync')" --arg pg "$(sql 'SHOW server_version')" '
        {run: $name, engine: $engine, intake: "topic", fsync: $fsync, postgresql: $pg} + . +
        {cpu_us_a_step: $cpu, cpu_us_a_step_all: ([$cpu[]] | add), memory_peak_kb: $memory,
         wal_bytes_a_step: (if .steps > 0 then $wal / .steps | floor else 0 end), batches: $batches,
         inputs_a_batch: (if $batches > 0 then $inputs / $batches * 10 | floor / 10 else 0 end),
         start_ms: $start, first_task_ms: $first, binary_bytes: $binary}' <<<"$result" | tee -a "$work/results"
    stop_parts
}

# Open cases are copies of one that the daemon wrote and that waits for its first department.
# Load that counts for nothing, so many seconds long.
measure_aside() { # SECONDS ENGINE ANSWER LOAD-ARGUMENTS…
    local for=$1 seconds_wanted=$seconds cases_wanted=$cases warmup_wanted=$warmup; shift
    seconds=$for cases=0 warmup=$((warmup < for ? warmup : for))
    cp "$work/results" "$work/results.kept" 2>/dev/null || : >"$work/results.kept"
    measure aside "$@" >/dev/null
    rm -f "$work/pipe.aside"
    mv "$work/results.kept" "$work/results"
    seconds=$seconds_wanted cases=$cases_wanted warmup=$warmup_wanted
}

run_backlog() {
    local size have=0 like began
    start_yjsd
    like=$("$(program bench_load)" --bootstrap "$bootstrap" --thing w2 --payload 256 --first | jq -r .case)
    stop_parts
    # The tasks of the cases to come are to be in their topics: each partition has messages younger than they are.
    measure_aside 3 yjsd load --thing w2 --tasks 5 --open 3000
    for size in $(tr ',' ' ' <<<"$backlog"); do
        size=$(numfmt --from=si "${size^^}")
        say "backlog: $size open cases"
        "$(program bench_backlog)" --pg "$conninfo" --like "$like" --count $((size - have)) --prefix "B$have-" --partitions "$partitions"
        like="B$have-0000000"   # what it was a copy of is answered by the adapters that come: its task is in their topic, this one's never was
        have=$size
        sql "VACUUM (ANALYZE) journal, case_, step, timer"
        sql "CHECKPOINT"
        # The application lies on its topic before the daemon starts; the reader is there, too.
        "$(program bench_load)" --bootstrap "$bootstrap" --thing w2 --first >"$work/first" &
        load_pid=$!
        sleep 2
        began=$(now_ms)
        start_yjsd
        wait "$load_pid"; load_pid=""
        first_task_ms=$(($(jq .first_task_ms "$work/first") - began))
        say "backlog: ready after $start_ms ms, first task after $first_task_ms ms"
        stop_parts
        measure "backlog-$size" yjsd "${answer:-adapter}" --thing w2 --tasks 5 --open "${open:-3000}"
        first_task_ms=0
        measure "backlog-$size-latency" yjsd load --thing w2 --tasks 5 --rate "$rate"
    done
}

table() {
    jq -s -r '
        (["run", "steps/s", "cases/s", "case p50 ms", "p99 ms", "hand-off p50", "p90", "p99", "max", "engine µs", "adapter", "PG", "Kafka", "load", "MB", "WAL B", "in/batch"]),
        (.[] | [.run, .steps_per_s, .cases_per_s, .case_latency.p50_ms, .case_latency.p99_ms, .hand_off.p50_ms // "-", .hand_off.p90_ms // "-",
                .hand_off.p99_ms // "-", .hand_off.max_ms // "-", .cpu_us_a_step.engine, .cpu_us_a_step.adapter, .cpu_us_a_step.postgresql,
                .cpu_us_a_step.kafka, .cpu_us_a_step.load, (.memory_peak_kb / 1024 | floor), .wal_bytes_a_step, .inputs_a_batch]) | @tsv' "$work/results" |
        column -t -s $'\t'
    jq -s -r '[.[] | select(.run | test("^backlog-[0-9]+$"))] | select(length > 1) | .[0] as $few | .[1:][] |
        "\(.run): \(.steps_per_s / $few.steps_per_s * 1000 | floor / 10) % of \($few.run)'"'"'s throughput; first task \(.first_task_ms) ms after the start"' "$work/results"
    jq -s -r '(map(select(.run == "W2")) | last) as $w | (map(select(.run == "floor")) | last) as $f |
        if $w and $f then "W2 is \($w.steps_per_s / $f.steps_per_s * 1000 | floor / 10) % of the floor (answered by \($w.answered_by), the floor by \($f.answered_by))" else empty end' "$work/results"
    jq -s -r 'map(select(.engine == "yjsd")) | last // empty | "intake: topic; fsync \(.fsync); PostgreSQL \(.postgresql); yjsd: ready after \(.start_ms) ms, binary \(.binary_bytes / 1024 | floor) KiB"' "$work/results"
}

# The floor last: what it leaves on the intake topic are no cases of yjsd's.
mapfile -t what < <(printf '%s\n' "${what[@]}" | sed 's/^floor/~&/' | LC_ALL=C sort -u | sed 's/^~//')

start_servers
write_settings
provision >"$work/provision.log" 2>&1 || { cat "$work/provision.log" >&2; exit 1; }
# A broker that has just started compiles itself while it serves: that is no part of a step.
if [ "$warm_broker" -gt 0 ]; then
    say "warming the broker, $warm_broker s"
    measure_aside "$warm_broker" yjsd adapter --thing w2 --tasks 5 --open "${open:-3000}"
fi
# A database that has run for a day writes its log into files that it has used before: so do these.
sql "ALTER SYSTEM SET min_wal_size = '$wal'"
sql "ALTER SYSTEM SET max_wal_size = '$((2 * $(numfmt --from=iec "${wal%B}") >> 20))MB'"
sql "SELECT pg_reload_conf()" >/dev/null
sql "CHECKPOINT"
for one in "${what[@]}"; do
    say "$one"
    case $one in
    W1) measure W1 yjsd "${answer:-adapter}" --thing w1 --tasks 1 --open "${open:-3000}" ;;
    W2) measure W2 yjsd "${answer:-adapter}" --thing w2 --tasks 5 --open "${open:-3000}" ;;
    W3) measure W3 yjsd "${answer:-adapter}" --thing w3 --tasks 7 --open "${open:-1500}" ;;
    W4) measure W4 yjsd "${answer:-adapter}" --thing w4 --tasks 50 --elements 50 --open "${open:-60}" ;;
    backlog) run_backlog ;;
    latency) measure latency yjsd "${answer:-load}" --thing w2 --tasks 5 --rate "$rate" ;;
    floor) measure floor floor "${answer:-load}" --thing w2 --tasks 5 --open "${open:-3000}" ;;
    floor-latency) measure floor-latency floor load --thing w2 --tasks 5 --rate "$rate" ;;
    esac
done
table
[ -z "$json" ] || jq -s . "$work/results" >"$json"
jq -es 'all(.[]; (.cases // 1) != 0)' "$work/results" >/dev/null || { say "a run closed no case within its time: there is no figure"; exit 1; }
