#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A shared folder whose file system has no room, or no room for this user: programs in the guest hear what they would
# on the host, and what was stored is what is stored there.
# shellcheck disable=SC2016 # other shells expand it
. "$(dirname "$0")/lib.sh"

if ! unshare -m sh -c 'mount -t tmpfs -o size=1m none /mnt' 2>/dev/null; then
    echo "skipped: share_full: no mount namespace here for a small file system"
    finish
fi
busybox=$build/x86_64/busybox
cp --sparse=always "$build/x86_64/busybox.img" busybox.img
mcopy -i busybox.img "$build/tests/locker" ::/locker || not_ok 'there is no locker'

# Done in the guest and on the host, in a folder of 256 KiB and 20 inodes.
cat >steps <<'X'
exec 2>&1
say() { echo "$* $($b stat -c '%s %b' $1 2>&1)"; }
$b dd if=/dev/zero of=all bs=10000 count=100 2>&1 | $b grep -v copied; say all
echo more >>all; echo "$?"; say all
echo x >another; echo "$?"; say another
$b dd if=/dev/zero of=all bs=4096 count=8 conv=notrunc 2>/dev/null; echo "over $?"
$b truncate -s 100000 all; say all
echo x >another; echo "$?"; say another
$b fallocate -l 1000000 room; echo "$?"; say room
$b truncate -s 10000000 room; echo "$?"; say room
$b rm room
for i in $($b seq 30); do $b mkdir d$i 2>&1 || break; done
$b ln -s x link; echo "$?"
$b ln all hard; echo "$?"
$b mv all moved; echo "$?"
$b rmdir d*; echo "$?"
$b ls
X

small='mount -t tmpfs -o size=256k,nr_inodes=20 none small && '
quota='mount -t tmpfs -o usrquota,usrquota_block_hardlimit=64k none small && '
mkdir small
unshare -m sh -c "$small"'cd small && b=$1 $1 sh ../steps' sh "$busybox" >expected
check 'the host is full' grep -q 'No space left on device' expected

for accel in $(accelerators); do
    timeout -k 5 60 unshare -m sh -c "$small"'"$@"' sh "$lvmm" run --accel "$accel" --disk busybox.img,cow -v small:/mnt \
        -v steps:/steps:ro -- /busybox sh -c 'cd /mnt && b=/busybox exec /busybox sh /steps' >out
    same "$accel: the guest hears the same" expected out

    # What was written by a mapping can't be stored: who syncs is told, and the end is no success.
    timeout -k 5 60 unshare -m sh -c "$small"'"$@"' sh "$lvmm" run --accel "$accel" --disk busybox.img,cow -v small:/mnt \
        -- /busybox sh -c 'b=/busybox; cd /mnt; $b truncate -s 8192 file; $b dd if=/dev/zero of=all bs=4096 2>/dev/null
            /locker file map=text; $b sync file && echo stored' >out 2>err
    check "$accel: a mapping's is no success" [ $? != 0 ]
    check "$accel: and is told" grep -q 'No space left on device' err
    check "$accel: not stored" [ ! -s out ]

    if unshare -m sh -c "$quota"'true' 2>/dev/null; then
        timeout -k 5 60 unshare -m sh -c "$quota"'"$@"' sh "$lvmm" run --accel "$accel" --disk busybox.img,cow -v small:/mnt \
            -- /busybox sh -c '/busybox dd if=/dev/zero of=/mnt/all bs=10000 count=100' >out 2>&1
        check "$accel: a quota" grep -q 'Quota exceeded\|Disk quota exceeded' out
    else
        echo "skipped: share_full/quota: this machine's tmpfs has none"
    fi
done
finish
