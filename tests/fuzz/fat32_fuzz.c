/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_fuzz.c - a hostile FAT32 volume is mounted, walked, read and written.
 *
 * The input is a count of patches, each an offset (2 bytes), a length and that many bytes, that are laid over a small
 * good volume; then come operations, one or two bytes each. With a first byte of 0xff all the rest is the volume.
 *
 * With bit 6 of the first byte the volume is marked as in use: it is checked when it is mounted, and then has to be
 * consistent as soon as it is unmounted.
 */
// sources: guest-kernel/vfs/pagewait.c
// sources: guest-kernel/fs/fat32*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c
// guest-kernel/vfs/pagecache.c sources: guest-kernel/vfs/pageindex.c guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c
// guest-kernel/vfs/path_print.c sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c
// guest-kernel/vfs/readdir.c sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c
// guest-kernel/vfs/sparse.c sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/fat_image.c
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "tests/unit/guest-kernel/fat_image.h"
#include "tests/unit/guest-kernel/files.h"
#include "tests/unit/guest-kernel/stubs.h"
#include "vfs/pagecache.h"

#define SECTOR 512u
#define SECTORS 128u
#define FAT_SECTOR 4u
#define DATA_SECTOR 6u
#define DEPTH_MAX 5u
#define FILES_MAX 200u
#define NAMES 8

static uint8_t image[SECTORS * SECTOR];
static const char *const names[NAMES] = {
    "/HELLO", "/sub", "/sub/FILE.TXT", "/sub/new file with a long name", "/the long name.text",
    "/sub/x", "/a",   "/sub/sub2/deep"};

/* ---- a good volume ---- */

static void put_le(uint8_t *at, uint32_t value, unsigned size)
{
    for (; size != 0; size--, value >>= 8)
        *at++ = (uint8_t)value;
}

static uint8_t *cluster_at(unsigned cluster)
{
    return image + (DATA_SECTOR + cluster - 2) * SECTOR;
}

static void put_entry(uint8_t *slot, const char *name, uint8_t attributes, uint32_t start, uint32_t size)
{
    memcpy(slot, name, 11);
    slot[11] = attributes;
    put_le(slot + 26, start, 2);
    put_le(slot + 28, size, 4);
}

static void put_fat(unsigned cluster, uint32_t value)
{
    for (unsigned copy = 0; copy < 2; copy++)
        put_le(image + (FAT_SECTOR + copy) * SECTOR + cluster * 4, value, 4);
}

static void put_boot_sector(void)
{
    put_le(image + 11, SECTOR, 2);
    image[13] = 1;
    put_le(image + 14, FAT_SECTOR, 2);
    image[16] = 2;
    image[21] = 0xf8;
    put_le(image + 32, SECTORS, 4);
    put_le(image + 36, 1, 4);
    put_le(image + 44, 2, 4);
    put_le(image + 48, 1, 2);
    put_le(image + 510, 0xaa55, 2);
    put_le(image + SECTOR, 0x41615252, 4);
    put_le(image + SECTOR + 484, 0x61417272, 4);
    put_le(image + SECTOR + 488, 110, 4);
    put_le(image + SECTOR + 492, 9, 4);
}

static void put_long_name(uint8_t *slot, const char *name, unsigned order, uint8_t checksum)
{
    static const uint8_t offsets[] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

    slot[0] = (uint8_t)order;
    slot[11] = 0x0f;
    slot[13] = checksum;
    for (unsigned i = 0, at = ((order & 0x3f) - 1) * 13; i < 13; i++, at++)
        put_le(slot + offsets[i], at < strlen(name) ? (uint8_t)name[at] : at == strlen(name) ? 0 : 0xffff, 2);
}

static void put_volume(void)
{
    uint8_t sum = 0;

    memset(image, 0, sizeof(image));
    put_boot_sector();
    for (unsigned i = 0; i < 9; i++)
        put_fat(i, i >= 4 && i < 6 ? i + 1 : 0x0fffffff); /* HELLO: clusters 4, 5, 6 */
    put_entry(cluster_at(2), "HELLO      ", 0x20, 4, 1300);
    put_entry(cluster_at(2) + 32, "SUB        ", 0x10, 3, 0);
    for (unsigned i = 0; i < 11; i++)
        sum = (uint8_t)((sum << 7 | sum >> 1) + "THELON~1TEX"[i]);
    put_long_name(cluster_at(2) + 64, "the long name.text", 0x42, sum);
    put_long_name(cluster_at(2) + 96, "the long name.text", 1, sum);
    put_entry(cluster_at(2) + 128, "THELON~1TEX", 0x20, 7, 100);
    put_entry(cluster_at(3), ".          ", 0x10, 3, 0);
    put_entry(cluster_at(3) + 32, "..         ", 0x10, 0, 0);
    put_entry(cluster_at(3) + 64, "FILE    TXT", 0x20, 8, 5);
    put_entry(cluster_at(3) + 96, "EMPTY      ", 0x20, 0, 0);
}

/* ---- the input ---- */

struct input {
    const uint8_t *at;
    size_t left;
};

static unsigned take(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static void put_patches(struct input *in, unsigned count)
{
    while (count-- != 0) {
        unsigned offset = take(in), length;
        offset |= take(in) << 8;
        length = take(in) % 33;
        for (; length != 0; length--)
            image[offset++ % sizeof(image)] = (uint8_t)take(in);
    }
}

/* ---- operations ---- */

struct visit {
    unsigned depth, files;
};

struct entry_list {
    char name[16][NAME_MAX + 1];
    unsigned count;
};

static bool collect(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    struct entry_list *list = arg;

    (void)ino, (void)type, (void)next_pos;
    if (list->count == 16)
        return false;
    if (length == 0 || length > NAME_MAX || memchr(name, '/', length) != NULL || memchr(name, 0, length) != NULL)
        abort();
    memcpy(list->name[list->count], name, length);
    list->name[list->count++][length] = '\0';
    return true;
}

static void visit(const struct path *dir, struct visit *visit_state);

static void visit_entry(const struct path *dir, const char *name, struct visit *state)
{
    static char bytes[5000];
    struct path path;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "dev") == 0 || ++state->files > FILES_MAX)
        return;
    if (path_lookup(dir, name, 0, &path) != 0)
        return;
    if (S_ISDIR(path_inode(&path)->mode)) {
        place_of(&path, bytes, sizeof(bytes));
        visit(&path, state);
    } else {
        inode_read(path_inode(&path), 0, bytes, sizeof(bytes));
        inode_read(path_inode(&path), path_inode(&path)->size / 2, bytes, 100);
    }
    path_put(&path);
}

static void visit(const struct path *dir, struct visit *state)
{
    struct entry_list *list = calloc(1, sizeof(*list));
    struct file *file;

    if (state->depth < DEPTH_MAX && vfs_open_path(dir, O_RDONLY | O_DIRECTORY, &file) == 0) {
        state->depth++;
        do {
            list->count = 0;
            if (file_read_dir(file, collect, list) != 0)
                break;
            for (unsigned i = 0; i < list->count; i++)
                visit_entry(dir, list->name[i], state);
        } while (list->count != 0 && state->files < FILES_MAX);
        state->depth--;
        file_put(file);
    }
    free(list);
}

static void write_some(const char *name, unsigned where, unsigned size)
{
    static char bytes[256 * 64];
    struct file *file;

    if (open_path(name, O_RDWR | O_CREAT, &file) != 0)
        return;
    put_bytes(file, where * 200, bytes, size * 40);
    get_bytes(file, 0, bytes, sizeof(bytes));
    file_put(file);
}

static void operate(struct input *in)
{
    unsigned op = take(in), arg = take(in);
    const char *name = names[op >> 4 & 7], *other = names[arg & 7];

    switch (op & 15) {
    case 0:
    case 1:
        write_some(name, arg & 15, arg >> 4);
        break;
    case 2:
        truncate_path(name, arg * 300);
        break;
    case 3:
        vfs_unlink(vfs_root(), name, false);
        break;
    case 4:
        vfs_unlink(vfs_root(), name, true);
        break;
    case 5:
        vfs_mkdir(vfs_root(), name, 0755);
        break;
    case 6:
        vfs_rename(vfs_root(), name, vfs_root(), other, false);
        break;
    case 7:
        vfs_sync_all();
        break;
    case 8:
        vfs_shrink(arg, arg & 1);
        break;
    case 9:
        visit(vfs_root(), &(struct visit){0, 0});
        break;
    default:
        size_of(name);
    }
}

/* The names of a hostile volume may come twice, and its sizes may leave sectors at the end out; all else is seen to. */
static void expect_consistent(bool layout_is_ours)
{
    const char *fault = layout_is_ours ? fat_image_fault(image, sizeof(image)) : NULL;

    if (fault != NULL && strcmp(fault, "two entries have one name") != 0) {
        fprintf(stderr, "inconsistent: %s\n", fault);
        abort();
    }
}

/* The boot sector's fields that say where things are. */
static bool has_own_layout(void)
{
    uint8_t want[56], *have = image + 8;

    memcpy(want, have, sizeof(want));
    put_le(want + 3, SECTOR, 2);
    want[5] = 1;
    put_le(want + 6, FAT_SECTOR, 2);
    want[8] = 2;
    put_le(want + 11, 0, 2);
    put_le(want + 24, SECTORS, 4);
    put_le(want + 28, 1, 4);
    put_le(want + 32, 0, 2);
    return memcmp(want, have, sizeof(want)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct stub_disk disk = {.bytes = image, .size = sizeof(image)};
    struct vfs_statfs st;
    unsigned patches = take(&in);

    stub_quiet = true;
    put_volume();
    if (patches == 0xff)
        memcpy(image, in.at, in.left < sizeof(image) ? in.left : sizeof(image));
    else
        put_patches(&in, patches % 16);
    bool checked = patches != 0xff && (patches & 0x40);
    if (checked)
        image[65] |= 1;
    if (vfs_mount_root(stub_disk_open(&disk, false)) != 0) {
        if (stub_pages_used != 0 || stub_kmallocs != 0)
            abort();
        return 0;
    }
    checked &= has_own_layout() && !vfs_root()->mount->fs->read_only;
    if (checked) /* before anything else: the check alone did that */
        expect_consistent(true);
    visit(vfs_root(), &(struct visit){0, 0});
    for (unsigned i = 0; i < 40 && in.left != 0 && patches != 0xff; i++)
        operate(&in);
    vfs_root()->mount->fs->ops->statfs(vfs_root()->mount->fs, &st);
    write_some("/at the end", 3, 50);
    int ended = vfs_unmount_all();
    if (ended == -EBUSY || stub_pages_used != 0 || stub_kmallocs != 0)
        abort();
    expect_consistent(checked && ended == 0);
    return 0;
}
