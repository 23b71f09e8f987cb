#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Cold start and disk on hardware KVM: a machine that QEMU emulates and whose clock counts instructions (-icount), so
# that the same run gives the same figures. ci/bench/in-nested.sh runs in there.
set -eu
. ci/bench/lib.sh

# in_nested WHO SECONDS TRIES FILE...: the figures of that one. They come at the end, so a peer that hangs takes none of
# ours along; Linux in a machine in a machine does so now and then, and is tried again.
in_nested() {
    who=$1 seconds=$2 tries=$3 status=0
    shift 3
    ci/nested.sh --timeout "$seconds" --qemu '-icount shift=0,sleep=off -m 2048' --file ci/bench:ci/bench \
        --file "$timed:build/$isa/bench/timed" --file "$build/$isa/bench/disk.img:build/$isa/bench/disk.img" "$@" \
        -- "cd / && sh ci/bench/in-nested.sh build $who" 2>"$work/nested.err" || status=$?
    if [ $status != 0 ] && [ $status != 77 ] && [ "$tries" -gt 1 ]; then
        cat "$work/nested.err" >&2
        in_nested "$who" "$seconds" $((tries - 1)) "$@"
        return
    fi
    nested_end $status "$work/nested.err" "nested@$who" start/nested-kvm/output start/nested-kvm/exit \
        start/nested-kvm-linux/output peak/nested-kvm
}

in_nested lvmm 200 1 --file "$lvmm:build/lvmm" --file "$build/$isa/guest-kernel.elf:build/$isa/guest-kernel.elf" \
    --file "$build/$isa/hello.img:build/$isa/hello.img"
# Stock Linux in our machine and in QEMU's.
[ ! -s "$peer/vmlinux" ] ||
    in_nested stock 240 2 --file "$lvmm:build/lvmm" --file "$peer:build/bench/peer"
[ ! -s "$peer/vmlinux" ] || in_nested linux 240 2 --file "$peer:build/bench/peer"
