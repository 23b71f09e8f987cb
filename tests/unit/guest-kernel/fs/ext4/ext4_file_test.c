/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_file_test.c - what else there is of files: times, attributes, ACLs, devices, holes, where they lie; and statfs.
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
// sources: tests/unit/guest-kernel/ext4_folder.c tests/unit/guest-kernel/ext4_compare.c
// sources: tests/unit/guest-kernel/disk.c
#define READS_ONLY true
#include "abi/fiemap.h"
#include "ext4_setup.h"
#include "vfs/blk.h"
#include "vfs/icache.h"
#include "vfs/inode_xattr.h"

#define DEBUGFS(commands) "printf '%s\\n' " commands " >script && debugfs -w -f script $IMAGE"

static char value[70000];

static struct inode *inode_at(const char *path)
{
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode);

    ck_assert_msg(error == 0, "%s: error %d", path, error);
    return inode;
}

static int64_t get_xattr(const char *path, const char *name, size_t size)
{
    struct inode *inode = inode_at(path);
    int64_t result = vfs_get_xattr(inode, name, value, size);

    inode_put(inode);
    return result;
}

/* Epoch bits, nanoseconds, times before 1970. */
START_TEST(times)
{
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024",
                    DEBUGFS("'sif /size-100 mtime @0x80000000' 'sif /size-100 mtime_extra 0xee6b27fd' "
                            "'sif /size-100 atime @0xffffffff' 'sif /size-100 atime_extra 0' "
                            "'sif /size-100 ctime @0x7fffffff' 'sif /size-100 ctime_extra 7'"));
    mount();
    struct inode *inode = inode_at("/size-100");
    ck_assert_int_eq(inode->mtime, (2147483648ll) * 1000000000 + 0xee6b27fd / 4);
    ck_assert_int_eq(inode->atime, -1000000000);
    ck_assert_int_eq(inode->ctime, INT64_MAX); /* in 2446, which 64 bits of ns don't reach */
    inode_put(inode);
    unmount();
}
END_TEST

START_TEST(attributes)
{
    static const char list[] = "user.one\0user.two\0trusted.t\0security.capability";
    struct inode *inode;

    ext4_image_make(&disk, "8M", "-t ext4 -b 1024",
                    "head -c 700 /dev/zero | tr '\\0' v >long; "
                    "printf 'ea_set /size-100 user.one first\\nea_set -f long /size-100 user.two\\n"
                    "ea_set /size-100 trusted.t x\\nea_set /size-100 security.capability cap\\n"
                    "ea_set /few user.dir d\\n' >script; debugfs -w -f script $IMAGE");
    mount();
    ck_assert_int_eq(get_xattr("/size-100", "user.one", 0), 5);
    ck_assert_int_eq(get_xattr("/size-100", "user.one", 4), -ERANGE);
    ck_assert_int_eq(get_xattr("/size-100", "user.one", 5), 5);
    ck_assert_mem_eq(value, "first", 5);
    ck_assert_int_eq(get_xattr("/size-100", "user.two", 700), 700); /* in a block */
    ck_assert(value[0] == 'v' && value[699] == 'v');
    ck_assert_int_eq(get_xattr("/size-100", "trusted.t", 10), 1);
    ck_assert_int_eq(get_xattr("/size-100", "security.capability", 10), 3);
    ck_assert_int_eq(get_xattr("/few", "user.dir", 10), 1);
    ck_assert_int_eq(get_xattr("/size-100", "user.none", 10), -ENODATA);
    ck_assert_int_eq(get_xattr("/size-100", "user.", 10), -EINVAL);
    ck_assert_int_eq(get_xattr("/size-100", "other.x", 10), -EOPNOTSUPP);
    ck_assert_int_eq(get_xattr("/size-100", "system.data", 10), -EOPNOTSUPP);
    inode = inode_at("/size-100");
    ck_assert_int_eq(vfs_list_xattr(inode, value, 0), sizeof(list));
    ck_assert_int_eq(vfs_list_xattr(inode, value, sizeof(list) - 1), -ERANGE);
    ck_assert_int_eq(vfs_list_xattr(inode, value, sizeof(value)), sizeof(list));
    for (const char *name = list; name < list + sizeof(list); name += strlen(name) + 1)
        ck_assert_ptr_nonnull(memmem(value, sizeof(list), name, strlen(name) + 1));
    inode_put(inode);
    unmount();
}
END_TEST

/* Values in inodes of their own, whose hash is looked at. */
START_TEST(large_attributes)
{
    ext4_image_make(
        &disk, "8M", "-t ext4 -b 1024 -O ea_inode",
        "head -c 1024 /dev/zero | tr '\\0' w >long; " /* as much as debugfs takes: no block has room for it */
        "printf 'ea_set -f long /size-100 user.large\\n' >script; debugfs -w -f script $IMAGE");
    mount();
    ck_assert_int_eq(get_xattr("/size-100", "user.large", sizeof(value)), 1024);
    ck_assert(value[0] == 'w' && value[1023] == 'w');
    unmount();
    uint8_t *at = memmem(disk.bytes, disk.size, value, 1024);
    ck_assert_ptr_nonnull(at);
    at[1000] = 'x';
    stub_quiet = true;
    mount();
    ck_assert_int_eq(get_xattr("/size-100", "user.large", sizeof(value)), -EUCLEAN);
    unmount();
}
END_TEST

/* As setfacl -m u:1000:rw,g:7:r gives it: the disk has less of it. */
START_TEST(acls)
{
    static const uint8_t acl[] = {2,    0,    0,    0,                                        /* version */
                                  1,    0,    6,    0,    0xff, 0xff, 0xff, 0xff, 2, 0,       /* user::, user:1000: */
                                  6,    0,    0xe8, 3,    0,    0,    4,    0,    4, 0,       /* group:: */
                                  0xff, 0xff, 0xff, 0xff, 8,    0,    4,    0,    7, 0, 0, 0, /* group:7: */
                                  16,   0,    6,    0,    0xff, 0xff, 0xff, 0xff,             /* mask:: */
                                  32,   0,    4,    0,    0xff, 0xff, 0xff, 0xff};            /* other:: */
    char command[1000] = "printf '";

    for (size_t i = 0; i < sizeof(acl); i++)
        snprintf(command + strlen(command), sizeof(command) - strlen(command), "\\%03o", acl[i]);
    strcat(command, "' >acl; printf 'ea_set -f acl /size-100 system.posix_acl_access\\n' >script; "
                    "debugfs -w -f script $IMAGE");
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024", command);
    mount();
    ck_assert_int_eq(get_xattr("/size-100", "system.posix_acl_access", 0), sizeof(acl));
    ck_assert_int_eq(get_xattr("/size-100", "system.posix_acl_access", sizeof(acl) - 1), -ERANGE);
    ck_assert_int_eq(get_xattr("/size-100", "system.posix_acl_access", sizeof(value)), sizeof(acl));
    ck_assert_mem_eq(value, acl, sizeof(acl));
    ck_assert_int_eq(get_xattr("/size-100", "system.posix_acl_default", 10), -ENODATA);
    ck_assert_int_eq(get_xattr("/link-58", "system.posix_acl_access", 10), -EOPNOTSUPP);
    unmount();
}
END_TEST

START_TEST(devices)
{
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024",
                    DEBUGFS("'mknod null c 1 3' 'mknod big b 1 1' 'sif /big block[0] 0' 'sif /big block[1] 0x11110370' "
                            "'mknod pipe p'"));
    mount();
    struct inode *inode = inode_at("/null");
    ck_assert_uint_eq(inode->mode & S_IFMT, S_IFCHR);
    ck_assert_uint_eq(inode->rdev, 0x103);
    inode_put(inode);
    inode = inode_at("/big");
    ck_assert_uint_eq(inode->mode & S_IFMT, S_IFBLK);
    ck_assert_uint_eq(inode->rdev, 0x11110370); /* 259, 70000 = 0x11170 */
    inode_put(inode);
    inode = inode_at("/pipe");
    ck_assert_uint_eq(inode->mode & S_IFMT, S_IFIFO);
    inode_put(inode);
    unmount();
}
END_TEST

static void expect_seek(struct file *file, int64_t from, int whence, int64_t want)
{
    ck_assert_int_eq(file_seek(file, from, whence), want);
}

START_TEST(holes)
{
    struct file *file;

    ext4_image_make(&disk, "24M", "-t ext4 -b 1024",
                    DEBUGFS("'fallocate /size-16384 16 40' 'sif /size-16384 size 41984'"));
    mount();
    ck_assert_int_eq(open_path("/every-other", O_RDONLY, &file), 0);
    expect_seek(file, 0, SEEK_DATA, 0);
    expect_seek(file, 0, SEEK_HOLE, 4096);
    expect_seek(file, 5000, SEEK_DATA, 8192);
    expect_seek(file, 2990000, SEEK_DATA, 2990080);
    expect_seek(file, 2994176, SEEK_DATA, 2998272);
    expect_seek(file, 2998272, SEEK_HOLE, 3000000);
    file_put(file);
    ck_assert_int_eq(open_path("/all-hole", O_RDONLY, &file), 0);
    expect_seek(file, 1, SEEK_DATA, -ENXIO);
    expect_seek(file, 1, SEEK_HOLE, 1);
    file_put(file);
    ck_assert_int_eq(open_path("/size-16384", O_RDONLY, &file), 0); /* with room that nobody wrote to */
    expect_seek(file, 0, SEEK_HOLE, 16384);
    expect_seek(file, 16384, SEEK_DATA, -ENXIO);
    ck_assert_int_eq(get_bytes(file, 16384, value, 41984 - 16384), 41984 - 16384);
    for (unsigned i = 0; i < 41984 - 16384; i++)
        ck_assert_int_eq(value[i], 0);
    file_put(file);
    unmount();
}
END_TEST

/* There is more in an inode than the file has, which a mapping would show: behind the end are zeros. */
START_TEST(inline_end)
{
    struct page *page;

    ext4_image_make(&disk, "24M", "-t ext4 -b 4096 -I 2048 -O inline_data",
                    "debugfs -w -R 'sif /size-1023 size 100' $IMAGE");
    mount();
    struct inode *inode = inode_at("/size-1023");
    ck_assert(ext4_inode_is_inline(ext4_inode_of(inode)));
    ck_assert_int_eq(pagecache_get(inode, 0, 1, &page), 0);
    const char *bytes = page_data(page);
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        ck_assert_msg((bytes[i] != 0) == (i < 100), "byte %u", i);
    page_put(page);
    inode_put(inode);
    unmount();
}
END_TEST

/* What is within an inode lies there: as much as the file has, and of a directory 60 bytes. */
START_TEST(inline_place)
{
    static const struct {
        const char *path;
        uint64_t size;
    } files[] = {{"/size-100", 100}, {"/size-1023", 1023}, {"/empty", 60}};
    struct file_extent extent;

    ext4_image_make(&disk, "24M", "-t ext4 -b 4096 -I 2048 -O inline_data", "");
    mount();
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct inode *inode = inode_at(files[i].path);
        ck_assert_msg(ext4_inode_is_inline(ext4_inode_of(inode)), "%s", files[i].path);
        ck_assert_int_eq(inode->ops->find_extent(inode, files[i].size - 1, UINT64_MAX, false, &extent), 0);
        ck_assert(!extent.is_hole);
        ck_assert_uint_eq(extent.pos, 0);
        ck_assert_uint_eq(extent.size, files[i].size);
        ck_assert_uint_eq(extent.flags, FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_NOT_ALIGNED);
        ck_assert_mem_eq(disk.bytes + extent.place, ext4_inode_of(inode)->block, EXT4_INLINE_SIZE);
        ck_assert_int_eq(inode->ops->find_extent(inode, files[i].size, UINT64_MAX, false, &extent), 0);
        ck_assert_uint_eq(extent.size, 0);
        inode_put(inode);
    }
    unmount();
}
END_TEST

/* When memory runs out, blocks that nobody has go, the one used longest ago first. */
START_TEST(shrink)
{
    struct file *file;

    ext4_image_make(&disk, "24M", "-t ext4 -b 4096", "");
    mount();
    ck_assert_int_eq(open_path("/few/one", O_RDONLY, &file), 0);
    file_put(file);
    struct ext4_buffers *buffers = &mounted()->buffers;
    unsigned before = buffers->idle_count, pages = stub_pages_used;
    ck_assert_uint_ge(before, 4);
    ck_assert_uint_eq(pagecache_reclaim(2), 2);
    ck_assert_uint_eq(buffers->idle_count, before - 2);
    ck_assert_uint_eq(stub_pages_used, pages - 2);
    ck_assert_uint_eq(pagecache_reclaim(100), before - 2);
    ck_assert_uint_eq(buffers->count, 0);
    ck_assert_int_eq(open_path("/few/one", O_RDONLY, &file), 0);
    file_put(file);
    unmount();
}
END_TEST

/* What lies in a row comes in one request, and where it lies is told. */
START_TEST(in_a_row)
{
    struct blk_extent extent;

    ext4_image_make(&disk, "24M", "-t ext4 -b 4096", "");
    mount();
    /* The superblock, a descriptor, the root and the journal's inode, the journal's superblock: whatever the size. */
    ck_assert_uint_eq(disk.reads, 4);
    struct inode *inode = inode_at("/size-65535");
    unsigned before = disk.reads;
    ck_assert_int_eq(inode_read(inode, 0, value, sizeof(value)), 65535);
    ck_assert_uint_le(disk.reads - before, 2);
    ck_assert_int_eq(inode->ops->map(inode, false, 8192, 100000, &extent), 0);
    ck_assert_uint_eq(extent.size, 65536 - 8192);
    ck_assert_mem_eq(disk.bytes + extent.sector * SECTOR_SIZE, value + 8192, 65535 - 8192);
    ck_assert_int_eq(inode->ops->map(inode, false, 65536, 512, &extent), -ENODATA);
    inode_put(inode);
    inode = inode_at("/all-hole");
    ck_assert_int_eq(inode->ops->map(inode, false, 0, 512, &extent), -ENODATA);
    inode_put(inode);
    unmount();
}
END_TEST

/* dumpe2fs says so, and Linux takes its own blocks away. */
START_TEST(how_full)
{
    struct vfs_statfs st;
    char overhead[100];

    ext4_image_make(&disk, "24M", "-t ext4 -b 4096 -m 7", "");
    mount();
    mounted()->fs.ops->statfs(&mounted()->fs, &st);
    ck_assert_uint_eq(st.type, 0xef53);
    ck_assert_uint_eq(st.block_size, 4096);
    ck_assert_uint_eq(st.blocks_kept, 6144 * 7 / 100 + 6144 / 50); /* for root; for trees of extents */
    ck_assert_uint_eq(st.name_max, 255);
    snprintf(overhead, sizeof(overhead),
             "test $(dumpe2fs -h $IMAGE 2>/dev/null | sed -n 's/^Free blocks: *//p') = %llu",
             (unsigned long long)st.blocks_free);
    ck_assert_int_eq(ext4_folder_shell(overhead), 0);
    snprintf(overhead, sizeof(overhead),
             "test $(dumpe2fs -h $IMAGE 2>/dev/null | sed -n 's/^Free inodes: *//p') = %llu",
             (unsigned long long)st.files_free);
    ck_assert_int_eq(ext4_folder_shell(overhead), 0);
    ck_assert_uint_lt(st.blocks, 6144);
    ck_assert_uint_gt(st.blocks, 4000);
    unmount();
}
END_TEST

/* sb=: a backup, when the first superblock and its descriptors are gone. */
START_TEST(backup)
{
    struct filesystem *fs;

    ext4_image_make(&disk, "24M", "-t ext4 -b 1024", "");
    memset(disk.bytes + 1024, 0, 4096);
    struct blk_device *dev = stub_disk_open(&disk, READS_ONLY);
    ck_assert_int_eq(ext4_type.mount(dev, "ro", &fs), -EINVAL);
    ck_assert_int_eq(ext4_type.mount(dev, "ro,sb=8192", &fs), -EINVAL);
    ck_assert_int_eq(ext4_type.mount(dev, "sb=x", &fs), -EINVAL);
    ck_assert_int_eq(ext4_type.mount(dev, "what", &fs), -EINVAL);
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    ck_assert_int_eq(ext4_type.mount(dev, "ro,sb=8193", &fs), 0);
    ck_assert(fs->read_only && S_ISDIR(fs->root->mode));
    inode_put(fs->root);
    icache_drop_idle(fs);
    fs->ops->unmount(fs);
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

/* A journal that waits to be replayed: only who says noload gets what is there. */
START_TEST(journal)
{
    struct filesystem *fs;

    ext4_image_make(&disk, "24M", "-t ext4", "debugfs -w -R 'feature needs_recovery' $IMAGE");
    stub_quiet = true;
    struct blk_device *dev = stub_disk_open(&disk, READS_ONLY);
    ck_assert_int_eq(vfs_mount_root(dev), -EROFS);
    ck_assert_ptr_nonnull(strstr(stub_last_error, "noload"));
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    ck_assert_int_eq(ext4_type.mount(dev, "ro,noload", &fs), 0);
    inode_put(fs->root);
    icache_drop_idle(fs);
    fs->ops->unmount(fs);
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

/* Others run while a disk takes its time; and pages are read ahead by what ext4_map says. */
START_TEST(slow_disk)
{
    ext4_image_make(&disk, "24M", "-t ext4 -b 1024", "");
    disk.slow = true;
    mount();
    const char *fault = ext4_folder_compare();
    ck_assert_msg(fault == NULL, "%s", fault);
    unmount();
}
END_TEST

/* ---- files of another size when the disk has answered ---- */

#define READ_PAGES 4u

static struct inode *resized;
static uint64_t size_meanwhile;

static void resize(void)
{
    resized->size = size_meanwhile;
}

static struct page *beside; /* what comes in memory after the first page that is read */

/* Reads the file's first pages, of `size` bytes when that begins. */
static void read_resized(uint64_t size, struct page *pages[READ_PAGES])
{
    struct page *all[READ_PAGES + 1];

    for (unsigned n = 0; n <= READ_PAGES; n++) {
        unsigned at = n;
        struct page *page = page_alloc_dirty();
        for (; at > 0 && page_data(all[at - 1]) > page_data(page); at--)
            all[at] = all[at - 1];
        all[at] = page;
    }
    for (unsigned n = 0; n < READ_PAGES; n++)
        pages[n] = all[READ_PAGES - 1 - n];
    beside = all[READ_PAGES];
    ck_assert(page_data(beside) == (char *)page_data(pages[0]) + PAGE_SIZE);
    memset(page_data(beside), 0x55, PAGE_SIZE);
    resized->size = size;
    disk.meanwhile = resize;
    ck_assert_int_eq(ext4_read_pages(resized, 0, pages, READ_PAGES), 0);
    disk.meanwhile = NULL;
    for (unsigned at = 0; at < PAGE_SIZE; at++)
        ck_assert_int_eq(((char *)page_data(beside))[at], 0x55);
}

static void pages_put(struct page *pages[READ_PAGES])
{
    for (unsigned n = 0; n < READ_PAGES; n++)
        page_put(pages[n]);
    page_put(beside);
}

static void resized_open(void)
{
    ext4_image_make(&disk, "8M", "-t ext2 -b 1024", "");
    mount();
    ck_assert_int_eq(get_file("/size-65535", value, sizeof(value)), 65535);
    unmount(); /* where it lies isn't known from there */
    mount();
    resized = inode_at("/size-65535");
}

/* What isn't the file's any more is zeroed, and no other memory. */
START_TEST(shorter_meanwhile)
{
    struct page *pages[READ_PAGES];

    resized_open();
    size_meanwhile = 100;
    read_resized(65535, pages);
    ck_assert_int_eq(memcmp(page_data(pages[0]), value, 100), 0);
    for (unsigned at = 100; at < READ_PAGES * PAGE_SIZE; at++)
        ck_assert_int_eq(((char *)page_data(pages[at / PAGE_SIZE]))[at % PAGE_SIZE], 0);
    pages_put(pages);
    resized->size = 65535;
    inode_put(resized);
    unmount();
}
END_TEST

/* By what came into its middle: all is there. The numbers of most of its blocks have to be read. */
START_TEST(longer_meanwhile)
{
    struct page *pages[READ_PAGES];

    resized_open();
    size_meanwhile = 65535;
    read_resized(12500, pages);
    for (unsigned n = 0; n < READ_PAGES; n++)
        ck_assert_int_eq(memcmp(page_data(pages[n]), value + n * PAGE_SIZE, PAGE_SIZE), 0);
    pages_put(pages);
    inode_put(resized);
    unmount();
}
END_TEST

/* Who looks at many files has them by the row of their table, not by the block; and who looks at one has that block. */
START_TEST(rows_of_the_table)
{
    static char names[40000];
    char path[300];

    ext4_image_make(&disk, "24M", "-t ext4 -b 1024 -I 256", "");
    mount();
    ck_assert_int_eq(list_path("/many", names, sizeof(names)), 0); /* what that takes is in memory now */
    uint64_t reads = mounted()->buffers.reads;
    for (unsigned i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "/many/%s-%u-%.*s", i % 3 == 0 ? "\xc3\xa4\xff" : "name", i, (int)(i % 40),
                 "a long name that is cut somewhere, here or there");
        inode_put(inode_at(path));
        if (i == 0)
            ck_assert_uint_le(mounted()->buffers.count, 64);
    }
    ck_assert_uint_le(mounted()->buffers.reads - reads, 24); /* of 75 blocks */
    unmount();
}
END_TEST

static bool take_few(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    unsigned *left = arg;

    (void)name, (void)length, (void)ino, (void)type, (void)next_pos;
    return (*left)-- != 0;
}

/* A listing may be taken up anywhere, and names come once. */
START_TEST(positions)
{
    struct file *file;
    unsigned names = 0, left;

    ext4_image_make(&disk, "24M", "-t ext4 -b 1024", "e2fsck -fyD $IMAGE; test $? -le 1");
    mount();
    ck_assert_int_eq(open_path("/many", O_RDONLY | O_DIRECTORY, &file), 0);
    for (;;) { /* in pieces */
        left = 7;
        ck_assert_int_eq(file_read_dir(file, take_few, &left), 0);
        if (left == 7)
            break;
        names += left == UINT32_MAX ? 7 : 7 - left;
    }
    ck_assert_uint_eq(names, 300 + 2);
    for (uint64_t pos = 3; pos < 40000; pos += 777) { /* any number is one, for a program */
        file->pos = pos;
        left = 1000;
        ck_assert_int_eq(file_read_dir(file, take_few, &left), 0);
    }
    file->pos = INT64_MAX - 10;
    ck_assert_int_eq(file_read_dir(file, take_few, &left), 0);
    file_put(file);
    unmount();
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(300);
}

int main(void)
{
    Suite *suite = suite_create("ext4_file");
    TCase *tcase = tcase_create("file");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, times);
    tcase_add_test(tcase, attributes);
    tcase_add_test(tcase, large_attributes);
    tcase_add_test(tcase, acls);
    tcase_add_test(tcase, devices);
    tcase_add_test(tcase, holes);
    tcase_add_test(tcase, inline_end);
    tcase_add_test(tcase, inline_place);
    tcase_add_test(tcase, in_a_row);
    tcase_add_test(tcase, shrink);
    tcase_add_test(tcase, slow_disk);
    tcase_add_test(tcase, shorter_meanwhile);
    tcase_add_test(tcase, longer_meanwhile);
    tcase_add_test(tcase, rows_of_the_table);
    tcase_add_test(tcase, how_full);
    tcase_add_test(tcase, backup);
    tcase_add_test(tcase, journal);
    tcase_add_test(tcase, positions);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
