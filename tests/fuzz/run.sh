#!/usr/bin/env bash
# Runs a fuzzer over its corpus and then onwards with new inputs; ends with 1 when one was found that breaks something.
#   tests/fuzz/run.sh NAME                  for YJS_FUZZ_SECONDS (60)
#   tests/fuzz/run.sh NAME FILE…            plays these inputs again, nothing else
#   tests/fuzz/run.sh --keep NAME SECONDS   and keeps in corpus/NAME the fewest inputs that reach as much
#   tests/fuzz/run.sh --build FOLDER CLANG  builds all of them (the test fuzz/build)
#   … --in FOLDER NAME                      where they are built (build/fuzz)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$root/build/fuzz
keep=""
corpus_bytes_most=4096

build() { # folder clang
    local log=$1/build.log
    mkdir -p "$1"
    { cmake -G Ninja -S "$root" -B "$1" -DCMAKE_C_COMPILER="$2" -DCMAKE_BUILD_TYPE=Release \
            -DYJS_SANITIZE=fuzzer-no-link,address,undefined &&
        cmake --build "$1" -j "$(nproc)" --target fuzzers; } >"$log" 2>&1 || { tail -n 60 "$log"; return 1; }
}

while [ $# -gt 0 ]; do
    case "$1" in
    --build) build "$2" "$3"; exit ;;
    --in) folder=$2; shift ;;
    --keep) keep=yes ;;
    -h|--help) sed -n '2,7p' "$0" | cut -c3-; exit 0 ;;
    *) break ;;
    esac
    shift
done
name=${1:?"which fuzzer? see tests/fuzz/run.sh --help"}
shift
fuzzer=$folder/tests/fuzz/fuzz_$name
[ -x "$fuzzer" ] || build "$folder" "$(command -v clang)"
seconds=${YJS_FUZZ_SECONDS:-60}
[ -z "$keep" ] || { seconds=${1:?"how many seconds?"}; shift; }

export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:handle_abort=1
export UBSAN_OPTIONS=print_stacktrace=1
cd "$root"
if [ $# -gt 0 ]; then
    exec "$fuzzer" -timeout=25 -rss_limit_mb=3072 "$@"
fi

length=8192
[ "$name" != engine ] || length=512   # a schedule of some hundred inputs: more of them, rather than longer ones
found=$folder/found
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
mkdir -p "$found"
log=$new/log
mkdir "$new/inputs"
dictionary=()
[ ! -e "$here/dictionaries/$name" ] || dictionary=("-dict=$here/dictionaries/$name")
if ! "$fuzzer" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=3072 -max_len="$length" -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$found/$name-" "${dictionary[@]}" "$new/inputs" "$here/corpus/$name" >"$log" 2>&1; then
    grep -v -E '^#[0-9]+[[:space:]]' "$log" | tail -n 80
    sed -n 's/.*Test unit written to /to play it again: tests\/fuzz\/run.sh --in '"${folder//\//\\/}"' '"$name"' /p' "$log"
    exit 1
fi
grep -E '^(Done|stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb|slowest_unit))' "$log"
[ -n "$keep" ] || exit 0

# The fewest inputs that reach all that is reached, small ones alone: the corpus is read by people and kept in git.
mkdir "$new/fewest"
find "$new/inputs" "$here/corpus/$name" -type f -size "+${corpus_bytes_most}c" -path "$new/*" -delete
"$fuzzer" -set_cover_merge=1 -use_counters=0 -timeout=25 -rss_limit_mb=3072 "$new/fewest" "$here/corpus/$name" "$new/inputs" >"$log" 2>&1
kept=0
for input in "$new"/fewest/*; do
    cmp -s "$input" "$here/corpus/$name/$(basename "$input")" || { cp "$input" "$here/corpus/$name/"; kept=$((kept + 1)); }
done
echo "kept $kept new inputs in corpus/$name ($(find "$here/corpus/$name" -type f | wc -l) there)"
