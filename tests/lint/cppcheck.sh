#!/usr/bin/env bash
# cppcheck over the product's code; what it is wrong about stands in cppcheck.suppressions with its reason.
#
#   cppcheck.sh <source folder> <build folder>
#
# The build folder keeps what is known of unchanged files: a second run takes seconds.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source_dir=${1:?usage: cppcheck.sh <source folder> <build folder>} build_dir=${2:?}
if ! command -v cppcheck >/dev/null; then
    echo "SKIPPED: cppcheck is not installed (deploy/packages.sh test)"
    exit 77
fi
# Another version or other suppressions: what is known is known no longer.
stamp="$(cppcheck --version) $(cksum <"$here/cppcheck.suppressions")"
if [ "$(cat "$build_dir/cppcheck/made-by" 2>/dev/null)" != "$stamp" ]; then
    rm -rf "$build_dir/cppcheck"
    mkdir -p "$build_dir/cppcheck"
    echo "$stamp" >"$build_dir/cppcheck/made-by"
fi
cd "$source_dir"
cppcheck --quiet -j2 --cppcheck-build-dir="$build_dir/cppcheck" --error-exitcode=1 \
    --enable=warning,performance,portability --std=c11 --language=c --platform=unix64 -D_GNU_SOURCE -D__cppcheck__ \
    -I orchestrator -I adapters -I adapters/include --suppress=missingIncludeSystem \
    --suppressions-list="$here/cppcheck.suppressions" \
    --template='{file}:{line}: {severity}: {message} [{id}]' orchestrator adapters
echo "cppcheck: no findings"
