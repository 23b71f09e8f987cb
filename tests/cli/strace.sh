#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm run --trace beside the real strace: the same program on this machine's Linux and in a guest, the same calls in each of its
# processes, with the same arguments, results, signals and ends, but for what strace.awk makes the same.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

awk=$root/tests/cli/strace.awk
export LC_ALL=C # errors in another language, otherwise
command -v strace >/dev/null || offered 78 'strace is not installed'
version=$(strace -V | sed -n '1s/.* //p')
[ "$version" = 6.1 ] || offered 77 "strace is $version, and what is compared are the forms of 6.1"
if ! strace -f -o allowed true 2>why || ! grep -q '^[0-9]* *+++ exited with 0 +++$' allowed; then
    offered 77 "this machine doesn't let strace trace: $(tail -n 1 why)"
fi

programs='traced structures aborted nochild exitcode sigstate output closed'
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- # or the numbers of descriptors would be others
for program in $programs; do
    strace -f -o "host.$program" "$build/x86_64/tests/guest/$program" >/dev/null 2>&1 </dev/null
    awk -f "$awk" "host.$program" >"host.plain.$program"
    check "$program: strace has shown it" [ "$(wc -l <"host.plain.$program")" -gt 5 ]
done
for accel in $(accelerators); do
    for program in $programs; do
        timeout 100 "$lvmm" run --accel "$accel" --trace-file trace --disk tests.img -- "/tests/$program" >/dev/null 2>&1 </dev/null
        awk -f "$awk" trace >plain
        check "$accel: $program: as strace shows it" diff "host.plain.$program" plain
    done
done

# And the table of --stats: calls and errors of each name as strace -c has them, but for the execve that makes the program, and
# calls that nobody came back from, which strace doesn't count.
strace -f -c -o host.table "$build/x86_64/tests/guest/structures" >/dev/null 2>&1 </dev/null
counts='NF >= 5 && $1 ~ /^[0-9]+[.]/ && $NF !~ /^(total|exit_group|tkill)$/ { print $NF, $4 - ($NF == "execve" && host), NF == 6 ? $5 : 0 }'
awk -v host=1 "$counts" host.table | sort >host.counts
for accel in $(accelerators); do
    run 0 "$lvmm" run --accel "$accel" --stats --disk tests.img -- /tests/structures </dev/null
    awk "$counts" err | sort >counts
    check "$accel: --stats: as strace -c counts" diff host.counts counts
done
finish
