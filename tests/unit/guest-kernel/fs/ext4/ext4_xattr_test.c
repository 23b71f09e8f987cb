/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_test.c - extended attributes of ext2 and ext4 are set and removed: against a model, e2fsck and debugfs. */
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
#include "ext4_xattr_setup.h"

#define HEADER 32u
#define ENTRY 16u

/* ---- at random, against a model ---- */

#define FILES 4u
#define NAMES 14u
#define VALUE_MAX 4096u
#define STEPS 1500u

static const char *const files[FILES] = {"/size-100", "/few", "/link-58", "/fifo"};
static const char *const names[NAMES] = {"user.a",
                                         "user.b",
                                         "user.another-name",
                                         "user.Caf\xc3\xa9",
                                         "trusted.a",
                                         "trusted.b.c.d",
                                         "trusted.some-name-of-the-same-length",
                                         "trusted.another-name-of-same-length",
                                         "security.a",
                                         "security.b",
                                         "security.other",
                                         "trusted.x",
                                         "trusted.y",
                                         NULL};
static char long_name[256];

static struct value {
    bool is_set;
    size_t size;
    uint8_t bytes[VALUE_MAX];
} model[FILES][NAMES];

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

static const char *name_of(unsigned n)
{
    return names[n] != NULL ? names[n] : long_name;
}

/* user.* are of files and directories alone. */
static bool is_allowed(unsigned file, unsigned n)
{
    return file < 2 || strncmp(name_of(n), "user.", 5) != 0;
}

static size_t rounded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* What the file's attributes take, the `without`th of another size. */
static size_t room_of(unsigned file, unsigned without, size_t size)
{
    size_t room = 0;

    for (unsigned n = 0; n < NAMES; n++) {
        const struct value *value = &model[file][n];
        if (n == without)
            room += ENTRY + rounded(strlen(strchr(name_of(n), '.') + 1)) + rounded(size);
        else if (value->is_set)
            room += ENTRY + rounded(strlen(strchr(name_of(n), '.') + 1)) + rounded(value->size);
    }
    return room;
}

/* -ENOSPC is right, wrong, or may be. */
static void check_error(int error, unsigned file, unsigned n, size_t size)
{
    const struct ext4_fs *e4 = mounted();
    size_t room = room_of(file, n, size), block = e4->block_size - HEADER - 4;
    size_t inside = e4->inode_size - EXT4_OLD_INODE_SIZE;

    if (room <= block)
        ck_assert_int_eq(error, 0);
    else if (room > block + inside)
        ck_assert_int_eq(error, -ENOSPC);
    else
        ck_assert(error == 0 || error == -ENOSPC);
}

static size_t size_draw(void)
{
    switch (draw(4)) {
    case 0:
        return draw(5);
    case 1:
        return draw(40);
    case 2:
        return draw(300);
    default:
        return draw(mounted()->block_size);
    }
}

static void step_set(unsigned file, unsigned n)
{
    static uint8_t bytes[VALUE_MAX];
    struct value *value = &model[file][n];
    size_t size = size_draw();
    unsigned flags = draw(8) == 0 ? XATTR_CREATE : draw(8) == 0 ? XATTR_REPLACE : 0;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)draw(256);
    int error = set(files[file], name_of(n), bytes, size, flags);
    if (flags == XATTR_CREATE && value->is_set) {
        ck_assert_int_eq(error, -EEXIST);
    } else if (flags == XATTR_REPLACE && !value->is_set) {
        ck_assert_int_eq(error, -ENODATA);
    } else {
        check_error(error, file, n, size);
        if (error != 0)
            return;
        value->is_set = true;
        value->size = size;
        memcpy(value->bytes, bytes, size);
    }
}

static void step(void)
{
    unsigned file = draw(FILES), n = draw(NAMES);

    if (!is_allowed(file, n))
        return;
    if (draw(3) != 0) {
        step_set(file, n);
        return;
    }
    ck_assert_int_eq(remove_name(files[file], name_of(n)), model[file][n].is_set ? 0 : -ENODATA);
    model[file][n].is_set = false;
}

static void compare_file(unsigned file)
{
    size_t listed = 0;

    for (unsigned n = 0; n < NAMES; n++) {
        const struct value *value = &model[file][n];
        if (!is_allowed(file, n))
            continue;
        ck_assert_int_eq(get(files[file], name_of(n)), value->is_set ? (int64_t)value->size : -ENODATA);
        if (value->is_set) {
            ck_assert_mem_eq(got, value->bytes, value->size);
            listed += strlen(name_of(n)) + 1;
        }
    }
    struct inode *inode = inode_at(files[file]);
    ck_assert_int_eq(vfs_list_xattr(inode, got, sizeof(got)), (int64_t)listed);
    inode_put(inode);
}

static void compare(void)
{
    for (unsigned file = 0; file < FILES; file++)
        compare_file(file);
}

/* Each value that debugfs gets is that of the model, and it lists no other names. */
static void compare_debugfs(void)
{
    char path[300], command[800];

    for (unsigned file = 0; file < FILES; file++) {
        unsigned count = 0;
        for (unsigned n = 0; n < NAMES; n++) {
            const struct value *value = &model[file][n];
            count += value->is_set;
            if (!value->is_set || value->size == 0)
                continue;
            snprintf(command, sizeof(command),
                     "rm -f out; debugfs -R 'ea_get -f out %s %s' $IMAGE >log 2>&1; mv out tree/out", files[file],
                     name_of(n));
            ck_assert_int_eq(ext4_folder_shell(command), 0);
            snprintf(path, sizeof(path), "%s/out", ext4_folder_tree());
            ck_assert_int_eq(host_read(path, 0, got, sizeof(got)), (int64_t)value->size);
            ck_assert_mem_eq(got, value->bytes, value->size);
            ck_assert_int_eq(ext4_folder_shell("rm tree/out"), 0);
        }
        snprintf(command, sizeof(command),
                 "test $(debugfs -R 'ea_list %s' $IMAGE 2>log | grep '^  ' | grep -vc system.data) = %u", files[file],
                 count);
        ck_assert_msg(ext4_folder_shell(command) == 0, "%s: not %u names", files[file], count);
    }
}

static const char *const layouts[] = {
    "-t ext4 -b 1024 -I 256",
    "-t ext4 -b 4096 -I 256 -O ^has_journal",
    "-t ext4 -b 4096 -I 1024 -O ^has_journal,^64bit",
    "-t ext4 -b 1024 -I 1024 -O ^has_journal,^metadata_csum",
    "-t ext4 -b 4096 -I 256 -O ^has_journal,^metadata_csum,^uninit_bg,inline_data",
    "-t ext2 -b 1024 -I 128",
    "-t ext2 -b 4096 -I 128 -O ^ext_attr",
    "-t ext4 -b 2048 -I 512 -O ^has_journal,ea_inode",
};

START_TEST(at_random)
{
    ext4_image_make(&disk, "8M", layouts[_i], "");
    memset(model, 0, sizeof(model));
    memset(long_name, 'n', sizeof(long_name) - 1);
    memcpy(long_name, "trusted.", 8);
    seed = 1 + (uint32_t)_i;
    for (unsigned round = 0; round < 3; round++) {
        mount_writable();
        compare();
        for (unsigned i = 0; i < STEPS / 3; i++) {
            step();
            if (i % 50 == 0)
                compare();
        }
        unmount_written();
    }
    compare_debugfs();
    mount_writable();
    compare();
    for (unsigned file = 0; file < FILES; file++)
        for (unsigned n = 0; n < NAMES; n++)
            if (model[file][n].is_set)
                ck_assert_int_eq(remove_name(files[file], name_of(n)), 0);
    for (unsigned file = 0; file < FILES; file++) {
        struct inode *inode = inode_at(files[file]);
        ck_assert_uint_eq(ext4_inode_of(inode)->xattr_block, 0); /* none are left: no block */
        inode_put(inode);
    }
    unmount_written();
}
END_TEST

/* ---- what others made ---- */

/* Two inodes with one block: who changes it gets another, and the other one is left with the old. */
START_TEST(shared)
{
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -I 128 -O ^has_journal",
                    "head -c 300 /dev/zero | tr '\\0' v >long; printf 'ea_set -f long /size-100 user.long\\n"
                    "ea_set /size-100 user.short s\\n' >script; debugfs -w -f script $IMAGE;"
                    "set -- $(debugfs -R 'stat /size-100' $IMAGE 2>/dev/null | sed -n 's/.*File ACL: //p');"
                    "printf \"sif /size-60 file_acl $1\\nsif /size-61 file_acl $1\\n\" >script;"
                    "debugfs -w -f script $IMAGE; e2fsck -fy $IMAGE; e2fsck -fn $IMAGE");
    mount_writable();
    expect_text("/size-60", "user.short", "s");
    ck_assert_int_eq(set_text("/size-60", "user.short", "t"), 0);
    expect_text("/size-60", "user.short", "t");
    expect_text("/size-61", "user.short", "s");
    expect_text("/size-100", "user.short", "s");
    ck_assert_int_eq(get("/size-60", "user.long"), 300);
    unmount_written();
    mount_writable();
    ck_assert_int_eq(remove_name("/size-61", "user.short"), 0);
    ck_assert_int_eq(remove_name("/size-61", "user.long"), 0);
    ck_assert_int_eq(set_text("/size-100", "user.short", "u"), 0); /* its own by now */
    unmount_written();
    mount_writable();
    expect_text("/size-60", "user.short", "t");
    expect_text("/size-100", "user.short", "u");
    ck_assert_int_eq(get("/size-61", "user.short"), -ENODATA);
    unmount_written();
}
END_TEST

/* One that is shared and left by who has nothing else in it. */
START_TEST(shared_left)
{
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -I 128 -O ^has_journal",
                    "printf 'ea_set /size-100 user.short s\\n' >script; debugfs -w -f script $IMAGE;"
                    "set -- $(debugfs -R 'stat /size-100' $IMAGE 2>/dev/null | sed -n 's/.*File ACL: //p');"
                    "debugfs -w -R \"sif /size-60 file_acl $1\" $IMAGE; e2fsck -fy $IMAGE; e2fsck -fn $IMAGE");
    mount_writable();
    ck_assert_int_eq(remove_name("/size-60", "user.short"), 0);
    expect_text("/size-100", "user.short", "s");
    unmount_written();
    mount_writable();
    struct inode *inode = inode_at("/size-100");
    ck_assert_int_eq(ext4_xattr_drop(ext4_inode_of(inode)), 0); /* the last one */
    inode_put(inode);
    unmount_written();
}
END_TEST

static void expect_folder(void)
{
    const char *what = ext4_folder_compare();

    ck_assert_msg(what == NULL, "%s", what);
}

static const char *block_of(const char *path)
{
    struct inode *inode = inode_at(path);
    uint64_t block = ext4_inode_of(inode)->xattr_block;

    inode_put(inode);
    ck_assert_uint_ne(block, 0);
    return (const char *)disk.bytes + block * 1024;
}

/* A block is what debugfs makes of the same attributes, byte by byte: hashes of entries,
 * order and places. But for the header, in which debugfs leaves the hash of all out. */
START_TEST(as_debugfs_has_it)
{
    static const char *const same[] = {"user.a", "user.bb", "trusted.name"};
    static const char *const values[] = {"x", "a value", "another one, of words"};

    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -I 128 -O ^has_journal",
                    "printf 'ea_set /size-100 user.a x\\nea_set /size-100 user.bb \"a value\"\\n"
                    "ea_set /size-100 trusted.name \"another one, of words\"\\n' >script; debugfs -w -f script $IMAGE");
    mount_writable();
    for (unsigned i = 0; i < 3; i++) {
        expect_text("/size-100", same[i], values[i]);
        ck_assert_int_eq(set_text("/size-60", same[i], values[i]), 0);
    }
    ck_assert_int_eq(vfs_sync_all(), 0);
    const char *one = block_of("/size-100"), *other = block_of("/size-60");
    ck_assert_mem_eq(one + HEADER, other + HEADER, 1024 - HEADER);
    unmount_written();
}
END_TEST

/* What debugfs and mke2fs made, and data in inodes, which stay as they are. */
START_TEST(made_by_others)
{
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -I 256 -O ^has_journal,inline_data",
                    "printf 'ea_set /size-100 user.one first\\nea_set /size-100 user.two second\\n"
                    "ea_set /size-61 trusted.t x\\nea_set /few user.dir d\\nsif /far-away size 70000000\\n' >script;"
                    "debugfs -w -f script $IMAGE");
    mount_writable();
    expect_folder();
    static char large[600];
    memset(large, 'l', sizeof(large));
    ck_assert_int_eq(set("/size-100", "user.one", large, sizeof(large), XATTR_REPLACE), 0);
    ck_assert_int_eq(remove_name("/size-100", "user.two"), 0);
    ck_assert_int_eq(set_text("/size-61", "trusted.u", "a value that is long enough not to fit in there"), 0);
    ck_assert_int_eq(set_text("/size-132", "trusted.u", "v"), 0);
    ck_assert_int_eq(set_text("/few", "user.dir", "directory"), 0);
    ck_assert_int_eq(set("/empty", "user.none", "", 0, XATTR_CREATE), 0);
    expect_folder();
    unmount_written();
    mount_writable();
    expect_folder();
    ck_assert_int_eq(get("/size-100", "user.one"), sizeof(large));
    ck_assert_int_eq(get("/size-100", "user.two"), -ENODATA);
    expect_text("/size-61", "trusted.t", "x");
    expect_text("/few", "user.dir", "directory");
    ck_assert_int_eq(get("/empty", "user.none"), 0);
    unmount_written();
}
END_TEST

/* ---- values in inodes of their own ---- */

/* Of two attributes with the same value, which is kept once: it goes with the second. */
START_TEST(large_values)
{
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -I 256 -O ^has_journal,ea_inode",
                    "head -c 1024 /dev/zero | tr '\\0' w >long; printf 'ea_set -f long /size-100 user.large\\n"
                    "ea_set /size-100 user.small s\\nea_set -f long /few user.large\\n' >script;"
                    "debugfs -w -f script $IMAGE; e2fsck -fy $IMAGE; e2fsck -fn $IMAGE");
    mount_writable();
    ck_assert_int_eq(get("/size-100", "user.large"), 1024);
    ck_assert_int_eq(remove_name("/size-100", "user.large"), 0);
    ck_assert_int_eq(get("/size-100", "user.large"), -ENODATA);
    expect_text("/size-100", "user.small", "s");
    ext4_reap(mounted());
    unmount_written();
    mount_writable();
    ck_assert_int_eq(get("/few", "user.large"), 1024);
    ck_assert_int_eq(set_text("/few", "user.large", "not any more"), 0);
    ext4_reap(mounted());
    unmount_written();
    mount_writable();
    expect_text("/few", "user.large", "not any more");
    unmount_written();
}
END_TEST

/* With the inode all goes. */
START_TEST(dropped)
{
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -I 256 -O ^has_journal,ea_inode",
                    "head -c 1024 /dev/zero | tr '\\0' w >long; printf 'ea_set -f long /size-100 user.large\\n"
                    "ea_set -f long /size-100 user.other\\n' >script;"
                    "debugfs -w -f script $IMAGE; e2fsck -fy $IMAGE; e2fsck -fn $IMAGE");
    mount_writable();
    struct inode *inode = inode_at("/size-100");
    ck_assert_int_eq(ext4_xattr_drop(ext4_inode_of(inode)), 0);
    ck_assert_uint_eq(ext4_inode_of(inode)->xattr_block, 0);
    inode_put(inode);
    ext4_reap(mounted());
    unmount_written();
}
END_TEST

/* ---- when something fails ---- */

/* Each allocation fails once: then all is as it was. */
START_TEST(without_memory)
{
    static const char old[] = "old", new[] =
                                         "a new value that is too long for the room in the inode, so that it needs a "
                                         "block of its own, which has to be allocated";
    unsigned failed = 0;

    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -I 256 -O ^has_journal", "");
    mount_writable();
    ck_assert_int_eq(set_text("/size-100", "user.a", old), 0);
    struct inode *inode = inode_at("/size-100");
    for (int error = -ENOMEM; error != 0; failed++) {
        ext4_buffers_shrink(&mounted()->buffers);
        stub_fail_at = failed + 1;
        error = vfs_set_xattr(inode, "user.a", new, strlen(new), 0);
        stub_fail_at = 0;
        if (error == 0)
            break;
        ck_assert_int_eq(error, -ENOMEM);
        expect_text("/size-100", "user.a", old);
    }
    ck_assert_uint_ge(failed, 2);
    inode_put(inode);
    expect_text("/size-100", "user.a", new);
    unmount_written();
}
END_TEST

/* The same when its block goes before it was ever committed. */
START_TEST(removed_without_memory)
{
    static char value[900];
    unsigned failed = 0;

    memset(value, 'v', sizeof(value) - 1);
    ext4_image_make(&disk, "16M", "-t ext4 -b 1024 -I 256", "");
    mount_writable();
    ck_assert_int_eq(set_text("/size-100", "user.a", value), 0);
    struct inode *inode = inode_at("/size-100");
    for (int error = -ENOMEM; error != 0; failed++) {
        stub_fail_at = failed + 1;
        error = vfs_remove_xattr(inode, "user.a");
        stub_fail_at = 0;
        if (error == 0)
            break;
        ck_assert_int_eq(error, -ENOMEM);
        ext4_buffers_shrink(&mounted()->buffers);
        expect_text("/size-100", "user.a", value);
    }
    ck_assert_uint_ge(failed, 2);
    inode_put(inode);
    unmount_written();
}
END_TEST

/* Bytes of a block, or of the room in an inode, that are anything: errors, and nothing worse. */
START_TEST(damaged)
{
    static const char *const which[] = {"user.b", "user.cc", "user.ddd", "trusted.a"};
    unsigned errors = 0;

    ext4_image_make(&disk, "4M", "-t ext4 -b 1024 -I 256 -O ^has_journal,^metadata_csum,^uninit_bg", "");
    mount_writable();
    for (unsigned n = 0; n < 4; n++)
        for (unsigned file = 0; file < 2; file++)
            ck_assert_int_eq(set(files[file], which[n], "0123456789012345678901234567890123456789", 10 * n, 0), 0);
    struct inode *inode = inode_at(files[0]);
    size_t at = (size_t)ext4_inode_of(inode)->xattr_block * 1024;
    inode_put(inode);
    unmount_written();
    uint8_t *good = malloc(disk.size), *room = memmem(disk.bytes, disk.size, "\0\0\2\352", 4);
    ck_assert(good != NULL && room != NULL && at != 0);
    memcpy(good, disk.bytes, disk.size);
    stub_quiet = true;
    seed = 7;
    for (unsigned round = 0; round < 600; round++) {
        size_t place = round % 2 == 0 ? at + draw(draw(2) == 0 ? 200 : 1024) : (size_t)(room - disk.bytes) + draw(96);
        for (unsigned i = 1 + draw(3); i != 0; i--)
            disk.bytes[place + draw(4)] = (uint8_t)(draw(2) == 0 ? draw(256) : 1u << draw(8));
        mount_writable();
        mounted()->goes_on = true;
        for (unsigned i = 0; i < 12; i++) {
            const char *file = files[draw(2)], *name = which[draw(4)];
            if (draw(2) == 0)
                errors += set(file, name, "0123456789012345678901234567890123456789", draw(40), 0) != 0;
            else if (draw(2) == 0)
                errors += remove_name(file, name) < 0;
            else
                errors += get(file, name) < 0;
        }
        inode = inode_at(files[draw(2)]);
        errors += vfs_list_xattr(inode, got, sizeof(got)) < 0;
        if (draw(4) == 0)
            errors += ext4_xattr_drop(ext4_inode_of(inode)) != 0;
        inode_put(inode);
        ck_assert_int_eq(vfs_unmount_all(), 0);
        ck_assert_uint_eq(stub_kmallocs, 0);
        memcpy(disk.bytes, good, disk.size);
    }
    ck_assert_uint_gt(errors, 100);
    free(good);
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(100);
}

int main(void)
{
    Suite *suite = suite_create("ext4_xattr");
    TCase *tcase = tcase_create("attributes");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, at_random, 0, (int)(sizeof(layouts) / sizeof(layouts[0])));
    tcase_add_test(tcase, shared);
    tcase_add_test(tcase, shared_left);
    tcase_add_test(tcase, as_debugfs_has_it);
    tcase_add_test(tcase, made_by_others);
    tcase_add_test(tcase, large_values);
    tcase_add_test(tcase, dropped);
    tcase_add_test(tcase, without_memory);
    tcase_add_test(tcase, removed_without_memory);
    tcase_add_test(tcase, damaged);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
