#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm as a job of an interactive shell: started in the background, stopped, continued, brought to the front; the
# window's size; a terminal that hangs up; and the terminal's mode after each signal that can end it.
. "$(dirname "$0")/lib.sh"

pty=$build/tests/pty


# with STEP... : on $accel, with /tests/echo
with() {
    name=$1
    shift
    check "$accel: $name" "$pty" "$@" -- "$lvmm" run --verbose --accel "$accel" --disk tests.img -- "${guest-/tests/echo}"
}

for accel in $(accelerators); do
    crlf=$(printf 'hello\r\n')
    guest=/tests/echo
    with 'a job in the foreground' start expect 'root: ' mode raw type 'hello\r' expect "$crlf" \
        type '\004' type '\004' expect '6 bytes' ends 0 same-mode count 1 hello
    with 'stopped by SIGSTOP and continued' start expect 'root: ' mode raw signal 19 stopped front mode raw \
        type 'hello\r' expect "$crlf" type '\004' type '\004' expect '6 bytes' ends 0 same-mode count 1 hello
    with 'stopped by SIGTSTP: the terminal is given back' start expect 'root: ' mode raw signal 20 mode cooked stopped \
        same-mode front mode raw type 'hello\r' expect "$crlf" type '\004' type '\004' expect '6 bytes' ends 0 \
        same-mode count 1 hello
    with 'stopped by SIGTTIN' start expect 'root: ' mode raw signal 21 mode cooked stopped front mode raw signal 15 \
        ends 143 same-mode
    with 'started in the background, it runs' start-behind expect 'root: ' mode cooked sleep 300 front mode raw \
        type 'hello\r' expect "$crlf" type '\004' type '\004' expect '6 bytes' ends 0 same-mode count 1 hello
    with 'stopped, then continued in the background' start expect 'root: ' mode raw signal 20 stopped behind sleep 300 \
        same-mode front mode raw type 'hello\r' expect "$crlf" type '\001x' ends 125 same-mode
    with 'lent to another job, and given back' start expect 'root: ' mode raw lend type 'mine\r' sleep 200 return mode raw \
        type 'hello\r' expect "$crlf" type '\001x' ends 125 same-mode
    guest=/tests/winsize
    with "the window's size" start expect 'size 24 80' size 30 100 expect 'size 30 100' size 31 101 \
        expect 'size 31 101' type '\004' ends 0
    with "the window's size, changed while stopped" start expect 'size 24 80' signal 20 stopped size 40 120 front \
        expect 'size 40 120' type '\004' ends 0
    # The guest prints nothing, so that its end is all that can be seen of it.
    guest=/tests/echo
    with 'a terminal that hangs up' start expect 'root: ' mode raw hangup ends 129
    for signal in 1 2 3 6 10 14 15 24 26 27 29 30 34 35 64; do
        with "signal $signal: the terminal is as before" start expect 'root: ' mode raw signal $signal \
            ends $((128 + signal)) same-mode
    done
    # More than lvmm holds for a guest that doesn't read; the escape key works behind it.
    guest=/tests/echo
    keys=$(printf '%01000d' 0)
    # shellcheck disable=SC2046
    with 'Ctrl-A x behind much unread input' start expect 'root: ' mode raw sleep 300 \
        $(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
            echo type "$keys" sleep 20
        done) type '\001x' ends 125 same-mode
done

finish
