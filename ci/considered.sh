#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every system call is there, or stands in man/syscalls.txt with the reason: none is forgotten, and none that is there is said not to
# be.
set -eu

cd "$(dirname "$0")/.."
awk '
    FILENAME == "man/syscalls.txt" && !/^#/ {
        if ($1 <= last) {
            printf "not ok man/syscalls.txt: %s: out of order behind %s\n", $1, last
            bad = 1
        }
        last = $1
        note[$1] = substr($0, length($1) + 2)
    }
    FILENAME != "man/syscalls.txt" && /^SYSCALL/ {
        line = $0
        sub(/^SYSCALL[A-Z_0-9]*\(/, "", line)
        if ($0 ~ /^SYSCALL_SHARED/)
            sub(/^[a-z_0-9]+, /, "", line)
        name = line
        sub(/,.*/, "", name)
        known[name] = 1
        missing = line ~ /[, ]sys_ni_(syscall|quiet),/
        if (missing && !(name in note)) {
            printf "not ok %s: is not there, and man/syscalls.txt says nothing of it\n", name
            bad = 1
        }
        if (!missing && note[name] ~ /^(not there|without CONFIG|never|gone)/) {
            printf "not ok %s: is there, and man/syscalls.txt says otherwise\n", name
            bad = 1
        }
    }
    END {
        for (name in note)
            if (!(name in known)) {
                printf "not ok man/syscalls.txt: %s: no such call in the table\n", name
                bad = 1
            }
        if (!bad)
            print "ok all calls are considered"
        exit bad
    }' man/syscalls.txt guest-kernel/abi/syscalls.def
