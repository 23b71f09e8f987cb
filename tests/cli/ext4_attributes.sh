#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Extended attributes, access control lists and capabilities of files on disks with ext2 and ext4 are those of files in
# memory, which guest/* compares to Linux's; but for values for which there is no room. Afterwards e2fsck finds nothing.
. "$(dirname "$0")/lib.sh"

command -v mke2fs >/dev/null || PATH=$PATH:/sbin:/usr/sbin
command -v mke2fs >/dev/null || offered 78 'missing: ext4_attributes: mke2fs is not installed (e2fsprogs)'

mkdir -p tree/sbin tree/tests tree/data
for program in acls filecaps tmpfs_xattrs; do
    cp "$build/x86_64/tests/guest/$program" tree/tests/
done

# Values of 65536 bytes are more than a block takes; and names are listed in an order that is the file system's own.
without_large() {
    sed '/^65536/,/^remove/d' "$1" | awk '
        { at = index($0, " told: ") }
        !at { print; next }
        {
            n = split(substr($0, at + 7), name, " ")
            for (i = 2; i <= n; i++)
                for (k = i; k > 1 && name[k - 1] > name[k]; k--) {
                    other = name[k]; name[k] = name[k - 1]; name[k - 1] = other
                }
            printf "%s", substr($0, 1, at + 5)
            for (i = 1; i <= n; i++)
                printf " %s", name[i]
            print ""
        }'
}

for layout in '-t ext4 -b 4096' '-t ext4 -b 1024 -I 128' '-t ext2 -b 2048'; do
    # shellcheck disable=SC2086 # options
    mke2fs -q -F $layout -d tree fresh.img 64M >log 2>&1 || cat log
    for program in acls filecaps tmpfs_xattrs; do
        cp --sparse=always fresh.img root.img
        run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img -- "/tests/$program" /dev/shm /dev/shm
        without_large out >expected
        run 0 "$lvmm" run --accel tcg --timeout 120 --disk root.img -- "/tests/$program" /data /data
        without_large out >got
        check "$layout: $program" diff expected got
        check "$layout: $program says something" test -s got
        check "$layout: $program was on the disk" sh -c '! cmp -s fresh.img root.img'
        e2fsck -E journal_only -y root.img >log 2>&1 # what the journal has is there
        check "$layout: e2fsck after $program" e2fsck -fn root.img
    done
done

finish
