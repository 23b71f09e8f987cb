#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A bare guest that does badly, on TCG: however it does, its run ends within a second when its user says so, with the
# documented status, and QEMU with it. (KVM's side: endings.sh and tests/hostile.)
. "$(dirname "$0")/lib.sh"

hostile=$build/x86_64/hostile.elf
command -v qemu-system-x86_64 >/dev/null || {
    echo "qemu-system-x86_64 is not installed"
    exit 77
}

guest() {
    mode=$1
    shift
    exec env --default-signal "$lvmm" run --accel tcg --kernel "$hostile" --append "mode=$mode" "$@"
}

# The pipe that somebody holds open and nobody reads.
mkfifo unread
exec 8<>unread

# begin OUTPUT MODE OPTION...: in the background, until the guest runs. Leaves lvmm_pid and qemu_pid.
begin() {
    output=$1
    shift
    : >out
    (guest "$@") </dev/null >"$output" 2>err &
    lvmm_pid=$!
    if [ "$output" = unread ]; then
        head -c 1 <&8 >/dev/null
        sleep 0.5 # until the pipe is full
    else
        until grep -q going out || ! kill -0 $lvmm_pid 2>/dev/null; do sleep 0.05; done
    fi
    qemu_pid=$(pgrep -P $lvmm_pid)
}

# ended NAME STATUS
ended() {
    (sleep 30 && kill -KILL $lvmm_pid) 2>/dev/null &
    guard=$!
    wait $lvmm_pid 2>/dev/null
    status=$?
    kill $guard 2>/dev/null
    check "$1: status $status" [ $status = "$2" ]
    check "$1: QEMU is gone" [ ! -e "/proc/${qemu_pid:-none}" ]
}

for mode in cpu-spin cpu-halt serial-endless; do
    for pair in TERM:15 HUP:1 40:40; do
        begin out $mode
        kill -s ${pair%:*} $lvmm_pid
        ended "$mode, signal ${pair%:*}" $((128 + ${pair#*:}))
    done
    begin out $mode --timeout 2
    ended "$mode, --timeout" 124
done

begin unread serial-endless
kill -TERM $lvmm_pid
ended "output that nobody reads, SIGTERM" 143
begin unread serial-endless --timeout 2
ended "output that nobody reads, --timeout" 124

# It says that it has ended, and goes on. A job in the background looks at its terminal all the time meanwhile.
check "an end that isn't one, in the background of a terminal" "$build/tests/pty" start-behind ends 7 -- "$lvmm" run \
    --accel tcg --disk tests.img --kernel "$build/x86_64/hostile-note.elf" --append mode=console-record-good

qemu_pid=
(guest cpu-triple-fault) </dev/null >out 2>err
check "a triple fault: status $?" grep -q '^lvmm: the guest reset itself' err

# A script's job in the background has SIGINT ignored, and /dev/null as its stdin.
: >out
"$lvmm" run --accel tcg --kernel "$hostile" --append mode=cpu-spin >out 2>err &
lvmm_pid=$!
until grep -q going out || ! kill -0 $lvmm_pid 2>/dev/null; do sleep 0.05; done
qemu_pid=$(pgrep -P $lvmm_pid)
kill -INT $lvmm_pid
sleep 0.3
check "in the background: SIGINT is ignored" kill -0 $lvmm_pid
kill -TERM $lvmm_pid
ended "in the background, SIGTERM" 143

finish
