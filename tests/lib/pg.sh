#!/bin/bash
# A private PostgreSQL cluster for tests, the benchmark and the quickstart: made with initdb in a folder of its own,
# reachable at a Unix socket and a random port of 127.0.0.1, stopped and removed when its parent ends.
#
#   tests/lib/pg.sh [--parent PID] [--folder DIR] [--keep] [--socket-only]
#
# Prints one line: a libpq conninfo of its superuser, database yjs. --parent: whose end ends the cluster (default: the
# caller). --folder: where the cluster lives (default: mktemp -d; an existing cluster there is started again).
# --keep: the folder stays when the cluster ends. PG_BIN names the folder of initdb when several versions are there.
set -euo pipefail

parent=$PPID folder= keep= listen=127.0.0.1
while [ $# -gt 0 ]; do
    case $1 in
    --parent) parent=$2; shift 2 ;;
    --folder) folder=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    --socket-only) listen=; shift ;;
    *) echo "pg.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done

if [ -z "${PG_BIN:-}" ]; then
    for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n -r) /usr/local/bin /usr/bin; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ]; then PG_BIN=$candidate; break; fi
    done
fi
[ -n "${PG_BIN:-}" ] || { echo "pg.sh: no PostgreSQL server found (Debian: apt-get install postgresql)" >&2; exit 1; }

[ -n "$folder" ] || folder=$(mktemp -d "${TMPDIR:-/tmp}/yjs-pg.XXXXXX")
mkdir -p "$folder"
as=()
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    id postgres >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin postgres
    chown postgres "$folder"
    as=(setpriv --reuid=postgres --regid=postgres --init-groups --reset-env)
fi

if [ ! -f "$folder/data/PG_VERSION" ]; then
    "${as[@]}" "$PG_BIN/initdb" -D "$folder/data" -U yjs --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
        --no-instructions >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
    # Durable as in production (fsync stays on); the rest suits a machine that also runs everything else.
    cat >>"$folder/data/postgresql.conf" <<CONF
unix_socket_directories = '$folder'
listen_addresses = '$listen'
shared_buffers = 512MB
max_wal_size = 16GB
min_wal_size = 256MB
max_connections = 100
checkpoint_timeout = 30min
logging_collector = off
timezone = 'Asia/Shanghai'
${YJS_PG_SETTINGS:-}
CONF
    # Where it was built in.
    if ldd "$PG_BIN/postgres" 2>/dev/null | grep -q liblz4; then
        echo "wal_compression = lz4" >>"$folder/data/postgresql.conf"
    fi
    fresh=yes
fi

# A random port may be taken: another one then.
for attempt in 1 2 3 4 5 6 7 8; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 40000))
    if "${as[@]}" "$PG_BIN/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/server.log" -o "-p $port" start \
        >"$folder/start.log" 2>&1 </dev/null; then break; fi
    if [ "$attempt" = 8 ] || ! grep -qi 'in use' "$folder/server.log"; then
        cat "$folder/server.log" >&2; exit 1
    fi
done
if [ -n "${fresh:-}" ]; then
    createdb=$PG_BIN/createdb
    [ -x "$createdb" ] || createdb=createdb
    "${as[@]}" "$createdb" -h "$folder" -p "$port" -U yjs yjs
fi

# The watcher: ends the cluster when the parent is gone (or is another process under the same id).
born() { cut -d' ' -f22 "/proc/$1/stat" 2>/dev/null || true; }
birth=$(born "$parent")
(
    trap '' INT TERM HUP
    # one process that looks twice a second; that it is the same parent is asked now and then
    while [ -n "$birth" ] && [ "$(born "$parent")" = "$birth" ]; do timeout 10 tail -s 0.5 --pid="$parent" -f /dev/null || true; done
    "${as[@]}" "$PG_BIN/pg_ctl" -D "$folder/data" -m immediate -w stop
    [ -n "$keep" ] || rm -rf "$folder"
) >/dev/null 2>&1 </dev/null &
disown

echo "host=$folder port=$port user=yjs dbname=yjs"
