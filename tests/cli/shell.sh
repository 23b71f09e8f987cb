#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Job control in the guest: busybox's shell on a terminal, and a program that tries what terminals and process groups have
# to do with each other. Linux, on a terminal of the same kind, is the oracle of both: there it is this machine's own.
# shellcheck disable=SC2016 # what is typed is for the shell in there
. "$(dirname "$0")/lib.sh"

pty=$build/tests/pty
busybox=$build/x86_64/busybox
cp --sparse=always "$build/x86_64/busybox.img" busybox.img || not_ok 'there is no busybox.img'

# stopping WHERE BUSYBOX COMMAND...
stopping() {
    where=$1 b=$2
    shift 2
    check "$where: Ctrl-Z, jobs, bg, fg" "$pty" start expect '# ' \
        type "B=$b\\r" expect '# ' \
        type 'echo re""ady; $B cat\r' expect ready sleep 300 type 'words\r' expect words expect words \
        type '\032' expect '[1]+  Stopped' expect '# ' \
        type 'jobs\r' expect '[1]+  Stopped' expect '# ' \
        type 'bg\r' expect '[1] ${B} cat' \
        coax '\r' 'Stopped (tty input)' expect '# ' \
        type 'fg\r' expect cat sleep 300 type 'more\r' expect more expect more \
        type '\004' expect '# ' type 'echo status $?\r' expect 'status 0' expect '# ' \
        type 'exit 7\r' ends 7 -- "$@"
}

# session WHERE BUSYBOX COMMAND...: what is typed into the shell that COMMAND runs, whose applets are BUSYBOX's.
session() {
    where=$1 b=$2
    shift 2
    # A program says when it reads: what is typed before is the line editor's, or the terminal's in the shell's mode.
    check "$where: Ctrl-C interrupts the job alone" "$pty" start expect '# ' \
        type "B=$b\\r" expect '# ' \
        type 'echo re""ady; $B cat\r' expect ready sleep 300 type 'words\r' expect words expect words \
        type '\003' expect '# ' type 'echo status $?\r' expect 'status 130' expect '# ' \
        type '\003' expect '# ' type '$B sleep 1000 | $B cat\r' sleep 300 type '\003' expect '# ' \
        type 'exit 7\r' ends 7 same-mode -- "$@"
    check "$where: Ctrl-\\ ends it as well" "$pty" start expect '# ' \
        type "B=$b\\r" expect '# ' \
        type 'echo re""ady; $B sleep 1000\r' expect ready sleep 300 type '\034' expect '# ' \
        type 'echo status $?\r' expect 'status 131' expect '# ' \
        type 'exit\r' ends 0 -- "$@"
    stopping "$where" "$b" "$@"
    check "$where: jobs in the background" "$pty" start expect '# ' \
        type "B=$b\\r" expect '# ' \
        type '$B cat &\r' coax '\r' 'Stopped (tty input)' expect '# ' \
        type '(read -r x; echo "<$x>") &\r' coax '\r' 'Stopped (tty input)' expect '# ' type 'echo al""l\r' expect all expect '# ' \
        type '$B sleep 1000 &\r' expect '# ' type '\003' expect '# ' \
        type 'jobs\r' expect '[2]+  Stopped' expect '[1]-  Stopped' expect '[3]   Running' expect '# ' \
        type 'fg %2\r' expect read sleep 300 type 'given\r' expect '<given>' expect '# ' \
        type 'kill -9 %1; kill %3; echo no""ne\r' expect none expect '# ' \
        type '$B stty tostop\r' expect '# ' \
        type '$B echo too early &\r' coax '\r' 'Stopped (tty output)' expect '# ' \
        type 'fg\r' expect 'too early' expect '# ' \
        type 'exit\r' ends 0 -- "$@"
    check "$where: exit with stopped jobs" "$pty" start expect '# ' \
        type "B=$b\\r" expect '# ' \
        type 'echo re""ady; $B sleep 1000\r' expect ready sleep 300 type '\032' expect '[1]+  Stopped' expect '# ' \
        type 'exit 3\r' expect 'You have stopped jobs' expect '# ' \
        type 'exit 4\r' ends 4 -- "$@"
}

session 'this Linux' "$busybox" "$busybox" sh
"$pty" start expect 'done' ends 0 expect none -- "$build/x86_64/tests/guest/terminals" 2>expected
for accel in $(accelerators); do
    session "$accel" /busybox "$lvmm" run --accel "$accel" --disk busybox.img -- /busybox sh
    stopping "$accel, as process 1" /busybox "$lvmm" run --accel "$accel" --init --disk busybox.img -- /busybox sh
    "$pty" start expect 'done' ends 0 expect none -- \
        "$lvmm" run --accel "$accel" --disk tests.img -- /tests/terminals 2>got
    for file in expected got; do # the one is written to the terminal of the test, the other to another
        sed '1,/^the screen:/d' $file | tr -d '\007' >$file.text
    done
    check "$accel: whose terminal it is, and who may do what to it" cmp expected.text got.text
    diff expected.text got.text
    check "$accel: and that is not nothing" [ "$(wc -l <got.text)" -gt 100 ]
done

finish
