#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What basic operations cost: payload/bench/lat.c, in guest instructions beside Linux's, then in time on this machine's KVM
# beside this machine's own Linux.
set -eu
. ci/bench/lib.sh

img=$build/$isa/bench/disk.img,ro
lvmm_with_qemu "$count_instructions" --disk "$img" -- /bench/lat -t 2 -r 3 >"$work/lat"
table "$work/lat" lat/ '' insn
if [ -s "$peer/vmlinux" ]; then
    PEER_ARGS=$count_instructions
    peer_output tcg '/bench/lat -t 2 -r 3' >"$work/lat-linux" ||
        echo "failed: lat@linux: it did not come to its end, three times"
    table "$work/lat-linux" lat/ @linux insn
fi

reason=$(kvm_missing)
if [ -z "$reason" ]; then
    calls='getpid read_file_4096 open_close mmap_page'
    "$lvmm" run --accel kvm --disk "$img" -- /bench/lat -t 2 -r 3 $calls >"$work/lat-kvm"
    table "$work/lat-kvm" host-kvm/ '' us
    "$build/$isa/bench/lat" -t 2 -r 3 $calls >"$work/lat-host"
    table "$work/lat-host" host-kvm/ @no-vm us
else
    skip "$reason" host-kvm/getpid host-kvm/read_file_4096 host-kvm/open_close host-kvm/mmap_page
fi
