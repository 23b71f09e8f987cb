#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Includes go one way: no circle among units, where x.c and x.h of a folder are one unit. What groups may include is for
# ci/includes.sh.
set -eu

cd "${TREE:-$(dirname "$0")/..}"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
find vmm devices boot kvmarch guest-kernel payload -name '*.[ch]' 2>/dev/null | LC_ALL=C sort >"$list"
xargs -r -d '\n' awk -v list="$list" '
    BEGIN { while ((getline line <list) > 0) known[line] = 1 }
    function unit(path) { sub(/\.[ch]$/, "", path); return path }
    # The file that is meant: beside the one that includes it, of its ISA, of the guest kernel, or from the root.
    function resolve(name, folder, isa) {
        folder = FILENAME
        sub(/[^\/]*$/, "", folder)
        if ((folder name) in known) return folder name
        isa = FILENAME
        if (sub(/^guest-kernel\/arch\//, "", isa) && sub(/\/.*/, "", isa) && ("guest-kernel/arch/" isa "/" name) in known)
            return "guest-kernel/arch/" isa "/" name
        if (FILENAME ~ /^(guest-kernel|payload\/gkernel)\// && ("guest-kernel/" name) in known) return "guest-kernel/" name
        return name in known ? name : ""
    }
    FNR == 1 { files++; here = unit(FILENAME); units[here] = 1 }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, part, "\"")
        target = resolve(part[2])
        if (target == "" || unit(target) == here) next
        if (!((here, unit(target)) in edge)) to[here] = to[here] " " unit(target)
        edge[here, unit(target)] = FILENAME ":" FNR
    }
    # reach(from): fills reached[] with what can be come to from there.
    function reach(from, queue, count, i, n, next_units, k) {
        split("", reached)
        queue[count = 1] = from
        for (i = 1; i <= count; i++) {
            n = split(to[queue[i]], next_units, " ")
            for (k = 1; k <= n; k++)
                if (!(next_units[k] in reached)) { reached[next_units[k]] = 1; queue[++count] = next_units[k] }
        }
    }
    END {
        for (a in units) {
            reach(a)
            for (b in reached) reaches[a, b] = 1
        }
        # A circle is known by its first unit in the order of names; its members are those that come to each other.
        for (a in units) {
            if (!((a, a) in reaches)) continue
            first = a
            for (b in units) if ((a, b) in reaches && (b, a) in reaches && b < first) first = b
            if (a != first) continue
            members = ""
            place = ""
            for (b in units) if (b != a && (a, b) in reaches && (b, a) in reaches) {
                members = members " " b
                if ((a, b) in edge) place = edge[a, b]
            }
            printf "%s\t%s: includes go in a circle: %s with%s\n", a, place, a, members
        }
        print "#" files
    }
' <"$list" | "${CI_DIR:-ci}/judge.sh" circles
