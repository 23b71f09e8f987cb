#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the guest gives back the host has again: an image of ext4 gets smaller after fstrim, or as files are removed with
# the option discard, and is in order; a disk as a file of bytes gets holes where it is told so, and nowhere else; what a
# disk with ,cow changes and gives up leaves its base alone.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

command -v mke2fs >/dev/null || PATH=$PATH:/sbin:/usr/sbin
command -v mke2fs >/dev/null || offered 78 'missing: discard: mke2fs is not installed (e2fsprogs)'

mkdir -p tree/mnt
cp "$build/x86_64/busybox" "$build/x86_64/tests/guest/trims" tree/
seq 200000 >tree/kept
large=20000000

# In bytes, as far as the host has room for it.
room() {
    sync "$1"
    stat -c '%b * 512' "$1" | xargs -I{} sh -c 'echo $(({}))'
}
shrank() {
    [ "$(room "$1")" -lt $(($2 - large + 1000000)) ]
}

# Whether nothing of /large is left in the image's file: trims fills it with 0xa5.
filling=$(printf '\245%.0s' $(seq 64))
is_bare() {
    ! LC_ALL=C grep -qaF "$filling" "$1"
}

test_discard() {
    accel=$1
    # guest STATUS DISK SCRIPT [OPTION...]
    guest() {
        expected_status=$1 disk=$2 script=$3
        shift 3
        run "$expected_status" "$lvmm" run --accel "$accel" --timeout 60 --disk "$disk" "$@" -- \
            /busybox sh -c "b=/busybox; $script"
    }
    fresh() {
        rm -f root.img
        mke2fs -q -F -t ext4 -b 4096 -d tree root.img 64M >log 2>&1 || cat log
        guest 0 root.img "/trims fill /large $large && \$b mkdir /d && \$b cp /kept /d/kept"
        before=$(room root.img)
        ! is_bare root.img || not_ok "$accel: /large isn't in the image"
    }

    fresh
    check "$accel: what is written takes room" [ "$before" -gt $large ]
    guest 0 root.img '$b rm /large && $b sync && $b fstrim -v / && /trims fitrim / 0 0x7fffffffffffffff; /trims fitrim / 0 100
/trims fitrim /kept 0x7fffffffffff 0x1000'
    check "$accel: fstrim" grep -Eq '^/: [0-9]{8} bytes trimmed' out
    sed 1d out >rest
    printf '%s\n' 0 'Invalid argument' 'Invalid argument' >expected
    check "$accel: a second time there is nothing; and what can't be" cmp rest expected
    check "$accel: the image is smaller" shrank root.img "$before"
    check "$accel: none of the blocks is left" is_bare root.img
    check "$accel: and in order" e2fsck -fn root.img
    guest 0 root.img '$b cmp /kept /d/kept && $b cat /kept'
    check "$accel: and has what it had" cmp out tree/kept

    fresh
    guest 0 root.img '$b mount -o remount,discard / && $b rm /large && $b sync; $b cmp /kept /d/kept'
    check "$accel: option discard: the image is smaller" shrank root.img "$before"
    check "$accel: option discard: none of the blocks is left" is_bare root.img
    check "$accel: option discard: and in order" e2fsck -fn root.img

    fresh
    cp --sparse=always root.img base.img
    guest 0 root.img,cow '$b rm /large && $b sync && $b fstrim / && $b cmp /kept /d/kept'
    check "$accel: cow: the base is as it was" cmp root.img base.img
    check "$accel: cow: and as large" [ "$(room root.img)" = "$before" ]
    guest 0 root.img,cow=changes "/trims fill /more $large"
    before=$(room changes)
    guest 0 root.img,cow=changes '$b rm /more /large && $b sync && $b fstrim /'
    check "$accel: cow=FILE: the changes are fewer" shrank changes "$before"
    guest 0 root.img,cow=changes '$b cmp /kept /d/kept && $b cat /kept'
    check "$accel: cow=FILE: and as they were" cmp out tree/kept
    check "$accel: cow=FILE: the base is as it was" cmp root.img base.img
    rm -f changes

    head -c 8000000 /dev/urandom | head -c 7999488 >b.img
    cp b.img expected
    before=$(room b.img)
    guest 0 root.img '$b blkdiscard -o 1048576 -l 1048576 /dev/vdb && /trims zeroout /dev/vdb 4194304 65536
/trims secdiscard /dev/vdb 0 512; /trims discard /dev/vdb 7999488 512; /trims discard /dev/vdb 1 512; /trims discard /dev/vda 0 512' \
        --disk b.img
    printf '%s\n' 65536 'Not supported' 'Invalid argument' 'Invalid argument' 'Resource busy' >answers
    check "$accel: a disk's node" cmp out answers
    dd if=/dev/zero of=expected bs=65536 seek=16 count=16 conv=notrunc 2>dd.err
    dd if=/dev/zero of=expected bs=65536 seek=64 count=1 conv=notrunc 2>dd.err
    check "$accel: zeroes, and all else is as it was" cmp b.img expected
    check "$accel: its file has holes" [ "$(room b.img)" -le $((before - 1048576)) ]
    guest 0 root.img '/trims punch /dev/vdb 2097152 1048576; /trims zerorange /dev/vdb 5242880 4096; /trims keep /dev/vdb 7990784 65536
/trims punch /dev/vdb 512 100; /trims zerorange /dev/vdb 7990784 65536; /trims keep /dev/vdb 7999488 512
/trims allocate /dev/vdb 0 512; /trims collapse /dev/vdb 0 512; /trims punch /dev/vda 0 512' --disk b.img
    printf '%s\n' 0 0 0 'Invalid argument' 'Invalid argument' 'Invalid argument' 'Not supported' 'Not supported' \
        'Bad file descriptor' >answers
    check "$accel: fallocate of a disk's node" cmp out answers
    dd if=/dev/zero of=expected bs=4096 seek=512 count=256 conv=notrunc 2>dd.err
    dd if=/dev/zero of=expected bs=4096 seek=1280 count=1 conv=notrunc 2>dd.err
    dd if=/dev/zero of=expected bs=512 seek=15607 count=17 conv=notrunc 2>dd.err
    check "$accel: zeroes where it was asked for, and all else is as it was" cmp b.img expected
    rm -f fat.img
    truncate -s 48M fat.img
    PATH=$PATH:/sbin:/usr/sbin mkfs.fat -F 32 -s 1 fat.img >log 2>&1 || cat log
    guest 0 root.img "\$b mount -t vfat /dev/vdb /mnt && \$b cp /kept /mnt && /trims fill /mnt/large $large" --disk fat.img
    before=$(room fat.img)
    guest 0 root.img '$b mount -t vfat /dev/vdb /mnt && $b rm /mnt/large && /trims fitrim /mnt 0 0x7fffffffffffffff
/trims fitrim /mnt 0x7fffffffff 0x1000; /trims fitrim /mnt 0 100; /trims fitrim /mnt 0 0x7fffffffffffffff 0x7fffffff
$b cmp /kept /mnt/kept' --disk fat.img
    check "$accel: FAT32: all that is free" grep -Eq '^4[0-9]{7}$' out
    sed 1d out >rest
    printf '%s\n' 'Invalid argument' 'Invalid argument' 0 >answers
    check "$accel: FAT32: what can't be, and where nothing is so long" cmp rest answers
    check "$accel: FAT32: the image is smaller" shrank fat.img "$before"
    check "$accel: FAT32: and in order" env PATH="$PATH:/sbin:/usr/sbin" fsck.fat -n fat.img

    guest 0 root.img '/trims discard /dev/vdb 0 512; /trims zeroout /dev/vdb 0 512' --disk b.img,ro
    check "$accel: not if it can only be read" cmp b.img expected
}

for accel in $(accelerators); do
    test_discard "$accel"
done

finish
