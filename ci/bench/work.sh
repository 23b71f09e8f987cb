#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two programs of payload/bench/mixed.c on this machine's KVM: one makes 10,000 system calls and reads 64 MiB from the disk
# (its peer is QEMU's TCG, the other way to run it here), one computes (its peer is the same without a VM).
set -eu
. ci/bench/lib.sh

reason=$(kvm_missing)
if [ -n "$reason" ]; then
    skip "$reason" work/mixed work/compute
    exit 0
fi

# run PEER ACCEL NAME [FILE]: the median of three, each by the program's own clock.
run() {
    at=$1 accel=$2 name=$3
    shift 3
    rm -f "$work/work"
    for _ in 1 2 3; do
        "$lvmm" run --accel "$accel" --timeout 60 --disk "$build/$isa/bench/big.img,ro" -- /bench/mixed "$@" >>"$work/work"
    done
    say "work/$name$at" "$(sort -k2n "$work/work" | sed -n "2s/^$name //p")" ms
}
run '' kvm mixed /bench/big || skip 'it took longer than 60 s' work/mixed
run @lvmm-tcg tcg mixed /bench/big
run '' kvm compute || skip 'it failed' work/compute
for _ in 1 2 3; do "$build/$isa/bench/mixed"; done >"$work/work"
say work/compute@no-vm "$(sort -k2n "$work/work" | sed -n '2s/^compute //p')" ms
