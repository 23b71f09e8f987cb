#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of ci/bench/nested.sh that runs in the nested machine, under busybox's shell: the figures of `lvmm`, or those of
# `linux`, its peer. A nanosecond is an instruction.
who=$2
NESTED=1
export NESTED
. ci/bench/lib.sh

# In this machine's time: what hangs in idle ends at once, what computes takes ten times as long outside.
PEER_LIMIT=20

# ---- start: cold, right after another VM, and where the host's cgroups don't make KVM_CREATE_VM wait for RCU ----

hello() {
    place=$1
    shift
    cold_start "$place" '' Minsn -n 15 -t 20 "$@" -- "$lvmm" run --accel kvm --disk "$hello_img"
}
# first_words PLACE PEER STATUS COMMAND...: exec to what Linux's first program writes.
first_words() {
    place=$1 at=$2 ends=$3
    shift 3
    "$timed" -s "$ends" -w 'Hello, UserApp!' -t 60 -- "$@" >"$work/timed" 2>"$work/timed.err" ||
        { echo "failed: start/$place$at: $(tail -n 1 "$work/timed.err")" && return; }
    say "start/$place/output$at" "$(field output_ns "$work/timed")" Minsn
}

# The same kernel, command line and initramfs: ours, then QEMU's microvm. Its init ends, and Linux panics and resets.
if [ "$who" = stock ]; then
    words='console=ttyS0 quiet panic=-1 reboot=t mitigations=off'
    first_words nested-kvm-linux '' 125 "$lvmm" run --accel kvm --memory 256M --kernel "$peer/vmlinux" \
        --initrd "$peer/first.cpio" --append "$words"
    first_words nested-kvm-linux @linux 0 sh ci/bench/peer-run.sh "$build" kvm first.cpio
    exit
fi
if [ "$who" = linux ]; then
    cold_start nested-kvm @linux Minsn -t 20 -- sh ci/bench/peer-run.sh "$build" kvm hello.cpio
else
    hello nested-kvm -p 100
    hello nested-kvm-again
    mkdir -p "$work/cgroup"
    mount -t cgroup2 -o favordynmods none "$work/cgroup"
    hello nested-kvm-favordynmods -p 100
    umount "$work/cgroup"
fi

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
        *_read | *_write | *_qd32)
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
    (PAUSE='' "$@") >"$work/disk.out"
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
if [ "$who" = linux ]; then disk @linux run_linux; else disk '' run_lvmm; fi
