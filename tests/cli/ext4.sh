#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An ext4 image of mke2fs -d, made by who isn't root, is the root: programs run from it as on Linux, and what they find there
# is what the folder has; what they write is on the disk. A second one is mounted by its name.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

command -v mke2fs >/dev/null || PATH=$PATH:/sbin:/usr/sbin
command -v mke2fs >/dev/null || offered 78 'missing: ext4: mke2fs is not installed (e2fsprogs)'

mkdir -p tree/sbin tree/tests tree/mnt tree/data/deep/er
cp "$build/x86_64/payload/hello" "$build/x86_64/payload/args" tree/sbin/
cp "$build/x86_64/busybox" tree/
programs='dirs execthreads forkmemory mapfile pipes proc_exe readers hello-pie'
for name in $programs; do
    cp "$build/x86_64/tests/guest/$name" tree/tests/
done
seq 100000 >tree/data/numbers
for i in $(seq 400); do echo "$i" >"tree/data/deep/er/file $i"; done
ln -s ../data/numbers tree/data/link
(cd tree && find . -type f ! -path './busybox' | LC_ALL=C sort | xargs -d '\n' md5sum) >sums

# image FILE OPTIONS...: without its index a directory is searched from end to end, so e2fsck makes one.
image() {
    file=$1
    shift
    rm -f "$file"
    mke2fs -q -F "$@" -d tree "$file" 64M >log 2>&1 || cat log
    e2fsck -fyD "$file" >log 2>&1
    [ $? -le 1 ] || cat log
}

for layout in '-t ext4 -b 4096' '-t ext4 -b 1024 -O inline_data' '-t ext3 -b 1024' '-t ext2 -b 2048 -I 128'; do
    # shellcheck disable=SC2086 # options
    image root.img $layout
    cp --sparse=always root.img before.img
    run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img,ro -- /sbin/hello
    printf 'Hello, UserApp!\n\n' >expected
    check "$layout: hello, read-only" diff expected out
    check "$layout: nothing was written" cmp root.img before.img
    run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img -- /busybox sh -c \
        'b=/busybox; $b find . -type f ! -path "./busybox" ! -path "./proc/*" ! -path "./sys/*" ! -path "./dev/*" |
        $b sort | $b tr "\n" "\0" | $b xargs -0 $b md5sum; $b readlink data/link >/dev/shm/x; echo new >/data/new; $b rm /data/deep/er/file\ 7'
    check "$layout: all files" diff sums out
    run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img,ro -- /busybox sh -c \
        'b=/busybox; $b sed -n "s/^[^ ]* . \(ext[^ ]*\) .*/\1/p" /proc/mounts; $b stat -c %o / /data/numbers'
    kind=${layout#-t } size=${layout#*-b }
    printf '%s\n' "${kind%% *}" "${size%% *}" "${size%% *}" >expected
    check "$layout: the name of its kind, and st_blksize" diff expected out
    check "$layout: it is in order" e2fsck -fn root.img
    check "$layout: what was written is there" [ "$(debugfs -R 'cat /data/new' root.img 2>/dev/null)" = new ]
    check "$layout: what was removed isn't" [ -z "$(debugfs -R 'cat "/data/deep/er/file 7"' root.img 2>/dev/null)" ]
done

image root.img -t ext4 -b 4096
for program in tree/tests/*; do
    name=$(basename "$program")
    mkdir work
    "$program" "$PWD/work" >expected 2>/dev/null </dev/null
    status=$?
    rm -rf work
    run "$status" "$lvmm" run --accel tcg --timeout 120 --disk root.img -- "/tests/$name" /dev/shm
    check "program from ext4: $name" diff expected out
done

# By which names a second disk can be mounted, and what /proc/mounts calls it then; with no name the first one that takes it.
# To be read only, ext2 and ext3 take what they know too little of to write.
kinds() {
    run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img --disk second.img -- /busybox sh -c \
        'b=/busybox; for type in "" "-t ext2" "-t ext3" "-t ext4"; do for how in rw ro; do
            $b mount -o $how $type /dev/vdb /mnt 2>/dev/null || continue
            echo "$type $how: $($b sed -n "s/^.* .mnt \(ext[^ ]*\) .*/\1/p" /proc/mounts)"; $b umount /mnt; done; done'
    check "$*: by its names" diff expected out
}
mke2fs -q -F -t ext2 second.img 16M >log 2>&1 || cat log
printf '%s\n' ' rw: ext2' ' ro: ext2' '-t ext2 rw: ext2' '-t ext2 ro: ext2' '-t ext4 rw: ext4' '-t ext4 ro: ext4' >expected
kinds ext2
mke2fs -q -F -t ext3 second.img 16M >log 2>&1 || cat log
printf '%s\n' ' rw: ext3' ' ro: ext3' '-t ext2 rw: ext2' '-t ext2 ro: ext2' '-t ext3 rw: ext3' '-t ext3 ro: ext3' \
    '-t ext4 rw: ext4' '-t ext4 ro: ext4' >expected
kinds ext3
mke2fs -q -F -t ext4 -O ^extents,^64bit,^flex_bg second.img 16M >log 2>&1 || cat log
printf '%s\n' ' rw: ext4' ' ro: ext3' '-t ext2 ro: ext2' '-t ext3 ro: ext3' '-t ext4 rw: ext4' '-t ext4 ro: ext4' >expected
kinds ext4 without extents

# What /proc/mounts says of the options is what Linux says, of those that change nothing here as well: what isn't as by default,
# which for errors= is what the superblock says.
mke2fs -q -F -t ext4 -e remount-ro second.img 16M >log 2>&1 || cat log
cat >expected <<'END'
rw,relatime
rw,relatime,errors=continue
rw,relatime
rw,relatime
rw,relatime,nodioread_nolock,discard,nodelalloc,nojournal_checksum,nobarrier,noauto_da_alloc,nombcache,no_prefetch_block_bitmaps,errors=panic,commit=9,min_batch_time=3,max_batch_time=4,stripe=8,data=ordered,inode_readahead_blks=64,init_itable=20
again rw,relatime,nodioread_nolock,discard,nojournal_checksum,nobarrier,noauto_da_alloc,nombcache,no_prefetch_block_bitmaps,errors=panic,commit=7,min_batch_time=3,max_batch_time=4,stripe=8,data=ordered,inode_readahead_blks=64,init_itable=20
ro,relatime,norecovery,noauto_da_alloc,noinit_itable
rw,relatime,max_batch_time=0,inode_readahead_blks=0,init_itable=0
rw,relatime,init_itable=7
none: inode_readahead_blks=3
END
run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img --disk second.img -- /busybox sh -c 'b=/busybox
    for options in rw errors=continue errors=remount-ro barrier,commit=5,stripe=1,max_batch_time=15000,nodelalloc,delalloc \
        nodelalloc,errors=panic,nobarrier,discard,commit=9,inode_readahead_blks=64,noauto_da_alloc,stripe=8,max_batch_time=4,min_batch_time=3,dioread_lock,init_itable=20,no_prefetch_block_bitmaps,data=ordered,nombcache,data_err=ignore,nojournal_checksum \
        noinit_itable,noload,ro,noauto_da_alloc commit=0,min_batch_time=0,max_batch_time=0,inode_readahead_blks=0,init_itable=0,stripe=0 \
        noinit_itable,init_itable=7 inode_readahead_blks=3; do
        $b mount -t ext4 -o "$options" /dev/vdb /mnt 2>/dev/null || { echo "none: $options"; continue; }
        $b sed -n "s/^.* .mnt ext4 \(.*\) 0 0/\1/p" /proc/mounts
        case $options in nodelalloc*) $b mount -o remount,delalloc,commit=7 /mnt
            $b sed -n "s/^.* .mnt ext4 \(.*\) 0 0/again \1/p" /proc/mounts ;; esac
        $b umount /mnt
    done'
check 'options are told' diff expected out

# A second disk, whose journal waits to be replayed: kept as it is, left alone, replayed.
image second.img -t ext4 -b 1024
debugfs -w -R 'feature needs_recovery' second.img >/dev/null 2>&1
run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img --disk second.img,ro -- /busybox sh -c \
    'b=/busybox; $b mount -t ext4 -o ro /dev/vdb /mnt 2>&1; $b mount -t ext4 -o ro,noload /dev/vdb /mnt && $b tail -n 1 /mnt/data/numbers &&
    $b sed -n "s/^.* .mnt /mnt /p" /proc/mounts; $b umount /mnt; $b mount -t ext2 -o ro,noload /dev/vdb /mnt 2>&1; true'
printf '%s\n' 'mount: mounting /dev/vdb on /mnt failed: Read-only file system' 100000 'mnt ext4 ro,relatime,norecovery 0 0' \
    'mount: mounting /dev/vdb on /mnt failed: Invalid argument' >expected
check 'a journal that waits, on a disk that is read-only: noload' diff expected out
check 'which is said' grep -q "ext4: .*journal" err
run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img --disk second.img -- /busybox sh -c \
    'b=/busybox; $b mount -t ext4 /dev/vdb /mnt && $b tail -n 1 /mnt/data/numbers && echo more >/mnt/more && $b umount /mnt'
check 'a journal that waits: it is replayed' [ "$(cat out)" = 100000 ]
check 'and the disk is in order' e2fsck -fn second.img

finish
