#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# QEMU hangs, is killed or isn't heard any more, and nobody reads what the program writes: the run ends all the same when
# it is told to, as documented, and leaves no process behind. (KVM's side: signals.sh.)
. "$(dirname "$0")/lib.sh"

mkfifo silence unread
sleep 600 >silence &
keeper=$!
trap 'kill $keeper 2>/dev/null; rm -rf "$scratch"' EXIT

# begin PROGRAM OPTION...: in the background, until the guest has its root; leaves the processes' numbers in lvmm_pid, qemu_pid.
begin() {
    program=$1
    shift
    : >err # or the last run's would count
    # shellcheck disable=SC2086 # a program and its arguments
    "$lvmm" run --verbose --accel tcg --disk tests.img "$@" -- $program <silence >"$output" 2>err &
    lvmm_pid=$!
    tries=0
    until grep -q 'root: ' err || [ $tries -ge 300 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    qemu_pid=$(pgrep -P $lvmm_pid)
}

# ended NAME STATUS: the run ends so, within some seconds, and QEMU with it.
ended() {
    (sleep 20 && kill -KILL $lvmm_pid) 2>/dev/null &
    watchdog=$!
    wait $lvmm_pid
    status=$?
    kill $watchdog 2>/dev/null
    check "$1: status $status" [ $status = "$2" ]
    check "$1: QEMU is gone" [ ! -e "/proc/$qemu_pid" ]
}

if command -v qemu-system-x86_64 >/dev/null; then
    output=out
    begin /tests/echo
    kill -STOP "$qemu_pid"
    kill -TERM $lvmm_pid
    ended 'QEMU is stopped, then SIGTERM' 143

    begin /tests/echo --timeout 3
    kill -STOP "$qemu_pid"
    ended 'QEMU is stopped, then --timeout' 124

    begin /tests/echo
    kill -KILL "$qemu_pid"
    ended 'QEMU is killed' 125
    check 'QEMU is killed: it is said' grep -q '^lvmm: QEMU was ended by signal 9' err

    # A pipe that somebody holds open and nobody reads.
    sleep 600 <>unread &
    reader=$!
    output=unread
    begin '/tests/filling without end' --timeout 3
    ended 'nobody reads, then --timeout' 124
    begin '/tests/filling without end'
    sleep 1
    kill -HUP $lvmm_pid
    ended 'nobody reads, then SIGHUP' 129
    kill $reader
else
    echo "skipped: hanging: qemu-system-x86_64 is not installed" >&2
fi

finish
