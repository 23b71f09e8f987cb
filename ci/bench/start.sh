#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Cold start of hello on this machine: exec to first output and to exit, and the most memory that was held.
set -eu
. ci/bench/lib.sh

reason=$(kvm_missing)
if [ -z "$reason" ]; then
    cold_start host-kvm '' ms -n 50 -t 6 -- "$lvmm" run --accel kvm --disk "$hello_img"
else
    skip "$reason" start/host-kvm/output start/host-kvm/exit peak/host-kvm
fi
cold_start tcg '' ms -n 20 -t 6 -- "$lvmm" run --accel tcg --disk "$hello_img"

[ -s "$peer/vmlinux" ] || exit 0
cold_start tcg @linux ms -n 3 -t 30 -- ci/bench/peer-run.sh "$build" tcg hello.cpio
# No Linux boots on a KVM in software: the peer is then what such a machine offers beside lvmm.
if "$lvmm" doctor | grep -q '^KVM  *yes  *soft'; then
    cold_start host-kvm @linux-tcg ms -n 3 -t 30 -- ci/bench/peer-run.sh "$build" tcg hello.cpio
elif [ -z "$reason" ]; then
    cold_start host-kvm @linux ms -n 3 -t 30 -- ci/bench/peer-run.sh "$build" kvm hello.cpio
fi
