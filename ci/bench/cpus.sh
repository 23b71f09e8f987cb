#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a second CPU gives on this machine's KVM, beside one CPU; what waking, unmapping and moving between CPUs cost, beside
# this machine's own Linux; and in instructions what calls of two processes on two CPUs cost beside those of one alone
# (payload/bench/cpus.c).
set -eu
. ci/bench/lib.sh

img=$build/$isa/bench/disk.img

# rows PREFIX FILE PEER UNIT NAME...
rows() {
    prefix=$1 file=$2 at=$3 unit=$4
    shift 4
    for name; do say "$prefix/$name$at" "$(field "$name" "$file")" "$unit"; done
}

here() {
    reason=$(kvm_missing)
    [ -n "$reason" ] || [ "$(nproc)" -gt 1 ] || reason='there is one CPU'
    [ -z "$reason" ] || { skip "$reason" cpus/compute cpus/calls cpus/wake cpus/shootdown cpus/migrate && return; }
    for n in 1 2; do
        "$lvmm" run --accel kvm --cpus $n --disk "$img,ro" -- /bench/cpus $n >"$work/cpus-$n"
    done
    "$build/$isa/bench/cpus" 2 >"$work/cpus-host"
    rows cpus "$work/cpus-2" '' us compute calls transfer stat touch wake shootdown migrate
    rows cpus "$work/cpus-1" @one-cpu us compute calls transfer stat touch
    rows cpus "$work/cpus-host" @no-vm us wake shootdown migrate
    say cpus/waits "$(field waits "$work/cpus-2")" waits
}

# insns CPUS WORK TIMES: the instructions of all virtual CPUs, each a thread of QEMU's, from the kernel's entry to its end.
insns() {
    wrap_qemu "-plugin $PWD/$build/bench/insns.so,out=$PWD/$work/insns"
    PATH=$wrapped "$lvmm" run --accel tcg --cpus "$1" --disk "$img,ro" -- /bench/cpus "$1" "$2" "$3"
    field insns "$work/insns"
}

# of_one WORK CPUS: those of one of it, of many by as many processes as CPUs; the middle of five runs, as they wait for each other
# or not.
of_one() {
    for _ in 1 2 3 4 5; do echo $((($(insns "$2" "$1" 20000) - $(insns "$2" "$1" 4000)) / 16000)); done | sort -n | sed -n 3p
}

counted() {
    reason=$(command -v qemu-system-$isa >/dev/null || echo "qemu-system-$isa is not installed")
    [ -z "$reason" ] || { skip "$reason" cpus/calls_insns cpus/transfer_insns cpus/stat_insns cpus/touch_insns && return; }
    for name in calls transfer stat touch; do
        say "cpus/${name}_insns" "$(of_one $name 2)" insn
        say "cpus/${name}_insns@one-cpu" "$(of_one $name 1)" insn
    done
}

here
counted
