#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A second disk with a FAT32 file system: a program mounts it, changes it, unmounts it, and the host finds what it wrote.
# What mount(2) says of disks that it can't mount is what Linux says of ext4's.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img
command -v fsck.fat >/dev/null || PATH=$PATH:/sbin:/usr/sbin

fresh() {
    rm -f b.img
    truncate -s 64M b.img
    mkfs.fat --invariant -F 32 b.img >/dev/null
    echo 'from the host' >host.txt
    mcopy -i b.img host.txt ::/
}

test_disk() {
    accel=$1
    # guest STATUS SCRIPT
    guest() {
        run "$1" "$lvmm" run --accel "$accel" --timeout 120 --disk busybox.img --disk "${disk:-b.img}" -- /busybox sh -c \
            "b=/busybox; \$b mkdir -p /mnt /other; mount() { \$b mount -t vfat \"\$@\" 2>&1; }; umount() { \$b umount \"\$@\" 2>&1; }
$2
true"
    }
    is() {
        printf '%s\n' "$2" >expected
        check "$accel: $1" diff expected out
    }

    fresh
    guest 0 'mount /dev/vdb /mnt && $b cat /mnt/host.txt && echo new >/mnt/new.txt && $b mkdir /mnt/d && umount /mnt && $b ls /mnt &&
mount /dev/vdb /mnt && $b ls /mnt && $b sed -n "s/^.* .mnt /mnt /p" /proc/mounts && umount /mnt'
    is 'mounted, written, unmounted, mounted again' "$(printf '%s\n' 'from the host' d host.txt new.txt 'mnt vfat rw,relatime 0 0')"
    check "$accel: it is whole" fsck.fat -n b.img
    check "$accel: what was written" [ "$(mtype -i b.img ::/new.txt)" = new ]

    guest 0 'mount /dev/vdb /mnt && mount /dev/vdb /other && echo one >/mnt/one && $b cat /other/one && $b mount -o remount,ro /mnt 2>&1
echo two 2>/dev/null >/other/two || echo read-only; $b mount -o remount,rw /mnt && echo two >/other/two && umount /mnt && $b cat /other/two
mount -o ro /dev/vdb /mnt; echo last >/other/last; $b sync -f /other && echo synced'
    is 'in two places, it is one' "$(printf '%s\n' one read-only two 'mount: mounting /dev/vdb on /mnt failed: Device or resource busy' synced)"
    check "$accel: whole, though nobody unmounted it" fsck.fat -n b.img
    check "$accel: what was written last" [ "$(mtype -i b.img ::/last)" = last ]

    guest 0 'exec 5<>/dev/vdb; mount /dev/vdb /mnt; exec 5>&-; mount /dev/vdb /mnt && { : >>/dev/vdb; } 2>&1 | $b grep -o busy
cd /mnt; umount /mnt; cd /; umount /mnt; : >>/dev/vdb && echo "to be written to again"; cd /mnt; mount /dev/vdb /other && cd /other &&
$b umount -l /other && echo more >more && mount /dev/vdb /mnt && $b cat /mnt/more'
    is 'in use' "$(printf '%s\n' 'mount: mounting /dev/vdb on /mnt failed: Device or resource busy' busy \
        "umount: can't unmount /mnt: Device or resource busy" 'to be written to again' more)"
    check "$accel: it is whole" fsck.fat -n b.img

    guest 0 'for what in /dev/null /nothing / /dev/vdb; do mount $what /mnt; done; $b mknod /dev/b b 254 240; mount /dev/b /mnt
umount /mnt; $b dd if=/dev/zero of=/dev/vdb bs=512 count=1 2>/dev/null; mount /dev/vdb /mnt; mount -o nosuch=1 /dev/vdb /mnt'
    is 'what is no disk' "$(printf 'mount: mounting %s on /mnt failed: %s\n' /dev/null 'Block device required' \
        /nothing 'No such file or directory' / 'Block device required' /dev/b 'No such device or address' \
        /dev/vdb 'Invalid argument' /dev/vdb 'Invalid argument')"

    fresh
    disk=b.img,ro
    guest 0 'mount /dev/vdb /mnt; $b cat /mnt/host.txt; (: >/mnt/new) 2>/dev/null || echo read-only; $b mount -o remount,rw /mnt 2>&1'
    is 'a disk that can only be read' "$(printf '%s\n' 'from the host' read-only \
        'mount: mounting /dev/vdb on /mnt failed: Permission denied')"
    disk=
}

for accel in $(accelerators); do
    test_disk "$accel"
done

finish
