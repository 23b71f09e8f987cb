#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An ext4 disk on which not all is as one would wish: what programs are told, and what the log says. There is damage, of
# which the superblock says what is done about it (tune2fs -e): the machine ends by a panic, or the file system becomes
# read-only, or neither. There is no room, for data or for inodes. The disk is read-only, has become shorter, or fails; or
# has features that aren't known. And what the log says of each kind of damage.
# shellcheck disable=SC2016 # the guest's shell expands it
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

# ---- no room ----

cp "$build/x86_64/busybox" tree/

# in_order NAME: e2fsck finds nothing.
in_order() {
    check "$1: the disk is in order" sh -c 'e2fsck -fn root.img >log 2>&1'
}

# image_of OPTIONS: the tree, on a root.img with these options.
image_of() {
    rm -f root.img
    # shellcheck disable=SC2086 # options
    mke2fs -q -F $1 -d tree root.img "${2-16M}" >log 2>&1 || cat log
}

for accel in $(accelerators); do
    for layout in '-t ext4 -b 1024' '-t ext2 -b 4096'; do # what was removed has room at once, for data and for inodes
        what="$accel, $layout"
        image_of "$layout -N 64"
        run 0 "$lvmm" run --accel "$accel" --disk root.img -- /busybox sh -c 'b=/busybox
            : >/kept; $b dd if=/dev/zero of=/fill bs=64k 2>&1 | $b grep -o "No space left.*"; $b touch /empty && echo "a name fits"
            $b rm /fill; $b dd if=/dev/zero of=/kept bs=64k count=100 conv=notrunc 2>/dev/null && $b wc -c /kept
            i=0; while $b touch /file-$i; do i=$((i + 1)); done; echo $((i > 20)); $b mkdir /directory
            $b rm /file-3; echo again >/file-3 && $b cat /file-3'
        printf '%s\n' 'No space left on device' 'a name fits' '6553600 /kept' 1 again >expected
        check "$what: full" diff expected out
        check "$what: no inode is left, as open(2) tells" grep -q 'touch: /file-.*: No space left on device' err
        check "$what: as mkdir(2) tells" grep -q "can't create directory '/directory': No space left on device" err
        check "$what: a full disk is no damage" sh -c '! grep -q "ext4:" err'
        in_order "$what: full"
    done
done

# ---- a disk that can't be written, has become shorter, or fails ----

for accel in $(accelerators); do
    image_of '-t ext4'
    run 0 "$lvmm" run --accel "$accel" --disk root.img,ro -- /busybox sh -c 'b=/busybox
        $b touch /new; $b mkdir /directory; $b rm /busybox; $b chmod 700 /busybox; $b mv /busybox /moved; $b ln /busybox /link; true'
    check "$accel: a disk that is read-only" [ "$(grep -c 'Read-only file system' err)" = 6 ]

    # The host takes no more: whatever the program says, the run has failed, though not before the program wants to know
    # what has become of its data. The next run replays what is in the journal. (-f: units of 512 bytes.)
    for layout in '-t ext4 -b 4096' '-t ext3 -b 1024'; do
        image_of "$layout" 64M
        (ulimit -f 40000 && exec timeout -k 5 60 "$lvmm" run --accel "$accel" --disk root.img -- /busybox sh -c \
            '/busybox dd if=/dev/zero of=/fill bs=64k count=800 conv=fsync; echo $?') >out 2>err
        status=$?
        check "$accel, $layout, it fails: the status is lvmm's own: $status" [ $status = 125 ]
        check "$accel, $layout, it fails: the program is told" grep -qx 1 out
        check "$accel, $layout, it fails: how" grep -q '^dd: .*: Input/output error' err
        check "$accel, $layout, it fails: why" grep -q '^lvmm: the disk could not be written: input/output error' err
        run 0 "$lvmm" run --accel "$accel" --disk root.img -- /busybox true
        in_order "$accel, $layout, it failed"
    done

    # QEMU has zeros behind the end of a file that gets shorter.
    [ "$accel" = kvm ] || continue

    # Its file gets shorter while the guest has it: the end of /last and all behind it is gone.
    seq 300000 >tree/last
    image_of '-t ext4 -b 1024 -O ^has_journal'
    rm tree/last
    mkfifo go
    "$lvmm" run --accel "$accel" --timeout 60 --disk root.img -- /busybox sh -c 'echo ready; read line
        /busybox cat /last >/dev/null; echo $?; /busybox head -c 1000 /busybox | /busybox wc -c' <go >out 2>err &
    guest=$!
    exec 3>go
    until grep -q ready out; do kill -0 $guest || break; done 2>/dev/null
    truncate -s "$(($(debugfs -R 'bmap /last 1500' root.img 2>/dev/null) * 1024))" root.img
    echo go >&3
    exec 3>&-
    wait $guest
    rm go
    printf '%s\n' ready 1 1000 >expected
    check "$accel: its file gets shorter" diff expected out
    check "$accel: cat is told" grep -qi 'i/o error\|input/output error' err

    # Now the file system is larger than its disk.
    run 125 "$lvmm" run --accel "$accel" --disk root.img -- /busybox true
    check "$accel: a disk that is too short" grep -q 'larger than its disk, blocks: 16384' err
done

# What a disk has that failed stays in memory. (The flusher comes by within the pause, and can't store it.) Nobody fills
# memory with more of it, and who writes to another disk waits for that one as ever. (Emulated, nobody is faster than it.)
mkdir tree/mnt
for accel in $(accelerators); do
    [ "$accel" = kvm ] || continue
    image_of '-t ext4 -b 4096' 90M
    mke2fs -q -F -t ext4 -b 4096 second.img 400M >log 2>&1 || cat log
    (ulimit -f 200000 && exec timeout -k 5 60 "$lvmm" run --accel "$accel" --memory 64M --disk root.img --disk second.img -- \
        /busybox sh -c 'b=/busybox; $b mount -t ext4 /dev/vdb /mnt
            $b dd if=/dev/zero of=/mnt/fill bs=64k count=2400 conv=fsync; echo $?
            $b sleep 6; $b dd if=/dev/zero of=/big bs=64k count=1000 && $b wc -c /big') >out 2>err
    printf '%s\n' 1 '65536000 /big' >expected
    check "$accel, one of two disks fails: the other has room" diff expected out
    check "$accel, one of two disks fails: the program is told" grep -q '^dd: .*: \(Read-only file system\|Input/output error\)' err
    check "$accel, one of two disks fails: it is no want of memory" sh -c '! grep -q "out of memory" err'
    rm second.img
done

# It becomes read-only while it is in use, at the first damage: who writes is told, whatever was open before; who reads isn't.
for layout in '-t ext4' '-t ext2 -b 1024'; do
    image_of "$layout -e remount-ro"
    debugfs -w -R 'sif /damaged mode 0170755' root.img >log 2>&1 || cat log
    run 125 "$lvmm" run --accel tcg --timeout 60 --disk root.img -- /busybox sh -c 'b=/busybox
        $b mkdir /full && echo before >/full/open && exec 3>>/full/open && $b sync
        $b ls -d /damaged; echo after >&3; $b touch /new; $b mkdir /directory; $b rm /full/open; $b rmdir /full; $b mv /full /moved
        $b chmod 700 /full; $b ln /full/open /link; $b ln -s x /short; $b truncate -s 1 /full/open
        $b mount -o remount,rw /dev/vda / && echo stays; $b mount -o remount,ro /dev/vda / 2>/dev/null || echo stays
        $b cat /full/open; $b grep -o "^/dev/vda / ext[0-9] rw,relatime,emergency_ro " /proc/mounts | $b wc -l'
    printf '%s\n' stays stays before 1 >expected
    check "$layout, it becomes read-only: who reads, or mounts it once more" diff expected out
    check "$layout, it becomes read-only: who looks at what is damaged" grep -q '/damaged: Structure needs cleaning' err
    check "$layout, it becomes read-only: who writes" [ "$(grep -c 'Read-only file system' err)" = 10 ]
    check "$layout, it becomes read-only: what was wrong" \
        grep -q "vda: ext4: damaged: inode [0-9]*: a file of type 170755" err
    check "$layout, it becomes read-only: which is recorded" sh -c 'dumpe2fs -h root.img 2>/dev/null | grep -q "with errors"'
done

# ---- features that aren't known ----

image_of '-t ext4'
debugfs -w -R 'feature FEATURE_R30' root.img >log 2>&1
run 1 "$lvmm" run --accel tcg --disk root.img -- /busybox touch /new
check 'a feature with which one can read' grep -q 'mounted read-only, as it has features that can.t be written: FEATURE_R30' err
check 'it is read-only' grep -q 'touch: /new: Read-only file system' err
image_of '-t ext4'
debugfs -w -R 'feature FEATURE_I29' root.img >log 2>&1
run 125 "$lvmm" run --accel tcg --disk root.img -- /busybox true
check 'a feature with which one can not' grep -q "features that can't be read: FEATURE_I29" err

# ---- each kind of damage: the line names the disk, the inode or the block, and what is wrong there ----

mkdir -p tree/dir
seq 5000 >tree/numbers
: >tree/dir/below
plain='-t ext4 -b 1024 -O ^metadata_csum,^has_journal'
debugfs_get() {
    debugfs -R "$1" root.img 2>/dev/null
}
inode_of() {
    debugfs_get "stat $1" | sed -n 's/^Inode: *\([0-9]*\).*/\1/p'
}
block_of() {
    debugfs_get "blocks $1" | cut -d ' ' -f "${2-1}"
}
debugfs_set() {
    debugfs -w -R "$1" root.img >log 2>&1 || cat log
}
# spoil BLOCK OFFSET: a byte there is another one.
spoil() {
    printf '\252' | dd of=root.img bs=1 seek=$(($1 * 1024 + $2)) conv=notrunc 2>log || cat log
}
# is_told NAME COMMAND LINE: who runs the command in the guest fails, and so does the log's line.
is_told() {
    run 1 "$lvmm" run --accel tcg --timeout 60 --disk root.img -- /busybox sh -c "/busybox $2; exit 1"
    check "damage is told: $1" grep -q "vda: ext4: damaged: $3\$" err
}
# is_refused NAME LINE: it isn't mounted.
is_refused() {
    run 125 "$lvmm" run --accel tcg --timeout 60 --disk root.img -- /busybox true
    check "damage is told: $1" grep -q "vda: $2\$" err
}

image_of '-t ext2 -b 1024'
debugfs_set 'sif /numbers block[0] 999999'
is_told 'a block number' 'cat /numbers >/dev/null' "inode $(inode_of /numbers): the number 999999 of a block that isn't on the disk"
image_of '-t ext2 -b 1024'
indirect=$(debugfs_get 'stat /numbers' | grep -o '(IND):[0-9]*' | cut -d : -f 2)
spoil "$indirect" 7
is_told 'a block number in a block' 'cat /numbers >/dev/null' \
    "inode $(inode_of /numbers), block $indirect: the number 2[0-9]* of a block that isn't on the disk"
image_of '-t ext4 -b 1024'
debugfs_set 'sif /numbers block[0] 0'
is_told 'extents' 'cat /numbers' "inode $(inode_of /numbers): no node of an extent tree"
image_of "$plain"
spoil "$(block_of /dir)" 28
is_told 'a directory' 'ls /dir' "inode $(inode_of /dir), block $(block_of /dir): a directory entry of an impossible length"
image_of '-t ext4 -b 1024'
spoil "$(block_of /dir)" 100
is_told 'the checksum of a directory' 'ls /dir' "the checksum of a directory at block $(block_of /dir) is wrong"
image_of '-t ext4 -b 1024'
inode=$(inode_of /numbers)
place=$(debugfs_get 'imap /numbers' | sed -n 's/.*at block \([0-9]*\), offset \(.*\)$/\1 \2/p')
spoil "${place% *}" $((${place#* } + 120)) # the upper half of its owner, which is zero; a time may be what is written
is_told "an inode's checksum" 'cat /numbers' "the checksum of inode $inode is wrong"
image_of '-t ext4 -b 1024'
seq 200 >value
debugfs_set 'ea_set -f value /numbers user.long'
attributes=$(debugfs_get 'stat /numbers' | sed -n 's/^File ACL: \([0-9]*\).*/\1/p')
spoil "$attributes" 900
is_told 'the checksum of attributes' 'cp -a /numbers /new; /busybox ls -l /numbers; /busybox getfattr -d /numbers' \
    "the checksum of attributes at block $attributes is wrong"
image_of '-t ext4 -b 1024'
spoil "$(dumpe2fs root.img 2>/dev/null | sed -n 's/.*Block bitmap at \([0-9]*\).*/\1/p' | tail -n 1)" 1000 # of the group that is used next
is_told 'the checksum of a bitmap' 'dd if=/dev/zero of=/new bs=1k count=100 conv=fsync' \
    'the checksum of the bitmap of blocks of group 1 is wrong'
image_of '-t ext4 -b 1024'
spoil 2 8
is_refused 'the checksum of a descriptor' 'ext4: damaged: the checksum of the descriptor of group 0 is wrong'
image_of '-t ext4 -b 1024'
spoil 1 700 # a write of which the first sector is there alone
is_refused 'a superblock that is torn' 'ext4: damaged: the checksum of the superblock at KiB 1 is wrong'
image_of '-t ext4 -b 1024'
spoil "$(block_of '<8>')" 0
is_refused 'the journal' 'jbd2: the journal has no superblock; its magic number is: [0-9]*'

# ---- options: those that are kept, or say what is so anyway; those that aren't kept, or that nobody knows ----

image_of '-t ext4'
mke2fs -q -F -t ext4 second.img 16M >log 2>&1 || cat log
taken='data=ordered errors=continue noauto_da_alloc nodelalloc commit=30 barrier=0 discard acl user_xattr bsddf data_err=ignore noquota block_validity'
refused='nonsense commit=x data=journal data_err=abort minixdf errors=never sb=0'
run 0 "$lvmm" run --accel tcg --disk root.img --disk second.img -- /busybox sh -c "for option in $taken $refused; do
    /busybox mount -t ext4 -o \$option /dev/vdb /mnt && echo \$option && /busybox umount /mnt; done; true"
# shellcheck disable=SC2086 # one a line
printf '%s\n' $taken >expected
check 'options that are taken' diff expected out
check 'options that are refused' [ "$(grep -c 'Invalid argument' err)" = 7 ]

finish
