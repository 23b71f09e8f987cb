#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The host has no room for what the guest writes to its disk: the program's status can't stand for that, so it is 125,
# with one line of the guest kernel's; and the next run, with room, finds a disk that it can check and use.
. "$(dirname "$0")/lib.sh"

# On a file system with room for 1 MiB more, in a mount namespace of our own.
size=$(($(du -kL tests.img | cut -f 1) + 1024))k
small='mkdir small && mount -t tmpfs -o size='$size' none small && cp --sparse=always tests.img small/disk.img &&
    "$@"; echo $? >status; cp --sparse=always small/disk.img left.img'
if ! unshare -m sh -c 'mount -t tmpfs -o size=1m none /mnt' 2>/dev/null; then
    echo "skipped: disk_full: no mount namespace here for a small file system"
    finish
fi

for accel in $(accelerators); do
    rm -rf small left.img status
    timeout -k 5 60 unshare -m sh -c "$small" sh "$lvmm" run --accel "$accel" --disk small/disk.img -- /tests/keep /room \
        >out 2>err
    check "$accel: the status is lvmm's own: $(cat status)" [ "$(cat status)" = 125 ]
    check "$accel: why" grep -q '^lvmm: the disk could not be written: input/output error; .* status 7$' err
    check "$accel: once" [ "$(grep -c 'could not be written' err)" = 1 ]
    check "$accel: what the program said" grep -qx '6 pieces, close 0' out
    check "$accel: the next run" run 7 "$lvmm" run --accel "$accel" --disk left.img -- /tests/keep /room
    check "$accel: the disk is whole" sh -c 'PATH=$PATH:/sbin:/usr/sbin fsck.fat -n left.img >fsck'
done

# It is the file of a disk's changes that has no room; what was written until then is in it.
changes='mkdir small && mount -t tmpfs -o size=1m none small &&
    "$@"; echo $? >status; cp --sparse=always small/kept left.kept'
for accel in $(accelerators); do
    rm -rf small left.kept status
    timeout -k 5 60 unshare -m sh -c "$changes" sh "$lvmm" run --accel "$accel" --disk tests.img,cow=small/kept -- \
        /tests/keep /room >out 2>err
    check "$accel, changes: the status is lvmm's own: $(cat status)" [ "$(cat status)" = 125 ]
    check "$accel, changes: why" grep -q '^lvmm: the disk could not be written: input/output error; .* status 7$' err
    check "$accel, changes: what the program said" grep -qx '6 pieces, close 0' out
    check "$accel, changes: the next run" run 7 "$lvmm" run --accel "$accel" --disk tests.img,cow=left.kept -- /tests/keep /room
done
check "the disk is as it was" cmp tests.img "$build/x86_64/tests.img"

# A file that may not become as large is no different, and the limit reaches no message. (-f: units of 512 bytes.)
for accel in $(accelerators); do
    cp --sparse=always tests.img limited.img
    (ulimit -f 8000 && exec timeout -k 5 60 "$lvmm" run --accel "$accel" --disk limited.img -- /tests/keep /room) >out 2>err
    status=$?
    check "$accel, RLIMIT_FSIZE: the status is lvmm's own: $status" [ $status = 125 ]
    check "$accel, RLIMIT_FSIZE: why" grep -q '^lvmm: the disk could not be written: input/output error' err
done
finish
