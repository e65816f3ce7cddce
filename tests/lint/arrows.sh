#!/usr/bin/env bash
# Holds the arrows between the floors of orchestrator/: who may include whom, and that nothing up to `wire` does I/O,
# reads a clock or draws a random number.
#
#   arrows.sh <source folder> [<build folder>]
#
# The table is the one the build uses, the yjs_floor() lines of the root CMakeLists.txt, with what they imply. It is
# itself held to the order of the floors. With a build folder the undefined symbols of the object files are held to the
# allow-list below; objects that are not built yet are passed over.
set -euo pipefail
export LC_ALL=C

source_dir=$(cd "${1:?usage: arrows.sh <source folder> [<build folder>]}" && pwd)
build_dir=${2:-}
table=$(mktemp)
trap 'rm -f "$table"' EXIT
faults=0

fault() {
    echo "$*"
    faults=$((faults + 1))
}

# ── the table: "floor: floors it may include, itself among them" ──

# Floors of one rank do not know each other; `definition` may validate by `wire`'s schemas, and nothing else sideways.
awk '
    BEGIN {
        split("base 0 model 1 calendar 2 expression 2 definition 3 engine 3 wire 3 proof 4 privacy 4 port 4 notice 5 document 6 store 6 bus 6 vault 6 web 6 notifier 6 " \
              "press 7 conductor 7 cli 8", words, " ")
        for (i = 1; i in words; i += 2)
            rank[words[i]] = words[i + 1]
    }
    /^yjs_floor\(/ {
        gsub(/[()]/, " ")
        floor = $2
        order[++count] = floor
        may[floor] = " " floor " "
        if (!(floor in rank)) {
            print "! CMakeLists.txt: the floor " floor " has no place in the order of floors"
            next
        }
        for (i = 3; i <= NF; i++) {
            if ($i !~ /^yjs_/)
                continue
            below = substr($i, 5)
            if (!(below in may))
                print "! CMakeLists.txt: " floor " names " below ", which is not described above it"
            else if (rank[below] >= rank[floor] && !(floor == "definition" && below == "wire"))
                print "! CMakeLists.txt: " floor " may not stand on " below
            split(may[below], implied, " ")
            for (j in implied)
                if (index(may[floor], " " implied[j] " ") == 0)
                    may[floor] = may[floor] implied[j] " "
        }
    }
    END {
        for (i = 1; i <= count; i++)
            print order[i] ":" may[order[i]]
    }' "$source_dir/CMakeLists.txt" > "$table"
while IFS= read -r line; do
    fault "${line#! }"
done < <(grep '^!' "$table" || true)
if ! grep -q '^base:' "$table"; then
    fault "CMakeLists.txt: no yjs_floor() lines found"
fi

# ── includes ──

# A header called internal.h or *_part.h is for its own floor only. *_main.c and cli/ see everything.
includes=0
while IFS= read -r line; do
    case $line in
    '#'*) includes=${line#\#} ;;
    *) fault "$line" ;;
    esac
done < <(
    cd "$source_dir"
    find orchestrator -name '*.[ch]' -print0 | sort -z | xargs -0 -r awk -v table="$table" '
        BEGIN {
            while ((getline line < table) > 0) {
                split(line, halves, ":")
                may[halves[1]] = halves[2]
            }
        }
        FNR == 1 {
            parts = split(FILENAME, path, "/")
            floor = parts > 2 ? path[2] : ""
            everything = floor == "" || floor == "cli" || FILENAME ~ /_main\.c$/
        }
        /^[ \t]*#[ \t]*include[ \t]*["<]/ {
            seen++
            quoted = $0 ~ /include[ \t]*"/
            name = $0
            sub(/^[^"<]*["<]/, "", name)
            sub(/[">].*/, "", name)
            place = FILENAME ":" FNR ": "
            if (name ~ /(^|\/)\.\.?\//) {
                print place "\"" name "\": write an include from orchestrator/ on, as \"base/text.h\""
                next
            }
            if (name !~ /\//)
                next
            other = name
            sub(/\/.*/, "", other)
            if (!(other in may)) {
                if (quoted && !everything)
                    print place "\"" name "\" is on no floor"
                next
            }
            if (floor in may && !everything && index(may[floor], " " other " ") == 0)
                print place floor " may not include " other " (\"" name "\")"
            if (floor != other && name ~ /(\/internal|_part)\.h$/)
                print place "\"" name "\" is for " other " alone"
        }
        END { print "#" seen + 0 }'
)
if [ "$includes" -eq 0 ]; then
    fault "no #include was found: nothing has been checked"
fi

# ── symbols of the pure floors ──

while IFS= read -r line; do
    fault "$line: nobody sets a locale: numbers are written with a point"
done < <(cd "$source_dir" && grep -rnE '\b(set|use|new)locale *\(' orchestrator --include='*.c' | cut -d: -f1,2 || true)

pure_floors="base model calendar expression definition engine wire proof notice privacy document"

# Functions of the C library that neither do I/O nor read a clock, the environment or a random source. strtod depends on
# the locale, which nobody here may set (held below); qsort gives one order when the comparison is total.
allowed='^(mem(cpy|move|set|cmp|chr|rchr|mem|pcpy)|str(len|nlen|cmp|ncmp|casecmp|ncasecmp|chr|chrnul|rchr|str|spn|cspn|pbrk)|bcmp|rawmemchr|v?snprintf|bsearch|qsort|qsort_r|strtod|abort)$'
# What the compiler adds by itself: stack guard, assertions, fortified forms of the above, sanitizers, coverage.
compiler='^(__stack_chk_fail|__assert_fail|__(mem(cpy|move|set|pcpy)|v?snprintf)_chk|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|msan|sanitizer|gcov|llvm|sanitizer_cov)_[a-zA-Z0-9_]*|__u?(mul|div|mod)[dt]i[34])$'
# Named although a line above or below would let them pass.
forbidden='^(yaml_parser_set_input_file|yaml_emitter_set_output_file)$'
# "floor/file.c symbol": what one object alone may use; libraries that only compute belong to their floor. The gates of
# the state machines say a last word before they abort, as a failed assertion does.
alone='^(model/state\.c (fprintf|__fprintf_chk|stderr)|base/log\.c (clock_gettime|write|__errno_location)|base/memory\.c (calloc|realloc|free)|wire/[^ ]* pcre2_[a-z0-9_]+|definition/[^ ]* yaml_[a-z0-9_]+)$'

# <floor>: "object<TAB>floor/file.c" for every object whose source is still there; what the build itself made out of
# data and compiled into the floor stands beside the floor's folder, and counts as floor/<its name>.
objects_of() {
    local object file
    while IFS= read -r object; do
        file=${object#*"/yjs_$1.dir/"}
        file=${file%.o}
        if [ -e "$source_dir/$file" ]; then
            printf '%s\t%s\n' "$object" "${file#orchestrator/}"
        elif [ -e "$build_dir/$file" ]; then
            printf '%s\t%s\n' "$object" "$1/$file"
        fi
        # (the fuzzers' own build stands within this one, and is full of the sanitizers' symbols)
    done < <(find "$build_dir" -path "$build_dir/fuzz" -prune -o -path "*/CMakeFiles/yjs_$1.dir/*.c.o" -print | sort)
}

# "D floor file symbol" for what an object defines, "U floor file symbol" for what it asks of others, "O" for itself.
symbols_of_pure_floors() {
    local floor object file
    for floor in $pure_floors; do
        while IFS=$'\t' read -r object file; do
            echo "O $floor $file"
            nm --defined-only -g --format=posix "$object" | awk -v head="D $floor $file" 'NF > 2 { print head, $1 }'
            nm -u --format=posix "$object" | awk -v head="U $floor $file" 'NF { print head, $1 }'
        done < <(objects_of "$floor")
    done
}

objects=0
if [ -n "$build_dir" ]; then
    while IFS= read -r line; do
        case $line in
        '#'*) objects=${line#\#} ;;
        *) fault "$line" ;;
        esac
    done < <(
        # The log writes and reads the clock: it is for those above `wire`, so what it defines is not provided.
        symbols_of_pure_floors |
            allowed=$allowed compiler=$compiler forbidden=$forbidden alone=$alone awk -v table="$table" '
                BEGIN {
                    while ((getline line < table) > 0) {
                        split(line, halves, ":")
                        may[halves[1]] = halves[2]
                    }
                }
                $1 == "O" { objects++ }
                $1 == "D" && $3 != "base/log.c" { provider[$4] = provider[$4] " " $2 " " }
                $1 == "U" { asked[++count] = $0 }
                function is_provided(floor, symbol,    floors, i) {
                    split(provider[symbol], floors, " ")
                    for (i in floors)
                        if (index(may[floor], " " floors[i] " "))
                            return 1
                    return 0
                }
                END {
                    for (i = 1; i <= count; i++) {
                        split(asked[i], word, " ")
                        if (is_provided(word[2], word[4]))
                            continue
                        if (word[4] !~ ENVIRON["forbidden"] &&
                            (word[4] ~ ENVIRON["allowed"] || word[4] ~ ENVIRON["compiler"] ||
                             (word[3] " " word[4]) ~ ENVIRON["alone"]))
                            continue
                        print "orchestrator/" word[3] ": uses " word[4] \
                              ", which is not on the list of what floors up to wire may use"
                    }
                    print "#" objects + 0
                }'
    )
    if [ "$objects" -eq 0 ]; then
        fault "$build_dir: no object of $pure_floors was found: their symbols have not been checked"
    fi
fi

if [ "$faults" -gt 0 ]; then
    echo "arrows: $faults faults"
    exit 1
fi
echo "arrows: $includes includes and $objects objects keep to their floors"
