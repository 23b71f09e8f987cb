#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every file opens with its licence, and then says what it is for: a comment with some words.
set -eu

cd "${TREE:-$(dirname "$0")/..}"
find vmm devices boot kvmarch guest-kernel payload tests ci man Makefile -name '*.[chS]' -o -name '*.sh' -o -name '*.mk' -o -name '*.def' \
    -o -name '*.ld' -o -name Makefile 2>/dev/null | LC_ALL=C sort | xargs -r -d '\n' awk '
    function finding(text) { printf "%s\t%s:1: %s\n", file, file, text }
    function end_of_file() {
        if (!licence) finding("the first lines have no SPDX-License-Identifier")
        else if (words < 3) finding("what the file is for is not said after the licence")
    }
    FNR == 1 {
        if (file) end_of_file()
        file = FILENAME
        files++
        licence = words = 0
        in_opening = 1
    }
    FNR == 1 && /^#!/ { next }
    FNR <= 2 && /SPDX-License-Identifier: Apache-2.0/ { licence = 1; next }
    in_opening && /^(#|\/\/|\/\*| \*)/ && !/^#[a-z!]/ {
        text = $0
        gsub(/^(#|\/\/|\/\*| \*\/?)|\*\/$/, "", text)
        # "x.c - see x.h." is a sentence too: the other file says it.
        words += split(text, word, " ") + (text ~ /see [a-z0-9_\/]+\.h/ ? 4 : 0)
        if (text ~ /^ *$/ && words) in_opening = 0
        next
    }
    { in_opening = 0 }
    END { end_of_file(); print "#" files }
' | "${CI_DIR:-ci}/judge.sh" openings
