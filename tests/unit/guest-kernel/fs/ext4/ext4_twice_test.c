/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_twice_test.c - blocks that a damaged disk has as two things at once, of which one is changed while the other is
 * in use: nothing beyond them is looked at or written. */
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
#include "ext4_names_setup.h"
#include "fs/ext4/ext4_dir.h"
#include "vfs/inode_xattr.h"

/* An inode table whose blocks are read before they are changed. */
#define PLAIN "-t ext4 -b 1024 -I 256 -O ^has_journal,^metadata_csum,^uninit_bg,^resize_inode"
#define IN_BLOCK 4u /* inodes */
#define INODE_SIZE 256u
#define TEXT_AT 40u /* i_block */

static struct inode *inode_at(const char *path)
{
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode);

    ck_assert_msg(error == 0, "%s: error %d", path, error);
    return inode;
}

static uint32_t make_file(unsigned n)
{
    char path[32];

    snprintf(path, sizeof(path), "/file-%u", n);
    ck_assert_int_eq(vfs_mknod(vfs_root(), path, S_IFREG | 0600, 0), 0);
    struct inode *inode = inode_at(path);
    uint32_t number = (uint32_t)inode->number;
    inode_put(inode);
    return number;
}

/* The next inode that is made is at that place in its block of the table: the block, with a reference. */
static struct ext4_buffer *table_before(uint32_t slot)
{
    struct ext4_fs *e4 = mounted();
    struct ext4_buffer *buffer;
    uint64_t table;
    uint32_t number;

    for (unsigned n = 0;; n++) {
        number = make_file(n);
        if (number % IN_BLOCK == slot)
            break;
    }
    ck_assert_uint_lt(number, e4->group_inodes);
    ck_assert_int_eq(ext4_group_table(e4, 0, &table), 0);
    ck_assert_int_eq(ext4_buffer_get(&e4->buffers, table + number / IN_BLOCK, &buffer), 0);
    return buffer;
}

static void begin(void)
{
    ext4_image_make(&disk, "8M", PLAIN, "");
    mount_to_write();
    stub_quiet = true;
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/mine", S_IFREG | 0600, 0), 0);
}

/* ---- */

/* Behind fewer fields there is room for more attributes than there was. */
START_TEST(fields_get_fewer)
{
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;
    char list[100];

    begin();
    struct inode *inode = inode_at("/mine");
    ck_assert_int_eq(ext4_itable_get(mounted(), (uint32_t)inode->number, &buffer, &raw), 0);
    raw->extra_isize = 4;
    uint32_t *room = (void *)((char *)raw + EXT4_OLD_INODE_SIZE + 4);
    memset(room, 0, INODE_SIZE - EXT4_OLD_INODE_SIZE - 4);
    *room = EXT4_XATTR_MAGIC;
    ck_assert_int_eq(vfs_set_xattr(inode, "user.a", "b", 1, 0), -EUCLEAN);
    mounted()->damage_told = 0; /* the same once more is told again */
    ck_assert_int_eq(vfs_list_xattr(inode, list, sizeof(list)), -EUCLEAN);
    ck_assert_ptr_nonnull(strstr(stub_last_error, "another number of bytes"));
    ext4_buffer_put(&mounted()->buffers, buffer);
    inode_put(inode);
    unmount_anyhow();
}
END_TEST

/* A block of attributes, looked over as such, gets an inode. */
START_TEST(attributes_are_inodes)
{
    struct inode *inode;
    char list[2000], text[EXT4_INLINE_SIZE];

    begin();
    struct ext4_buffer *buffer = table_before(0);
    struct ext4_xattr_header *header = buffer->data;
    inode = inode_at("/mine");
    memset(buffer->data, 0, 1024);
    header->magic = EXT4_XATTR_MAGIC;
    header->refcount = header->blocks = 1;
    ext4_inode_of(inode)->xattr_block = buffer->block;
    ck_assert_int_eq(vfs_list_xattr(inode, list, sizeof(list)), 0);
    memset(text, 0xff, sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    ck_assert_int_eq(vfs_symlink(vfs_root(), "/text", text), 0);
    ck_assert_int_eq(vfs_list_xattr(inode, list, sizeof(list)), -EUCLEAN);
    ext4_buffer_put(&mounted()->buffers, buffer);
    inode_put(inode);
    unmount_anyhow();
}
END_TEST

/* Names without room between them. */
static void fill_to(char *data, uint32_t end)
{
    uint32_t size;

    memset(data, 0, 1024);
    for (uint32_t at = 0; at < end; at += size) {
        struct ext4_dirent *entry = ext4_dirent_at(data, at);
        size = end - at < 264 ? end - at : 264;
        entry->inode = 2;
        entry->rec_len = (uint16_t)size;
        entry->name_len = (uint8_t)(size - EXT4_DIRENT_SIZE - 1);
        memset(entry->name, 'n', entry->name_len);
    }
}

/* The room that was found for a name becomes, with the inode that the name is for, an entry that goes on beyond its
 * block. */
START_TEST(room_is_inode)
{
    char text[EXT4_INLINE_SIZE];
    const uint32_t at = 3 * INODE_SIZE + TEXT_AT + 4;

    begin();
    struct ext4_buffer *buffer = table_before(3);
    struct ext4_inode *dir = ext4_inode_of(inode_at("/few"));
    fill_to(buffer->data, at);
    ext4_dirent_at(buffer->data, at)->rec_len = (uint16_t)(1024 - at);
    dir->block[5] = (uint32_t)buffer->block; /* the only extent */
    dir->last.count = 0;
    memset(text, 0xff, sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    int error = vfs_symlink(vfs_root(), "/few/new", text);
    ck_assert_msg(mounted()->is_dead, "error %d, %s", error, stub_last_error);
    ext4_buffer_put(&mounted()->buffers, buffer);
    inode_put(&dir->inode);
    unmount_anyhow();
}
END_TEST

/* A directory with two names, one of which may be above the other: each is locked once. */
START_TEST(directory_is_in_two)
{
    struct inode *inode;

    ext4_image_make(&disk, "8M", PLAIN,
                    "printf 'ln / /few/up\\nln /many /few/many\\n' >script; debugfs -w -f script $IMAGE");
    mount_to_write();
    stub_quiet = true;
    ck_assert_int_eq(vfs_rename(vfs_root(), "/few/up", vfs_root(), "/other", 0), -ELOOP);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/few/up", true), -ELOOP);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/many", 0, &inode), 0);
    inode_put(inode);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/few/many", 0, &inode), -ELOOP);
    unmount_anyhow();
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(100);
}

int main(void)
{
    Suite *suite = suite_create("ext4_twice");
    TCase *tcase = tcase_create("twice");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, fields_get_fewer);
    tcase_add_test(tcase, attributes_are_inodes);
    tcase_add_test(tcase, room_is_inode);
    tcase_add_test(tcase, directory_is_in_two);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
