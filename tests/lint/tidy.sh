#!/usr/bin/env bash
# clang-tidy with the repository's .clang-tidy, file by file, two at a time.
#
#   tidy.sh <source folder> <build folder with compile_commands.json>
#
# All of orchestrator/ and adapters/. A file whose preprocessed text was clean under the same rules is not looked at again.
set -euo pipefail

if [ "${1:-}" = --one ]; then   # tidy.sh --one <build folder> <known folder> <rules' sum> <file> <command line>
    build_dir=$2 known=$3 rules=$4 file=$5 command=$6
    sum=$(cd "$build_dir" && eval "$command" 2>/dev/null | sha256sum | cut -c1-64)
    mark=$known/$sum-$rules
    if [ -e "$mark" ]; then
        exit 0
    fi
    if told=$(clang-tidy -p "$build_dir" --quiet --extra-arg=-Wno-unknown-warning-option "$file" 2>/dev/null); then
        touch "$mark"
        exit 0
    fi
    echo "$told"
    exit 1
fi

source_dir=$(cd "${1:?usage: tidy.sh <source folder> <build folder>}" && pwd) build_dir=${2:?}
for tool in clang-tidy python3; do
    if ! command -v $tool >/dev/null; then
        echo "SKIPPED: $tool is not installed (deploy/packages.sh test)"
        exit 77
    fi
done
known=$build_dir/tidy
mkdir -p "$known"
rules=$(cat "$source_dir/.clang-tidy" <(clang-tidy --version) | sha256sum | cut -c1-16)

# "file NUL how to preprocess it NUL" for each file that is to be looked at.
list() {
    python3 - "$source_dir" "$build_dir" <<'LIST'
import json, os, re, shlex, sys
source, build = sys.argv[1:]
seen = set()
for row in json.load(open(os.path.join(build, "compile_commands.json"))):
    file = os.path.join(row["directory"], row["file"])
    if not re.match(re.escape(source) + "/(orchestrator|adapters)/", file) or file in seen or not os.path.exists(file):
        continue
    seen.add(file)
    words, command = shlex.split(row["command"]), []
    if os.path.basename(words[0]) == "ccache":
        words.pop(0)
    while words:
        word = words.pop(0)
        if word in ("-o", "-MF", "-MT"):
            words.pop(0)
        elif word not in ("-c", "-MD", "-MMD"):
            command.append(word)
    sys.stdout.write(file + "\0" + shlex.join(command + ["-E", "-P"]) + "\0")
LIST
}
count=$(list | tr -cd '\0' | wc -c)
if [ "$count" -eq 0 ]; then
    echo "tidy: $build_dir/compile_commands.json names no file of $source_dir: nothing has been checked"
    exit 1
fi
if ! list | xargs -0 -n2 -P2 bash "$0" --one "$build_dir" "$known" "$rules"; then
    echo "tidy: there are findings"
    exit 1
fi
echo "tidy: $((count / 2)) files are clean"
