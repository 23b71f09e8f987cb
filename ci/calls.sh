#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No two units use each other's functions or data: one of them is below the other. This is read from objects, as a header that
# both share hides it from ci/circles.sh. Assembly, which is half of a unit, doesn't count, nor does the seam of arch.h, which is
# used from both sides.
#
#   ci/calls.sh FOLDER...    objects as the Makefile lays them out: build/host, build/ISA/gk
set -eu

cd "${TREE:-$(dirname "$0")/..}"
command -v llvm-nm-19 >/dev/null || { echo 'not ok llvm-nm-19 is not installed' && exit 1; }
isas=
for folder; do
    [ -d "$folder" ] || { echo "not ok there is no folder $folder" && exit 1; }
    isas="$isas|$(basename "$(dirname "$folder")")"
done

# symbols FOLDER: lines "SOURCE KIND NAME" of each object whose source is still there. llvm-nm reads many at a time, as a process for
# each takes longer than what it does.
symbols() {
    case $1 in */gk) prefix=guest-kernel/ ;; *) prefix= ;; esac
    find "$1" -name '*.o' ! -name '*.S.o' | LC_ALL=C sort | while read -r object; do
        source=${object#"$1/"}
        source=$prefix${source%.o}
        [ ! -e "${source%.c}.c" ] || echo "$object"
    done | xargs -r llvm-nm-19 -gA | awk -v folder="$1/" -v prefix="$prefix" '
        {
            at = index($0, ": ")
            source = prefix substr($0, length(folder) + 1, at - 1 - length(folder))
            sub(/\.o$/, "", source)
            sub(/\.c$/, "", source)
            n = split(substr($0, at + 2), field, " ")
            if (n == 2) print source, "U", field[2]
            if (n == 3) print source, "D", field[3]
        }'
}

for folder; do
    symbols "$folder" | awk '
        $2 == "D" { from[$3] = $1 }
        $2 == "U" { used[++n] = $3; user[n] = $1 }
        !($1 in units) { units[$1]; count++ }
        function is_arch(path) { return path ~ /^guest-kernel\/arch\// }
        END {
            for (i = 1; i <= n; i++)
                if (used[i] in from && from[used[i]] != user[i]) uses[user[i], from[used[i]]] = used[i]
            for (pair in uses) {
                split(pair, unit, SUBSEP)
                if (unit[1] < unit[2] && is_arch(unit[1]) == is_arch(unit[2]) && ((unit[2], unit[1]) in uses))
                    printf "%s+%s\t%s.c:1: and %s.c use each other: %s, %s\n", unit[1], unit[2], unit[1], unit[2],
                        uses[unit[1], unit[2]], uses[unit[2], unit[1]]
            }
            print "#" count + 0
        }'
done | LC_ALL=C sort -u | JUDGE_ISAS="${isas#|}" "${CI_DIR:-ci}/judge.sh" calls
