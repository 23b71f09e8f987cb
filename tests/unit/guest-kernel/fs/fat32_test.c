/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_test.c - FAT32 against mkfs.fat, mtools and fsck.fat: what they make we read, what we make they find clean. */
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
// sources: guest-kernel/drv/mem_devices.c tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/no_async.c
#include <check.h>

#include "drv/mem_devices.h"
#include "fat32_setup.h"

#include "vfs/inode_xattr.h"

START_TEST(reads_what_mtools_wrote)
{
    char back[40000], want[40000];

    fill(want, sizeof(want), 3);
    make_large();
    ck_assert_int_eq(image_shell(&disk, "mmd -i $IMAGE ::sbin ::DEEP ::DEEP/er && "
                                        "head -c 40000 /dev/zero | tr '\\0' x >hello; "
                                        "mcopy -i $IMAGE hello ::sbin/hello && "
                                        "mcopy -i $IMAGE hello '::DEEP/er/A name with spaces, and so on.text' && "
                                        "printf abc >UPPER.TXT && mcopy -i $IMAGE UPPER.TXT ::"),
                     0);
    mount();
    memset(want, 'x', sizeof(want));
    ck_assert_int_eq(get_file("/sbin/hello", back, sizeof(back)), 40000);
    ck_assert_mem_eq(back, want, sizeof(want));
    ck_assert_int_eq(get_file("/DEEP/er/A name with spaces, and so on.text", back, sizeof(back)), 40000);
    ck_assert_int_eq(get_file("/deep/ER/a NAME with spaces, and so on.TEXT", back, sizeof(back)), 40000);
    ck_assert_int_eq(get_file("/DEEP/er/ANAMEW~1.TEX", back, sizeof(back)), 40000);
    ck_assert_int_eq(get_file("/upper.txt", back, sizeof(back)), 3);
    ck_assert_int_eq(list_path("/", text, sizeof(text)), 0);
    ck_assert_str_eq(text, "sbin DEEP UPPER.TXT dev ");
}
END_TEST

/* /dev and its kin aren't mounted for a program that asks for none of them. */
START_TEST(the_usual_mounts_come_when_looked_for)
{
    struct inode *inode;
    char back[8];

    put_file("/file", "text", 4);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
    remount();
    ck_assert_int_eq(get_file("/file", back, sizeof(back)), 4);
    ck_assert_int_eq(size_of("/dev1"), -ENOENT);
    ck_assert_int_eq(size_of("/dir/dev"), -ENOENT);
    ck_assert(mount_boot_waits);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/dev", 0, &inode), 0);
    inode_put(inode);
    ck_assert(!mount_boot_waits);
    remount();
    ck_assert(mount_boot_waits);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dev", 0755), -EEXIST);
    remount();
    ck_assert_int_eq(list_path("/dir", text, sizeof(text)), 0);
    ck_assert_int_eq(list_path("/", text, sizeof(text)), 0);
    ck_assert_str_eq(text, "file dir dev ");
    ck_assert(!mount_boot_waits);
}
END_TEST

START_TEST(starting_a_program_takes_few_requests)
{
    char back[4096];
    struct inode *inode;
    struct page *page;

    put_file("/sbin", "", 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/sbin", false), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/sbin", 0755), 0);
    ck_assert_int_eq(put_file("/sbin/hello", text, 40000), 40000);
    unmount();
    disk.reads = disk.writes = disk.flushes = 0;
    mount();
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/sbin/hello", 0, &inode), 0);
    ck_assert_int_eq(inode_read(inode, 0, back, sizeof(back)), sizeof(back));
    for (uint64_t i = 0; i < 10; i++) {
        ck_assert_int_eq(inode->object.ops->page(&inode->object, i, 0, &page), 0);
        page_put(page);
    }
    ck_assert_int_eq(inode->object.ops->page(&inode->object, 10, 0, &page), -ENXIO);
    inode_put(inode);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_uint_le(disk.reads, 5); /* boot sector, FAT, two directories, the program */
    ck_assert_uint_eq(disk.writes + disk.flushes, 0);
}
END_TEST

START_TEST(mtools_reads_what_we_wrote)
{
    static char bytes[300000];

    fill(bytes, sizeof(bytes), 9);
    make_large();
    mount();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/Some Directory", 0755), 0);
    ck_assert_int_eq(put_file("/Some Directory/file.bin", bytes, sizeof(bytes)), sizeof(bytes));
    ck_assert_int_eq(put_file("/Some Directory/\xc3\xa4\xe2\x82\xac", "hi", 2), 2);
    ck_assert_int_eq(put_file("/empty", "", 0), 0);
    unmount();
    const char *command = "export LC_ALL=C.UTF-8; mcopy -i $IMAGE '::Some Directory/file.bin' out && "
                          "mtype -i $IMAGE ::empty && mdir -i $IMAGE -b '::some directory' && "
                          "test \"$(mtype -i $IMAGE '::some directory/\xc3\xa4\xe2\x82\xac')\" = hi && "
                          "cp out $IMAGE";
    ck_assert_int_eq(image_shell(&disk, command), 0);
    ck_assert_uint_eq(disk.size, sizeof(bytes));
    ck_assert_mem_eq(disk.bytes, bytes, sizeof(bytes)); /* the shell put it in the image's place */
    free(disk.bytes);
    image_make(&disk, 4096, 1, "");
    mount();
}
END_TEST

START_TEST(names)
{
    char long_name[300] = "/";

    memset(long_name + 1, 'n', 255);
    ck_assert_int_eq(put_file(long_name, "1", 1), 1);
    memset(long_name + 1, 'n', 256);
    ck_assert_int_eq(put_file(long_name, "1", 1), -ENAMETOOLONG);
    ck_assert_int_eq(put_file("/trailing dots...", "12", 2), 2);
    ck_assert_int_eq(size_of("/trailing dots"), 2);
    ck_assert_int_eq(put_file("/a*b", "", 0), -EINVAL);
    ck_assert_int_eq(put_file("/a\x01", "", 0), -EINVAL);
    ck_assert_int_eq(put_file("/blank ", "", 0), -EINVAL);
    ck_assert_int_eq(put_file("/\xff\xfe", "", 0), -EINVAL);
    ck_assert_int_eq(size_of("/a*b"), -ENOENT);
    ck_assert_int_eq(put_file("/\xf0\x9f\x98\x80", "smile", 5), 5);
    ck_assert_int_eq(put_file("/.bashrc", "123", 3), 3);
    ck_assert_int_eq(put_file("/a.b.c", "1234", 4), 4);
    ck_assert_int_eq(put_file("/Makefile", "12345", 5), 5);
    ck_assert_int_eq(put_file("/README.TXT", "123456", 6), 6);
    for (int i = 0; i < 30; i++) {
        char name[40];
        snprintf(name, sizeof(name), "/the same start %d.text", i);
        ck_assert_int_eq(put_file(name, name, (size_t)i), i);
    }
    remount();
    ck_assert_int_eq(size_of("/.BASHRC"), 3);
    ck_assert_int_eq(size_of("/\xf0\x9f\x98\x80"), 5);
    ck_assert_int_eq(size_of("/A.B.C"), 4);
    ck_assert_int_eq(size_of("/makefile"), 5);
    ck_assert_int_eq(size_of("/readme.txt"), 6);
    ck_assert_int_eq(size_of("/the same start 29.text"), 29);
    ck_assert_int_eq(list_path("/", text, sizeof(text)), 0);
    ck_assert_ptr_nonnull(
        strstr(text, "trailing dots \xf0\x9f\x98\x80 .bashrc a.b.c Makefile README.TXT the same start 0.text "));
}
END_TEST

START_TEST(numbers_are_stable)
{
    struct file *file, *other;

    ck_assert_int_eq(put_file("/one", "1", 1), 1);
    ck_assert_int_eq(open_path("/one", O_RDWR, &file), 0);
    uint64_t number = file->inode->number;
    ck_assert_int_eq(vfs_rename(vfs_root(), "/one", vfs_root(), "/two", false), 0);
    ck_assert_uint_eq(file->inode->number, number);
    ck_assert_int_eq(put_file("/one", "1", 1), 1); /* takes the old place */
    ck_assert_int_eq(open_path("/one", O_RDWR, &other), 0);
    ck_assert_uint_ne(other->inode->number, number);
    file_put(other);
    ck_assert_int_eq(open_path("/TWO", O_RDWR, &other), 0);
    ck_assert_ptr_eq(file->inode, other->inode);
    file_put(other);
    file_put(file);
}
END_TEST

START_TEST(unlinked_file_lives_until_closed)
{
    struct file *file;
    char back[100];
    struct vfs_statfs before, after;

    vfs_root()->mount->fs->ops->statfs(vfs_root()->mount->fs, &before);
    ck_assert_int_eq(put_file("/gone", text, 20000), 20000);
    ck_assert_int_eq(open_path("/gone", O_RDWR, &file), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/gone", false), 0);
    ck_assert_int_eq(size_of("/gone"), -ENOENT);
    ck_assert_int_eq(put_file("/gone", "new", 3), 3);
    ck_assert_int_eq(put_bytes(file, 19990, "0123456789abcdef", 16), 16);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(get_bytes(file, 19990, back, sizeof(back)), 16);
    ck_assert_mem_eq(back, "0123456789abcdef", 16);
    file_put(file);
    ck_assert_int_eq(get_file("/gone", back, sizeof(back)), 3);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/gone", false), 0);
    vfs_root()->mount->fs->ops->statfs(vfs_root()->mount->fs, &after);
    ck_assert_uint_eq(before.blocks_free, after.blocks_free);
}
END_TEST

START_TEST(gaps_read_as_zeros)
{
    static char big[100000], zeros[100000];
    struct file *file;

    memset(big, 0x77, sizeof(big));
    ck_assert_int_eq(put_file("/junk", big, sizeof(big)), sizeof(big)); /* so that free clusters aren't zero */
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/junk", false), 0);
    ck_assert_int_eq(put_file("/gap", "abc", 3), 3);
    ck_assert_int_eq(open_path("/gap", O_RDWR, &file), 0);
    ck_assert_int_eq(put_bytes(file, 90000, "end", 3), 3);
    ck_assert_int_eq(truncate_path("/gap", 95000), 0);
    file_put(file);
    remount();
    ck_assert_int_eq(get_file("/gap", big, sizeof(big)), 95000);
    ck_assert_mem_eq(big, "abc", 3);
    ck_assert_mem_eq(big + 3, zeros, 90000 - 3);
    ck_assert_mem_eq(big + 90000, "end", 3);
    ck_assert_mem_eq(big + 90003, zeros, 95000 - 90003);
}
END_TEST

START_TEST(shrunk_and_grown_tail_is_zero)
{
    char bytes[6000], back[6000], zeros[6000] = {0};

    memset(bytes, 'q', sizeof(bytes));
    ck_assert_int_eq(put_file("/tail", bytes, sizeof(bytes)), sizeof(bytes));
    remount();
    ck_assert_int_eq(truncate_path("/tail", 1000), 0);
    ck_assert_int_eq(truncate_path("/tail", 6000), 0);
    remount();
    ck_assert_int_eq(get_file("/tail", back, sizeof(back)), 6000);
    ck_assert_mem_eq(back, bytes, 1000);
    ck_assert_mem_eq(back + 1000, zeros, 5000);
}
END_TEST

START_TEST(full_disk)
{
    static char bytes[1 << 20];
    struct file *file;
    struct vfs_statfs st;
    uint64_t pos = 0;
    int64_t done;

    fill(bytes, sizeof(bytes), 1);
    ck_assert_int_eq(open_path("/full", O_RDWR | O_CREAT, &file), 0);
    while ((done = put_bytes(file, pos, bytes, sizeof(bytes))) > 0)
        pos += (uint64_t)done;
    ck_assert_int_eq(done, -ENOSPC);
    ck_assert_uint_eq(file->inode->size, pos);
    vfs_root()->mount->fs->ops->statfs(vfs_root()->mount->fs, &st);
    ck_assert_uint_lt(st.blocks_free, 8);
    ck_assert_int_eq(truncate_path("/full", 1ull << 30), -ENOSPC);
    ck_assert_int_eq(truncate_path("/full", 1ull << 32), -EFBIG);
    ck_assert_uint_eq(file->inode->size, pos);
    file_put(file);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/full", false), 0);
    ck_assert_int_eq(put_file("/full", bytes, sizeof(bytes)), sizeof(bytes));
}
END_TEST

START_TEST(nodes)
{
    struct inode *inode;

    ck_assert_int_eq(vfs_mknod(vfs_root(), "/fifo", S_IFIFO | 0600, 0), -EPERM);
    ck_assert_int_eq(put_file("/file", "x", 1), 1);
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/file", S_IFIFO | 0600, 0), -EEXIST);
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/no/fifo", S_IFIFO | 0600, 0), -ENOENT);
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/dev/fifo", S_IFIFO | 0600, 0), 0);
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/dev/shm/fifo/", S_IFIFO | 0600, 0), -ENOENT);
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/dev/shm/fifo", S_IFIFO | 0600, 0), 0);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/dev/shm/fifo", 0, &inode), 0);
    ck_assert_uint_eq(inode->mode, S_IFIFO | 0600);
    inode_put(inode);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dev/shm/fifo", false), 0);
}
END_TEST

START_TEST(directories)
{
    struct path dir;
    char path[64];

    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a", 0755), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a", 0755), -EEXIST);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a/b/", 0755), 0);
    ck_assert_int_eq(put_file("/a/b/file", "x", 1), 1);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/a/b", true), -ENOTEMPTY);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/a/b", false), -EISDIR);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/a/b/file", true), -ENOTDIR);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a", vfs_root(), "/a/b/c", false), -EINVAL);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/c", 0755), 0);
    ck_assert_int_eq(path_lookup(vfs_root(), "/a/b", LOOKUP_DIRECTORY, &dir), 0);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a/b", vfs_root(), "/c/moved here", false), 0);
    ck_assert_int_eq(place_of(&dir, path, sizeof(path)), 13);
    ck_assert_str_eq(path, "/c/moved here");
    ck_assert_int_eq(size_of("/c/moved here/../moved here/file"), 1);
    path_put(&dir);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a", vfs_root(), "/c/moved here", false), -ENOTEMPTY);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/c/moved here", vfs_root(), "/a", false), 0);
    ck_assert_int_eq(size_of("/a/file"), 1);
    ck_assert_int_eq(path_lookup(vfs_root(), "/c", LOOKUP_DIRECTORY, &dir), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/c", true), 0);
    ck_assert_int_eq(vfs_mkdir(&dir, "late", 0755), -ENOENT);
    ck_assert_int_eq(place_of(&dir, path, sizeof(path)), -ENOENT);
    path_put(&dir);
}
END_TEST

START_TEST(renames_of_files)
{
    char back[8];

    put_file("/from", "from", 4);
    put_file("/to", "to", 2);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/from", vfs_root(), "/to", true), -EEXIST);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/from", vfs_root(), "/to", false), 0);
    ck_assert_int_eq(size_of("/from"), -ENOENT);
    ck_assert_int_eq(get_file("/to", back, sizeof(back)), 4);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/to", vfs_root(), "/TO", false), 0); /* its case only */
    ck_assert_int_eq(vfs_rename(vfs_root(), "/TO", vfs_root(), "/TO", false), 0);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/TO", vfs_root(), "/dev/null", false), -EXDEV);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dev", vfs_root(), "/x", false), -EBUSY);
    remount();
    ck_assert_int_eq(list_path("/", text, sizeof(text)), 0);
    ck_assert_str_eq(text, "TO dev ");
}
END_TEST

/* What the name cache knows of one spelling must follow what is done with another. */
START_TEST(names_that_are_remembered)
{
    ck_assert_int_eq(size_of("/a file with a long name"), -ENOENT);
    ck_assert_int_eq(size_of("/AFILEW~1"), -ENOENT);
    ck_assert_int_eq(put_file("/A File With A Long Name", "abc", 3), 3);
    ck_assert_int_eq(size_of("/a file with a long name"), 3);
    ck_assert_int_eq(size_of("/AFILEW~1"), 3);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/AFILEW~1", vfs_root(), "/other", false), 0);
    ck_assert_int_eq(size_of("/a file with a long name"), -ENOENT);
    ck_assert_int_eq(size_of("/AFILEW~1"), -ENOENT);
    ck_assert_int_eq(size_of("/OTHER"), 3);
    ck_assert_int_eq(size_of("/other"), 3);
    ck_assert_int_eq(put_file("/third", "defg", 4), 4);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/third", vfs_root(), "/Other", false), 0);
    ck_assert_int_eq(size_of("/OTHER"), 4);
    ck_assert_int_eq(size_of("/third"), -ENOENT);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/oTHER", false), 0);
    ck_assert_int_eq(size_of("/OTHER"), -ENOENT);
    ck_assert_int_eq(size_of("/other"), -ENOENT);

    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
    ck_assert_int_eq(size_of("/dir/x"), -ENOENT);
    ck_assert_int_eq(put_file("/dir/y", "abc", 3), 3);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dir", vfs_root(), "/moved", false), 0);
    ck_assert_int_eq(size_of("/dir/y"), -ENOENT);
    ck_assert_int_eq(size_of("/moved/y"), 3);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/moved/y", false), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/moved", true), 0);
    ck_assert_int_eq(size_of("/moved/x"), -ENOENT);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/MOVED", 0755), 0);
    ck_assert_int_eq(put_file("/moved/X", "abc", 3), 3);
    ck_assert_int_eq(size_of("/moved/x"), 3);
}
END_TEST

START_TEST(many_files_in_a_directory)
{
    char name[256] = "";

    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/many", 0755), 0);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "/many/file number %d", i);
        ck_assert_int_eq(put_file(name, name, (size_t)i), i);
    }
    for (int i = 0; i < 200; i += 2) {
        snprintf(name, sizeof(name), "/many/file number %d", i);
        ck_assert_int_eq(vfs_unlink(vfs_root(), name, false), 0);
    }
    remount();
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "/many/FILE number %d", i);
        ck_assert_int_eq(size_of(name), i % 2 ? i : -ENOENT);
    }
}
END_TEST

START_TEST(shared_mapping_reaches_the_disk)
{
    struct file *file;
    struct page *page;
    char back[10];

    ck_assert_int_eq(put_file("/map", text, 10000), 10000);
    ck_assert_int_eq(open_path("/map", O_RDWR, &file), 0);
    ck_assert_int_eq(file->inode->object.ops->page(&file->inode->object, 2, 1, &page), 0);
    ck_assert_int_eq(file_sync(file, false), 0);
    page_put(page); /* it is clean: the next store through the mapping is a fault again */
    ck_assert_int_eq(file->inode->object.ops->page(&file->inode->object, 2, 1, &page), 0);
    memcpy(page_data(page), "seen late", 10);
    memset((char *)page_data(page) + 10000 - 8192, 'x', 100);
    ck_assert_int_eq(file_sync(file, false), 0);
    page_put(page);
    file_put(file);
    remount();
    ck_assert_int_eq(open_path("/map", O_RDWR, &file), 0);
    ck_assert_int_eq(get_bytes(file, 8192, back, 10), 10);
    ck_assert_mem_eq(back, "seen late", 10);
    ck_assert_int_eq(truncate_path("/map", 10010), 0);
    ck_assert_int_eq(get_bytes(file, 10000, back, 10), 10);
    ck_assert_mem_eq(back, "\0\0\0\0\0\0\0\0\0\0", 10);
    file_put(file);
}
END_TEST

START_TEST(little_memory)
{
    static char bytes[1000000], back[1000000];

    fill(bytes, sizeof(bytes), 5);
    stub_page_total = 64;
    for (int i = 0; i < 3; i++) {
        char name[] = "/file 0";
        name[6] += (char)i;
        ck_assert_int_eq(put_file(name, bytes, sizeof(bytes)), sizeof(bytes));
        ck_assert_int_eq(get_file(name, back, sizeof(back)), sizeof(bytes));
        ck_assert_mem_eq(back, bytes, sizeof(bytes));
    }
}
END_TEST

START_TEST(faults_in_user_memory)
{
    char bytes[12288];
    struct file *file;

    fill(bytes, sizeof(bytes), 2);
    ck_assert_int_eq(open_path("/fault", O_RDWR | O_CREAT, &file), 0);
    stub_user_fault = (char *)(((uintptr_t)bytes + 5000) & ~4095ul); /* a page boundary */
    int64_t good = stub_user_fault - bytes;
    ck_assert_int_eq(put_bytes(file, 0, bytes, sizeof(bytes)), good);
    ck_assert_int_eq(put_bytes(file, (uint64_t)good, stub_user_fault, 100), -EFAULT);
    ck_assert_uint_eq(file->inode->size, (uint64_t)good);
    ck_assert_int_eq(get_bytes(file, 0, (char *)(uintptr_t)stub_user_fault, 100), -EFAULT);
    file_put(file);
    stub_user_fault = NULL;
}
END_TEST

START_TEST(disk_errors_are_told)
{
    struct file *file;

    ck_assert_int_eq(put_file("/file", text, 30000), 30000);
    remount();
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), 0);
    disk.fail_after = 1;
    ck_assert_int_eq(get_bytes(file, 0, text, 30000), -EIO);
    disk.fail_after = 0;
    ck_assert_int_eq(get_bytes(file, 0, text, 30000), 30000);
    ck_assert_int_eq(put_bytes(file, 0, text, 30000), 30000);
    disk.fail_after = 1;
    ck_assert_int_eq(file_sync(file, false), -EIO);
    ck_assert_int_eq(vfs_sync_all(), -EIO);
    disk.fail_after = 0;
    ck_assert_int_eq(file_sync(file, false), -EIO); /* of what failed since this was last asked */
    ck_assert_int_eq(file_sync(file, false), 0);
    file_put(file);
}
END_TEST

START_TEST(read_only_disk)
{
    struct file *file;

    put_file("/file", "abc", 3);
    unmount();
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, true)), 0);
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), -EROFS);
    ck_assert_int_eq(open_path("/file", O_RDONLY | O_TRUNC, &file), -EROFS);
    ck_assert_int_eq(open_path("/new", O_WRONLY | O_CREAT, &file), -EROFS);
    ck_assert_int_eq(truncate_path("/file", 0), -EROFS);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), -EROFS);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/file", false), -EROFS);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/file", vfs_root(), "/new", false), -EROFS);
    mem_devices_register();
    ck_assert_int_eq(open_path("/dev/null", O_RDWR, &file), 0);
    file_put(file);
    ck_assert_int_eq(get_file("/file", text, sizeof(text)), 3);
}
END_TEST

START_TEST(other_geometries)
{
    static const struct {
        unsigned kib, cluster;
        const char *more;
    } kinds[] = {
        {40960, 8, ""}, {65536, 64, ""}, {16384, 2, "-S 2048"}, {8192, 1, "-f 1"}, {20480, 4, "-S 4096 -R 64"}};
    static char bytes[200000], back[200000];

    fill(bytes, sizeof(bytes), 8);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        unmount();
        free(disk.bytes);
        image_make(&disk, kinds[i].kib, kinds[i].cluster, kinds[i].more);
        mount();
        ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
        ck_assert_int_eq(put_file("/dir/file", bytes, sizeof(bytes)), sizeof(bytes));
        remount();
        ck_assert_int_eq(get_file("/dir/file", back, sizeof(back)), sizeof(bytes));
        ck_assert_mem_eq(back, bytes, sizeof(bytes));
    }
}
END_TEST

START_TEST(fragmented_beyond_the_run_array)
{
    enum { BLOCK = 512, BLOCKS = 900 };
    static char bytes[BLOCK * BLOCKS], back[BLOCK * BLOCKS];
    struct file *a, *b;

    fill(bytes, sizeof(bytes), 6);
    ck_assert_int_eq(open_path("/a", O_RDWR | O_CREAT, &a), 0);
    ck_assert_int_eq(open_path("/b", O_RDWR | O_CREAT, &b), 0);
    for (uint64_t i = 0; i < BLOCKS; i++) {
        ck_assert_int_eq(put_bytes(a, i * BLOCK, bytes + i * BLOCK, BLOCK), BLOCK);
        ck_assert_int_eq(put_bytes(b, i * BLOCK, bytes + i * BLOCK, BLOCK), BLOCK);
    }
    file_put(a);
    file_put(b);
    remount();
    ck_assert_int_eq(get_file("/a", back, sizeof(back)), sizeof(bytes));
    ck_assert_mem_eq(back, bytes, sizeof(bytes));
    ck_assert_int_eq(open_path("/b", O_RDWR, &b), 0);
    for (int i = BLOCKS - 1; i >= 0; i -= 37) {
        ck_assert_int_eq(get_bytes(b, (uint64_t)i * BLOCK, back, BLOCK), BLOCK);
        ck_assert_mem_eq(back, bytes + (size_t)i * BLOCK, BLOCK);
    }
    ck_assert_int_eq(truncate_path("/b", 600 * BLOCK), 0);
    ck_assert_int_eq(put_bytes(b, 600 * BLOCK, bytes, 5000), 5000);
    ck_assert_int_eq(truncate_path("/b", 100 * BLOCK), 0);
    file_put(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32");
    TCase *tcase = tcase_create("fat32");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, reads_what_mtools_wrote);
    tcase_add_test(tcase, the_usual_mounts_come_when_looked_for);
    tcase_add_test(tcase, starting_a_program_takes_few_requests);
    tcase_add_test(tcase, mtools_reads_what_we_wrote);
    tcase_add_test(tcase, names);
    tcase_add_test(tcase, numbers_are_stable);
    tcase_add_test(tcase, unlinked_file_lives_until_closed);
    tcase_add_test(tcase, gaps_read_as_zeros);
    tcase_add_test(tcase, shrunk_and_grown_tail_is_zero);
    tcase_add_test(tcase, full_disk);
    tcase_add_test(tcase, nodes);
    tcase_add_test(tcase, directories);
    tcase_add_test(tcase, renames_of_files);
    tcase_add_test(tcase, names_that_are_remembered);
    tcase_add_test(tcase, many_files_in_a_directory);
    tcase_add_test(tcase, shared_mapping_reaches_the_disk);
    tcase_add_test(tcase, little_memory);
    tcase_add_test(tcase, faults_in_user_memory);
    tcase_add_test(tcase, disk_errors_are_told);
    tcase_add_test(tcase, read_only_disk);
    tcase_add_test(tcase, other_geometries);
    tcase_add_test(tcase, fragmented_beyond_the_run_array);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
