#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs that end early: --timeout, Ctrl-C, SIGTERM, SIGKILL. Afterwards there is no QEMU, no lock and no temporary file.
. "$(dirname "$0")/lib.sh"

# /tests/echo waits for its standard input, which this keeps open.
mkfifo silence
sleep 600 >silence &
silence=$!
trap 'kill $silence 2>/dev/null; rm -rf "$scratch"' EXIT

# left_behind SESSION: its processes, if they don't end within two seconds. QEMU has a process group of its own.
left_behind() {
    tries=0
    while [ $tries -lt 20 ]; do
        others=$(pgrep -s "$1" 2>/dev/null | tr '\n' ' ')
        [ -n "$others" ] || return 1
        sleep 0.1
        tries=$((tries + 1))
    done
    echo "left behind: $others"
}

# wait_until_running PID: until the guest reads, or a few seconds: until then a signal tests less.
wait_until_running() {
    tries=0
    until grep -q 'root: ' err 2>/dev/null || [ $tries -ge 100 ]; do
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.1
        tries=$((tries + 1))
    done
}

# ends NAME STATUS SIGNAL ARGUMENT...: a run in a process group of its own gets SIGNAL (or none: -) and ends with STATUS.
ends() {
    what=$1 expected=$2 signal=$3
    shift 3
    rm -f err pid status
    setsid sh -c 'echo $$ >pid; trap : INT TERM HUP; "$@" <silence >out 2>err & child=$!; echo $child >child
        wait $child; s=$?; while kill -0 $child 2>/dev/null; do wait $child; s=$?; done; echo $s >status' \
        sh "$lvmm" run --verbose --disk tests.img "$@" -- /tests/echo &
    shell=$!
    until [ -s child ] && [ -s pid ]; do sleep 0.05; done
    wait_until_running "$(cat child)"
    [ "$signal" = - ] || kill -s "$signal" "$(cat child)"
    wait $shell
    check "$what: status $(cat status)" [ "$(cat status)" = "$expected" ]
    check "$what: no process is left" test -z "$(left_behind "$(cat pid)")"
    check "$what: the disk is free" flock -n tests.img true
    rm -f child pid
}

for accel in $(accelerators); do
    ends "$accel: --timeout" 124 - --accel "$accel" --timeout 1.5
    check "$accel: --timeout says so" grep -q '^lvmm: .*--timeout' err
    # A shell starts what it runs in the background with SIGINT ignored, and lvmm respects that; hence TERM and HUP here,
    # and INT in tty.sh.
    ends "$accel: SIGTERM" 143 TERM --accel "$accel"
    ends "$accel: SIGHUP" 129 HUP --accel "$accel"
    ends "$accel: SIGKILL" 137 KILL --accel "$accel"
    "$lvmm" run --accel "$accel" --disk tests.img -- /tests/killed >out 2>err
    check "$accel: the disk can be used at once" [ $? = 143 ]

    # A program that computes for ever is ended as well.
    cp --sparse=always "$build/x86_64/tests.img" spin.img
    mcopy -i spin.img "$scratch/spin" ::/tests/spin 2>/dev/null || {
        printf 'int main(void) { for (;;) __asm__ volatile(""); }\n' >spin.c
        musl-gcc -static -o spin spin.c && mcopy -i spin.img spin ::/tests/spin
    }
    timeout -k 5 30 "$lvmm" run --accel "$accel" --timeout 1 --disk spin.img -- /tests/spin >out 2>err </dev/null
    check "$accel: a program that computes for ever" [ $? = 124 ]
done

finish
