/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_damage_test.c - images whose fields were changed, one at a time: Linux's errno, and a line on the log. */
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
// sources: tests/unit/guest-kernel/ext4_folder.c tests/unit/guest-kernel/ext4_compare.c
// sources: tests/unit/guest-kernel/disk.c
#define READS_ONLY true
#include "ext4_setup.h"
#include "vfs/inode_xattr.h"

/* With a seed of its own, so that a name is in the same block each time. */
#define PLAIN                                                       \
    "-t ext4 -b 1024 -O ^metadata_csum,^has_journal,^resize_inode " \
    "-E hash_seed=01234567-89ab-cdef-0123-456789abcdef"
#define BLOCK 1024u

/* ---- the superblock ---- */

static const struct field {
    const char *what;
    unsigned offset, size;
    uint64_t value;
    int error;
    const char *says;
} fields[] = {
    {"magic", 0x38, 2, 0xef52, -EINVAL, ""},
    {"encrypt, casefold, unknown", 0x60, 4, 0x800302c2, -EINVAL, "encrypt, casefold, FEATURE_I31"},
    {"journal_dev", 0x60, 4, 0x2ca, -EINVAL, "journal_dev"},
    {"compression", 0x60, 4, 0x2c3, -EINVAL, "compression"},
    {"recover", 0x60, 4, 0x2c6, -EROFS, "noload"},
    {"verity", 0x64, 4, 0x806b, -EINVAL, "verity"},
    {"log_block_size", 0x18, 4, 3, -EINVAL, "blocks may have"},
    {"log_block_size", 0x18, 4, 0xffffffff, -EINVAL, "blocks may have"},
    {"log_cluster_size", 0x1c, 4, 9, -EINVAL, "fragments"},
    {"blocks_count", 0x4, 4, 0xffffffff, -EINVAL, "larger than its disk"},
    {"blocks_count_hi", 0x150, 4, 1, -EINVAL, "larger than its disk"},
    {"blocks_count", 0x4, 4, 1, -EINVAL, "first block"},
    {"first_data_block", 0x14, 4, 0, -EINVAL, "first block"},
    {"first_data_block", 0x14, 4, 2, -EINVAL, "first block"},
    {"blocks_per_group", 0x20, 4, 0, -EINVAL, "blocks in a group"},
    {"blocks_per_group", 0x20, 4, 8193, -EINVAL, "blocks in a group"},
    {"inodes_per_group", 0x28, 4, 0, -EINVAL, "inodes in a group"},
    {"inodes_per_group", 0x28, 4, 8200, -EINVAL, "inodes in a group"},
    {"inodes_count", 0x0, 4, 7, -EINVAL, "inodes, which"},
    {"inode_size", 0x58, 2, 0, -EINVAL, "inodes of bytes"},
    {"inode_size", 0x58, 2, 300, -EINVAL, "inodes of bytes"},
    {"inode_size", 0x58, 2, 2048, -EINVAL, "inodes of bytes"},
    {"first_ino", 0x54, 4, 1, -EINVAL, "first inode"},
    {"desc_size", 0xfe, 2, 32, -EINVAL, "descriptors of bytes"},
    {"desc_size", 0xfe, 2, 96, -EINVAL, "descriptors of bytes"},
    {"desc_size", 0xfe, 2, 0x8000, -EINVAL, "descriptors of bytes"},
    {"reserved_gdt_blocks", 0xce, 2, 257, -EINVAL, "kept for descriptors"},
    {"meta_bg", 0x60, 4, 0x2d2, 0, ""},
};

static void put_le(uint8_t *at, uint64_t value, unsigned size)
{
    for (; size != 0; size--, value >>= 8)
        *at++ = (uint8_t)value;
}

START_TEST(superblock)
{
    const struct field *field = &fields[_i];

    ext4_image_make(&disk, "4M", PLAIN, "");
    put_le(disk.bytes + 1024 + field->offset, field->value, field->size);
    stub_quiet = true;
    int error = vfs_mount_root(stub_disk_open(&disk, READS_ONLY));
    ck_assert_msg(error == field->error, "%s: error %d", field->what, error);
    ck_assert_msg(strstr(stub_last_error, field->says) != NULL, "%s: %s", field->what, stub_last_error);
    if (error == 0)
        ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

START_TEST(unknown_ro)
{
    ext4_image_make(&disk, "4M", PLAIN, "");
    put_le(disk.bytes + 1024 + 0x64, 0x4000006b, 4);
    stub_quiet = true;
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), 0);
    ck_assert_ptr_nonnull(strstr(stub_last_error, "read-only, as it has features that can't be written: FEATURE_R30"));
    ck_assert(vfs_root()->mount->fs->read_only);
    unmount();
}
END_TEST

/* Any byte of a superblock, descriptor or inode with a checksum. What a wrong superblock asks for isn't done. */
START_TEST(checksums)
{
    static const struct {
        unsigned at;
        const char *says;
    } places[] = {
        {1024 + 0x78, "the superblock"},
        {2048 + 0x8, "group 0"},
        {2048 + 0x20, "group 0"},
    };

    stub_quiet = true;
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        ext4_image_make(&disk, "8M", i == 0 ? "-t ext4 -b 1024 -e panic" : "-t ext4 -b 1024", "");
        disk.bytes[places[i].at] ^= 1;
        ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, READS_ONLY)), -EBADMSG);
        ck_assert_msg(strstr(stub_last_error, places[i].says) != NULL, "%s", stub_last_error);
        free(disk.bytes);
    }
    disk.bytes = NULL;
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg", "");
    disk.bytes[2048 + 0x8] ^= 1;
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, READS_ONLY)), -EBADMSG);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

/* ---- files ---- */

/* What a program would do with it: the first error, or 0. */
static int use(const char *path)
{
    static char bytes[300000], list[65536];
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode);

    if (error != 0)
        return error;
    int64_t result = 0;
    if (S_ISREG(inode->mode)) {
        for (uint64_t pos = 0; result >= 0 && pos < inode->size; pos += sizeof(bytes))
            result = inode_read(inode, pos, bytes, sizeof(bytes));
    } else if (S_ISLNK(inode->mode)) {
        result = inode->ops->read_link(inode, bytes);
    } else if (S_ISDIR(inode->mode)) {
        result = list_path(path, list, sizeof(list));
    }
    if (result >= 0)
        result = vfs_list_xattr(inode, bytes, sizeof(bytes));
    inode_put(inode);
    return result < 0 ? (int)result : 0;
}

static const struct damage {
    const char *command; /* debugfs's */
    const char *path;
    int error;
    const char *says;
} damages[] = {
    {"sif /size-100000 block[0] 0", "/size-100000", -EUCLEAN, "no node of an extent tree"},
    {"sif /size-100000 block[0] 0xff0a", "/size-100000", -EUCLEAN, "no node of an extent tree"},
    {"sif /size-100000 block[0] 0x5f30a", "/size-100000", -EUCLEAN, "too many entries"},
    {"sif /size-100000 block[1] 0x00060004", "/size-100000", -EUCLEAN, "wrong depth"},
    {"sif /size-100000 block[1] 0x00010004", "/size-100000", -EUCLEAN, "elsewhere than on the disk"},
    {"sif /size-100000 block[5] 0xffffff", "/size-100000", -EUCLEAN, "elsewhere than on the disk"},
    {"sif /size-100000 block[5] 1", "/size-100000", -EUCLEAN, "elsewhere than on the disk"},
    {"sif /size-100000 block[4] 0x00010000", "/size-100000", -EUCLEAN, "no length"},
    {"sif /size-100000 block[3] 0xffffffff", "/size-100000", -EUCLEAN, "too long"},
    {"sif /every-other block[5] 5", "/every-other", -EUCLEAN, ""},
    {"sif /size-100 links_count 0", "/size-100", -EUCLEAN, "it was removed"},
    {"sif /size-100 mode 0", "/size-100", -EUCLEAN, "file of type"},
    {"sif /size-100 mode 0170644", "/size-100", -EUCLEAN, "file of type"},
    {"sif /size-100 size 0xffffffffffffffff", "/size-100", -EUCLEAN, "size below 0"},
    {"sif /size-100 extra_isize 3", "/size-100", -EUCLEAN, "its fields take"},
    {"sif /size-100 extra_isize 132", "/size-100", -EUCLEAN, "its fields take"},
    {"sif /size-100 file_acl 0xffffff", "/size-100", -EUCLEAN, "attributes are elsewhere"},
    {"sif /size-100 file_acl 20", "/size-100", -EUCLEAN, "no block of attributes"},
    {"sif /size-100 flags 0x10000000", "/size-100", -EUCLEAN, "where the file system has none"},
    {"sif /size-100 flags 0x280000", "/size-100", -EUCLEAN, "attribute's value"},
    {"sif /size-100 flags 0x80800", "/size-100", -EUCLEAN, "encrypted"},
    {"sif /link-58 size 0", "/link-58", -EUCLEAN, "isn't as long"},
    {"sif /link-58 size 60", "/link-58", -EUCLEAN, "isn't as long"},
    {"sif /link-58 size 59", "/link-58", -EUCLEAN, "isn't as long"},
    {"sif /link-1000 size 5000", "/link-1000", -EUCLEAN, "longer than a block"},
    {"sif /link-1000 size 1024", "/link-1000", -EUCLEAN, "longer than a block"},
    {"sif /many size 0xfffffc00", "/many", -EUCLEAN, "larger than its file system"},
    {"sif /many flags 0x80000", "/many/name-1-a", 0, ""}, /* no index: from end to end */
    {"zap_block -f /many -o 28 -l 1 -p 6 0", "/many/name-1-a", 0, "hash that isn't known"},
    {"zap_block -f /many -o 29 -l 1 -p 7 0", "/many/name-1-a", 0, "wrong header"},
    {"zap_block -f /many -o 30 -l 1 -p 9 0", "/many/name-1-a", 0, "too deep"},
    {"zap_block -f /many -o 30 -l 1 -p 2 0", "/many/name-1-a", 0, "too deep"}, /* large_dir has these */
    {"zap_block -f /many -o 31 -l 1 -p 1 0", "/many/name-1-a", 0, "too deep"},
    {"zap_block -f /many -o 32 -l 1 -p 1 0", "/many/name-1-a", 0, "wrong limit"},
    {"zap_block -f /many -o 34 -l 2 -p 0 0", "/many/name-1-a", 0, "wrong number of entries"},
    {"zap_block -f /many -o 34 -l 2 -p 255 0", "/many/name-1-a", 0, "wrong number of entries"},
    {"zap_block -f /many -o 36 -l 4 -p 0 0", "/many/name-121-a", -ENOENT, ""}, /* the first leaf is the root */
    {"zap_block -f /many -o 36 -l 4 -p 1 0", "/many/name-121-a", -EUCLEAN, "beyond the end of its directory"},
    {"zap_block -f /many -o 4 -l 2 -p 0 1", "/many/name-121-a", -EUCLEAN, "impossible length"},
    {"zap_block -f /many -o 4 -l 2 -p 0 1", "/many", 0, "impossible length"},
    {"zap_block -f /many -o 4 -l 2 -p 6 1", "/many", 0, "impossible length"},
    {"zap_block -f /many -o 4 -l 2 -p 8 1", "/many", 0, "beyond its block"},
    {"zap_block -f /many -o 6 -l 1 -p 255 1", "/many", 0, "shorter than its name"},
    {"zap_block -f /many -o 0 -l 4 -p 200 1", "/many", 0, "inode that there isn't"},
    {"zap_block -f /many -o 9 -l 1 -p 47 1", "/many", 0, "name that is none"},
    {"zap_block -f /many -o 9 -l 1 -p 0 1", "/many", 0, "name that is none"},
    {"ln /few /few/self", "/few/self", -EUCLEAN, "in itself"},
    {"sif /few block[5] 0", "/few", -EUCLEAN, "elsewhere than on the disk"},
};

/* On a block of one group that is all zeros but for these bytes. */
START_TEST(file)
{
    const struct damage *damage = &damages[_i];
    char command[300];

    snprintf(command, sizeof(command), "e2fsck -fyD $IMAGE; test $? -le 1 && debugfs -w -R '%s' $IMAGE",
             damage->command);
    ext4_image_make(&disk, "8M", PLAIN, command);
    stub_quiet = true;
    mount();
    int error = use(damage->path);
    ck_assert_msg(error == damage->error, "%s: error %d, %s", damage->command, error, stub_last_error);
    ck_assert_msg(strstr(stub_last_error, damage->says) != NULL, "%s: %s", damage->command, stub_last_error);
    use("/many");
    unmount();
}
END_TEST

/* With checksums, a byte that is anything. Each sets $1 to a block and $2 to a place in it. */
#define BMAP(args) "set -- $(debugfs -R 'bmap " args "' $IMAGE 2>/dev/null)"
static const struct damage wrong_sums[] = {
    {BMAP("/many 1") " 700", "/many", 0, "the checksum of a directory"},
    {BMAP("/many 0") " 50", "/many/name-1-a", -EBADMSG, "the checksum of a directory"},
    {BMAP("/few 0") " 700", "/few/one", -EBADMSG, "the checksum of a directory"},
    {"set -- $(debugfs -R 'ex /every-other' $IMAGE 2>/dev/null | awk 'NR == 2 { print $8 }') 700", "/every-other",
     -EBADMSG, "the checksum of extents"},
    {"set -- $(debugfs -R 'imap /size-100' $IMAGE | sed -n 's/.*block \\([0-9]*\\), offset \\(.*\\)/\\1 \\2/p')",
     "/size-100", -EBADMSG, "the checksum of inode"},
};

START_TEST(file_sums)
{
    const struct damage *damage = &wrong_sums[_i];
    char command[600];

    snprintf(command, sizeof(command),
             "e2fsck -fyD $IMAGE; test $? -le 1; %s; "
             "printf '\\377\\376' | dd of=$IMAGE bs=1 seek=$(($1 * 1024 + $2 + 8)) conv=notrunc",
             damage->command);
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -O ^has_journal", command);
    stub_quiet = true;
    mount();
    int error = use(damage->path);
    ck_assert_msg(error == damage->error, "%s: error %d, %s", damage->path, error, stub_last_error);
    ck_assert_msg(strstr(stub_last_error, damage->says) != NULL, "%s: %s", damage->path, stub_last_error);
    unmount();
}
END_TEST

/* The value of an attribute is a file that says that its data are within its inode, where the root of a tree of extents
 * is that goes on far behind it. */
START_TEST(inline_value)
{
    char command[400], value[2000];
    struct ext4_xattr_found found;
    struct inode *inode;

    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -O ea_inode,inline_data,^has_journal",
                    "head -c 1024 /dev/zero | tr '\\0' w >long; printf 'ea_set -f long /every-other user.large\\n' "
                    ">script; debugfs -w -f script $IMAGE");
    mount();
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/every-other", LOOKUP_NOFOLLOW, &inode), 0);
    ck_assert_int_eq(ext4_xattr_find(ext4_inode_of(inode), EXT4_XATTR_USER, "large", 5, &found), 0);
    uint32_t number = found.entry->value_inum;
    ck_assert_uint_ne(number, 0);
    ext4_buffer_put(&mounted()->buffers, found.buffer);
    inode_put(inode);
    unmount();
    snprintf(
        command, sizeof(command),
        "printf 'sif <%u> flags 0x10280000\\nsif <%u> block[0] 0xfffff30a\\nsif <%u> block[1] 0x7ffff\\n' >script; "
        "debugfs -w -f script $IMAGE >log 2>&1",
        number, number, number);
    ck_assert_int_eq(ext4_image_shell(&disk, command), 0);
    stub_quiet = true;
    mount();
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/every-other", LOOKUP_NOFOLLOW, &inode), 0);
    ck_assert_int_eq(vfs_get_xattr(inode, "user.large", value, sizeof(value)), -EUCLEAN);
    ck_assert_ptr_nonnull(strstr(stub_last_error, "value within its inode"));
    inode_put(inode);
    unmount();
}
END_TEST

/* A look through a directory that doesn't end by itself. */
START_TEST(long_directory)
{
    ext4_image_make(&disk, "8M", PLAIN, "debugfs -w -R 'sif /many flags 0x80000' $IMAGE");
    mount();
    mounted()->dir_blocks = 62; /* of 64 */
    stub_loop_ends = true;
    ck_assert_int_eq(use("/many/no-such-name"), -EINTR);
    stub_loop_ends = false;
    ck_assert_int_eq(use("/many/no-such-name"), -ENOENT);
    unmount();
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(400);
}

int main(void)
{
    Suite *suite = suite_create("ext4_damage");
    TCase *tcase = tcase_create("damage");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, superblock, 0, (int)(sizeof(fields) / sizeof(fields[0])));
    tcase_add_test(tcase, unknown_ro);
    tcase_add_test(tcase, checksums);
    tcase_add_loop_test(tcase, file, 0, (int)(sizeof(damages) / sizeof(damages[0])));
    tcase_add_test(tcase, inline_value);
    tcase_add_test(tcase, long_directory);
    tcase_add_loop_test(tcase, file_sums, 0, (int)(sizeof(wrong_sums) / sizeof(wrong_sums[0])));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
