#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Disk requests of 4 KiB on this machine's KVM, by payload/bench/disk.c: time, and exits to lvmm for each (--verbose
# counts them). The peer is Linux where it boots; ci/bench/in-nested.sh compares on hardware KVM.
set -eu
. ci/bench/lib.sh

jobs='seq_read rand_read seq_write rand_write seq_read_qd32 rand_read_qd32 seq_write_qd32 rand_write_qd32'
exits() {
    sed -n 's/^lvmm: exits: \([0-9]*\).*/\1/p' "$1"
}

reason=$(kvm_missing)
if [ -n "$reason" ]; then
    for job in $jobs; do skip "$reason" "disk/host-kvm/$job" "disk/host-kvm/${job}_exits"; done
    exit 0
fi

img=$work/disk.img
cp --sparse=always "$build/$isa/bench/disk.img" "$img"
disk() {
    "$lvmm" run --verbose --accel kvm --disk "$img" -- /bench/disk /bench/data 4096 "$@" 2>"$work/disk.err"
}
disk 0 >/dev/null
base=$(exits "$work/disk.err")
for job in $jobs; do
    disk 256 $job >"$work/disk.out" || continue
    table "$work/disk.out" disk/host-kvm/ '' us
    if ! grep -q unsupported "$work/disk.out"; then
        echo "disk/host-kvm/${job}_exits $(awk -v n="$(exits "$work/disk.err")" -v b="$base" 'BEGIN { printf "%.2f", (n - b) / 256 }') exits"
    fi
done
if [ -s "$peer/vmlinux" ]; then
    peer_disk "$img"
    PEER_LIMIT=20 peer_output tcg '/bench/disk /mnt/bench/data 4096 256' >"$work/disk.out" ||
        echo "failed: disk@linux-tcg: it did not come to its end in 20 s, three times"
    table "$work/disk.out" disk/host-kvm/ @linux-tcg us
fi
