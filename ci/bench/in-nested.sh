#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of ci/bench/nested.sh that runs in the nested machine, under busybox's shell. A nanosecond is an instruction.
NESTED=1
export NESTED
. ci/bench/lib.sh

start() {
    at=$1 runs=$2
    shift 2
    if ! "$timed" -n "$runs" -s "${at:+1}" -w 'Hello, UserApp!' -- "$@" >"$work/timed" 2>"$work/timed.err"; then
        cat "$work/timed.err" >&2
        [ -n "$at" ] || skip "$(tail -n 1 "$work/timed.err")" start/nested-kvm/output start/nested-kvm/exit peak/nested-kvm
        return 0
    fi
    say "start/nested-kvm/output$at" "$(field output_ns "$work/timed")" Minsn
    say "start/nested-kvm/exit$at" "$(field exit_ns "$work/timed")" Minsn
    say "peak/nested-kvm$at" "$(field peak_kib "$work/timed")" KiB
}

start '' 5 "$lvmm" run --accel kvm --disk "$hello_img"
[ ! -s "$peer/vmlinux" ] || start @linux 1 sh ci/bench/peer-run.sh "$build" kvm hello.cpio

# ---- disk: what a request costs, then, as tracing costs too, once more with the exits of the vCPU counted ----

img=$build/$isa/bench/disk.img
tracing=/sys/kernel/tracing
mount -t tracefs tracefs $tracing

counted() {
    awk '/^(entries|overrun):/ { n += $2 } END { print n + 0 }' $tracing/per_cpu/cpu0/stats
}

return=$(printf '\r')

# Reads what disk prints; after each job it pauses, and the exits since the last line are that job's.
exits_by_job() {
    last=
    while read -r name value _; do
        now=$(counted)
        value=${value%"$return"} # a line of a serial port ends in it
        case $name in
        *_read | *_write)
            [ -z "$last" ] || case $value in
            *[!0-9]*) ;;
            *) awk -v name="disk/nested-kvm/${name}_exits$1" -v n=$((now - last)) \
                'BEGIN { printf "%s %.2f exits\n", name, n / 1024 }' ;;
            esac
            ;;
        esac
        last=$(counted)
    done
}

# disk PEER COMMAND...
disk() {
    at=$1
    shift
    (PAUSE= "$@") >"$work/disk.out"
    table "$work/disk.out" disk/nested-kvm/ "$at" insn
    echo 1 >$tracing/events/kvm/kvm_exit/enable
    (PAUSE=-p "$@") | exits_by_job "$at"
    echo 0 >$tracing/events/kvm/kvm_exit/enable
}

run_lvmm() {
    "$lvmm" run --accel kvm --disk "$img" -- /bench/disk $PAUSE /bench/data 4096 1024 </dev/null
}
run_linux() {
    peer_disk "$img"
    peer_output kvm "/bench/disk $PAUSE /mnt/bench/data 4096 1024"
}
disk '' run_lvmm
[ ! -s "$peer/vmlinux" ] || disk @linux run_linux
exit 0
