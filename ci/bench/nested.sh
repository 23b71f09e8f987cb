#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Cold start and disk on hardware KVM: a machine that QEMU emulates and whose clock counts instructions (-icount), so
# that the same run gives the same figures. ci/bench/in-nested.sh runs in there.
set -eu
. ci/bench/lib.sh

set -- --file "$lvmm:build/lvmm" --file "$build/$isa/guest-kernel.elf:build/$isa/guest-kernel.elf" \
    --file "$build/$isa/hello.img:build/$isa/hello.img" --file "$build/$isa/bench/disk.img:build/$isa/bench/disk.img" \
    --file "$timed:build/$isa/bench/timed" --file ci/bench:ci/bench
[ ! -d "$peer" ] || set -- "$@" --file "$peer:build/bench/peer"
status=0
ci/nested.sh --timeout 600 --qemu '-icount shift=0,sleep=off -m 2048' "$@" -- 'cd / && sh ci/bench/in-nested.sh build' \
    2>"$work/nested.err" || status=$?
cat "$work/nested.err" >&2
[ $status = 0 ] || skip "$(tail -n 1 "$work/nested.err")" start/nested-kvm/output start/nested-kvm/exit peak/nested-kvm
