#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Disks beyond the first: a program finds them as files of bytes in /dev, as large as they are. And files without a disk.
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img

test_disks() {
    accel=$1
    head -c 3000320 /dev/urandom >data # 5860 sectors
    cp data b.img
    cp data c.img
    # guest STATUS BUSYBOX-COMMAND...
    guest() {
        expected_status=$1
        shift
        run "$expected_status" "$lvmm" run --accel "$accel" --timeout 60 --disk busybox.img --disk b.img \
            --disk c.img,ro -- /busybox "$@"
    }

    guest 0 ls -l /dev
    sed -n 's/^\(b[^ ]*\).* \([0-9]*, *[0-9]*\).* \(vd.\)$/\1 \2 \3/p' out | tr -s ' ' >nodes
    printf 'brw-rw---- 254, %s\n' '0 vda' '16 vdb' '32 vdc' >expected
    check "$accel: the nodes" cmp nodes expected

    guest 0 cat /dev/vdb
    check "$accel: read" cmp out data
    guest 0 dd if=/dev/vdb bs=1000 skip=7 count=2
    dd if=data bs=1000 skip=7 count=2 of=part 2>dd.err
    check "$accel: read from the middle of a sector" cmp out part

    head -c 3001 /dev/urandom >new
    guest 0 dd of=/dev/vdb bs=3001 seek=3 conv=notrunc,fsync <new
    cp data expected
    dd if=new of=expected bs=3001 seek=3 conv=notrunc 2>dd.err
    check "$accel: written, and what is beside it in its sectors is kept" cmp b.img expected

    head -c 4000000 /dev/zero >large
    guest 1 dd of=/dev/vdb bs=100000 <large
    check "$accel: the end: no space" grep -q 'No space left' err
    head -c 3000320 /dev/zero >expected
    check "$accel: all of it was written" cmp b.img expected

    guest 1 dd of=/dev/vdc <new
    check "$accel: a disk that can only be read" grep -q 'Operation not permitted' err
    check "$accel: it is as it was" cmp c.img data
    guest 1 dd of=/dev/vda <new
    check "$accel: the root's disk can't be written past its file system" grep -q 'busy' err
    guest 0 dd if=/dev/vda bs=512 count=1
    dd if=busybox.img bs=512 count=1 of=part 2>dd.err
    check "$accel: but read" cmp out part
    for what in 'getsize64 3000320' 'getsz 5860' 'getss 512' 'getro 1'; do
        guest 0 blockdev "--${what% *}" /dev/vdc
        check "$accel: blockdev --$what" [ "$(cat out)" = "${what#* }" ]
    done

    run 1 "$lvmm" run --accel "$accel" --timeout 60 --memory 64M --disk busybox.img -- \
        /busybox dd if=/dev/zero of=/dev/shm/x bs=65536
    check "$accel: files in memory leave half of it" grep -q 'No space left' err
}

for accel in $(accelerators); do
    test_disks "$accel"
done

finish
