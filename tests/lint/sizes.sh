#!/usr/bin/env bash
# Holds C code to sizes a person can take in: a function fits on a screen, a file is one idea.
#
#   sizes.sh <source folder>
#
# Warns past 70 lines a function and 500 a file (a reason to look), fails past 100 and 700. A function counts from the
# first line of its head to its closing brace; it is known by the layout of the house (head and brace in column one).
set -euo pipefail
export LC_ALL=C

cd "${1:?usage: sizes.sh <source folder>}"
folders=()
for folder in orchestrator adapters tests; do
    if [ -d "$folder" ]; then
        folders+=("$folder")
    fi
done

find "${folders[@]}" \( -name node_modules -o -name build \) -prune -o -name '*.[ch]' -print0 | sort -z |
    xargs -0 -r awk -v function_warn=70 -v function_most=100 -v file_warn=500 -v file_most=700 '
        function judge(place, what, lines, warn, most) {
            if (lines > most) {
                print place ": " what " has " lines " lines, more than " most
                faults++
            } else if (lines > warn) {
                print place ": warning: " what " has " lines " lines, more than " warn
                warnings++
            }
        }
        function end_file() {
            if (file != "")
                judge(file, "the file", file_lines, file_warn, file_most)
            files++
        }
        FNR == 1 { end_file(); file = FILENAME; head = body = 0 }
        { file_lines = FNR }
        body {
            if (/^}/) {
                judge(FILENAME ":" head, "the function " name, FNR - head + 1, function_warn, function_most)
                functions++
                head = body = 0
            }
            next
        }
        !head && /^[A-Za-z_][^=;]*\(/ && !/^(typedef|extern "C")/ {
            head = FNR
            name = $0
            sub(/ *\(.*/, "", name)
            sub(/.*[ *]/, "", name)
        }
        head && /\{[ \t]*(\/[\/*].*)?$/ && !/=[ \t]*\{/ { body = 1; next }
        head && /(;|\})[ \t]*(\/[\/*].*)?$/ { head = 0 }
        head && /^#/ { head = 0 }
        END {
            end_file()
            if (functions == 0) {
                print "sizes: no function was found: nothing has been checked"
                exit 1
            }
            printf "sizes: %d files, %d functions, %d warnings, %d faults\n", files - 1, functions, warnings, faults
            exit faults > 0
        }'
