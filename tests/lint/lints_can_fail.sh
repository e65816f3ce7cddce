#!/usr/bin/env bash
# Proves that the lints see what they are there to see: each case is a small tree with one fault in it.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
compiler=${1:-cc}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
failed=0

# A tree without a fault: two pure floors, a store and a web, and a build folder with objects.
plant() {
    rm -rf "$room/tree"
    mkdir -p "$room/tree/orchestrator/"{base,model,wire,definition,port,store,web,cli}
    cd "$room/tree"
    cat > CMakeLists.txt <<'TABLE'
yjs_floor(base m)
yjs_floor(model yjs_base)
yjs_floor(wire yjs_model)
yjs_floor(definition yjs_wire)
yjs_floor(port yjs_model)
yjs_floor(store yjs_port)
yjs_floor(web yjs_port yjs_wire)
yjs_floor(cli yjs_store yjs_web)
TABLE
    echo 'int base_add(int a);' > orchestrator/base/add.h
    echo 'int log_line(void);' > orchestrator/base/log.h
    echo 'int part(void);' > orchestrator/base/add_part.h
    for floor in model wire definition port store web; do
        echo "int ${floor}_do(void);" > orchestrator/$floor/$floor.h
    done
    printf '#include "base/add.h"\n#include "base/add_part.h"\nint base_add(int a) {\n    return a + 1;\n}\n' \
        > orchestrator/base/add.c
    printf '#include <unistd.h>\n#include "base/log.h"\nint log_line(void) {\n    return (int)write(2, "", 0);\n}\n' \
        > orchestrator/base/log.c
    printf '#include <string.h>\n#include "base/add.h"\n#include "model/model.h"\nint model_do(void) {\n    char a[9] = {0};\n    return base_add((int)strlen(a));\n}\n' \
        > orchestrator/model/model.c
    printf '#include "wire/wire.h"\n' > orchestrator/definition/definition.c
    printf '#include "wire/wire.h"\n#include "port/port.h"\n' > orchestrator/web/web.c
    printf '#include "store/store.h"\n#include "web/web.h"\n' > orchestrator/cli/cli.c
}

compile() {
    local source
    for source in orchestrator/{base,model}/*.c; do
        mkdir -p "build/CMakeFiles/yjs_$(basename "$(dirname "$source")").dir/$(dirname "$source")"
        "$compiler" -w -Iorchestrator -c "$source" \
            -o "build/CMakeFiles/yjs_$(basename "$(dirname "$source")").dir/$source.o"
    done
}

judge() { # <sentence> <expected part of the output, empty when it is to pass> <command…>
    local sentence=$1 expected=$2 output status=0
    shift 2
    output=$("$@" 2>&1) || status=$?
    if { [ -z "$expected" ] && [ $status -eq 0 ]; } ||
        { [ -n "$expected" ] && [ $status -ne 0 ] && grep -qF -- "$expected" <<<"$output"; }; then
        echo "ok: $sentence"
    else
        echo "FAILED: $sentence (status $status):"
        echo "$output"
        failed=1
    fi
}
arrows() { judge "$1" "$2" bash "$here/arrows.sh" "$room/tree"; }
symbols() { compile; judge "$1" "$2" bash "$here/arrows.sh" "$room/tree" "$room/tree/build"; }
sizes() { judge "$1" "$2" bash "$here/sizes.sh" "$room/tree"; }

plant; arrows "a tree that keeps the arrows passes" ""
plant; echo '#include "store/store.h"' >> orchestrator/web/web.c
arrows "web must not include store" "web may not include store"
plant; echo '#  include "web/web.h" /* why */' >> orchestrator/port/port.h
arrows "port must not include web" "orchestrator/port/port.h:2: port may not include web"
plant; echo '#include <definition/definition.h>' >> orchestrator/wire/wire.h
arrows "wire must not include definition, though definition may include wire" "wire may not include definition"
plant; echo '#include "../model/model.h"' >> orchestrator/base/add.h
arrows "no path climbs out of a floor" "write an include from orchestrator/ on"
plant; echo '#include "base/add_part.h"' >> orchestrator/model/model.h
arrows "a floor's own headers stay its own" "is for base alone"
plant; echo '#include "storage/x.h"' >> orchestrator/model/model.h
arrows "an include must be on a floor" "is on no floor"
plant; sed -i 's/yjs_floor(web yjs_port/yjs_floor(web yjs_store yjs_port/' CMakeLists.txt
arrows "the table itself keeps the order" "web may not stand on store"
plant; printf '#include "store/store.h"\n#include "web/web.h"\n' > orchestrator/yjsd_main.c
arrows "a main may include all" ""

plant; symbols "objects without I/O pass, the log excepted" ""
for call in 'time((void *)0)' 'getenv("HOME")' 'open("x", 0)' 'random()' 'clock_gettime(0, 0)' 'printf("x")' 'malloc(1)'; do
    plant; printf 'int other(void) {\n    return (int)%s;\n}\n' "$call" > orchestrator/model/other.c
    symbols "model must not call ${call%%(*}" "orchestrator/model/other.c: uses"
done
plant; printf '#include "base/log.h"\nint other(void) {\n    return log_line();\n}\n' > orchestrator/model/other.c
symbols "model must not log" "uses log_line"
plant; mkdir -p build/CMakeFiles/yjs_model.dir
printf 'int made(void) {\n    return (int)time((void *)0);\n}\n' > build/made.c
"$compiler" -w -c build/made.c -o build/CMakeFiles/yjs_model.dir/made.c.o
symbols "what the build made keeps to the rules as well" "orchestrator/model/made.c: uses time"
plant; echo "int other(void) { return setlocale(0, \"\") != 0; }" > orchestrator/model/other.c
arrows "nobody sets a locale" "orchestrator/model/other.c:1: nobody sets a locale"
plant; judge "an empty build folder is no proof" "have not been checked" bash "$here/arrows.sh" "$room/tree" "$room/tree"

# A function of $1 lines in a file of $2.
grow() {
    {
        printf 'int grown(int a,\n          int b) {\n'
        for ((i = 3; i < $1; i++)); do echo '    a++;'; done
        echo '}'
        for ((i = $1; i < $2; i++)); do echo; done
    } > orchestrator/model/grown.c
}
plant; grow 100 700; sizes "100 lines a function and 700 a file pass" ""
judge "but are warned of" "warning: the function grown has 100 lines" bash -c "bash '$here/sizes.sh' '$room/tree'; exit 1"
plant; grow 101 200; sizes "101 lines a function fail" "orchestrator/model/grown.c:1: the function grown has 101 lines"
plant; grow 20 701; sizes "701 lines a file fail" "orchestrator/model/grown.c: the file has 701 lines"

exit $failed
