#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the seeds of ext4_fuzz.c anew: small images of mke2fs, of which only the blocks that aren't zero are kept. What is in
# the tree was made by e2fsprogs 1.47.
#
#   tests/fuzz/ext4_seeds.sh [FOLDER]
set -eu

PATH=$PATH:/usr/sbin:/sbin
folder=${1:-$(dirname "$0")/corpus/ext4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder" "$work/tree/dir/below"
echo hello >"$work/tree/hello"
seq 900 >"$work/tree/numbers"
: >"$work/tree/empty"
ln -s hello "$work/tree/short"
ln -s "$(seq 100 | tr '\n' '-')" "$work/tree/long"
ln "$work/tree/hello" "$work/tree/dir/again"
for i in $(seq 60); do : >"$work/tree/dir/a name that takes some room $i"; done
for i in 0 2 4 6 8 10 12; do printf x | dd of="$work/tree/holes" bs=1 seek=$((i * 1024)) conv=notrunc 2>/dev/null; done

# seed NAME FLAGS FEATURES: flags are the first byte.
seed() {
    rm -f "$work/image"
    # shellcheck disable=SC2086 # options
    mke2fs -q -F -b 1024 -N 96 -m 0 -d "$work/tree" $3 "$work/image" 128 2>/dev/null
    printf 'ea_set /hello user.a value\nea_set -f %s /dir user.long\n' "$work/tree/hello" >"$work/script"
    # With ea_inode alone there is room for this one: an inode of its own.
    head -c 1024 "$work/tree/numbers" >"$work/large"
    printf 'ea_set -f %s /holes user.large\n' "$work/large" >>"$work/script"
    debugfs -w -f "$work/script" "$work/image" >/dev/null 2>&1
    e2fsck -fyD "$work/image" >/dev/null 2>&1 || test $? -le 1
    # shellcheck disable=SC2059 # a byte
    {
        printf "\\00$2"
        block=0
        while [ $block -lt 128 ]; do
            dd if="$work/image" of="$work/block" bs=1024 skip=$block count=1 2>/dev/null
            if ! cmp -s -n 1024 "$work/block" /dev/zero; then
                printf "\\$(printf %03o $block)"
                cat "$work/block"
            fi
            block=$((block + 1))
        done
    } >"$folder/$1"
}

seed plain 1 '-t ext4 -I 256 -O ^has_journal,^resize_inode,^metadata_csum'
seed sums 0 '-t ext4 -I 256 -O ^has_journal,^resize_inode'
seed sums-off 1 '-t ext4 -I 256 -O ^has_journal,^resize_inode'
seed blocks 1 '-t ext2 -I 128 -O ^resize_inode'
seed inline 1 '-t ext4 -I 256 -O ^has_journal,^resize_inode,inline_data'
seed values 1 '-t ext4 -I 256 -O ^has_journal,^resize_inode,inline_data,ea_inode'
seed clusters 1 '-t ext4 -I 256 -O ^has_journal,^resize_inode,bigalloc -C 2048'
