#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every function that a header declares has a comment directly above it, or above the group of prototypes that it belongs to:
# lines without an empty one between them; a comment at the end of its line will do. Inline functions show what they do.
set -eu

cd "${TREE:-$(dirname "$0")/..}"
find vmm devices boot kvmarch guest-kernel -name '*.h' 2>/dev/null | LC_ALL=C sort | xargs -r -d '\n' awk '
    FNR == 1 { files++; commented = open = block = 0 }
    # Within a comment, a block in braces, or the rest of a prototype, nothing begins.
    open { if (/\*\//) { open = 0; commented = 1 } next }
    block { if (/^}/) block = 0; next }
    rest { if (/;$/) rest = 0; else if (/^{/) { rest = 0; block = 1 } next }
    /^$/ { commented = 0; next }
    /^\/\*/ { if (!/\*\//) open = 1; else commented = 1; next }
    /^\/\// { commented = 1; next }
    /^#/ { next }
    /^[a-zA-Z_].*\(/ && !/^(typedef|_Static_assert|struct [a-z_0-9]+ \{|enum|union|[A-Z_]+\()/ {
        if (!commented && !/^static / && !/;.*\/[*\/]/) {
            name = $0
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
            printf "%s:%s\t%s:%d: %s has no comment that says what it does\n", FILENAME, name, FILENAME, FNR, name
        }
        if (/;( *\/\*.*)?$/) next
        if (/[{]$/) block = 1
        else rest = 1
        next
    }
    /[{]$/ { block = 1 }
    END { print "#" files }
' | "${CI_DIR:-ci}/judge.sh" contracts
