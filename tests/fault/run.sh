#!/usr/bin/env bash
# Faults on real parts: three Kafka nodes (replication 3, min.insync.replicas 2), PostgreSQL with fsync, three daemons, four adapters
# over four drivers, under load. Faults are drawn from a seed; at the end a checker that is written apart counts what was lost, doubled
# and out of order.
#   tests/fault/run.sh [--kills N] [--seed S]    N faults (60), about six seconds each; with --lanes up to three at a time
#   tests/fault/run.sh --long                    1,000, 50 of them of brokers
#   tests/fault/run.sh --only KIND               only faults of this kind (faults.py has the table)
#   tests/fault/run.sh --tamper --kills 0        the checker is shown what it has to find
#   tests/fault/run.sh --limits                  a daemon's work that stands still for too long is a failure too
# As root it runs in a network and a mount namespace of its own: there the net is cut and a small disk is filled. Otherwise both are
# left out, and said so.
set -euo pipefail
cd "$(dirname "$0")"
export YJS_BUILD="${YJS_BUILD:-$(cd ../.. && pwd)/build/release}"

if [ -z "${YJS_FAULT_INSIDE:-}" ]; then
    for name in kcat psql java; do
        command -v "$name" >/dev/null || { echo "fault: the program $name is missing (deploy/packages.sh test)"; exit 77; }
    done
    ../lib/kafka.sh fetch
    arguments=()
    for argument in "$@"; do
        if [ "$argument" = --long ]; then
            arguments+=(--kills 1000 --brokers 50 --rate 8)
            export YJS_FAULT_DISK=1g   # the adapters keep all their tasks on it
        else
            arguments+=("$argument")
        fi
    done
    if [ "$(id -u)" = 0 ] && command -v nft >/dev/null && unshare --net --mount true 2>/dev/null; then
        exec env YJS_FAULT_INSIDE=own unshare --net --mount "$PWD/run.sh" ${arguments[@]+"${arguments[@]}"}
    fi
    exec env YJS_FAULT_INSIDE=shared "$PWD/run.sh" ${arguments[@]+"${arguments[@]}"}
fi

more=()
if [ "$YJS_FAULT_INSIDE" = own ]; then
    ip link set lo up
    disk=$(mktemp -d "${TMPDIR:-/tmp}/yjs-disk.XXXXXX")
    mount -t tmpfs -o size=${YJS_FAULT_DISK:-224m},mode=755 small "$disk"
    more=(--own-network --small-disk "$disk")
fi
status=0
python3 fault.py "$@" ${more[@]+"${more[@]}"} || status=$?
[ -z "${disk:-}" ] || { umount -l "$disk"; rmdir "$disk" 2>/dev/null || true; }
exit $status
