#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a second CPU gives on this machine's KVM, beside one CPU; and what waking, unmapping and moving between CPUs cost, beside
# this machine's own Linux (payload/bench/cpus.c).
set -eu
. ci/bench/lib.sh

img=$build/$isa/bench/disk.img,ro
reason=$(kvm_missing)
[ -z "$reason" ] || { skip "$reason" cpus/compute cpus/calls cpus/wake cpus/shootdown cpus/migrate && exit 0; }
[ "$(nproc)" -gt 1 ] || { skip 'there is one CPU' cpus/compute cpus/calls cpus/wake cpus/shootdown cpus/migrate && exit 0; }

for n in 1 2; do
    "$lvmm" run --accel kvm --cpus $n --disk "$img" -- /bench/cpus $n >"$work/cpus-$n"
done
"$build/$isa/bench/cpus" 2 >"$work/cpus-host"

# rows FILE PEER NAME...
rows() {
    file=$1 at=$2
    shift 2
    for name; do say "cpus/$name$at" "$(field "$name" "$file")" us; done
}
rows "$work/cpus-2" '' compute calls wake shootdown migrate
rows "$work/cpus-1" @one-cpu compute calls
rows "$work/cpus-host" @no-vm wake shootdown migrate
