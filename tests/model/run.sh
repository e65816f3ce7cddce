#!/usr/bin/env bash
# Checks the protocol's model (protocol.pml) to its last state, and that each fault put into it on purpose is found.
#   tests/model/run.sh                what the tests run: under a minute
#   tests/model/run.sh --long         more faults a run (minutes, up to 4 GB)
#   tests/model/run.sh MUTATION       one of them, with the steps that lead to the failure
set -euo pipefail
cd "$(dirname "$0")"
command -v spin >/dev/null || { echo "model: spin is not installed (deploy/packages.sh test)" >&2; exit 77; }

# What is done wrongly, how many faults it takes to show, and in which conductor.
mutations="fence_off:1: epoch_kept:1: publish_before_commit:0: offset_forgotten:0: offset_before:1: unknown_is_done:1:
    unknown_is_undone:1: published_early:1: dedupe_forgotten:0: inbox_kept:0: catch_up_skipped:1: failure_is_delivered:1:
    order_lost:0: owner_not_ended:1: answered_before_written:1: waits_for_ever:2: loss_not_noticed:2:
    next_not_dropped:1:pipelined command_read_again:0:pipelined"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp protocol.pml "$work"
cd "$work"
spin -a protocol.pml >spin.log || { cat spin.log; exit 1; }
${CC:-cc} -O2 -w -DCOLLAPSE -DMEMLIM=6000 -o pan pan.c

number() { sed -n "s/^#define MUTATION_$1 \([0-9]*\)$/\1/p" protocol.pml; }
# check FAULTS PIPELINED MUTATION-NUMBER: its result in $work/out; true when the whole graph was seen and nothing is wrong
check() {
    FAULTS=$1 MUTATION=$3 ${2:+env PIPELINED=1} ./pan -a -n -m10000 >out 2>&1 || { cat out; echo "model: the checker ended"; exit 1; }
    grep -q 'Search not completed\|max search depth too small' out && ! grep -q 'errors: [1-9]' out && { cat out; exit 1; }
    grep -q 'errors: 0$' out
}
steps() { # the way to the failure, a line a step
    ./pan -r -v 2>&1 | sed -nE 's/^ *[0-9]+: proc +[0-9]+ \(([A-Z][A-Za-z]+)\).*\[(.*)\]$/\1 \2/p' | while read -r who what; do
        line=${what#D_STEP}
        [ "$line" = "$what" ] || what=$(sed -n "${line}s/^ *//p" protocol.pml)
        echo "  $who  $what"
    done
}
must_hold() { # FAULTS PIPELINED
    check "$1" "$2" 0 || { cat out; steps; echo "model: the protocol${2:+ (pipelined)} is wrong with $1 faults"; exit 1; }
    echo "holds with $1 faults${2:+, pipelined}: $(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' out) states"
}

if [ $# -eq 1 ] && [ "$1" != --long ]; then
    entry=$(tr -s ' \n' '\n\n' <<<"$mutations" | grep "^$1:") || { echo "model: no fault is called \"$1\"" >&2; exit 2; }
    IFS=: read -r name faults pipelined <<<"$entry"
    check "$faults" "$pipelined" "$(number "$name")" && { echo "$name was not found"; exit 1; }
    grep '^pan:1' out
    steps
    exit 0
fi

missing=0
for entry in $mutations; do
    IFS=: read -r name faults pipelined <<<"$entry"
    number=$(number "$name")
    [ -n "$number" ] || { echo "model: $name is not in protocol.pml"; exit 1; }
    if check "$faults" "$pipelined" "$number"; then
        echo "NOT FOUND: $name"
        missing=1
    else
        echo "found: $name ($(sed -n 's/^pan:1: \(.*\) (at depth .*/\1/p' out))"
    fi
done
count=$(grep -c '^#define MUTATION_' protocol.pml)
[ "$count" = "$(wc -w <<<"$mutations")" ] || { echo "model: $count faults in protocol.pml, another number here"; exit 1; }
[ $missing = 0 ] || exit 1
must_hold 2 ""
must_hold 1 yes
if [ "${1:-}" = --long ]; then
    must_hold 2 yes
    must_hold 3 ""
fi
