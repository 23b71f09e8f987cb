/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fc_fuzz.c - an ext4 file system with hostile fast commits, or whatever else is wrong with it, is mounted, which
 * replays them, and unmounted.
 *
 * The input is a byte of flags, the number of the block with the first fast commit (2 bytes), then the blocks that
 * aren't zero: a number (2 bytes) and 1024 bytes each. With bit 0 of the flags the checksums of fast commits are made
 * right, so that what is in them is looked at. The seed is what Linux left (ext4_fc_seeds.sh).
 */
// sources: guest-kernel/vfs/pagewait.c guest-kernel/lib/crc*.c
// sources: guest-kernel/fs/ext4/*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/pageindex.c
// sources: guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c guest-kernel/vfs/path_print.c
// sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c guest-kernel/vfs/readdir.c
// sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c guest-kernel/vfs/sparse.c
// sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/ext4_registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: tests/unit/guest-kernel/disk.c
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/ext4/ext4.h"
#include "fs/ext4/ext4_fc.h"
#include "lib/crc.h"
#include "tests/fuzz/input.h"
#include "tests/unit/guest-kernel/files.h"
#include "tests/unit/guest-kernel/stubs.h"

#define BLOCK 1024u
#define BLOCKS 4096u
#define AREA_BLOCKS 16u
#define RIGHT_SUMS 1u

static uint8_t image[BLOCKS * BLOCK];

/* errors=panic is no finding where it is asked for. The log may have a superblock, too. */
static void no_panic(uint8_t *block)
{
    struct ext4_super super;

    memcpy(&super, block, sizeof(super));
    if (super.magic != EXT4_MAGIC || super.errors != EXT4_ERRORS_PANIC)
        return;
    super.errors = EXT4_ERRORS_READ_ONLY;
    memcpy(block, &super, sizeof(super));
}

/* Each tail says what the records before it sum up to, as far as they can be told apart. */
static void sums_mend(uint8_t *area, uint32_t size)
{
    struct ext4_fc_tl tl;
    uint32_t crc = 0;

    for (uint32_t at = 0; at < size;) {
        uint32_t left = BLOCK - at % BLOCK, step = sizeof(tl);
        if (left >= sizeof(tl)) {
            memcpy(&tl, area + at, sizeof(tl));
            step += tl.length;
        }
        if (left < sizeof(tl) || step > left) {
            at += left;
            continue;
        }
        if (tl.tag == EXT4_FC_TAIL && tl.length >= sizeof(struct ext4_fc_tail)) {
            uint32_t sum_at = at + (uint32_t)(sizeof(tl) + offsetof(struct ext4_fc_tail, crc));
            crc = crc32c(crc, area + at, sum_at - at);
            memcpy(area + sum_at, &crc, sizeof(crc));
            crc = 0;
        } else {
            crc = crc32c(crc, area + at, step);
        }
        at += step;
    }
}

static void image_fill(struct input *in)
{
    unsigned flags = input_u8(in), area = input_u16(in) % (BLOCKS - AREA_BLOCKS);

    memset(image, 0, sizeof(image));
    while (in->size != 0) {
        unsigned block = input_u16(in) % BLOCKS;
        input_bytes(in, image + (size_t)block * BLOCK, BLOCK);
        no_panic(image + (size_t)block * BLOCK);
    }
    if (flags & RIGHT_SUMS)
        sums_mend(image + (size_t)area * BLOCK, AREA_BLOCKS * BLOCK);
}

/* Whether it could be mounted. */
static bool mount_once(struct stub_disk *disk)
{
    bool is_mounted = vfs_mount_root(stub_disk_open(disk, false)) == 0;

    if (is_mounted && vfs_unmount_all() != 0) /* a reference was lost, or what can't be written */
        is_mounted = false;
    if (stub_pages_used != 0 || stub_kmallocs != 0)
        abort();
    return is_mounted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stub_disk disk = {.bytes = image, .size = sizeof(image)};
    struct input in = {data, size};

    stub_quiet = true;
    image_fill(&in);
    if (mount_once(&disk))
        (void)mount_once(&disk);
    return 0;
}
