#!/usr/bin/env bash
# A real Kafka for the tests: fetched once from Maven Central, started on random loopback ports with its data in a
# temporary folder, gone with its parent. Needs bash, a JRE 17 and, to fetch, Maven (Debian: openjdk-17-jre-headless
# maven; installed by `fetch` when it is run as root and they are missing).
#
#   kafka.sh fetch                                fetches the jars (54 MB); does nothing when they are there
#   kafka.sh start [--nodes 1|3] [--parent PID]   prints dir=DIR and bootstrap=HOST:PORT[,…] when it is ready
#   kafka.sh stop DIR                             ends the nodes and removes DIR
#   kafka.sh kill DIR NODE                        kill -9 of one node (1, 2, 3)
#   kafka.sh resume DIR NODE                      starts it again on its old data, waits until it is ready
#   kafka.sh pids DIR                             one line a node: NODE PID
#
# --parent PID: the cluster is stopped when that process ends (default: the caller). --parent 0: only by `stop`.
set -euo pipefail
version=4.1.1
cache=${YJS_KAFKA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/yijianshi}/kafka-$version
heap=${YJS_KAFKA_HEAP:-512m}

say() { printf 'kafka.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

need() {   # need PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "$1 is missing: install $2"
    say "installing $2"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$2" >&2 ||
        { apt-get update -q >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$2" >&2; }
}

fetch() {
    need java openjdk-17-jre-headless
    [ -e "$cache/complete" ] && return
    need mvn maven
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock 9
    [ -e "$cache/complete" ] && return
    cat >"$cache/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>yijianshi</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>2.24.3</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
POM
    say "fetching Kafka $version"
    rm -rf "$cache/jars"
    (cd "$cache" && mvn -q -B -ntp dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$cache/jars") >&2
    [ -e "$cache/jars/kafka_2.13-$version.jar" ] || die "the jars did not come"
    touch "$cache/complete"
    flock -u 9
}

# The log goes to one file a node.
log_settings() {
    cat >"$1" <<LOG
status=error
appender.f.type=File
appender.f.name=f
appender.f.fileName=\${sys:yjs.log}
appender.f.layout.type=PatternLayout
appender.f.layout.pattern=%d %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.f.ref=f
LOG
}

free_ports() { # that many free ports of loopback, held together so that they differ
    python3 - "$1" <<'PY' 2>/dev/null || perl_ports "$1"
import socket, sys
held = []
for _ in range(int(sys.argv[1])):
    s = socket.socket(); s.bind(("127.0.0.1", 0)); held.append(s)
print(*[s.getsockname()[1] for s in held])
PY
}
perl_ports() {
    perl -MIO::Socket::INET -e 'my @h = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) } 1..$ARGV[0];
        print join(" ", map { $_->sockport } @h), "\n"' "$1"
}

settings() { # settings DIR NODE NODES PORTS… (nodes' first, controllers' behind)
    local dir=$1 node=$2 nodes=$3; shift 3
    local ports=("$@") voters="" i
    for ((i = 1; i <= nodes; i++)); do voters+="${voters:+,}$i@127.0.0.1:${ports[nodes + i - 1]}"; done
    local replicas=$nodes
    cat <<SETTINGS
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$voters
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${ports[node - 1]},CONTROLLER://127.0.0.1:${ports[nodes + node - 1]}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/$node/data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=1
default.replication.factor=$replicas
log.segment.delete.delay.ms=1000
log.retention.check.interval.ms=1000
num.network.threads=2
num.io.threads=4
SETTINGS
    cat "$dir/extra.properties" 2>/dev/null || true
}

run_java() { # run_java DIR NODE CLASS ARGUMENTS…
    local dir=$1 node=$2; shift 2
    exec java "-Xmx$heap" -Xms128m ${YJS_KAFKA_JAVA_OPTIONS:--XX:+UseSerialGC -XX:TieredStopAtLevel=4} -XX:-UsePerfData \
        -Dlog4j2.configurationFile="$dir/log4j2.properties" -Dyjs.log="$dir/$node/kafka.log" \
        -cp "$cache/jars/*" "$@"
}

launch() { # launch DIR NODE
    local dir=$1 node=$2
    (cd "$dir/$node" && exec 9>&- && run_java "$dir" "$node" kafka.Kafka server.properties) \
        </dev/null >"$dir/$node/out" 2>&1 &
    echo $! >"$dir/$node/pid"
    disown
}

lives() { local state; state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) && [ "${state:0:1}" != Z ]; } # not yet reaped: dead
alive() { lives "$(cat "$1/$2/pid")"; }

listens() { # listens DIR NODE
    local port
    port=$(sed -n 's/^listeners=PLAINTEXT:\/\/127.0.0.1:\([0-9]*\),.*/\1/p' "$1/$2/server.properties")
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

end_node() { # kill -9, and waits until its last thread is gone and its port with it
    local i
    kill -9 "$(cat "$1/$2/pid")"
    for ((i = 0; i < 200; i++)); do
        alive "$1" "$2" || listens "$1" "$2" || return 0
        sleep 0.05
    done
    die "node $2 does not end"
}

await_ready() { # await_ready DIR NODE: its listener opens only when the broker is unfenced
    local dir=$1 node=$2 i
    for ((i = 0; i < 600; i++)); do
        if listens "$dir" "$node"; then return; fi
        alive "$dir" "$node" || { tail -n 20 "$dir/$node/out" "$dir/$node/kafka.log" >&2 || true; die "node $node ended"; }
        sleep 0.1
    done
    die "node $node is not ready after a minute: see $dir/$node/kafka.log"
}

# Formatting takes a second of a JVM's life; what it writes depends on the node alone, so it is kept.
format() { # format DIR NODE
    local dir=$1 node=$2 kept
    kept=$cache/formatted-$node
    if [ ! -e "$kept/meta.properties" ]; then
        (run_java "$dir" "$node" kafka.tools.StorageTool format -t yijianshiTestCluster00 -c "$dir/$node/server.properties") \
            >"$dir/$node/format" 2>&1 || { cat "$dir/$node/format" >&2; die "the data folder can't be formatted"; }
        cp -r "$dir/$node/data" "$kept.$$" && mv -T "$kept.$$" "$kept" 2>/dev/null || rm -rf "$kept.$$"
        return
    fi
    cp -r "$kept" "$dir/$node/data"
}

watch_parent() { # stops the cluster when the process ends
    local dir=$1 parent=$2
    setsid "$(readlink -f "$0")" watch "$dir" "$parent" </dev/null >/dev/null 2>&1 &
    disown
}

start() {
    local nodes=1 parent=$PPID dir node ports
    while [ $# -gt 0 ]; do
        case $1 in
        --nodes) nodes=$2; shift 2 ;;
        --parent) parent=$2; shift 2 ;;
        *) die "unknown option $1" ;;
        esac
    done
    [ "$nodes" = 1 ] || [ "$nodes" = 3 ] || die "--nodes is 1 or 3"
    fetch
    dir=$(mktemp -d "${TMPDIR:-/tmp}/yjs-kafka.XXXXXX")
    log_settings "$dir/log4j2.properties"
    printf '%s\n' ${YJS_KAFKA_SETTINGS:-} >"$dir/extra.properties"
    read -r -a ports <<<"$(free_ports $((2 * nodes)))"
    for ((node = 1; node <= nodes; node++)); do
        mkdir -p "$dir/$node"
        settings "$dir" "$node" "$nodes" "${ports[@]}" >"$dir/$node/server.properties"
        format "$dir" "$node"
    done
    for ((node = 1; node <= nodes; node++)); do launch "$dir" "$node"; done
    [ "$parent" = 0 ] || watch_parent "$dir" "$parent"
    trap 'stop "$dir"' ERR
    for ((node = 1; node <= nodes; node++)); do await_ready "$dir" "$node"; done
    local bootstrap=""
    for ((node = 1; node <= nodes; node++)); do bootstrap+="${bootstrap:+,}127.0.0.1:${ports[node - 1]}"; done
    printf 'dir=%s\nbootstrap=%s\n' "$dir" "$bootstrap"
}

stop() {
    local dir=$1 file pid
    case $dir in */yjs-kafka.*) ;; *) die "$dir is not a folder of kafka.sh" ;; esac
    for file in "$dir"/*/pid; do
        [ -e "$file" ] || continue
        pid=$(cat "$file")
        # the pid may be another's by now: only a process that names our folder is ended
        if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$dir/"; then kill -9 "$pid" 2>/dev/null || true; fi
    done
    rm -rf "$dir" 2>/dev/null || { sleep 0.5; rm -rf "$dir"; }
}

case ${1:-} in
fetch) fetch ;;
start) shift; start "$@" ;;
stop) stop "${2:?DIR}" ;;
watch) # start's own. A process looks twice a second: what is started at each look costs a benchmark two per cent of the machine
    while lives "${3:?PID}" && [ -d "${2:?DIR}" ]; do timeout 10 tail -s 0.5 --pid="$3" -f /dev/null || true; done
    [ ! -d "$2" ] || stop "$2" ;;
kill) end_node "${2:?DIR}" "${3:?NODE}" ;;
resume) alive "${2:?DIR}" "${3:?NODE}" && die "node $3 runs"; launch "$2" "$3"; await_ready "$2" "$3" ;;
pids) for file in "${2:?DIR}"/*/pid; do printf '%s %s\n' "$(basename "$(dirname "$file")")" "$(cat "$file")"; done ;;
*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; [ "${1:-}" = help ] || exit 2 ;;
esac
