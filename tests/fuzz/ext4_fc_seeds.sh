#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the seed of ext4_fc_fuzz.c anew: a small image that Linux has mounted and written fast commits to, as it is before it is
# unmounted. Needs root, and a Linux that has ext4. What is in the tree was made by Linux 6.18 and e2fsprogs 1.47.
#
#   tests/fuzz/ext4_fc_seeds.sh [FOLDER]
set -eu

PATH=$PATH:/usr/sbin:/sbin
folder=${1:-$(dirname "$0")/corpus/ext4_fc}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'umount "$work/mnt" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/mnt"
mke2fs -q -F -t ext4 -b 1024 -I 256 -N 64 -m 0 -O fast_commit,^resize_inode,^metadata_csum -J size=1,fast_commit_size=16 \
    "$work/image" 4096 >/dev/null 2>&1
mount -o loop "$work/image" "$work/mnt"
cd "$work/mnt"
echo hello >a
mkdir d
echo x >d/b
sync
seq 700 >d/b
sync d/b
mv a c
ln d/b again
sync d/b
seq 1000 >d/n
sync d/n
fallocate -o 8192 -l 4096 d/n
sync d/n
truncate -s 100 d/b
sync d/b
rm c
sync d/b
cp "$work/image" "$work/crash"
cd /
area=$(debugfs -R 'bmap <8> 1024' "$work/crash" 2>/dev/null) # 1,024 blocks of log, and one that nobody uses
area=$((area + 1))
# word NUMBER: its two bytes.
word() {
    # shellcheck disable=SC2059 # bytes
    printf "\\$(printf %03o $(($1 % 256)))\\$(printf %03o $(($1 / 256)))"
}
{
    printf '\001'
    word $area
    block=0
    while [ $block -lt 4096 ]; do
        dd if="$work/crash" of="$work/block" bs=1024 skip=$block count=1 2>/dev/null
        if ! cmp -s -n 1024 "$work/block" /dev/zero; then
            word $block
            cat "$work/block"
        fi
        block=$((block + 1))
    done
} >"$folder/linux"
