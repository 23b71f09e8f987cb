#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No system-call number stands twice in guest-kernel/abi/syscalls.def, no name either, but for i386, which may have
# a row of its own for a call. -1: that ISA has no such call.
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
