#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# /proc in the guest, as far as Linux here can't be asked, as its own settings would change: what is written to /proc/sys
# holds, and who is killed first where memory is used up. And busybox finds what it looks for.
# shellcheck disable=SC2016 # what is quoted is for the shell in there
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img || not_ok 'there is no busybox.img'

# in_guest NAME WANTED SCRIPT: a script's output, by busybox's shell.
in_guest() {
    run 0 "$lvmm" run --accel tcg --timeout 50 --disk busybox.img -- /busybox sh -c "B=/busybox; $3"
    [ "$(cat out)" = "$2" ] || sed 's/^/    /' out err
    check "$1" [ "$(cat out)" = "$2" ]
}

in_guest 'the names of the network' 'a-host
a-host
a-domain' 'cd /proc/sys/kernel; echo a-host >hostname; $B cat hostname; $B hostname
echo a-domain >domainname; $B cat domainname'
in_guest 'pid_max' '400
300 is too few
numbers stay below' 'cd /proc/sys/kernel; echo 400 >pid_max; $B cat pid_max
$B sh -c "echo 300 >pid_max" 2>/dev/null || echo 300 is too few
i=0; most=0; while [ $i -lt 450 ]; do $B true & [ $! -gt $most ] && most=$!; wait; i=$((i + 1)); done
[ $most -lt 400 ] && [ $most -gt 390 ] && echo numbers stay below'
in_guest 'ps, free, uptime, mount, pidof' 'ps: busybox
free: Mem:
uptime: load average
mount: proc on /proc type proc
pidof: yes
exe: /busybox' 'echo ps: $($B ps | $B grep -o "[b]usybox" | $B head -n 1); echo free: $($B free | $B grep -o Mem:)
echo uptime: $($B uptime | $B grep -o "load average")
echo mount: $($B mount | $B grep -o "proc on /proc type proc"); [ -n "$($B pidof busybox)" ] && echo pidof: yes
echo exe: $($B readlink /proc/self/exe)'
in_guest 'standard streams by name' 'through stdin
to stdout' 'echo through stdin | $B cat /proc/self/fd/0; echo to stdout >/proc/self/fd/1'

# The one that is to be, though it is small.
run 0 "$lvmm" run --accel tcg --timeout 50 --memory 40M --disk busybox.img -- /busybox sh -c 'B=/busybox
$B sh -c "echo 1000 >/proc/self/oom_score_adj; exec $B sleep 1000" & first=$!
$B sh -c "echo -1000 >/proc/self/oom_score_adj; exec $B sleep 1000" & second=$!
until [ "$($B cat /proc/$first/oom_score_adj) $($B cat /proc/$second/oom_score_adj)" = "1000 -1000" ]; do $B usleep 10000; done
echo -500 >/proc/self/oom_score_adj
take="echo 0 >/proc/self/oom_score_adj; exec $B dd if=/dev/zero of=/dev/null bs=25M count=1000000"
$B sh -c "$take" 2>/dev/null & one=$!
$B sh -c "$take" 2>/dev/null & other=$!
wait $first; echo the first: $?; $B sleep 2
kill $one $other 2>/dev/null; wait $one; one=$?; wait $other; other=$?; echo sum $((one + other))
kill -0 $second && echo the second is there; kill $second'
check 'who is to be killed first is' grep -qx 'the first: 137' out
check 'then one of the largest, and then there is memory' grep -qx 'sum 280' out
check 'and never who is not to be' grep -qx 'the second is there' out
finish
