#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No function has more than 80 lines, from its first line to its brace, and no file more than 600.
set -eu

cd "${TREE:-$(dirname "$0")/..}"
find vmm devices boot kvmarch guest-kernel payload tests ci man Makefile -name '*.[chS]' -o -name '*.sh' -o -name '*.mk' -o -name Makefile 2>/dev/null |
    LC_ALL=C sort | xargs -r -d '\n' awk '
    function finding(key, line, text) { printf "%s\t%s:%d: %s\n", key, file, line, text }
    function end_of_file() {
        if (lines > 600) finding(file, lines, "the file has " lines " lines, at most 600 are allowed")
    }
    FNR == 1 {
        if (file) end_of_file()
        file = FILENAME
        files++
        is_c = file ~ /\.[ch]$/
        start = 0
    }
    { lines = FNR }
    # The layout (clang-format) has what begins a function in column 0, and its braces alone there.
    is_c && /^$/ { start = 0 }
    is_c && /^[a-zA-Z_].*\(/ && !/;$/ && !start {
        start = FNR
        name = $0
        sub(/\(.*/, "", name)
        sub(/.*[ *]/, "", name)
    }
    is_c && /^}/ && start {
        if (FNR - start + 1 > 80) finding(file ":" name, start, name " has " FNR - start + 1 " lines, at most 80 are allowed")
        start = 0
    }
    END { end_of_file(); print "#" files }
' | "${CI_DIR:-ci}/judge.sh" sizes
