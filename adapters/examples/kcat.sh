#!/bin/bash
# A department by hand, with kcat: shows the tasks, or answers one.
#
#   kcat.sh BOOTSTRAP REGION DEPARTMENT show
#   kcat.sh BOOTSTRAP REGION DEPARTMENT answer TASK_ID KIND DATA      e.g. … answer 44…01:filing:1 result '{"result":{}}'
set -euo pipefail
[ $# -ge 4 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
bootstrap=$1 region=$2 department=$3 name=${3//_/-}

if [ "$4" = show ]; then
    exec kcat -C -b "$bootstrap" -t "$region.$name.task.v1" -o beginning -e -q -f '%h\n%s\n\n'
fi
task=$5 kind=$6 data=$7
# <caseid>:<step>:<attempt>, and for a compensation :undo:<n> behind it
IFS=: read -r caseid step attempt undo _ <<<"$task"
headers=(-H ce_specversion=1.0 -H "ce_id=$task:$kind" -H "ce_source=/$region/$department" -H "ce_type=$kind"
         -H "ce_time=$(date -u +%Y-%m-%dT%H:%M:%SZ)" -H "ce_caseid=$caseid" -H "ce_step=$step" -H "ce_attempt=$attempt"
         -H content-type=application/json)
[ -z "${undo:-}" ] || headers+=(-H "ce_task=$task")
printf '%s' "$data" | kcat -P -b "$bootstrap" -t "$region.$name.result.v1" -k "${caseid%%/*}" -X acks=all \
    -X partitioner=murmur2_random "${headers[@]}"
