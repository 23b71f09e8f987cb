/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_hostile_test.c - volumes that are damaged on purpose: refused, or read as far as they go, but nothing worse. */
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
// sources: tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/image.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../files.h"
#include "../stubs.h"
#include "fat32_image.h"
#include "abi/errno.h"

#define FILE_SIZE 5000
#define FILE_CLUSTERS 10

static char bytes[FILE_SIZE];

/* The short entry in the root directory. */
static size_t entry_offset(const char *name)
{
    size_t at = cluster_offset(get_le(44, 4));

    for (unsigned i = 0; i < 16; i++, at += 32) {
        if (memcmp(disk.bytes + at, name, 11) == 0)
            return at;
    }
    ck_abort_msg("no entry %s", name);
}

static uint32_t start_of(const char *name)
{
    return get_le(entry_offset(name) + 26, 2);
}

static int mount(void)
{
    return vfs_mount_root(stub_disk_open(&disk, false));
}

static void unmount(void)
{
    int error = vfs_unmount_all();

    ck_assert(error == 0 || error == -EIO);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

/* A volume with /FILE and /SUB/INNER. */
static void setup(void)
{
    image_make(&disk, 4096, 1, "");
    ck_assert_int_eq(mount(), 0);
    memset(bytes, 'b', sizeof(bytes));
    ck_assert_int_eq(put_file("/FILE", bytes, FILE_SIZE), FILE_SIZE);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/SUB", 0755), 0);
    ck_assert_int_eq(put_file("/SUB/INNER", "inner", 5), 5);
    unmount();
    stub_quiet = true;
}

static void teardown(void)
{
    free(disk.bytes);
}

static void refused(void)
{
    ck_assert_int_eq(mount(), -EINVAL);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static const struct {
    const char *what;
    unsigned offset, size;
    uint32_t value;
} boot_fields[] = {
    {"bytes per sector 0", 11, 2, 0},
    {"bytes per sector 256", 11, 2, 256},
    {"bytes per sector 513", 11, 2, 513},
    {"bytes per sector 8192", 11, 2, 8192},
    {"sectors per cluster 0", 13, 1, 0},
    {"sectors per cluster 3", 13, 1, 3},
    {"reserved sectors 0", 14, 2, 0},
    {"reserved sectors beyond", 14, 2, 65535},
    {"no FAT", 16, 1, 0},
    {"255 FATs", 16, 1, 255},
    {"root entries", 17, 2, 512},
    {"total 16", 19, 2, 10},
    {"media", 21, 1, 0},
    {"FAT16", 22, 2, 32},
    {"total 0", 32, 4, 0},
    {"total beyond", 32, 4, 0xffffffff},
    {"total below data", 32, 4, 40},
    {"FAT sectors 0", 36, 4, 0},
    {"FAT sectors many", 36, 4, 0xffffffff},
    {"FAT sectors overflow", 36, 4, 0x80000000},
    {"active FAT", 40, 2, 0x8f},
    {"version", 42, 2, 1},
    {"root cluster 0", 44, 4, 0},
    {"root cluster 1", 44, 4, 1},
    {"root cluster beyond", 44, 4, 0x0ffffff0},
    {"signature", 510, 2, 0},
};

START_TEST(boot_sector)
{
    put_le(32, get_le(19, 2), 4); /* mkfs.fat uses the 16-bit field for so small a volume */
    put_le(19, 0, 2);
    put_le(boot_fields[_i].offset, boot_fields[_i].value, boot_fields[_i].size);
    refused();
}
END_TEST

START_TEST(other_disks)
{
    static const size_t sizes[] = {0, 512, 1024, 4096, 100 * 512, 1 << 20};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        disk.size = sizes[i];
        refused();
    }
    disk.size = 4096 * 1024;
    memset(disk.bytes, 0x5a, disk.size);
    refused();
    free(disk.bytes);
    disk.bytes = NULL;
    ck_assert_int_eq(image_shell(&disk, "mkfs.fat -F 16 -C $IMAGE 16384 >/dev/null"), 0);
    refused();
    ck_assert_int_eq(image_shell(&disk, "mkfs.fat -F 12 $IMAGE >/dev/null"), 0);
    refused();
}
END_TEST

START_TEST(info_sector_is_only_a_hint)
{
    static const uint32_t values[] = {0, 1, 0x0fffffff, 0xffffffff, 0x7fffffff};

    for (unsigned i = 0; i < 5; i++) {
        put_le(512 + 488, values[i], 4);
        put_le(512 + 492, values[i], 4);
        put_le(48, i % 2 != 0 ? 1 : 0xffff, 2);
        ck_assert_int_eq(mount(), 0);
        ck_assert_int_eq(put_file("/new", bytes, FILE_SIZE), FILE_SIZE);
        ck_assert_int_eq(vfs_unlink(vfs_root(), "/new", false), 0);
        unmount();
    }
}
END_TEST

/* Whatever its chain, the file can be opened, tried to read, and removed. */
static void expect_bad_chain(int64_t want)
{
    char back[FILE_SIZE];

    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(get_file("/FILE", back, FILE_SIZE), want);
    int error = truncate_path("/FILE", 20000);
    ck_assert(error == 0 || error == -EIO);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/FILE", false), 0);
    ck_assert_int_eq(put_file("/other", bytes, FILE_SIZE), FILE_SIZE);
    unmount();
}

START_TEST(chains)
{
    uint32_t start = start_of("FILE       ");
    static const uint32_t ends[] = {0, 1, 0x0ffffff0, 0x0ffffff7, 60000, 0x0fffffff};

    put_fat(start + 4, ends[_i]);
    expect_bad_chain(-EIO);
}
END_TEST

START_TEST(chain_loops)
{
    uint32_t start = start_of("FILE       ");

    put_fat(start + FILE_CLUSTERS - 1, start + (uint32_t)_i); /* the file's own size bounds what is read */
    expect_bad_chain(FILE_SIZE);
}
END_TEST

START_TEST(start_clusters)
{
    static const uint32_t starts[] = {0, 1, 60000};

    put_le(entry_offset("FILE       ") + 26, starts[_i], 2);
    expect_bad_chain(-EIO);
}
END_TEST

START_TEST(directory_loops)
{
    struct inode *inode;
    uint32_t start = start_of("SUB        ");

    put_fat(start, start);
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/SUB", 0, &inode), -EIO);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/SUB", true), -EIO);
    unmount();
    put_fat(start, 0x0fffffff);
    put_le(cluster_offset(start) + 64 + 26, start, 2); /* INNER becomes a directory that is its own */
    disk.bytes[cluster_offset(start) + 64 + 11] = 0x10;
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(size_of("/SUB/INNER/INNER/INNER/INNER"), 512);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/SUB/INNER", vfs_root(), "/SUB/INNER/INNER/x", false), -EINVAL);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/SUB/INNER", vfs_root(), "/OUT", false), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/SUB", true), 0);
    ck_assert_int_eq(put_file("/OUT/file", "x", 1), 1);
    unmount();
}
END_TEST

START_TEST(directory_without_end)
{
    static char names[1 << 16];
    size_t root = cluster_offset(2);

    ck_assert_int_eq(mount(), 0);
    unmount();
    memset(disk.bytes + root, 0x41, 512); /* no end mark, sizes and clusters from nowhere */
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(list_path("/", names, sizeof(names)), 0);
    ck_assert_int_eq(size_of("/AAAAAAAA.AAA"), 0x41414141);
    ck_assert_int_eq(put_file("/new", "x", 1), 1);
    unmount();
    memset(disk.bytes + root, 0xff, 512);
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(list_path("/", names, sizeof(names)), 0);
    unmount();
}
END_TEST

/* A long-name slot with this order before /FILE's entry. */
static void put_long_slot(unsigned order, uint8_t checksum, const char *units)
{
    static const uint8_t offsets[] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    size_t at = entry_offset("FILE       ");

    memmove(disk.bytes + at + 32, disk.bytes + at, 128);
    memset(disk.bytes + at, 0, 32);
    disk.bytes[at] = (uint8_t)order;
    disk.bytes[at + 11] = 0x0f;
    disk.bytes[at + 13] = checksum;
    for (unsigned i = 0; i < 13 && (i == 0 || units[i - 1] != 0); i++)
        disk.bytes[at + offsets[i]] = (uint8_t)units[i];
}

static void expect_listing(const char *want)
{
    char names[4096];

    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(list_path("/", names, sizeof(names)), 0);
    ck_assert_str_eq(names, want);
    ck_assert_int_eq(size_of("/FILE"), FILE_SIZE);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/FILE", false), 0);
    unmount();
}

static uint8_t checksum_of(const char *name)
{
    uint8_t sum = 0;

    for (unsigned i = 0; i < 11; i++)
        sum = (uint8_t)((sum << 7 | sum >> 1) + (uint8_t)name[i]);
    return sum;
}

START_TEST(long_names)
{
    uint8_t sum = checksum_of("FILE       ");

    switch (_i) {
    case 0: /* good, for comparison */
        put_long_slot(0x41, sum, "fine name");
        expect_listing("fine name SUB dev ");
        break;
    case 1: /* somebody else's */
        put_long_slot(0x41, (uint8_t)(sum + 1), "wrong sum");
        expect_listing("FILE SUB dev ");
        break;
    case 2: /* a path in disguise */
        put_long_slot(0x41, sum, "../x");
        expect_listing("FILE SUB dev ");
        break;
    case 3:
        put_long_slot(0x41, sum, "..");
        expect_listing("FILE SUB dev ");
        break;
    case 4: /* more than there can be */
        put_long_slot(0x7f, sum, "many");
        expect_listing("FILE SUB dev ");
        break;
    case 5: /* out of order */
        put_long_slot(0x42, sum, "second");
        expect_listing("FILE SUB dev ");
        break;
    case 6: /* two heads */
        put_long_slot(0x41, sum, "inner");
        put_long_slot(0x42, sum, "outer");
        expect_listing("FILE SUB dev ");
        break;
    case 7: /* empty */
        put_long_slot(0x41, sum, "");
        expect_listing("FILE SUB dev ");
        break;
    default: /* order 0 */
        put_long_slot(0x40, sum, "zero");
        expect_listing("FILE SUB dev ");
    }
}
END_TEST

static const char *const names[] = {"/A", "/FILE", "/Z"};

/* One of three removed files has a chain that leaves the volume. Whichever: the sync tells of it. */
START_TEST(a_removed_file_with_a_broken_chain)
{
    ck_assert_int_eq(mount(), 0);
    put_file("/A", bytes, FILE_SIZE);
    put_file("/Z", bytes, FILE_SIZE);
    unmount();
    const char *const entries[] = {"A          ", "FILE       ", "Z          "};
    put_fat(start_of(entries[_i]) + 3, 0x0ffffff0);
    ck_assert_int_eq(mount(), 0);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vfs_unlink(vfs_root(), names[i], false), 0);
    ck_assert_int_eq(vfs_sync_all(), -EIO);
    unmount();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32, hostile");
    TCase *tc = tcase_create("hostile");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, boot_sector, 0, sizeof(boot_fields) / sizeof(*boot_fields));
    tcase_add_test(tc, other_disks);
    tcase_add_test(tc, info_sector_is_only_a_hint);
    tcase_add_loop_test(tc, chains, 0, 6);
    tcase_add_loop_test(tc, chain_loops, 0, FILE_CLUSTERS);
    tcase_add_loop_test(tc, start_clusters, 0, 3);
    tcase_add_test(tc, directory_loops);
    tcase_add_test(tc, directory_without_end);
    tcase_add_loop_test(tc, long_names, 0, 9);
    tcase_add_loop_test(tc, a_removed_file_with_a_broken_chain, 0, 3);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
