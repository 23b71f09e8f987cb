#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How a run ends early, by KVM: each signal that ends a process by default, whatever the parent has done to signals and
# limits; and a bare guest's stdout. What the guest can do against it: tests/hostile.
. "$(dirname "$0")/lib.sh"

hostile=$build/x86_64/hostile.elf
[ -w /dev/kvm ] || {
    echo "/dev/kvm can't be opened here"
    exit 77
}

spin() {
    exec "$@" "$lvmm" run --accel kvm --cpus 2 --kernel "$hostile" --append mode=cpu-spin
}

# ends SIGNAL NUMBER PREFIX...: a guest that spins with interrupts off, started by PREFIX, dies of the signal. The prefix
# undoes what a shell does to a job in the background: SIGINT and SIGQUIT are ignored there.
ends() {
    signal=$1 number=$2
    shift 2
    rm -f out
    (spin "$@" </dev/null >out 2>err) &
    child=$!
    until grep -q going out 2>/dev/null || ! kill -0 $child 2>/dev/null; do sleep 0.05; done
    kill -s "$signal" $child
    (sleep 30 && kill -KILL $child) 2>/dev/null &
    guard=$!
    wait $child 2>/dev/null
    status=$?
    kill $guard 2>/dev/null
    check "$signal${*:+, $*}: status $status" [ $status = $((128 + number)) ]
}

for pair in HUP:1 INT:2 QUIT:3 ABRT:6 USR1:10 ALRM:14 TERM:15 XCPU:24 VTALRM:26 PROF:27 IO:29 PWR:30 \
    34:34 35:35 40:40 64:64; do
    ends ${pair%:*} ${pair#*:} env --default-signal
done
# SIGUSR2 is no end: it is for the trace, which such a guest has not.
rm -f out
(spin env --default-signal </dev/null >out 2>err) &
child=$!
until grep -q going out 2>/dev/null || ! kill -0 $child 2>/dev/null; do sleep 0.05; done
kill -USR2 $child
tries=0
until grep -q '^lvmm: SIGUSR2: no trace, as only lvmm.s own guest kernel' err || [ $tries -ge 200 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
check 'SIGUSR2: it is said that there is no trace' [ $tries -lt 200 ]
kill -TERM $child
wait $child 2>/dev/null
check 'SIGUSR2: and the guest runs on, until SIGTERM' [ $? = 143 ]
# Signals that the parent has blocked: the kick of the other vCPUs, and the end itself.
ends TERM 15 env --block-signal
ends TERM 15 env --ignore-signal=XFSZ,PIPE,USR1

# Timers of the parent's survive exec.
(spin perl -e 'alarm 1; exec @ARGV' </dev/null >out 2>err)
check "the parent's alarm: status $?" [ $? = 142 ]
run 124 prlimit --sigpending=0 "$lvmm" run --accel kvm --timeout 0.5 --kernel "$hostile" --append mode=cpu-halt
check "without a timer of our own: --timeout" grep -q -- --timeout err

# A file that may not grow: the write fails, lvmm goes on.
run 0 sh -c 'ulimit -f 8 && exec "$@"' sh "$lvmm" run --accel kvm --kernel "$hostile" --append mode=serial-much
check "RLIMIT_FSIZE: one line on stderr" grep -q 'stdout: .*File too large' err

# stdout: a pipe that was made non-blocking, and read slowly, loses nothing; one that is closed ends the guest.
"$lvmm" run --accel kvm --kernel "$hostile" --append mode=serial-much </dev/null 2>err >out
check "output to a file" [ "$(wc -c <out)" = 262144 ]
perl -e 'use Fcntl; fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV' \
    "$lvmm" run --accel kvm --kernel "$hostile" --append mode=serial-much </dev/null 2>err |
    { sleep 0.5; cat; } >out
check "output to a non-blocking pipe" [ "$(wc -c <out)" = 262144 ]
{
    "$lvmm" run --accel kvm --timeout 30 --kernel "$hostile" --append mode=serial-endless </dev/null 2>err
    echo $? >status
} | head -n 1 >out
check "a reader that leaves: status $(cat status)" [ "$(cat status)" = 141 ]
check "a reader that leaves: no message" [ ! -s err ]

finish
