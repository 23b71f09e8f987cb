#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Cold start of hello on this machine: exec to first output and to exit, and the most memory that was held.
set -eu
. ci/bench/lib.sh

# start PLACE PEER RUNS COMMAND...
start() {
    place=$1 at=$2 runs=$3
    shift 3
    if ! "$timed" -t 6 -n "$runs" -s "${at:+1}" -w 'Hello, UserApp!' -- "$@" >"$work/timed" 2>"$work/timed.err"; then
        cat "$work/timed.err" >&2
        [ -n "$at" ] || skip "$(tail -n 1 "$work/timed.err")" "start/$place/output" "start/$place/exit" "peak/$place"
        return 0
    fi
    say "start/$place/output$at" "$(field output_ns "$work/timed")" ms
    say "start/$place/exit$at" "$(field exit_ns "$work/timed")" ms
    say "peak/$place$at" "$(field peak_kib "$work/timed")" KiB
}

reason=$(kvm_missing)
if [ -z "$reason" ]; then
    start host-kvm '' 20 "$lvmm" run --accel kvm --disk "$hello_img"
else
    skip "$reason" start/host-kvm/output start/host-kvm/exit peak/host-kvm
fi
start tcg '' 20 "$lvmm" run --accel tcg --disk "$hello_img"

[ -s "$peer/vmlinux" ] || exit 0
start tcg @linux 3 ci/bench/peer-run.sh "$build" tcg hello.cpio
# No Linux boots on a KVM in software: the peer is then what such a machine offers beside lvmm.
if "$lvmm" doctor | grep -q '^KVM  *yes  *soft'; then
    start host-kvm @linux-tcg 3 ci/bench/peer-run.sh "$build" tcg hello.cpio
elif [ -z "$reason" ]; then
    start host-kvm @linux 3 ci/bench/peer-run.sh "$build" kvm hello.cpio
fi
