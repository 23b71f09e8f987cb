#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No system-call number stands twice in guest-kernel/abi/syscalls.def, no name either, but for i386, which may have
# a row of its own for a call. -1: that ISA has no such call. The kinds of its arguments are words of abi/kinds.h, none is
# given for six of the same bits, and where an array has its length there is a number.
set -eu

cd "$(dirname "$0")/.."
awk -F'[(,] *' '
    function once(space, number) {
        if (number != -1 && (space, number) in seen) {
            printf "%s:%d: %s %s is both %s and %s\n", FILENAME, FNR, space, number, seen[space, number], $2
            bad = 1
        }
        seen[space, number] = $2
    }
    function wrong(what) { printf "%s:%d: %s: %s\n", FILENAME, FNR, $2, what; bad = 1 }
    # The arguments of the row from its sixth or fourth field on: kind[1] and on.
    function kinds(row, first,    c, i, depth, n) {
        sub(/^SYSCALL(_I386)?\(/, "", row)
        sub(/\)$/, "", row)
        delete kind
        n = 1
        for (i = 1; i <= length(row); i++) {
            c = substr(row, i, 1)
            depth += (c == "(") - (c == ")")
            if (c == "," && depth == 0) n++
            else if (n >= first && c != " ") kind[n - first + 1] = kind[n - first + 1] c
        }
        return n - first + 1
    }
    function check_kinds(first,    n, i, at, word) {
        n = kinds($0, first)
        if (n < 1 || n > 6) wrong("no kinds, or more than six")
        for (i = 1; i <= n; i++) {
            word = kind[i]
            if (word == "none" && n > 1) wrong("none is alone")
            if (match(word, /_array\([a-z0-9_]+,[0-9]+\)/)) {
                at = substr(word, RSTART, RLENGTH - 1)
                sub(/.*,/, "", at)
                if (kind[at + 1] !~ /^(int|uint|long|ulong|size)$/) wrong("argument " at " is no number: " word)
            }
            sub(/^both\(/, "", word)
            if (kind[i] ~ /^both/) sub(/\)$/, "", word)
            if (word !~ /^[a-z0-9_]+$/ && word !~ /^(flags|one|in|out|inout|(in|out|inout)_array)\([a-z0-9_]+(,[0-5])?\)$/)
                wrong("no kind: " kind[i])
        }
    }
    { sub(/^SYSCALL_UNLOCKED\(/, "SYSCALL("); sub(/^SYSCALL_SHARED\([a-z0-9_]+, /, "SYSCALL(") }
    /^SYSCALL\(/ { check_kinds(6) }
    /^SYSCALL_I386\(/ { check_kinds(4) }
    /^SYSCALL\(/ { sub(/SYSCALL_RISCV64\([0-9]+\)/, substr($0, match($0, /64\([0-9]+/) + 3, RLENGTH - 3)) }
    /^SYSCALL\(/ { once("x86_64", $3); once("generic", $4); once("i386", $5); once("name", $2); rows++ }
    /^SYSCALL\(/ && $5 != -1 { once("i386 name", $2) }
    /^SYSCALL_I386\(/ { once("i386", $3); once("i386 name", $2); rows++ }
    END {
        if (!rows) print "no rows found"
        if (!bad && rows) print "ok " rows " rows"
        exit bad || !rows
    }
' guest-kernel/abi/syscalls.def
