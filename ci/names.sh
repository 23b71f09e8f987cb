#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No two sources of one base name in one room, but for a unit, x.c, x.h and x.S in one folder: who is told a name has to find
# one place. And names are such that make takes them.
#
# A room is a folder at the top. Of those whose inside is the same several times, each such part is one: an ISA's folder
# (guest-kernel/arch/ISA, its vdso/, tests/guest/ISA), guest-kernel/abi, whose names are those of Linux's headers, the folders of tests/ (tests/unit mirrors the tree: a room for each folder of
# the tree), payload/gkernel and ci/bench.
set -eu

cd "${TREE:-$(dirname "$0")/..}"
find vmm devices boot kvmarch guest-kernel payload tests ci -name '*.[chS]' -o -name '*.def' -o -name '*.sh' 2>/dev/null |
    LC_ALL=C sort | awk '
    function room_of(path, part, count) {
        count = split(path, part, "/")
        if (path ~ /^guest-kernel\/arch\/[^\/]*\/vdso\//) return part[1] "/" part[2] "/" part[3] "/vdso"
        if (path ~ /^guest-kernel\/arch\/[^\/]*\//) return part[1] "/" part[2] "/" part[3]
        if (path ~ /^guest-kernel\/(vdso|abi)\//) return part[1] "/" part[2]
        if (path ~ /^tests\/(unit|guest)\/[^\/]*\//) return part[1] "/" part[2] "/" part[3]
        if (path ~ /^tests\/[^\/]*\//) return part[1] "/" part[2]
        if (path ~ /^(payload|ci)\/[^\/]*\//) return part[1] "/" part[2]
        return part[1]
    }
    /[^-A-Za-z0-9._\/]/ { printf "%s\t%s:1: make takes only letters, digits, ., - and _ in a name\n", $0, $0 }
    {
        files++
        room = room_of($0)
        name = $0
        sub(/.*\//, "", name)
        extension = name
        sub(/.*\./, "", extension)
        sub(/\.[^.]*$/, "", name)
        folder = $0
        sub(/[^\/]*$/, "", folder)
        key = room SUBSEP name
        if (!(key in first)) { first[key] = $0; of[key] = folder; had[key, extension] = 1; next }
        if (of[key] == folder && extension ~ /^[chS]$/ && !((key, extension) in had) && first[key] ~ /\.[chS]$/) {
            had[key, extension] = 1
            next
        }
        printf "%s\t%s:1: %s has this base name too, in the room %s\n", $0, $0, first[key], room
    }
    END { print "#" files + 0 }
' | "${CI_DIR:-ci}/judge.sh" names
