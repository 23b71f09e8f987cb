#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two programs of payload/bench/mixed.c on this machine's KVM: one makes 10,000 system calls and reads 64 MiB from the disk
# (its peers are QEMU's TCG, the other way to run it here, and for a tenth of it the emulated ring 0 of a KVM that has that),
# one computes (its peer is the same without a VM). And payload/bench/heap.c, whose pages are faults, beside the same without a VM.
set -eu
. ci/bench/lib.sh

reason=$(kvm_missing)
if [ -n "$reason" ]; then
    skip "$reason" work/mixed work/mixed-emulated work/compute work/heap
    exit 0
fi

in_vm() { "$lvmm" run --timeout 60 --disk "$build/$isa/bench/big.img,ro" "$@"; }
ours() { in_vm --accel kvm -- /bench/mixed /bench/big; }
tcg() { in_vm --accel tcg -- /bench/mixed /bench/big; }
ours_tenth() { in_vm --accel kvm -- /bench/mixed /bench/big 10; }
emulated_tenth() { in_vm --accel kvm --append gate=off -- /bench/mixed /bench/big 10; }
compute() { in_vm --accel kvm -- /bench/mixed; }
no_vm() { "$build/$isa/bench/mixed"; }
heap() { in_vm --accel kvm --memory 512M -- /bench/heap; }
heap_no_vm() { "$build/$isa/bench/heap"; }

# compare ROW TIMES OURS PEER-NAME PEER: both in alternation, the median of each by the program's own clock. An odd number.
compare() {
    rm -f "$work/work.ours" "$work/work.peer"
    for _ in $(seq "$2"); do
        "$3" >>"$work/work.ours" || { skip 'it failed, or took longer than 60 s' "$1"; return; }
        "$5" >>"$work/work.peer" || rm -f "$work/work.peer"
    done
    say "$1" "$(median ours "$2")" ms
    [ ! -s "$work/work.peer" ] || say "$1@$4" "$(median peer "$2")" ms
}
median() { sort -k2n "$work/work.$1" | sed -n "$((($2 + 1) / 2))s/^[a-z]* //p"; }

compare work/mixed 7 ours lvmm-tcg tcg
if in_vm --accel kvm --verbose -- /bench/mixed /bench/big 1000 2>&1 | grep -q 'behind the gate'; then
    compare work/mixed-emulated 3 ours_tenth emulated emulated_tenth
else
    skip 'this KVM does not emulate ring 0' work/mixed-emulated
fi
compare work/compute 3 compute no-vm no_vm
compare work/heap 5 heap no-vm heap_no_vm
