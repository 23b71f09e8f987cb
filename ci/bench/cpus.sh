#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a second CPU gives on this machine's KVM, beside one CPU; what waking, unmapping and moving between CPUs cost, beside
# this machine's own Linux; and in instructions, on nested hardware KVM with two CPUs, what calls of two processes cost beside
# those of one alone (payload/bench/cpus.c).
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
}

# The machine's clock counts the instructions of both its CPUs, and they take turns, so that one often finds the lock with the other.
nested() {
    status=0
    ci/nested.sh --timeout 200 --qemu '-icount shift=0,sleep=off -smp 2 -m 2048' --file "$lvmm:build/lvmm" \
        --file "$build/$isa/guest-kernel.elf:build/$isa/guest-kernel.elf" --file "$img:disk.img" -- \
        'for n in 1 2; do build/lvmm run --accel kvm --cpus $n --disk /disk.img,ro -- /bench/cpus $n calls | sed "s/^/$n /" || exit 1; done' \
        >"$work/cpus-nested" 2>"$work/nested.err" || status=$?
    cat "$work/nested.err" >&2
    case $status in
    0) ;;
    77 | 78) skip "$(tail -n 1 "$work/nested.err")" cpus/nested/calls cpus/nested/transfer cpus/nested/stat cpus/nested/touch && return ;;
    *) echo "failed: cpus/nested: $(tail -n 1 "$work/nested.err")" && return ;;
    esac
    for n in 1 2; do sed -n "s/^$n //p" "$work/cpus-nested" >"$work/cpus-nested-$n"; done
    rows cpus/nested "$work/cpus-nested-2" '' insn calls transfer stat touch
    rows cpus/nested "$work/cpus-nested-1" @one-cpu insn calls transfer stat touch
    say cpus/nested/waits "$(field waits "$work/cpus-nested-2")" waits
}

here
nested
