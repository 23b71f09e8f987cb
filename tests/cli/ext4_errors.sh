#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is done about damage on an ext4 disk is what its superblock says (tune2fs -e): the machine ends by a panic, or the
# file system becomes read-only, or neither.
. "$(dirname "$0")/lib.sh"

command -v mke2fs >/dev/null || PATH=$PATH:/sbin:/usr/sbin
command -v mke2fs >/dev/null || offered 78 'missing: ext4_errors: mke2fs is not installed (e2fsprogs)'

mkdir -p tree/damaged
cp "$build/x86_64/tests/guest/echo" tree/

# An image whose directory /damaged lies beyond its end.
image() {
    mke2fs -q -F -t ext2 -e "$1" -d tree root.img 16M >log 2>&1 || cat log
    debugfs -w -R 'sif /damaged block[0] 999999' root.img >log 2>&1 || cat log
}

# run_damaged STATUS: a program of the directory, which can't be looked up.
run_damaged() {
    run "$1" "$lvmm" run --accel tcg --timeout 60 --disk root.img -- /damaged/echo
}

image continue
run_damaged 126
check 'continue: damage is told' grep -q 'ext4: damaged' err
check 'continue: writing goes on' sh -c '! grep -q "nothing is written" err'

image remount-ro
run_damaged 126
check 'remount-ro: no more writing' grep -q 'nothing is written to it any more' err

image panic
run_damaged 125
check 'panic: a panic' grep -q 'panic.*errors=panic' err
check 'panic: which is recorded' sh -c 'dumpe2fs -h root.img 2>/dev/null | grep -q "with errors"'

finish
